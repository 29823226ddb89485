"""What no event and no message brings is found by the sweep, whatever drives it."""

import json

import pytest

from recording.core.callers import KEY
from recording.core.errors import ArchiveBusy, Transient
from recording.core.formats.api import StartRequest
from recording.core.lifecycle import Stopped
from recording.core.model import (
    APP,
    Actor,
    ChunkState,
    RecordingId,
    RecordingState,
)
from tests.use_cases.sweeps import MINUTE, WAV, R, started, sweep
from tests.use_cases.world import RECORDING, START, World, assert_nothing_lost, file_event_of


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
    assert R.STOPPED is world.app.controlling.stop(RECORDING, by=APP).recording.state
    sweep(world, 3)
    assert R.STARTED is world.entry().recording.state
    assert ["RecordingAtRisk"] == world.told()

    assert R.STOPPED is world.app.controlling.stop(RECORDING, by=APP).recording.state
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

    assert ["RecordingNotStarted"] == world.told()
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


# Ends of calls


def test_a_call_that_ends_ends_its_recording_if_the_service_says_so_twice() -> None:
    """Not by one answer, and the second is asked for within minutes, not within the hour."""
    world = World()
    call = world.calls.add_call()
    server = call.locators[0].server_call_id
    start = world.app.beginning.starting.start_requested(StartRequest(output=WAV, server_call_id=server), by=APP)
    recording_id = start.entry.recording.recording_id
    event = {"id": "e", "eventType": "Microsoft.Communication.CallEnded", "data": {"serverCallId": server}}

    body = json.dumps(event).encode()
    world.receiving.receive_request(body, from_event_grid=False, by=KEY)
    sweep(world, 2)
    assert world.entry(recording_id).recording.denied_at is None
    world.calls.end(call)
    world.receiving.receive_request(body, from_event_grid=False, by=KEY)
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
