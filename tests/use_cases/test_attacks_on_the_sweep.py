"""Attacks on the sweep: by slow and broken recordings, by clocks that are wrong, by what the function key may post."""

import random
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from recording.adapters.rows import pack
from recording.core.errors import ArchiveBusy, SourceBusy
from recording.core.lifecycle import Announced, Decided, Warned
from recording.core.lifecycle.history import MOST_TEXT
from recording.core.model import (
    Actor,
    CatalogEntry,
    ChunkState,
    DocumentId,
    Door,
    Opening,
    RecordingId,
    RecordingState,
    Ruling,
)
from recording.core.watching import Limits, look
from recording.ports import OpenRow
from tests.use_cases.sweeps import started, sweep
from tests.use_cases.world import RECORDING, START, World, file_event_of

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
KEY = Door.FUNCTION_KEY


def forgotten(world: World) -> None:
    """A chunk whose message was lost: only the sweep finds it."""
    world.announce(world.add())
    world.queue.messages.clear()


def row_of(world: World) -> OpenRow:
    return next(row for row in world.open_work.rows.values() if row.recording_id == RECORDING)


# What is slow or broken


@pytest.mark.parametrize("seconds", [3, 70])
def test_many_that_fail_slowly_do_not_keep_the_sweep_from_the_others(seconds: int) -> None:
    """Before the last of a page has had its turn, the first are due again."""
    world = World()
    world.catalog.newer |= {RecordingId(f"a-{number:03}") for number in range(150)}
    for recording_id in world.catalog.newer:
        world.open_work.put(recording_id, Opening(START, 1), START)
    forgotten(world)
    load = world.catalog.load

    def slow(recording_id: RecordingId) -> CatalogEntry | None:
        world.clock.at += timedelta(seconds=seconds)
        return load(recording_id)

    world.catalog.load = slow  # type: ignore[method-assign]
    sweep(world, 40, MINUTE)
    assert world.queue.messages


def test_rows_without_an_entry_do_not_keep_the_sweep_from_the_others() -> None:
    """They are left for a day, as their save may come: nobody notes in them when to look again."""
    world = World()
    for number in range(150):
        world.open_work.put(RecordingId(f"a-{number:03}"), Opening(START, 1), START)
    forgotten(world)
    load = world.catalog.load

    def slow(recording_id: RecordingId) -> CatalogEntry | None:
        world.clock.at += timedelta(seconds=3)
        return load(recording_id)

    world.catalog.load = slow  # type: ignore[method-assign]
    sweep(world, 20, MINUTE)
    assert world.queue.messages


def test_a_bug_at_one_recording_does_not_keep_the_sweep_from_the_others(caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    world.open_work.put(RecordingId("a"), Opening(START, 1), START)
    forgotten(world)
    load = world.catalog.load

    def broken(recording_id: RecordingId) -> CatalogEntry | None:
        if recording_id == "a":
            raise OverflowError("date value out of range")
        return load(recording_id)

    world.catalog.load = broken  # type: ignore[method-assign]
    sweep(world, 12)
    assert world.queue.messages
    assert "sweep.look_failed recording_id=a code=OverflowError" in caplog.text


def test_a_row_that_cannot_be_touched_costs_one_slice() -> None:
    world = World()
    world.catalog.newer.add(RecordingId("a"))
    world.open_work.put(RecordingId("a"), Opening(START, 1), START)
    forgotten(world)
    touch = world.open_work.touch

    def refused(recording_id: RecordingId, opening: Opening, *, look_at: datetime | None = None, **_: object) -> None:
        if recording_id == "a":
            raise ArchiveBusy("touch work", "500")
        touch(recording_id, opening, look_at=look_at)

    world.open_work.touch = refused  # type: ignore[method-assign]
    for _ in range(12):
        world.clock.at += 5 * MINUTE
        try:
            world.app.sweeping.sweep_all()
        except ArchiveBusy:
            continue
    assert world.queue.messages


def test_a_cursor_that_is_none_any_more_costs_one_slice() -> None:
    world = World()
    forgotten(world)
    world.open_work.state = replace(world.open_work.state, cursor="of another version", done=7)
    world.clock.at += HOUR
    with pytest.raises(Exception, match="after"):
        world.app.sweeping.sweep_all()
    world.app.sweeping.sweep_all()
    assert world.queue.messages


def test_an_alert_is_published_though_the_service_cannot_be_asked() -> None:
    world = World()
    started(world)
    world.updates.apply(RECORDING, Warned("a stage", "a reason"))
    world.calls.arm("state_503", 1000)
    sweep(world, 3)
    assert ["RecordingAtRisk"] == world.told()


def test_a_service_that_cannot_be_asked_for_hours_is_told() -> None:
    """Nobody would notice that the recording is over, if its file event is lost too."""
    world = World()
    started(world)
    world.calls.arm("state_503", 10_000)
    sweep(world, 12 * 12)
    assert ["RecordingAtRisk"] == world.told()


def test_a_row_that_is_put_again_while_it_is_removed_as_old_stays() -> None:
    """An event that is delivered again after a day writes the same row, and its entry after that."""
    world = World()
    event = file_event_of(world.add())
    world.open_work.put(RECORDING, Opening(START + DAY - HOUR, 1), START)
    world.clock.at += DAY + 5 * MINUTE
    load = world.catalog.load

    def meanwhile(recording_id: RecordingId) -> CatalogEntry | None:
        found = load(recording_id)
        if found is None:
            world.catalog.load = load  # type: ignore[method-assign]
            world.deliver(event)
        return found

    world.catalog.load = meanwhile  # type: ignore[method-assign]
    world.app.sweeping.sweep_all()
    assert [] == list(world.missing_rows())


def test_a_long_copy_of_one_chunk_does_not_hide_that_the_message_of_another_is_lost() -> None:
    """Nor is its own message put again."""
    world = World()
    world.announce(world.add(), world.add("document-1", 1))
    world.queue.messages.clear()
    for _ in range(30):
        world.clock.at += 2 * MINUTE
        world.updates.show_life(world.entry(), DocumentId("document-0"))
        world.app.sweeping.sweep_all()
    assert {"document-1"} == {message.document_id for _, message in world.queue.messages}


# Clocks


def test_what_a_clock_that_was_a_day_ahead_has_left_keeps_nobody_from_the_sweep() -> None:
    """State, row, and what the worker has seen."""
    world = World()
    forgotten(world)
    world.clock.at += DAY
    world.app.ticking.ensure()
    row = row_of(world)
    world.open_work.touch(RECORDING, row.opening, since=world.clock.at, look_at=world.clock.at + HOUR)
    state = world.open_work.state
    world.open_work.state = replace(state, busy_until=world.clock.at + MINUTE, alive_at=world.clock.at)
    world.clock.at = START
    world.ticks.ticks.clear()
    sweep(world, 8)

    assert world.queue.messages
    assert world.app.ticking.ensure()
    world.app.heartbeat.check()


def test_a_throttle_of_a_clock_that_was_a_day_ahead_is_not_obeyed() -> None:
    world = World()
    world.throttle.until = START + DAY
    world.announce(world.add())
    world.run(until=MINUTE)
    assert ChunkState.RELEASED == world.state()

    world.app.archiving.throttling.note(SourceBusy("copy chunk", "429", ids={"status": "429"}))
    assert world.throttle.until < START + HOUR


# What the function key may post


def test_an_event_repeated_for_a_recording_that_waits_for_its_end_leaves_one_message() -> None:
    """All its chunks are archived, and it lacks one: each further message would wait for a day."""
    world = World()
    event = file_event_of(world.add(end_reason="ChunkMaximumSizeExceeded"))
    world.deliver(event)
    world.run(until=HOUR)
    for _ in range(100):
        world.deliver(event, KEY)
    world.run(until=3 * HOUR)
    assert 1 == len(world.queue.messages)
    world.run()
    assert RecordingState.INCOMPLETE == world.entry().recording.state


def test_what_makes_a_complete_recording_owe_another_manifest_later_puts_a_message() -> None:
    world = World()
    world.deliver(file_event_of(world.add()))
    world.run(until=HOUR)
    assert world.entry().recording.completed_at is not None
    broken = file_event_of(world.add("document-1", 1), event_id="event-2")
    broken["data"]["recordingStorageInfo"]["recordingChunks"][0]["contentLocation"] = None  # type: ignore[index]
    known = file_event_of(world.add(), event_id="event-3")
    world.deliver(broken)
    world.deliver(known)
    world.run()
    sweep(world, 26 * 12)
    world.run()
    assert RecordingState.INCOMPLETE == world.entry().recording.state


def test_the_key_cannot_fill_an_entry_with_the_ids_of_events() -> None:
    """Random characters, which cannot be compressed; then Event Grid's chunk must still fit in, and be archived."""
    world = World()
    spread = random.Random(1)

    def wild(length: int) -> str:
        return "".join(chr(spread.randrange(0x20000, 0x2A000)) for _ in range(length))

    for number in range(250):
        chunk = world.add(f"{number}-{wild(20)}", number + 1, content=b"none")
        world.deliver(file_event_of(chunk, event_id=wild(256)), KEY)
    world.queue.messages.clear()
    assert len(world.entry().chunks) < 240  # the others are named as more than the key may announce
    body = [value for name, value in pack(world.entry()).items() if name.startswith("body")]
    assert sum(map(len, body)) < 450_000
    world.deliver(file_event_of(world.add(), event_id="by Event Grid"))
    world.run(until=HOUR)
    assert ChunkState.RELEASED == world.state()


def test_the_history_is_bounded_whatever_it_tells_and_keeps_decisions() -> None:
    """Long reasons, and long ids of chunks that only the function key has announced."""
    world = World()
    spread = random.Random(1)
    world.announce(world.add())
    person = Actor("somebody")
    world.updates.apply(RECORDING, Decided(DocumentId("document-0"), Ruling.RETRY, "I have looked"), by=person)
    for number in range(100):
        reason = "".join(chr(spread.randrange(0x20000, 0x2A000)) for _ in range(5000))
        world.updates.apply(RECORDING, Warned(f"stage {number}", reason))
        world.topic.failures.clear()
        world.updates.tell(world.entry())
    history = world.entry().recording.history
    assert sum(len(one.detail) for one in history) <= MOST_TEXT
    assert "Announced" == history[0].what
    assert person in {one.by for one in history}
    assert sum(len(value) for name, value in pack(world.entry()).items() if name.startswith("body")) < 300_000


def test_the_key_does_not_say_when_a_source_ends_that_event_grid_has_announced() -> None:
    """Else every warning would be given at once, and none when its time comes."""
    world = World()
    event = file_event_of(world.add())
    world.deliver(event)
    due = world.chunk().due
    for forged in (event, file_event_of(replace(world.add(), index=1))):
        world.deliver({**forged, "id": "forged", "eventTime": "0002-01-01T00:00:00Z"}, KEY)
        assert due == world.chunk().due


# Many chunks


def test_a_manifest_that_is_owed_takes_one_message_however_many_chunks_are_closed() -> None:
    """Also while a chunk is open that does not count."""
    world = World()
    world.announce(*(world.add(f"document-{number}", number) for number in range(20)))
    world.topic.fail(503, 1000)
    world.run(until=HOUR)
    world.announce(world.add("by-key", 5), door=KEY, event_id="by key")
    found = look(world.entry(), START, world.clock.at + HOUR, Limits(DAY, HOUR, MINUTE))
    assert ["document-0"] == [one for one in found.drive if one != "by-key"]
    assert Announced.__name__ == world.entry().recording.history[-1].what
