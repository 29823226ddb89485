"""What `make timeline` shows of the spans in a folder."""

import json
from pathlib import Path
from typing import Any

import pytest

from local import timeline
from local.host.telemetry import SPANS

RECORDING, DOCUMENT = "a-recording-of-many-characters", "a-document-of-many-characters"


def span(name: str, own: str, seconds: tuple[int, int], parent: str | None = None, **more: Any) -> str:  # noqa: ANN401
    """A line of the file."""
    began, ended = (f"2026-03-01T12:00:{second:02}.000000Z" for second in seconds)
    return json.dumps(
        {
            "name": name,
            "context": {"trace_id": "0x1", "span_id": own},
            "parent_id": parent,
            "start_time": began,
            "end_time": ended,
            "attributes": more.get("attributes", {}),
            "links": [{"context": {"span_id": one}} for one in more.get("links", ())],
        }
    )


RUN = {"recording.id": RECORDING, "recording.document_id": DOCUMENT}
LINES = [
    span("recording.announce", "0xa", (0, 1), attributes={"recording.id": RECORDING}),
    span("chunk.copy", "0xc", (3, 4), "0xb", attributes={"error.type": "source_busy"}),
    span("chunk.run", "0xb", (3, 5), "0xa", attributes=RUN | {"recording.outcome": "waits"}),
    span("chunk.run", "0xd", (15, 16), "0xa", attributes=RUN | {"recording.outcome": "done"}, links=["0xb"]),
    span("sweep.slice", "0xe", (20, 21)),
]


def test_a_recording_is_shown_from_its_event_on_with_its_waits(tmp_path: Path) -> None:
    """Steps are under their runs; spans of no recording are left out."""
    (tmp_path / SPANS).write_text("\n".join(LINES))

    assert [
        "recording …aracters, 1 trace(s)",
        "      0.000 s  recording.announce for 1.000 s",
        "      3.000 s  chunk.run for 2.000 s of …aracters after 2.000 s of waiting: waits",
        "          3.000 s  chunk.copy for 1.000 s: source_busy",
        "     15.000 s  chunk.run for 1.000 s of …aracters after 10.000 s of waiting, again: done",
        "  16.000 s in all",
        "",
    ] == list(timeline.timeline(timeline.spans_in(tmp_path)))
    assert [] == list(timeline.timeline(timeline.spans_in(tmp_path), "another"))


def test_the_program_says_when_there_is_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(timeline, "folder_for", lambda _program, _name: tmp_path)
    assert 1 == timeline.main([])
    assert "No span" in capsys.readouterr().err

    (tmp_path / SPANS).write_text("\n".join(LINES))
    assert 0 == timeline.main([RECORDING[-5:]])
    assert "16.000 s in all" in capsys.readouterr().out
