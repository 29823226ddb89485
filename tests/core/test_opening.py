"""Whether a recording owes something, by when it needs attention, and which row stands for it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.core.lifecycle import Fact, Started, Stopped, decide, is_stale, open_at, with_opening
from recording.core.model import (
    Alarm,
    Alert,
    CatalogEntry,
    ChunkState,
    Opening,
    Recording,
    RecordingState,
)
from tests.core.entries_of import (
    DUE,
    GONE_BY,
    NOW,
    RECORDING_ID,
    WAV,
    changed_recording,
    chunk,
    chunk_facts,
    completed,
    entry_of,
)

DAY = timedelta(hours=24)
C, R = ChunkState, RecordingState
MINUTE = NOW  # it has no seconds


def closed(*chunks: ChunkState, completed_at: datetime | None = NOW) -> CatalogEntry:
    return entry_of(*(chunk(place, state) for place, state in enumerate(chunks)), completed_at=completed_at)


def undecided() -> CatalogEntry:
    return entry_of(replace(chunk(0, C.QUARANTINED, apart=True), look_at=None))


def untold(entry: CatalogEntry) -> CatalogEntry:
    return changed_recording(entry, untold=(Alert(Alarm.LOST, "because"),))


def recording(state: RecordingState, **fields: object) -> CatalogEntry:
    return changed_recording(CatalogEntry(Recording(RECORDING_ID, state)), **fields)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (entry_of(chunk(0)), DUE),
        (entry_of(chunk(0, C.ARCHIVED), chunk(1, C.RELEASED)), DUE),
        (entry_of(replace(chunk(0), due=DUE + DAY), chunk(1)), DUE),
        (entry_of(chunk(0, C.QUARANTINED)), DUE),
        (undecided(), GONE_BY),
        (closed(C.RELEASED), None),
        (closed(C.RELEASED, completed_at=None), GONE_BY),
        (closed(C.RELEASED, C.LOST, completed_at=None), GONE_BY),
        (closed(C.LOST, completed_at=None), None),
        (untold(closed(C.RELEASED)), GONE_BY),
        (recording(R.STARTED, requested_at=NOW), NOW + DAY),
        (recording(R.PAUSED, requested_at=NOW), NOW + DAY),
        (recording(R.STOPPED, requested_at=NOW, stopped_at=NOW + DAY), NOW + 2 * DAY),
        (recording(R.MISSING, stopped_at=NOW), NOW + DAY),
        (recording(R.ANNOUNCED, announced_at=NOW), NOW + DAY),
        (recording(R.LOST, stopped_at=NOW), None),
        (untold(recording(R.LOST, stopped_at=NOW)), NOW + DAY),
        (recording(R.STARTED), None),
    ],
)  # fmt: skip
def test_what_is_owed_and_by_when(entry: CatalogEntry, expected: datetime | None) -> None:
    """What ends first decides; nothing owed, no moment."""
    assert expected == open_at(entry)


def test_a_new_minute_is_a_new_row() -> None:
    """And within the minute the row stays."""
    started = with_opening(None, decide(None, Started(RECORDING_ID, WAV), NOW).entry)
    paused = with_opening(started, changed_recording(started, state=R.PAUSED))
    stopped = with_opening(paused, decide(paused, Stopped(), NOW + timedelta(hours=1)).entry)

    assert Opening(MINUTE + DAY, 1) == started.recording.opening == paused.recording.opening
    assert Opening(MINUTE + DAY + timedelta(hours=1), 2) == stopped.recording.opening


@pytest.mark.parametrize(
    ("before", "after", "is_new"),
    [
        (recording(R.STARTED, requested_at=NOW), recording(R.PAUSED, requested_at=NOW), False),
        (recording(R.STARTED, requested_at=NOW), recording(R.STOPPED, stopped_at=NOW), True),
        (recording(R.STARTED, requested_at=NOW), recording(R.STARTED, requested_at=NOW, denied_at=NOW), True),
        (recording(R.STARTED, requested_at=NOW, denied_at=NOW), recording(R.STOPPED, stopped_at=NOW), True),
        (recording(R.STOPPED, stopped_at=NOW), recording(R.MISSING, stopped_at=NOW), False),
        (recording(R.STARTED, requested_at=DUE - DAY), entry_of(chunk(0)), True),
        (recording(R.MISSING, stopped_at=DUE - DAY), entry_of(chunk(0)), True),
        (entry_of(chunk(0)), entry_of(chunk(0), chunk(1)), True),
        (entry_of(chunk(0), chunk(1)), entry_of(chunk(0), chunk(1, C.RELEASED)), False),
        (entry_of(chunk(0), chunk(1, C.RELEASED)), entry_of(chunk(0), chunk(1)), True),
        (entry_of(chunk(0)), entry_of(chunk(0, C.ARCHIVED)), False),
        (entry_of(chunk(0)), entry_of(chunk(0, C.QUARANTINED)), False),
    ],
)  # fmt: skip
def test_what_is_owed_anew_is_a_new_row(before: CatalogEntry, after: CatalogEntry, *, is_new: bool) -> None:
    """In the same minute too: the old row says when to look at what was owed before."""
    saved = with_opening(None, before)
    found = with_opening(saved, changed_recording(after, opening=saved.recording.opening))
    at = saved.recording.opening.at
    assert Opening(at, 2 if is_new else 1) == found.recording.opening


def test_what_owes_nothing_has_no_row_and_a_new_one_when_it_owes_again() -> None:
    """The number tells the new row from the old one of the same minute."""
    open_ = with_opening(None, entry_of(chunk(0)))
    done = with_opening(open_, changed_recording(closed(C.RELEASED), opening=open_.recording.opening))
    again = with_opening(done, changed_recording(entry_of(chunk(0)), opening=done.recording.opening))

    openings = [one.recording.opening for one in (open_, done, again)]
    assert [
        Opening(MINUTE + timedelta(hours=23), 1),
        Opening(None, 2),
        Opening(MINUTE + timedelta(hours=23), 3),
    ] == openings


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (Opening(MINUTE, 2), False),  # its own
        (Opening(MINUTE, 1), True),  # an earlier one
        (Opening(MINUTE + DAY, 2), True),  # of a save that lost
        (Opening(MINUTE, 3), False),  # of a save in progress
    ],
)
def test_a_row_is_stale_only_if_no_save_can_make_it_stand_for_anything(row: Opening, *, expected: bool) -> None:
    assert expected == is_stale(row, changed_recording(entry_of(), opening=Opening(MINUTE, 2)))


@given(st.lists(st.tuples(st.sampled_from([*chunk_facts().values(), completed(0)]), st.integers(0, 60)), max_size=8))
def test_an_open_entry_always_has_a_row_with_a_number_of_its_own(facts: list[tuple[Fact, int]]) -> None:
    """Whatever happens; so a row that is removed late is never the one that stands for the entry."""
    seen: dict[int, Opening] = {}
    entry, now = with_opening(None, entry_of(chunk(0))), NOW
    for fact, minutes in facts:
        now += timedelta(minutes=minutes)
        before = entry.recording.opening
        entry = with_opening(entry, decide(entry, fact, now).entry)
        opening = entry.recording.opening
        assert (opening.at is None) == (open_at(entry) is None)
        assert opening.number == before.number + (opening != before)
        assert seen.setdefault(opening.number, opening) == opening
