"""The rows of open work: none is missing for long, none stands for nothing, and each has its turn."""

from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from recording.core.model import (
    ChunkState,
    Opening,
    RecordingId,
    RecordingState,
)
from tests.use_cases.sweeps import HOUR, MINUTE, started, sweep
from tests.use_cases.world import RECORDING, START, World


def test_a_row_that_a_crash_left_is_removed() -> None:
    """One of a save that was replaced at once; one of a save that never came after a day."""
    world = World()
    world.announce(world.add())
    world.run()
    world.open_work.put(RECORDING, Opening(START + 20 * HOUR, 1), START)
    world.open_work.put(RecordingId("never saved"), Opening(START + 20 * HOUR, 1), START)
    sweep(world, 2)
    assert ["never saved"] == [row.recording_id for row in world.open_work.rows.values()]
    sweep(world, 24 * 12)
    assert {} == world.open_work.rows


def test_a_row_of_a_save_in_progress_stays() -> None:
    """Its number is higher than the entry's: the save may still come."""
    world = World()
    world.announce(world.add())
    number = world.entry().recording.opening.number
    world.open_work.put(RECORDING, Opening(START, number + 1), START)
    sweep(world, 3)
    assert 2 == len(world.open_work.rows)


def test_an_entry_without_a_row_is_given_one_each_time_that_the_audit_finds_it() -> None:
    """A version of the app that saw nothing owed has saved it, twice: it was rolled back twice."""
    world = World()
    world.announce(world.add())
    for _ in range(2):
        entry = world.entry()
        world.open_work.rows.clear()
        opening = Opening(None, entry.recording.opening.number)
        world.catalog.save(replace(entry, recording=replace(entry.recording, opening=opening)))
        world.app.sweeping.auditing.audit()
        world.app.sweeping.auditing.audit()
        assert [RECORDING] == [row.recording_id for row in world.open_work.rows.values()]


def test_a_missing_row_is_found_by_the_audit_and_told(caplog: pytest.LogCaptureFixture) -> None:
    """None may be missing; if one is, the recording is found all the same."""
    world = World()
    world.announce(world.add())
    world.queue.messages.clear()
    world.open_work.rows.clear()
    with caplog.at_level("INFO"):
        sweep(world, 14)
    world.run()

    assert RecordingState.RELEASED == world.entry().recording.state
    assert "sweep.row_missing" in caplog.text


def test_an_entry_that_another_version_saw_as_done_gets_its_row() -> None:
    """It has no opening: by the audit alone it is found."""
    world = World()
    world.announce(world.add())
    world.queue.messages.clear()
    world.open_work.rows.clear()
    entry = world.entry()
    world.catalog.save(replace(entry, recording=replace(entry.recording, opening=Opening())))
    sweep(world, 14)
    world.run()

    assert RecordingState.RELEASED == world.entry().recording.state
    assert "SweepFoundWork" in world.told()
    assert [] == list(world.missing_rows())


def audited(world: World, monkeypatch: pytest.MonkeyPatch, recordings: int) -> RecordingId:
    """So many recordings, in pages of two, of which the last has lost its row."""
    monkeypatch.setattr("recording.watch.auditing._PAGE", 2)
    last = [started(world, f"recording-{number:04}") for number in range(recordings)][-1]
    world.open_work.remove(last, world.entry(last).recording.opening)
    return last


@pytest.mark.parametrize("recordings", [10, 400])
def test_the_audit_looks_at_all_recordings_of_two_days_in_hours_however_many_they_are(
    recordings: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page after each pass; of more than that comes to in six hours, the rest at once."""
    world = World()
    audited(world, monkeypatch, recordings)
    for _ in range(74):
        world.clock.at += 5 * MINUTE
        world.app.sweeping.auditing.audit()
    assert [] == list(world.missing_rows())


def test_the_audit_of_a_pass_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the next pass goes on."""
    world = World()
    audited(world, monkeypatch, 20)
    seconds = count(0, 9)
    auditing = replace(world.app.sweeping.auditing, monotonic=lambda: next(seconds))
    world.open_work.state = replace(
        world.open_work.state, audited=(world.clock.now(), ""), audit_began_at=world.clock.now() - 6 * HOUR
    )
    assert [0, 0, 0, 1] == [auditing.audit() for _ in range(4)]


def test_many_that_fail_do_not_keep_the_others_from_their_turn() -> None:
    """Each of those that fail is left alone for a while."""
    world = World()
    world.catalog.newer |= {RecordingId(f"a-{number:03}") for number in range(300)}
    for recording_id in world.catalog.newer:
        world.open_work.put(recording_id, Opening(START, 1), START)
    world.announce(world.add())
    world.queue.messages.clear()
    load = world.catalog.load

    def slow(recording_id: RecordingId) -> object:
        world.clock.at += timedelta(seconds=1)
        return load(recording_id)

    world.catalog.load = slow  # type: ignore[method-assign, assignment]
    sweep(world, 60)
    world.catalog.load = load  # type: ignore[method-assign]
    world.run()
    assert ChunkState.RELEASED == world.state()
