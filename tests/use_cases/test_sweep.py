"""What no event and no message brings is found by the sweep, whatever drives it."""

import json
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from recording.core.errors import ArchiveBusy, SweepSilent, Transient
from recording.core.formats.api import StartRequest
from recording.core.lifecycle import Started, Stopped
from recording.core.model import (
    Actor,
    Channel,
    ChunkState,
    Content,
    Format,
    Opening,
    Output,
    RecordingId,
    RecordingState,
)
from recording.ports import SweepState
from tests.use_cases.world import RECORDING, START, World, assert_nothing_lost, file_event_of

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
WAV = Output(Content.AUDIO, Channel.MIXED, Format.WAV)
R = RecordingState


def sweep(world: World, times: int = 1, every: timedelta = 5 * MINUTE) -> None:
    for _ in range(times):
        world.clock.at += every
        world.app.sweeping.sweep_all()


def started(world: World, recording_id: str = RECORDING) -> RecordingId:
    world.calls.recordings[RecordingId(recording_id)] = "active"
    world.updates.apply(RecordingId(recording_id), Started(RecordingId(recording_id), WAV))
    return RecordingId(recording_id)


def test_a_lost_message_is_put_again() -> None:
    """And a person is told that the sweep found it."""
    world = World()
    world.announce(world.add())
    world.queue.messages.clear()
    with assert_nothing_lost(world):
        sweep(world, 12)
        world.run()

    assert RecordingState.RELEASED == world.entry().recording.state
    assert 1 == world.told().count("SweepFoundWork")
    assert {} == world.open_work.rows


def test_a_message_that_is_lost_of_a_recording_that_was_looked_at_while_it_ran_is_put_again() -> None:
    """In half an hour, as any other: what the sweep waited for before is no reason to look later."""
    world = World()
    started(world)
    sweep(world, 2)
    world.announce(world.add())
    world.queue.messages.clear()
    with assert_nothing_lost(world):
        sweep(world, 7)
        assert 1 == len(world.queue.messages)


def test_a_lost_message_of_a_later_look_is_put_again() -> None:
    world = World()
    chunk = world.add()
    content = world.source.contents.pop(chunk.content_location)
    world.announce(chunk)
    world.one()
    assert world.chunk().look_at is not None
    world.source.contents[chunk.content_location] = content
    world.queue.messages.clear()
    sweep(world, 12)
    world.run()

    assert ChunkState.RELEASED == world.state()


def test_nothing_is_driven_that_goes_on_by_itself() -> None:
    """No superfluous message, no alert; a row of each open recording is looked at seldom."""
    world = World()
    chunk = world.add()
    del world.source.contents[chunk.content_location]
    world.announce(chunk)
    for _ in range(60):
        sweep(world)
        world.run(until=world.clock.at - START)

    assert "SweepFoundWork" not in world.told()
    assert 1 == len(world.queue.messages)


def test_a_backlog_is_driven_less_and_less_often() -> None:
    """After half an hour, and then each time after twice as long, as far as the time left allows."""
    world = World()
    world.announce(world.add())
    sweep(world, 12 * 12)
    assert 3 <= len(world.queue.messages) <= 10


def test_a_message_that_was_not_lost_is_not_doubled_for_ever() -> None:
    """The messages of the sweep are superfluous then: one stays."""
    world = World()
    chunk = world.add()
    del world.source.contents[chunk.content_location]
    world.announce(chunk)
    sweep(world, 12 * 6)
    assert 3 <= len(world.queue.messages)
    world.run(until=world.clock.at - START + MINUTE)
    assert 1 == len(world.queue.messages)


def test_little_time_left_is_told_stage_by_stage_and_the_message_hurries() -> None:
    world = World()
    world.announce(world.add())
    sweep(world, 24 * 12)

    reasons = [str(event.body["reason"]) for event in world.topic.received if event.event_type == "RecordingAtRisk"]
    assert [f"no more than {hours} h" for hours in (12, 6, 1)] == [reason.partition(" until")[0] for reason in reasons]
    assert world.queue.urgent


def test_a_manifest_whose_message_was_lost_is_written() -> None:
    world = World()
    world.announce(world.add())
    world.topic.fail(503, 1)
    world.one()
    world.queue.messages.clear()
    assert ChunkState.RELEASED == world.state()
    sweep(world, 12)
    world.run()

    assert world.entry().recording.completed_at is not None


def test_an_alert_that_could_not_be_published_is_published() -> None:
    world = World()
    started(world)
    world.updates.apply(RECORDING, Stopped())
    world.topic.fail(503, 3)
    sweep(world, 40)
    assert 1 == world.told().count("RecordingMissing")
    assert () == world.entry().recording.untold


def test_what_was_driven_is_not_driven_at_each_look_because_its_alert_fails() -> None:
    world = World()
    world.announce(world.add())
    world.queue.messages.clear()
    world.topic.fail(503, 1000)
    sweep(world, 7)
    assert 1 == len(world.queue.messages)
    assert 1 == len(world.entry().recording.untold)


def test_the_end_that_nobody_told_is_asked_for_and_the_missing_file_event_is_told_and_lost_at_last() -> None:
    """Started, and then nothing: no stop, no event."""
    world = World()
    started(world)
    sweep(world, 3)
    assert R.STARTED is world.entry().recording.state
    assert world.entry().recording.active_at is not None

    world.calls.recordings[RECORDING] = "over"
    sweep(world, 14)
    assert R.STOPPED is world.entry().recording.state
    sweep(world, 13)
    assert R.MISSING is world.entry().recording.state
    assert ["RecordingMissing"] == world.told()
    sweep(world, 26 * 12)
    assert R.LOST is world.entry().recording.state
    assert "RecordingLost" == world.told()[-1]
    assert 3 == world.told().count("RecordingAtRisk")
    assert {} == world.open_work.rows


def test_one_wrong_answer_that_a_running_recording_is_over_is_not_believed() -> None:
    """It is asked again within minutes, and nobody is alerted."""
    world = World()
    started(world)
    sweep(world, 2)
    world.calls.arm("state_404", 1)
    sweep(world, 40)

    recording = world.entry().recording
    assert (R.STARTED, None) == (recording.state, recording.denied_at)
    assert [] == world.told()
    assert ["Denied"] == [one.what for one in recording.history if one.what == "Denied"]


def test_a_recording_that_was_believed_to_be_over_and_records_is_revived_and_told() -> None:
    """Although it was missing already; its row is that of a running recording again."""
    world = World()
    started(world)
    world.calls.recordings[RECORDING] = "over"
    sweep(world, 30)
    assert R.MISSING is world.entry().recording.state

    world.calls.recordings[RECORDING] = "active"
    sweep(world, 13)
    recording = world.entry().recording
    assert (R.STARTED, None, None) == (recording.state, recording.stopped_at, recording.denied_at)
    assert ["RecordingMissing", "RecordingAtRisk"] == world.told()
    assert "Checked" in {one.what for one in recording.history}
    assert [recording.opening] == [row.opening for row in world.open_work.rows.values()]


def test_a_recording_that_was_believed_to_be_over_is_archived_when_its_event_comes() -> None:
    world = World()
    started(world)
    world.calls.recordings[RECORDING] = "over"
    sweep(world, 26 * 14)
    assert R.LOST is world.entry().recording.state

    world.announce(world.add())
    world.run()
    assert R.RELEASED is world.entry().recording.state


def test_a_stop_that_was_told_wrongly_that_the_recording_is_over_is_taken_back() -> None:
    """A person is warned that it still records, and may stop it again."""
    world = World()
    started(world)
    world.calls.arm("stop_404", 1)
    assert R.STOPPED is world.app.controlling.stop(RECORDING).recording.state
    sweep(world, 3)
    assert R.STARTED is world.entry().recording.state
    assert ["RecordingAtRisk"] == world.told()

    assert R.STOPPED is world.app.controlling.stop(RECORDING).recording.state
    assert "over" == world.calls.recordings[RECORDING]


def test_a_source_that_refuses_access_is_told_once_within_two_hours() -> None:
    """Not only when half of the time is over."""
    world = World()
    world.source.arm("forbidden", times=None)
    world.announce(world.add(), world.add("document-1", 1))
    for _ in range(24):
        sweep(world)
        world.run(until=world.clock.at - START)

    told = [str(event.body["reason"]) for event in world.topic.received if event.event_type == "RecordingAtRisk"]
    assert 1 == len(told)
    assert "read source: 403" in told[0]


def test_what_was_accepted_and_never_recorded_is_told_within_minutes() -> None:
    world = World()
    started(world)
    world.calls.recordings[RECORDING] = "inactive"
    sweep(world, 3)

    assert ["RecordingAtRisk"] == world.told()
    assert "does not record" in str(world.topic.received[0].body["reason"])


def test_a_service_that_cannot_be_asked_keeps_the_sweep_from_nothing_else() -> None:
    world = World()
    started(world)
    world.calls.arm("state_503", 1000)
    world.announce(world.add(), recording_id=RecordingId("other"))
    world.queue.messages.clear()
    sweep(world, 12)
    world.run()

    assert RecordingState.RELEASED == world.entry(RecordingId("other")).recording.state
    assert R.STARTED is world.entry().recording.state


def test_a_recording_whose_events_cannot_be_read_is_lost_at_last_and_told() -> None:
    world = World()
    event = file_event_of(world.add())
    event["data"]["recordingStorageInfo"]["recordingChunks"][0]["contentLocation"] = None  # type: ignore[index]
    world.deliver(event)
    assert R.ANNOUNCED is world.entry().recording.state
    sweep(world, 26 * 12)

    assert R.LOST is world.entry().recording.state
    assert {} == world.open_work.rows


# Rows


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


# Drivers


def test_two_sweep_at_once_and_nothing_is_done_twice() -> None:
    """The second leaves it to the first; if the first died, it is taken over soon."""
    world = World()
    world.announce(world.add())
    world.queue.messages.clear()
    world.clock.at += HOUR
    world.open_work.save(replace(world.open_work.load(), busy_until=world.clock.at + MINUTE))
    assert world.app.sweeping.sweep() is None
    world.clock.at += 2 * MINUTE
    assert world.app.sweeping.sweep() is not None
    assert 1 == len(world.queue.messages)


@pytest.mark.parametrize(("interval", "left_alone"), [(1, 3), (20, 60), (300, 90)])
def test_a_sweep_that_was_killed_is_not_waited_for_long(interval: int, left_alone: int) -> None:
    """For three intervals at most, and never for longer than a slice takes."""
    world = World()
    sweeping = replace(world.app.sweeping, first_look=timedelta(seconds=interval))
    seen = []

    def killed(*_: object) -> None:
        seen.append(world.open_work.load().busy_until)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(sweeping), "_slice", killed)
        sweeping.sweep()
    assert [world.clock.at + timedelta(seconds=left_alone)] == seen


def test_the_first_file_event_begins_the_chain_of_ticks() -> None:
    """And a hundred more do not begin another."""
    world = World()
    for number in range(100):
        world.deliver(file_event_of(world.add(f"document-{number}"), recording_id=f"recording-{number}"))
    assert [1] == [number for _, number in world.ticks.ticks]


def ticking(world: World, minutes: int) -> list[int]:
    """Deliver ticks as they become visible; their numbers."""
    end, seen = world.clock.at + minutes * MINUTE, []
    while due := [tick for tick in world.ticks.ticks if tick[0] <= end]:
        tick = min(due)
        world.ticks.ticks.remove(tick)
        world.clock.at = max(world.clock.at, tick[0])
        if world.app.ticking.continue_chain(tick[1]):
            seen.append(tick[1])
            world.app.sweeping.sweep_all()
    return seen


def test_a_chain_of_ticks_keeps_the_sweep_going_without_a_timer() -> None:
    world = World()
    world.deliver(file_event_of(world.add()))
    world.queue.messages.clear()
    assert list(range(1, 14)) == ticking(world, 60)
    world.run()
    assert ChunkState.RELEASED == world.state()


def test_a_tick_that_is_delivered_twice_makes_no_second_chain() -> None:
    """Nor does one that died between its successor and the note of it."""
    world = World()
    world.app.ticking.ensure()
    (first,) = world.ticks.ticks
    world.ticks.ticks += [first, first]
    state = world.open_work.state
    world.app.ticking.continue_chain(1)
    world.open_work.state = replace(state, version=world.open_work.state.version)  # the crash: it is not noted
    seen = ticking(world, 60)

    assert 1 == len(world.ticks.ticks)
    assert seen == sorted(set(seen))


def test_a_lost_tick_ends_the_chain_and_a_file_event_begins_it_again() -> None:
    """With a number of its own: if the lost one comes after all, it is dropped."""
    world = World()
    world.app.ticking.ensure()
    lost = world.ticks.ticks.pop()
    world.clock.at += HOUR
    world.deliver(file_event_of(world.add()))
    assert [2] == [number for _, number in world.ticks.ticks]
    world.ticks.ticks.append(lost)
    assert [2, 3, 4] == ticking(world, 10)


def test_a_sweep_that_cannot_be_woken_is_no_reason_against_the_event(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()

    def busy() -> SweepState:
        raise ArchiveBusy("load sweep", "503")

    monkeypatch.setattr(world.open_work, "load", busy)
    received = world.deliver(file_event_of(world.add()))
    assert received.failure is None
    assert 1 == len(received.messages)


def test_health_fails_when_no_slice_comes_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Though each notes that it has stopped."""
    world = World()
    sweep(world)

    def busy(*_: object) -> None:
        raise ArchiveBusy("list open work", "503")

    monkeypatch.setattr(world.open_work, "page", busy)
    for _ in range(12):
        with pytest.raises(ArchiveBusy):
            sweep(world)
    with pytest.raises(SweepSilent, match="3600 seconds"):
        world.app.heartbeat.check()


def test_health_fails_when_the_sweep_is_silent() -> None:
    """Not at once after a start, and not while it goes on."""
    world = World()
    sweep(world, 4)
    world.app.heartbeat.check()
    world.clock.at += HOUR
    with pytest.raises(SweepSilent, match="3600 seconds"):
        world.app.heartbeat.check()
    sweep(world)
    world.app.heartbeat.check()


@pytest.mark.parametrize(("interval", "expected"), [(60, 12), (300, 12), (600, 6), (1800, 2), (3600, 1)])
def test_the_timer_alone_sweeps_as_often_as_the_interval_says(interval: int, expected: int) -> None:
    """It fires every five minutes, and sweeps at most so often."""
    world = World(settings={"SWEEP_SECONDS": str(interval)})
    passes = 0
    for minute in range(0, 60, 5):
        world.clock.at = START + minute * MINUTE
        before = world.open_work.state.alive_at
        world.app.sweeping.sweep_by_timer(5 * MINUTE)
        passes += world.open_work.state.alive_at != before
    assert expected == passes


def test_the_timer_goes_on_with_a_pass_that_has_not_ended() -> None:
    world = World(settings={"SWEEP_SECONDS": "3600"})
    world.app.sweeping.sweep_by_timer(5 * MINUTE)
    world.open_work.state = replace(world.open_work.state, began_at=world.clock.now())
    world.clock.at += 5 * MINUTE
    world.app.sweeping.sweep_by_timer(5 * MINUTE)
    assert world.clock.now() == world.open_work.state.alive_at


# Ends of calls


def test_a_call_that_ends_ends_its_recording_if_the_service_says_so_twice() -> None:
    """Not by one answer, and the second is asked for within minutes, not within the hour."""
    world = World()
    call = world.calls.add_call()
    server = call.locators[0].server_call_id
    start = world.app.starting.start_requested(StartRequest(output=WAV, server_call_id=server))
    recording_id = start.entry.recording.recording_id
    event = {"id": "e", "eventType": "Microsoft.Communication.CallEnded", "data": {"serverCallId": server}}

    body = json.dumps(event).encode()
    world.receiving.receive_request(body, from_event_grid=False)
    sweep(world, 2)
    assert world.entry(recording_id).recording.denied_at is None
    world.calls.end(call)
    world.receiving.receive_request(body, from_event_grid=False)
    ended = world.clock.now()
    recording = world.entry(recording_id).recording
    assert (R.STARTED, ended) == (recording.state, recording.denied_at)
    assert "asked at the end of its call" == recording.history[-1].detail
    sweep(world, 2)
    recording = world.entry(recording_id).recording
    assert (R.STOPPED, ended) == (recording.state, recording.stopped_at)


def test_who_drove_is_the_app() -> None:
    """The history names it."""
    world = World()
    world.announce(world.add())
    world.queue.messages.clear()
    sweep(world, 12)
    assert Actor("app") == world.entry().recording.history[-1].by
    assert "FoundBySweep" == world.entry().recording.history[-1].what


def test_a_table_that_is_not_available_is_told_to_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which drives the sweep again."""
    world = World()

    def busy(*_: object) -> None:
        raise ArchiveBusy("list open work", "503")

    monkeypatch.setattr(world.open_work, "page", busy)
    with pytest.raises(Transient):
        world.app.sweeping.sweep_all()
    assert world.open_work.load().busy_until is None
