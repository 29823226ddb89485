"""What `make status` shows of a recording and of an event, on eighty columns."""

import io
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from local.status import WIDTH, published_table, recordings_table

ENDED: Mapping[str, Any] = {
    "recordingId": "a-recording-id-of-many-characters",
    "state": "ended",
    "output": {"content": "audioVideo", "channel": "mixed", "format": "mp4"},
}


def printed(table: Table) -> str:
    """The table as a terminal shows it."""
    shown = io.StringIO()
    Console(width=WIDTH, file=shown).print(table)
    return shown.getvalue()


def test_a_recording_shows_what_is_owed_why_and_how_long_its_source_is_left() -> None:
    """The text of what is owed is not cut; a recording that the app does not know is shown too."""
    reason = "chunk 0: it lasts 10.0 s, and 60.0 s were recorded as the metadata file and the event say"
    media = {"owed": ["media of chunk 0", "release of chunk 1"], "lastError": reason, "secondsLeft": 86_398}
    its_end = {"owed": ["its end"], "lastError": None, "secondsLeft": None}
    at_service = [{**ENDED, "recordingId": f"{number}"} for number in range(3)]
    views = [{"state": "quarantined"}, {"state": "started"}, {}]
    shown = printed(recordings_table(at_service, views, {"0": media, "1": its_end}))

    assert 1 == shown.count("23:59:58")
    assert all(word in shown for word in (*reason.split(), "release", "its end", "nothing", "not known"))
    assert "None" not in shown


def test_an_event_shows_what_it_says() -> None:
    """Its reason if it has one, else what is complete and what is missing."""

    def event(kind: str, **body: object) -> dict[str, Any]:
        return {"eventType": kind, "eventTime": "2026-03-01T12:00:01Z", "data": body}

    whole = [{"length": 1 << 20}, {"length": 1 << 19}]
    shown = printed(
        published_table(
            [
                event("RecordingArchived", recordingId="1", chunks=whole),
                event("RecordingIncomplete", recordingId="2", chunks=whole[:1], lacks=["chunk 1"]),
                event("RecordingEventUnreadable", reason="no field"),
            ]
        )
    )
    assert 3 == shown.count("12:00:01")
    assert all(word in shown for word in ("2 chunks, 1.5 MiB", "1 chunk, 1.0 MiB; chunk 1", "no field"))
