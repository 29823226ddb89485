"""Attacks on starting: what was withdrawn, what waits for a consent, and who may say what only the service knows."""

import json
from datetime import timedelta
from typing import Any

import pytest

from recording.core.callers import CALLBACK, EVENT_GRID, KEY
from recording.core.consent import LateJoiners
from recording.core.errors import ConsentMissing, ConsentRefused, ServiceBusy
from recording.core.formats.api import StartRequest
from recording.core.formats.deliveries import messages, read_body
from recording.core.formats.events import CALL_STARTED
from recording.core.lifecycle import Checked, Interrupted
from recording.core.model import (
    Actor,
    Attestation,
    CallConnectionId,
    ConsentKind,
    Door,
    EventKind,
    KnownCall,
    Output,
    RecordingId,
    RecordingState,
    StartOrder,
)
from recording.ports import InCall, StartClaim
from tests.core.consents import terms
from tests.fakes.service import FakeCall
from tests.use_cases.asking import EVE, AskingWorld, connection_of
from tests.use_cases.sweeps import sweep as sweep_often
from tests.use_cases.test_consent import announced, sweep
from tests.use_cases.test_consent_by_policy import MP3, asked, ended
from tests.use_cases.test_running import FAILED, Scene

ADA = Actor("entra:ada")
MINUTE = timedelta(minutes=1)
RESOURCE_ID = "00000000-0000-0000-0000-000000000001"


def attesting(*, restarts: bool = False) -> AskingWorld:
    """A world whose rule wants an attestation."""
    rule = {"id": "attested", "record": True, "reason": "r", "match": {}, "consent": {"kind": "attested"}}
    policy = {"version": 1, "rules": [rule | {"restart": restarts}]}
    return AskingWorld(settings={"RECORDING_POLICY": json.dumps(policy)})


def attested(world: AskingWorld, call: FakeCall) -> dict[str, Any]:
    """A call that is connected, with an attestation made now."""
    event = world.connected(call)
    said = {"basis": "contract", "by": "ann", "at": world.clock.now().isoformat()}
    event["data"]["operationContext"] = json.dumps({"consent": said})
    return event


# Withdrawn


@pytest.mark.parametrize("kind", ["attested", "not-needed"])
def test_after_a_withdrawal_no_event_of_the_call_starts_another(kind: str) -> None:
    """Neither one that comes again, nor a later one that carries the same word, nor one of another kind."""
    world = attesting() if kind == "attested" else AskingWorld()
    call = world.call()
    first = attested(world, call)
    world.post(first)
    world.app.withdrawing.withdraw(call.recordings[0], "changed my mind", by=ADA)
    world.clock.at += MINUTE
    later = {**world.connected(call), "data": first["data"]}
    started = {**world.connected(call), "type": CALL_STARTED}
    world.post(first, later, started)

    assert 1 == len(call.recordings)


@pytest.mark.parametrize("output", [None, MP3])
def test_after_a_withdrawal_a_request_needs_a_newer_word(output: Output | None) -> None:
    """Whatever it wants of the call."""
    world = attesting()
    call = world.call()
    world.post(attested(world, call))
    old = Attestation("contract", "ann", world.clock.now())
    world.clock.at += MINUTE
    world.app.withdrawing.withdraw(call.recordings[0], "changed my mind", by=ADA)
    world.clock.at += MINUTE

    def request(word: Attestation) -> StartRequest:
        known = KnownCall(EventKind.REQUEST, attested=word)
        return StartRequest(output, server_call_id=call.locators[0].server_call_id, call=known)

    with pytest.raises(ConsentMissing, match="withdrawn"):
        world.app.beginning.begin_requested(request(old), by=ADA)
    assert 1 == len(call.recordings)
    world.app.beginning.begin_requested(request(Attestation("said yes again", "ann", world.clock.now())), by=ADA)

    assert 2 == len(call.recordings)


def test_an_event_of_a_call_that_a_request_records_in_another_output_starts_no_second_recording() -> None:
    """In one that no rule of the policy names."""
    world = AskingWorld()
    call = world.call()
    request = StartRequest(MP3, server_call_id=call.locators[0].server_call_id)
    world.app.beginning.begin_requested(request, by=ADA)
    world.post(world.connected(call))

    assert 1 == len(call.recordings)


def test_two_events_of_a_call_at_once_start_one_recording_though_their_rules_differ() -> None:
    """In the output. The service has not answered the first when the second comes, which is delivered again."""
    consent = {"kind": "not-needed", "reason": "r"}
    rules = [
        {"id": kind, "record": True, "reason": "r", "match": {"event": [kind]}, "consent": consent, "output": output}
        for kind, output in (("callStarted", "audio-mixed-mp3"), ("callConnected", "audio-mixed-wav"))
    ]
    world = AskingWorld(settings={"RECORDING_POLICY": json.dumps({"version": 1, "rules": rules})})
    call = world.call()
    first, second = world.connected(call), world.connected(call)
    first["type"] = CALL_STARTED
    start, seconds = world.calls.start, []

    def comes_meanwhile(order: StartOrder) -> RecordingId:
        world.calls.start = start  # type: ignore[method-assign]
        seconds.append(world.post(second))
        return start(order)

    world.calls.start = comes_meanwhile  # type: ignore[method-assign]
    assert world.post(first).failure is None
    assert seconds[0].failure is not None
    assert ["recording"] == world.outcomes(second)

    assert 1 == len(call.recordings)


def test_an_event_is_not_held_up_for_long_by_a_start_in_another_output_whose_run_was_killed() -> None:
    world = AskingWorld()
    call = world.call()
    server = call.locators[0].server_call_id
    order = StartOrder(call.locators[0], MP3, "lost", world.clock.now())
    world.catalog.claim(StartClaim(f"{MP3} call/{server}", order, "event/lost", world.clock.now()))
    event = world.connected(call)
    assert world.post(event).failure is not None
    world.clock.at += MINUTE

    assert ["recording"] == world.outcomes(event)


def test_a_withdrawal_reaches_what_was_started_by_a_worker_that_died_after_it() -> None:
    """It could not say in the first recording's entry which one goes on."""
    world = AskingWorld(terms=terms(), restarts=True)
    call, entry = ended(world)
    settle = world.catalog.settle

    def die(claim: StartClaim) -> StartClaim:
        found = settle(claim)
        if claim.recording_id is not None:
            raise SystemExit
        return found

    world.catalog.settle = die  # type: ignore[method-assign]
    with pytest.raises(SystemExit):
        world.app.sweeping.reacting.react(entry)
    world.catalog.settle = settle  # type: ignore[method-assign]
    world.worker()
    world.app.withdrawing.withdraw(entry.recording.recording_id, "changed my mind", by=ADA)
    world.clock.at += 10 * MINUTE
    world.app.sweeping.sweep_all()

    assert "over" == world.calls.recordings[call.recordings[1]]


# Paused for those who joined later


def joined(world: AskingWorld, call: FakeCall) -> RecordingId:
    """Somebody joins whom the consent does not cover; the recording, which is paused."""
    world.prompts.people[connection_of(call)].append(EVE)
    world.post(world.people_changed(call))
    assert "inactive" == world.calls.recordings[call.recordings[0]]
    return call.recordings[0]


def test_what_is_paused_for_a_late_joiner_is_not_resumed_without_a_word() -> None:
    world, call = announced(late_joiners=LateJoiners.PAUSE_UNTIL_ATTESTED)
    recording_id = joined(world, call)
    with pytest.raises(ConsentRefused):
        world.app.controlling.resume(recording_id, by=ADA)
    assert "inactive" == world.calls.recordings[recording_id]
    world.app.consenting.attest(recording_id, "she said yes", by=ADA)

    assert "active" == world.calls.recordings[recording_id]


def test_somebody_attests_while_it_is_being_paused() -> None:
    """The service has paused it, and the worker that ordered that has not noted it yet."""
    world, call = announced(late_joiners=LateJoiners.PAUSE_UNTIL_ATTESTED)
    pause = world.calls.pause

    def attested_meanwhile(recording_id: RecordingId) -> None:
        pause(recording_id)
        world.app.consenting.attest(recording_id, "she said yes", by=ADA)

    world.calls.pause = attested_meanwhile  # type: ignore[method-assign]
    world.prompts.people[connection_of(call)].append(EVE)
    world.post(world.people_changed(call))

    assert "active" == world.calls.recordings[call.recordings[0]]


def test_a_pause_of_a_person_that_is_too_long_is_not_resumed_for_a_late_joiner() -> None:
    """Though the rule resumes what is paused for too long: nobody has attested."""
    world = AskingWorld(terms=terms(late_joiners=LateJoiners.PAUSE_UNTIL_ATTESTED))
    policy = json.loads(world.settings["RECORDING_POLICY"])
    policy["rules"][0] |= {"pauseLimitSeconds": 60, "resumeAtLimit": True}
    world.settings = {**world.settings, "RECORDING_POLICY": json.dumps(policy)}
    world.worker()
    call = world.call()
    world.post(world.connected(call))
    world.post(world.played(call, world.prompts.played[0]))
    world.app.controlling.pause(call.recordings[0], by=ADA)
    recording_id = joined(world, call)
    for _ in range(3):
        sweep(world, 10 * MINUTE)

    assert "inactive" == world.calls.recordings[recording_id]
    assert RecordingState.PAUSED is world.catalog.entries[recording_id].recording.state


def test_a_start_again_after_a_withdrawal_asks_the_service_for_nothing() -> None:
    """The worker has read the entry before the withdrawal was noted."""
    world = AskingWorld(terms=terms(), restarts=True)
    call, entry = ended(world)
    world.app.withdrawing.withdraw(entry.recording.recording_id, "changed my mind", by=ADA)
    world.app.sweeping.reacting.react(entry)

    assert 1 == len(call.recordings)


def test_what_is_paused_for_a_late_joiner_is_started_again_paused() -> None:
    """It ended by itself meanwhile, and the rule wants another. It goes on when somebody attests."""
    world = AskingWorld(terms=terms(late_joiners=LateJoiners.PAUSE_UNTIL_ATTESTED), restarts=True)
    call = world.call()
    world.post(world.connected(call))
    world.post(world.played(call, world.prompts.played[0]))
    world.updates.apply(call.recordings[0], Checked(is_active=True))
    world.clock.at += MINUTE
    first = joined(world, call)
    world.clock.at += 10 * MINUTE
    world.calls.interrupt(first)
    world.updates.apply(first, Interrupted(world.clock.now()))
    world.app.sweeping.reacting.react(world.catalog.entries[first])
    second = call.recordings[1]
    assert "inactive" == world.calls.recordings[second]
    sweep(world, 10 * MINUTE)
    assert "inactive" == world.calls.recordings[second]
    world.app.consenting.attest(second, "she said yes", by=ADA)

    assert "active" == world.calls.recordings[second]


def test_who_joins_before_it_is_started_again_is_not_recorded_either() -> None:
    """It has ended by itself, so that it cannot be paused; nor is the next one who joins."""
    world = AskingWorld(terms=terms(late_joiners=LateJoiners.PAUSE_UNTIL_ATTESTED), restarts=True)
    call, entry = ended(world)
    world.prompts.people[connection_of(call)].append(EVE)
    world.post(world.people_changed(call))
    world.app.sweeping.reacting.react(entry)
    second = call.recordings[1]
    assert "inactive" == world.calls.recordings[second]
    world.app.consenting.attest(second, "she said yes", by=ADA)
    assert "active" == world.calls.recordings[second]
    world.prompts.people[connection_of(call)].append("4:+49304")
    world.post(world.people_changed(call))

    assert "inactive" == world.calls.recordings[second]


# Who may say what only the service knows


@pytest.mark.parametrize("by", [KEY, EVENT_GRID])
def test_a_callback_that_says_to_be_of_event_grid_is_none(by: Actor) -> None:
    """Where callbacks are proven. The function key would be enough to start a recording on an invented word, else."""
    world = attesting()
    world.settings = {**world.settings, "ACS_RESOURCE_IDS": RESOURCE_ID}
    world.worker()
    call = world.call()
    body = json.dumps([attested(world, call), world.people_changed(call), world.disconnected(call)]).encode()
    received = world.receiving.receive_request(body, from_event_grid=True, by=by)

    assert ([], 0) == (call.recordings, len(received.later))
    assert ["ignored"] * 3 == [one["outcome"] for one in received.outcomes]
    world.receiving.receive_request(body, from_event_grid=False, by=CALLBACK)
    assert 1 == len(call.recordings)


def test_a_callback_that_waited_in_the_queue_is_still_one() -> None:
    world = attesting()
    world.settings = {**world.settings, "ACS_RESOURCE_IDS": RESOURCE_ID}
    world.worker()
    call = world.call()
    member = read_body(json.dumps(attested(world, call)).encode())
    for by in (KEY, CALLBACK):
        (message,) = messages(member, Door.FUNCTION_KEY, by=by)
        world.receiving.receive_message(message.encode())
        assert (by == CALLBACK) == bool(call.recordings)


# What nobody may read


def test_a_participant_whom_the_service_names_is_in_no_log_no_alert_and_no_answer(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Its messages may: that of a prompt that failed, for one."""
    world = AskingWorld(terms=terms(prompts=1))
    call = world.call()
    world.post(world.connected(call))
    failed = world.play_failed(call, world.prompts.played[0])
    failed["data"]["resultInformation"] = {"code": 400, "subCode": 8536, "message": f"Participant {EVE} has left."}
    world.post(failed)
    with pytest.raises(ConsentMissing) as caught:
        world.app.beginning.begin_requested(asked(call), by=ADA)

    told = [str(event) for event in world.topic.received]
    assert "8536" in str(caught.value)
    assert 1 == len(told)
    assert [] == [text for text in (*told, *caplog.messages, str(caught.value)) if EVE.removeprefix("4:") in text]


# What is said to be empty


def test_a_start_that_is_said_to_have_failed_and_was_resumed_expects_its_file() -> None:
    """It was started paused, so the service says that it does not record, and the failure is believed."""
    scene = Scene(is_paused=True)
    scene.send(FAILED, recordingId=scene.recording_id)
    assert scene.recording().failed_at is not None
    scene.world.app.controlling.resume(scene.recording_id, by=ADA)
    scene.world.calls.end(scene.call)
    sweep_often(scene.world, 4, 10 * MINUTE)
    assert RecordingState.EMPTY is not scene.recording().state
    sweep_often(scene.world, 4, 60 * MINUTE)

    assert RecordingState.MISSING is scene.recording().state


# Floods


def test_consents_that_are_slow_keep_no_other_from_its_turn() -> None:
    """A thousand calls in their prompt at once, and a service that is slow: one sweep does not do all."""
    world = AskingWorld(terms=terms(ConsentKind.KEYPRESS))
    calls = [world.call() for _ in range(30)]
    asked_about = set[str]()

    def slow(connection_id: CallConnectionId) -> InCall:
        asked_about.add(connection_id)
        world.clock.sleep(5)
        raise ServiceBusy("list participants", "503")

    world.prompts.participants = slow  # type: ignore[method-assign]
    for call in calls:
        world.post(world.connected(call))
    asked_about.clear()
    for _ in range(10):
        sweep(world)

    assert len(calls) == len(asked_about)
