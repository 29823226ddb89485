"""What `make status` shows of a recording and of an event, on eighty columns."""

import io
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console
from rich.table import Table

from local.status import WIDTH, owed, published_table, recordings_table

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ENDED: Mapping[str, Any] = {
    "recordingId": "a-recording-id-of-many-characters",
    "state": "ended",
    "output": {"content": "audioVideo", "channel": "mixed", "format": "mp4"},
}


def chunk(**known: object) -> dict[str, Any]:
    """The app's view of a chunk that is only announced."""
    return {"index": 0, "state": "announced", "lacks": ["media"], "apart": None, "lastFailure": None, **known}


def view(*chunks: Mapping[str, Any], **known: object) -> dict[str, Any]:
    """The app's view of a recording whose chunks are all announced."""
    return {"state": "announced", "announcedAt": "x", "completedAt": None, "due": None, "chunks": list(chunks), **known}


def printed(table: Table) -> str:
    """The table as a terminal shows it."""
    shown = io.StringIO()
    Console(width=WIDTH, file=shown).print(table)
    return shown.getvalue()


@pytest.mark.parametrize(
    ("recording", "told", "words"),
    [
        ({"state": "active"}, {}, "its end"),
        ({"state": "paused"}, view(chunk()), "its end"),
        ({}, {}, "its file event"),
        ({}, view(announcedAt=None), "its file event"),
        ({}, view(chunk()), "media of chunk 0"),
        ({}, view(chunk(lacks=["media", "metadata"])), "media and metadata of chunk 0"),
        ({}, view(chunk(lastFailure={"cause": "503"})), "media of chunk 0: 503"),
        ({}, view(chunk(apart={"reasons": ["short"]}, lastFailure={"cause": "503"})), "media of chunk 0: short"),
        ({}, view(chunk(state="archived", lacks=[])), "release of chunk 0"),
        ({}, view(chunk(state="released", lacks=[]), chunk(index=1)), "media of chunk 1"),
        ({}, view(chunk(state="kept", lacks=[]), chunk(state="released", lacks=[])), "its manifest"),
        ({}, view(chunk(state="released", lacks=[]), completedAt="x"), "nothing"),
    ],
)
def test_what_is_owed_is_told_in_words(recording: Mapping[str, Any], told: Mapping[str, Any], words: str) -> None:
    """What the recording waits for next, and why."""
    assert words == owed({**ENDED, **recording}, told)


def test_a_recording_shows_how_long_its_source_is_left() -> None:
    """Until it is complete; the text of what is owed is not cut."""
    reason = "it lasts 10.0 s, and 60.0 s were recorded as the metadata file and the event say"
    open_ = view(chunk(apart={"reasons": [reason]}), state="quarantined", due="2026-03-02T11:59:58Z")
    complete = view(chunk(state="released", lacks=[]), state="released", due="2026-03-02T11:59:58Z", completedAt="x")
    shown = printed(recordings_table([ENDED] * 3, [open_, complete, {}], NOW))
    assert 1 == shown.count("23:59:58")
    assert all(word in shown for word in (*reason.split(), "…aracters", "audioVideo-mixed-mp4", "not known"))


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
