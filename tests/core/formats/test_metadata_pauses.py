"""Pauses of a metadata file beside those of the catalog: differences beyond a tolerance are notes."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from recording.core.formats.metadata import ChunkMetadata, notes_on_pauses, parse_metadata
from recording.core.model import APP, ParticipantKind, Pause, Recording, RecordingState
from recording.core.times import format_time
from tests.core.entries_of import NOW, RECORDING_ID

SECOND = timedelta(seconds=1)


def at(seconds: float) -> datetime:
    return NOW + seconds * SECOND


def recording(*pauses: tuple[float, float | None], requested_at: datetime | None = NOW) -> Recording:
    known = tuple(
        Pause(at(since), APP, None if until is None else at(until), None if until is None else APP)
        for since, until in pauses
    )
    return Recording(RECORDING_ID, RecordingState.STOPPED, requested_at=requested_at, pauses=known)


def metadata(*pauses: tuple[float, float], length: float = 600, **fields: object) -> ChunkMetadata:
    """Of a chunk that begins NOW; pauses as start and duration, in seconds."""
    found: dict[str, object] = {
        "chunkDocumentId": "d",
        "chunkStartTime": format_time(NOW),
        "chunkDuration": length * 1000,
        "pauseResumeIntervals": [
            {"startTime": format_time(at(since)), "duration": duration * 1000} for since, duration in pauses
        ],
        "participants": [{"participantId": "4:+15551230001"}],
    }
    return parse_metadata(json.dumps(found | fields).encode())


CATALOG, FILE = "by the catalog", "by the metadata file"
CASES = [
    ([], [], []),
    ([(60, 90)], [(60, 30)], []),
    ([(60, 90)], [(64, 29)], []),  # the service takes a moment
    ([(60, 90)], [], [CATALOG]),
    ([], [(60, 30)], [FILE]),
    ([(60, 64)], [], []),
    ([], [(60, 4)], []),
    ([(60, 90)], [(60, 10)], [CATALOG]),
    ([(60, 90)], [(60, 60)], [FILE]),
    ([(60, None)], [(60, 540)], []),
    ([(60, 90), (120, 150)], [(60, 30), (120, 30)], []),
    ([(700, 800)], [], []),  # of a later chunk
]


@pytest.mark.parametrize(("known", "found", "expected"), CASES)
def test_differences_of_pauses_are_notes(
    known: list[tuple[float, float | None]], found: list[tuple[float, float]], expected: list[str]
) -> None:
    """Each names whose pause it is, and how much the other knows of it."""
    notes = notes_on_pauses(metadata(*found), recording(*known))
    assert expected == [CATALOG if f"s {CATALOG}, " in note else FILE for note in notes]


def test_a_note_names_moment_and_length_and_nobody() -> None:
    (note,) = notes_on_pauses(metadata(), recording((60, 90)))
    assert f"paused from {format_time(at(60))} for 30 s by the catalog, 0 s of it by the metadata file" == note


@pytest.mark.parametrize("fields", [{"chunkStartTime": None}, {"chunkDuration": None}])
def test_without_a_time_nothing_is_compared(fields: dict[str, Any]) -> None:
    assert () == notes_on_pauses(metadata(**fields), recording((60, 90)))


def test_a_recording_of_others_is_not_compared() -> None:
    """Nobody here knows when it was paused."""
    assert () == notes_on_pauses(metadata((60, 30)), recording(requested_at=None))


def test_an_interval_without_a_start_or_a_duration_is_no_interval() -> None:
    odd = [{"duration": 30_000}, {"startTime": format_time(NOW)}, "odd"]
    assert () == metadata(pauseResumeIntervals=odd).pauses


def test_an_interval_may_end_after_all_time() -> None:
    late = datetime.max.replace(tzinfo=NOW.tzinfo) - SECOND
    odd = [{"startTime": format_time(late), "duration": 30_000}]
    assert () == notes_on_pauses(metadata(pauseResumeIntervals=odd), recording())


def test_the_kind_of_a_participant_is_read() -> None:
    (person,) = metadata().participants
    assert ParticipantKind.PHONE_NUMBER is person.kind
