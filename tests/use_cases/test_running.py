"""What the service tells of recordings that run, the API's own acts and the sweep agree on one state."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from local.policies import EVERYTHING
from recording.core.callers import KEY
from recording.core.errors import ServiceBusy
from recording.core.formats.api import StartRequest
from recording.core.lifecycle.wholeness import FULL
from recording.core.model import (
    APP,
    OUTSIDE,
    Actor,
    CallConnectionId,
    CallEvent,
    ParticipantKind,
    ParticipantsEvent,
    Reaction,
    Recording,
    RecordingId,
    RecordingState,
    StartFailedEvent,
    StateEvent,
)
from recording.core.times import format_time
from recording.events.taking import Reception
from tests.core.formats.test_call_events import callback
from tests.use_cases.sweeps import MINUTE, WAV, sweep
from tests.use_cases.world import World

R = RecordingState
SECOND = timedelta(seconds=1)
BY = Actor("callback")
ANN = Actor("key:ann")
STATE, FAILED, PEOPLE = "RecordingStateChanged", "StartRecordingFailed", "ParticipantsUpdated"


def policy_with(reaction: Reaction | None) -> str:
    """A policy that records every call, and wants that when a recording does not record although it should."""
    wanted, policy = reaction or Reaction(), json.loads(EVERYTHING)
    limit = wanted.pause_limit
    policy["rules"][0] |= {
        "restart": wanted.restart,
        "startTries": wanted.tries,
        **({} if limit is None else {"pauseLimitSeconds": int(limit.total_seconds())}),
        "resumeAtLimit": wanted.resumes_at_limit,
    }
    return json.dumps(policy)


@dataclass
class Scene:
    """A call that is recorded, as started by its call connection; the service says that it records."""

    reaction: Reaction | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    by: str = "connection"
    is_paused: bool = False

    def __post_init__(self) -> None:
        self.world = World(settings={"RECORDING_POLICY": policy_with(self.reaction), **self.settings})
        self.call = self.world.calls.add_call()
        self.recording_id = self.start()
        self.wait(MINUTE)
        if not self.is_paused:
            self.told("active")

    def start(self) -> RecordingId:
        server, _, _, connection = self.call.locators
        request = StartRequest(
            WAV,
            server_call_id=server.server_call_id if self.by == "server" else None,
            call_connection_id=connection.call_connection_id if self.by == "connection" else None,
            pause_on_start=self.is_paused,
        )
        return self.world.app.beginning.starting.start_requested(request, by=APP).entry.recording.recording_id

    def wait(self, time: timedelta) -> None:
        self.world.clock.at += time

    def send(self, kind: str, **data: object) -> str:
        """A callback; what became of it."""
        event = callback(f"Microsoft.Communication.{kind}", **data)
        return str(self.deliver(event).outcomes[0]["outcome"])

    def deliver(self, event: Mapping[str, object]) -> Reception:
        body = json.dumps([{**event, "time": format_time(self.world.clock.at)}]).encode()
        return self.world.receiving.receive_request(body, from_event_grid=False, by=KEY)

    def told(self, state: str, recording_id: str = "") -> str:
        return self.send(STATE, recordingId=recording_id or self.recording_id, state=state)

    def recording(self, recording_id: str = "") -> Recording:
        return self.world.entry(RecordingId(recording_id or self.recording_id)).recording

    @property
    def alerts(self) -> list[str]:
        return self.world.told()


def test_a_recording_of_many_hours_is_one_that_runs() -> None:
    """A chunk of it is archived already: who asks for a recording of its call gets it, and its state is asked for."""
    scene = Scene()
    scene.world.announce(scene.world.add(end_reason=FULL), recording_id=scene.recording_id)
    scene.world.run()

    assert scene.recording_id == scene.start()
    assert [scene.recording_id] == scene.call.recordings
    assert "active" == scene.world.app.controlling.state(scene.recording_id, by=APP)[1]


# A callback is evidence


def test_a_callback_that_agrees_asks_nothing_and_changes_nothing() -> None:
    """Late, doubled or out of order."""
    scene = Scene()
    before = scene.recording()
    scene.world.calls.arm("state_503")  # it would fail if the service were asked

    assert ["ignored"] * 3 == [scene.told("active") for _ in range(3)]
    assert before == scene.recording()


def test_an_inactive_of_before_the_start_is_no_alarm() -> None:
    """It can come before `active`, or after it."""
    scene = Scene()
    assert "noted" == scene.told("inactive")  # the service was asked: it records
    assert ([], R.STARTED, ()) == (scene.alerts, scene.recording().state, scene.recording().pauses)


def test_a_callback_about_a_recording_of_others_is_ignored() -> None:
    """So is one that comes before the entry is saved: then the sweep asks."""
    assert "ignored" == Scene().told("active", "of-others")


def test_a_service_that_cannot_be_asked_is_asked_again() -> None:
    """The delivery is answered so that it comes again, and the sweep asks too."""
    scene = Scene()
    scene.world.calls.pause(scene.recording_id)
    scene.world.calls.arm("state_503")
    event = callback(f"Microsoft.Communication.{STATE}", recordingId=scene.recording_id, state="inactive")

    assert isinstance(scene.deliver(event).failure, ServiceBusy)
    assert [] == scene.alerts
    assert scene.deliver(event).failure is None
    assert ["RecordingInterrupted"] == scene.alerts


def test_an_alert_that_could_not_be_published_is_published_with_the_repeated_callback() -> None:
    scene = Scene()
    scene.world.calls.pause(scene.recording_id)
    scene.world.topic.fail(503)
    event = callback(f"Microsoft.Communication.{STATE}", recordingId=scene.recording_id, state="inactive")

    assert scene.deliver(event).failure is not None
    assert scene.deliver(event).failure is None
    assert ["RecordingInterrupted"] == scene.alerts


# Pauses by anybody


def test_a_pause_by_somebody_else_is_told_at_once_and_kept() -> None:
    """With the callback, and not at the next sweep; its end too is seen."""
    scene = Scene()
    scene.world.calls.pause(scene.recording_id)
    scene.told("inactive")
    began = scene.world.clock.at
    assert (["RecordingInterrupted"], R.PAUSED) == (scene.alerts, scene.recording().state)

    scene.wait(MINUTE)
    scene.world.calls.resume(scene.recording_id)
    scene.told("active")
    (pause,) = scene.recording().pauses
    assert (began, OUTSIDE, began + MINUTE, OUTSIDE) == (pause.since, pause.by, pause.until, pause.until_by)
    assert R.STARTED is scene.recording().state


def test_a_pause_whose_callback_was_lost_is_found_by_the_sweep() -> None:
    scene = Scene()
    scene.world.calls.pause(scene.recording_id)
    sweep(scene.world, 14)
    assert (R.PAUSED, 1) == (scene.recording().state, scene.alerts.count("RecordingInterrupted"))


def test_a_pause_that_a_person_asks_about_is_found_too() -> None:
    scene = Scene()
    scene.world.calls.pause(scene.recording_id)
    entry, word = scene.world.app.controlling.state(scene.recording_id, by=APP)
    assert (R.PAUSED, "inactive") == (entry.recording.state, word)


@pytest.mark.parametrize("order", ["callback first", "answer first", "answer lost"])
def test_our_own_pause_is_no_alarm_and_names_who(order: str) -> None:
    """Whatever comes first of the service's answer and its callback; also if the answer is lost."""
    scene = Scene()
    controlling = scene.world.app.controlling
    if order == "answer first":
        controlling.pause(scene.recording_id, by=ANN)
        scene.told("inactive")
    elif order == "answer lost":
        scene.world.calls.arm("pause_response_lost")
        with pytest.raises(ServiceBusy):
            controlling.pause(scene.recording_id, by=ANN)
        sweep(scene.world)
        controlling.pause(scene.recording_id, by=ANN)
    else:
        turn = scene.world.calls.pause

        def pause(recording_id: RecordingId) -> None:
            turn(recording_id)
            scene.told("inactive")

        scene.world.calls.pause = pause  # type: ignore[method-assign]
        controlling.pause(scene.recording_id, by=ANN)
    (pause_found,) = scene.recording().pauses
    assert ([], R.PAUSED, ANN) == (scene.alerts, scene.recording().state, pause_found.by)


def test_our_own_stop_is_no_alarm_though_its_callback_comes_first() -> None:
    """The service has no such recording any more, and the call goes on."""
    scene = Scene()
    turn = scene.world.calls.stop

    def stop(recording_id: RecordingId) -> None:
        turn(recording_id)
        scene.told("inactive")

    scene.world.calls.stop = stop  # type: ignore[method-assign]
    scene.world.app.controlling.stop(scene.recording_id, by=ANN)
    assert ([], R.STOPPED) == (scene.alerts, scene.recording().state)


def test_a_pause_beyond_its_limit_is_told_once() -> None:
    """The setting PAUSE_LIMIT_SECONDS; the sweep sees it within its interval."""
    scene = Scene(settings={"PAUSE_LIMIT_SECONDS": "900"})
    scene.world.app.controlling.pause(scene.recording_id, by=ANN)
    sweep(scene.world, 2)
    assert [] == scene.alerts
    sweep(scene.world, 10)
    assert ["RecordingPausedLong"] == scene.alerts


def test_a_pause_beyond_its_limit_is_resumed_if_the_policy_says_so() -> None:
    scene = Scene(Reaction(pause_limit=15 * MINUTE, resumes_at_limit=True))
    scene.world.app.controlling.pause(scene.recording_id, by=ANN)
    sweep(scene.world, 5)
    recording = scene.recording()
    assert ([], R.STARTED, "active") == (
        scene.alerts,
        recording.state,
        scene.world.calls.recordings[scene.recording_id],
    )
    assert (ANN, "app") == (recording.pauses[0].by, recording.pauses[0].until_by)


def test_a_pause_of_what_is_over_is_not_resumed() -> None:
    scene = Scene(Reaction(pause_limit=15 * MINUTE, resumes_at_limit=True))
    scene.world.app.controlling.pause(scene.recording_id, by=ANN)
    scene.world.calls.end(scene.call)
    sweep(scene.world, 5)
    assert scene.recording().state in {R.PAUSED, R.STOPPED}


# No file is expected


@pytest.mark.parametrize("end", ["stopped", "with its call"])
def test_what_was_started_paused_and_never_resumed_raises_no_alarm(end: str) -> None:
    """It says so before its end and after; days later nothing is missing or lost."""
    scene = Scene(is_paused=True)
    assert scene.recording().has_recorded_nothing
    if end == "stopped":
        scene.world.app.controlling.stop(scene.recording_id, by=ANN)
    else:
        scene.world.calls.end(scene.call)
    sweep(scene.world, 30, every=60 * MINUTE)
    assert ([], R.EMPTY) == (scene.alerts, scene.recording().state)
    assert [] == list(scene.world.missing_rows())


def test_what_somebody_else_has_resumed_has_a_file_though_no_callback_came() -> None:
    """The service is asked before it is stopped."""
    scene = Scene(is_paused=True)
    scene.world.calls.resume(scene.recording_id)
    assert R.STOPPED is scene.world.app.controlling.stop(scene.recording_id, by=APP).recording.state


def test_a_service_that_cannot_be_asked_does_not_keep_from_stopping() -> None:
    scene = Scene(is_paused=True)
    scene.world.calls.arm("state_503")
    assert R.EMPTY is scene.world.app.controlling.stop(scene.recording_id, by=APP).recording.state


# Over in mid-call


def test_what_ends_unasked_in_its_call_is_told_at_once() -> None:
    """With the callback; without a policy nothing is started."""
    scene = Scene()
    scene.world.calls.interrupt(scene.recording_id)
    assert ("noted", "noted") == (scene.told("inactive"), scene.told("inactive"))
    assert ["RecordingInterrupted"] == scene.alerts
    assert 1 == len(scene.world.calls.recordings)


def test_what_ends_unasked_is_told_by_the_sweep_if_its_callback_was_lost() -> None:
    scene = Scene()
    scene.world.calls.interrupt(scene.recording_id)
    sweep(scene.world, 14)
    assert 1 == scene.alerts.count("RecordingInterrupted")


@pytest.mark.parametrize("by", ["connection", "server"])
def test_what_ends_with_its_call_is_no_alarm(by: str) -> None:
    scene = Scene(by=by)
    scene.world.calls.end(scene.call)
    scene.told("inactive")
    assert [] == scene.alerts


def test_another_recording_starts_if_the_policy_says_so() -> None:
    """Once, however often the callback comes; each names the other, with the gap."""
    scene = Scene(Reaction(restart=True))
    scene.wait(10 * MINUTE)
    scene.world.calls.interrupt(scene.recording_id)
    ended = scene.world.clock.at
    scene.wait(20 * SECOND)
    for _ in range(3):
        scene.told("inactive")
    first = scene.recording()
    assert (["RecordingInterrupted"], 2) == (scene.alerts, len(scene.world.calls.recordings))
    assert first.continued_by is not None
    later = scene.recording(first.continued_by)
    assert later.continues is not None
    assert (scene.recording_id, 2, R.STARTED) == (later.continues.recording_id, later.attempt, later.state)
    assert ended <= later.continues.since <= (later.requested_at or ended)


def test_a_restart_that_fails_is_tried_again_and_the_alarm_is_not_held_up() -> None:
    """By the callback that comes again, and by the sweep."""
    scene = Scene(Reaction(restart=True))
    scene.world.calls.interrupt(scene.recording_id)
    scene.world.calls.arm("start_503", 2)
    event = callback(f"Microsoft.Communication.{STATE}", recordingId=scene.recording_id, state="inactive")
    assert isinstance(scene.deliver(event).failure, ServiceBusy)
    assert ["RecordingInterrupted"] == scene.alerts
    sweep(scene.world, 3)
    assert scene.recording().continued_by is not None
    assert 2 == len(scene.world.calls.recordings)


def test_what_the_service_has_after_all_does_not_go_on_in_itself() -> None:
    """One wrong answer said that it is over; the next one, as it is to be started again, that it records."""
    scene = Scene(Reaction(restart=True))
    scene.wait(5 * MINUTE)
    scene.world.calls.arm("state_404")
    scene.told("inactive")
    assert (None, [scene.recording_id]) == (scene.recording().continued_by, scene.call.recordings)
    sweep(scene.world, 2)
    assert (None, R.STARTED) == (scene.recording().interrupted_at, scene.recording().state)
    scene.world.app.controlling.stop(scene.recording_id, by=ANN)
    assert "over" == scene.world.calls.recordings[scene.recording_id]


def test_a_call_that_is_over_by_then_is_not_recorded_again() -> None:
    scene = Scene(Reaction(restart=True))
    scene.world.calls.interrupt(scene.recording_id)
    scene.world.calls.arm("start_call_not_found")
    scene.told("inactive")
    assert scene.recording().continued_by is None
    assert 1 == len(scene.world.calls.recordings)


# Accepted and never active


@pytest.mark.parametrize("tries", [0, 1])
def test_what_was_started_paused_and_records_nothing_after_it_was_resumed_is_told(tries: int) -> None:
    """The service has accepted to resume it, and does not record. While it was paused, that was no news."""
    scene = Scene(Reaction(tries=tries), is_paused=True)
    sweep(scene.world, 3)
    assert [] == scene.alerts
    scene.world.app.controlling.resume(scene.recording_id, by=ANN)
    scene.world.calls.recordings[scene.recording_id] = "inactive"
    sweep(scene.world, 3)

    assert ["RecordingNotStarted"] == scene.alerts
    assert 1 + tries == len(scene.call.recordings)
    assert (tries > 0) is ("over" == scene.world.calls.recordings[scene.recording_id])


def test_a_start_that_failed_is_told_at_once_and_may_be_tried_again() -> None:
    """202, then StartRecordingFailed: the same event of the call, or a request, starts another."""
    scene = Scene(is_paused=False)
    other = scene.world.calls.add_call()
    event = CallEvent("event-1", other.locators[0].server_call_id, at=scene.world.clock.at)
    first = scene.world.app.beginning.starting.start_for_call(event, by=APP)
    scene.world.calls.interrupt(first)
    outcome = scene.send(FAILED, recordingId=first, resultInformation={"code": 500, "subCode": 8570})

    assert ("noted", ["RecordingNotStarted"]) == (outcome, scene.alerts)
    assert "code 500, subCode 8570" in str(scene.world.topic.received[0].body["reason"])
    assert first != scene.world.app.beginning.starting.start_for_call(event, by=APP)
    sweep(scene.world, 30, every=60 * MINUTE)
    assert R.EMPTY is scene.recording(first).state


def test_a_failed_start_is_found_by_its_call() -> None:
    """Where the callback names no recording."""
    scene = Scene()
    call = scene.world.calls.add_call()
    server = call.locators[0].server_call_id
    first = scene.world.app.beginning.starting.start_for_call(
        CallEvent("event-1", server, at=scene.world.clock.at), by=APP
    )
    scene.world.calls.interrupt(first)
    assert "noted" == scene.send(FAILED, serverCallId=server)
    assert scene.recording(first).failed_at is not None


def test_what_was_started_paused_has_not_failed_as_another_start_of_its_call_has() -> None:
    """The callback names the call alone; the service still has the recording, which waits to be resumed."""
    scene = Scene(is_paused=True)
    server = scene.call.locators[0].server_call_id

    assert "ignored" == scene.send(FAILED, serverCallId=server)
    assert ([], None) == (scene.alerts, scene.recording().failed_at)
    scene.world.calls.interrupt(scene.recording_id)
    assert "noted" == scene.send(FAILED, serverCallId=server)


def test_a_start_that_is_said_to_have_failed_and_records_has_not_failed() -> None:
    """It was active before; or the service says that it is."""
    scene = Scene()
    assert "ignored" == scene.send(FAILED, recordingId=scene.recording_id)
    call = scene.world.calls.add_call()
    server = call.locators[0].server_call_id
    other = scene.world.app.beginning.starting.start_for_call(
        CallEvent("event-1", server, at=scene.world.clock.at), by=APP
    )
    assert "ignored" == scene.send(FAILED, recordingId=other)
    assert ([], None) == (scene.alerts, scene.recording(other).failed_at)


def test_a_failure_that_comes_before_the_start_is_noted_comes_again() -> None:
    """For half a minute; then it is one of a recording of others."""
    scene = Scene()
    event = callback(f"Microsoft.Communication.{FAILED}", recordingId="not-noted-yet")
    assert scene.deliver(event).failure is not None

    at = format_time(scene.world.clock.at - MINUTE)
    body = json.dumps([{**event, "time": at}]).encode()
    outcomes = scene.world.receiving.receive_request(body, from_event_grid=False, by=KEY).outcomes
    assert ["ignored"] == [one["outcome"] for one in outcomes]


@pytest.mark.parametrize(("tries", "recordings"), [(0, 1), (1, 2), (2, 3)])
def test_what_never_begins_is_told_within_minutes_and_tried_as_the_policy_says(tries: int, recordings: int) -> None:
    """One after the other, each stopped before the next, and each says that it replaces the one before."""
    scene = Scene(Reaction(tries=tries), is_paused=False, by="server")
    call = scene.world.calls.add_call()
    scene.world.calls.never_active = True
    server = call.locators[0].server_call_id
    first = scene.world.app.beginning.starting.start_for_call(
        CallEvent("event-1", server, at=scene.world.clock.at), by=APP
    )
    sweep(scene.world, 3)
    assert ["RecordingNotStarted"] == scene.alerts[:1]
    sweep(scene.world, 12)

    assert recordings == len(call.recordings)
    chain = [scene.recording(one) for one in call.recordings]
    assert first == chain[0].recording_id
    assert [None, *call.recordings[:-1]] == [one.continues and one.continues.recording_id for one in chain]
    assert [R.EMPTY] * tries == [one.state for one in chain[:-1]]


# Participants


def test_the_kinds_of_participants_are_kept() -> None:
    """Of the newest list; the ids are not."""
    scene = Scene()
    connection = scene.call.locators[3].call_connection_id
    people = [{"identifier": {"rawId": "4:+15551230001"}}, {"identifier": {"rawId": "28:orgid:app"}}]
    for number, found in ((2, people), (1, people[:1])):
        server = scene.call.locators[0].server_call_id
        scene.send(PEOPLE, participants=found, sequenceNumber=number, callConnectionId=connection, serverCallId=server)
    expected = ((ParticipantKind.PHONE_NUMBER, 1), (ParticipantKind.TEAMS_APP, 1))
    assert expected == scene.recording().participants
    assert "+15551230001" not in str(scene.world.catalog.entries)
    assert not any(b"+15551230001" in blob.content for blob in scene.world.journal.blobs.values())


def test_use_cases_take_events_by_whom_they_came() -> None:
    """The history names the actor."""
    scene = Scene()
    reacting = scene.world.app.receiving.reacting
    scene.world.calls.pause(scene.recording_id)
    reacting.state_changed(StateEvent("e", scene.recording_id, is_active=False), by=BY)
    reacting.start_failed(StartFailedEvent("e", "x", call_connection_id=CallConnectionId("none")), by=BY)
    reacting.participants_updated(ParticipantsEvent("e", 1, ()), by=BY)
    assert BY == scene.recording().changed_by or BY in {one.by for one in scene.recording().history}
