"""Consent that a rule asks for: of requests, whatever the policy says later, and for a recording that is continued."""

from datetime import timedelta

import pytest

from local.policies import EVERYTHING
from recording.calls.starting import Start
from recording.core.consent import Consent, LateJoiners, OtherWay, Outcome
from recording.core.errors import CallRefused, ConsentMissing, RequestIdReused, ServiceBusy
from recording.core.formats.api import StartRequest
from recording.core.lifecycle import Checked, Interrupted
from recording.core.model import (
    APP,
    Actor,
    CatalogEntry,
    ConsentKind,
    Output,
    Prompt,
    RecordingId,
    RecordingState,
    StartOrder,
)
from recording.core.outputs import parse_output_name
from tests.core.consents import terms
from tests.fakes.service import FakeCall
from tests.use_cases.asking import ANN, EVE, AskingWorld, connection_of, policy_of_terms

ADA = Actor("entra:ada")
KEYPRESS = ConsentKind.KEYPRESS
MP3 = parse_output_name("audio-mixed-mp3")


def asked(call: FakeCall, request_id: str = "r", output: Output | None = None) -> StartRequest:
    """A request to record a call, by our connection to it."""
    return StartRequest(output, call_connection_id=connection_of(call), request_id=request_id)


def begun(world: AskingWorld, call: FakeCall, request_id: str = "r", output: Output | None = None) -> Start | Consent:
    return world.app.beginning.begin_requested(asked(call, request_id, output), by=ADA)


def test_a_request_whose_rule_asks_begins_the_consent_and_then_has_its_recording() -> None:
    """Repeated with the same id it says how far that is; another request finds the recording that runs."""
    world = AskingWorld(terms=terms())
    call = world.call()
    for _ in range(2):
        assert isinstance(begun(world, call), Consent)
    assert (1, []) == (len(world.prompts.played), call.recordings)
    world.post(world.played(call, world.prompts.played[0]))
    first, again, other = (begun(world, call, request_id) for request_id in ("r", "r", "another"))

    assert [True, True, False] == [isinstance(one, Start) and one.is_new for one in (first, again, other)]
    (recording_id,) = call.recordings
    recording = world.catalog.entries[recording_id].recording
    assert ["announced"] == world.evidence([recording_id])
    assert recording.applied is not None
    assert ("asked", ADA) == (recording.applied.rule, recording.history[0].by)


def test_a_request_without_a_connection_of_ours_is_told_what_to_do() -> None:
    world = AskingWorld(terms=terms())
    call = world.call()
    request = StartRequest(None, server_call_id=call.locators[0].server_call_id)
    with pytest.raises(ConsentMissing, match="callConnectionId") as caught:
        world.app.beginning.begin_requested(request, by=ADA)

    assert ("asked", [], {}) == (caught.value.rule, call.recordings, world.consents.stored)


def test_a_request_that_was_declined_is_refused_however_often_it_comes() -> None:
    """Also another one, and the call's own event."""
    world = AskingWorld(terms=terms(KEYPRESS))
    call = world.call(ANN)
    begun(world, call)
    world.post(world.pressed(call, world.prompts.asked[0][0], "two"))
    for request_id in ("r", "r", "another"):
        with pytest.raises(ConsentMissing, match="declined"):
            begun(world, call, request_id)

    assert (["not recorded"], []) == (world.outcomes(world.connected(call)), call.recordings)


def test_a_request_for_something_else_than_what_is_asked_for_is_refused() -> None:
    """With the same id it is a mistake, with another a conflict."""
    world = AskingWorld(terms=terms())
    call = world.call()
    begun(world, call)
    with pytest.raises(RequestIdReused):
        begun(world, call, output=MP3)
    with pytest.raises(CallRefused) as caught:
        begun(world, call, "another", MP3)

    assert 409 == caught.value.status


def test_a_request_id_that_stands_for_another_call_is_refused_though_that_one_is_asked_first() -> None:
    """Or is recorded by then; and also for a call that no connection names, whose participants are asked nothing."""
    world = AskingWorld(terms=terms())
    call, other = world.call(), world.call()
    begun(world, call)
    with pytest.raises(RequestIdReused):
        begun(world, other)
    world.post(world.played(call, world.prompts.played[0]))
    assert isinstance(begun(world, call), Start)
    with pytest.raises(RequestIdReused):
        begun(world, other)
    world.settings = {**world.settings, "RECORDING_POLICY": EVERYTHING}
    world.worker()
    with pytest.raises(RequestIdReused):
        world.app.beginning.begin_requested(
            StartRequest(None, server_call_id=other.locators[0].server_call_id, request_id="r"), by=ADA
        )

    assert ([], 1) == (other.recordings, len(world.consents.stored))


@pytest.mark.parametrize("is_first", [True, False])
def test_a_request_id_stands_for_one_call_also_where_an_event_began_the_consent(*, is_first: bool) -> None:
    """Whether it is used first for the call that an event has begun, or for the other one."""
    world = AskingWorld(terms=terms())
    by_event, other = world.call(), world.call()
    world.post(world.connected(by_event))
    one, two = (by_event, other) if is_first else (other, by_event)
    begun(world, one)
    begun(world, one)
    with pytest.raises(RequestIdReused):
        begun(world, two)

    begun(world, two, "another")


@pytest.mark.parametrize("asks_early", [True, False], ids=["while the call is asked", "while it is recorded"])
def test_a_request_that_an_event_came_before_is_answered_the_same_after_the_end(*, asks_early: bool) -> None:
    """Its retry has the recording that it had, or waited for. One that comes only then is refused, as is its retry."""
    world = AskingWorld(terms=terms())
    call = world.call()
    world.post(world.connected(call))
    if asks_early:
        assert isinstance(begun(world, call), Consent)
    world.post(world.played(call, world.prompts.played[0]))
    if not asks_early:
        assert isinstance(begun(world, call), Start)
    (recording_id,) = call.recordings
    world.clock.at += timedelta(minutes=1)
    world.app.controlling.stop(recording_id, by=ADA)
    world.clock.at += timedelta(minutes=1)

    for _ in range(2):
        again = begun(world, call)
        assert isinstance(again, Start)
        assert (recording_id, False) == (again.entry.recording.recording_id, again.is_new)
        with pytest.raises(ConsentMissing):
            begun(world, call, "late")


def test_a_request_that_was_recorded_without_a_question_is_answered_the_same_once_its_call_is_asked() -> None:
    """The policy has changed, and an event of the call has begun a consent, which is declined."""
    world = AskingWorld()
    world.settings = {**world.settings, "RECORDING_POLICY": EVERYTHING}
    world.worker()
    call = world.call(ANN)
    first = begun(world, call)
    assert isinstance(first, Start)
    world.settings = {**world.settings, "RECORDING_POLICY": policy_of_terms(terms(KEYPRESS))}
    world.worker()
    world.post(world.connected(call))
    assert first == begun(world, call)
    world.post(world.pressed(call, world.prompts.asked[0][0], "two"))

    assert first == begun(world, call)
    with pytest.raises(RequestIdReused):
        begun(world, call, output=MP3)


def test_a_request_whose_start_had_no_answer_is_not_recorded_once_somebody_has_declined() -> None:
    """What its rule said before anybody was asked counts no more."""
    world = AskingWorld()
    world.settings = {**world.settings, "RECORDING_POLICY": EVERYTHING}
    world.worker()
    call = world.call(ANN)
    world.calls.arm("start_503", 1)
    with pytest.raises(ServiceBusy):
        begun(world, call)
    world.settings = {**world.settings, "RECORDING_POLICY": policy_of_terms(terms(KEYPRESS))}
    world.worker()
    world.post(world.connected(call))
    world.post(world.pressed(call, world.prompts.asked[0][0], "two"))
    with pytest.raises(ConsentMissing):
        begun(world, call)

    assert [] == call.recordings


def test_a_consent_is_for_one_recording() -> None:
    """Who wants another of the call, after the first is over, must not use what was said for that."""
    world = AskingWorld(terms=terms())
    call = world.call()
    begun(world, call)
    world.post(world.played(call, world.prompts.played[0]))
    world.app.controlling.stop(call.recordings[0], by=APP)
    same = begun(world, call)
    with pytest.raises(ConsentMissing, match="is over"):
        begun(world, call, "another")

    assert isinstance(same, Start)
    assert 1 == len(call.recordings)


def test_what_was_decided_is_what_is_started_whatever_the_policy_says_by_then() -> None:
    """Rule, output and evidence; also when the app restarts with a policy that records nothing."""
    world = AskingWorld(terms=terms())
    call = world.call()
    assert isinstance(begun(world, call, output=MP3), Consent)
    world.settings = {**world.settings, "RECORDING_POLICY": ""}
    world.archiving = world.worker()
    world.post(world.played(call, world.prompts.played[0]))
    (recording_id,) = call.recordings
    recording = world.catalog.entries[recording_id].recording

    assert recording.applied is not None
    assert (MP3, "asked") == (recording.output, recording.applied.rule)
    assert isinstance(begun(world, call), Start)


def test_the_other_way_begins_with_its_prompt_and_the_call_is_ended_after_it() -> None:
    """All hear it, once."""
    sorry = Prompt("Goodbye.", "en-US", "1")
    world = AskingWorld(terms=terms(KEYPRESS, other_way=OtherWay.HANG_UP, other_prompt=sorry))
    call = world.call(ANN)
    world.post(world.connected(call))
    world.post(world.pressed(call, world.prompts.asked[0][0], "two"))
    (order,) = world.prompts.played
    assert (sorry, True) == (order.prompt, connection_of(call) in world.prompts.people)
    world.post(world.played(call, order))

    assert (1, Outcome.DECLINED) == (len(world.prompts.played), world.consent(call).outcome)
    assert world.consent(call).is_other_way_gone
    assert [] == call.recordings


# Started again in place of another


def ended(world: AskingWorld) -> tuple[FakeCall, CatalogEntry]:
    """A call that was recorded, and whose recording has ended by itself; nobody has noticed yet."""
    call = world.call()
    world.post(world.connected(call))
    world.post(world.played(call, world.prompts.played[0]))
    (first,) = call.recordings
    world.updates.apply(first, Checked(is_active=True))
    world.clock.at += timedelta(minutes=10)
    world.calls.interrupt(first)
    return call, world.updates.apply(first, Interrupted(world.clock.now())).entry


def continued(late: LateJoiners = LateJoiners.GO_ON) -> tuple[AskingWorld, FakeCall]:
    """A call whose recording has ended by itself, and that is recorded by another since."""
    world = AskingWorld(terms=terms(late_joiners=late), restarts=True)
    call, entry = ended(world)
    world.app.sweeping.reacting.react(entry)
    assert 2 == len(call.recordings)
    return world, call


def test_a_recording_that_is_started_again_stands_on_the_same_consent() -> None:
    world, call = continued()
    first, second = (world.catalog.entries[recording_id].recording for recording_id in call.recordings)

    assert first.consent is not None
    assert first.consent == second.consent
    assert first.applied == second.applied


def test_who_joins_later_pauses_the_recording_that_runs() -> None:
    """Not the one that it was started in place of. The app is named."""
    world, call = continued(LateJoiners.PAUSE_UNTIL_ATTESTED)
    world.prompts.people[connection_of(call)].append(EVE)
    world.post(world.people_changed(call))
    second = world.catalog.entries[call.recordings[1]].recording

    assert RecordingState.PAUSED is second.state
    assert second.open_pause is not None
    assert APP == second.open_pause.by
    world.app.consenting.attest(call.recordings[1], "she said yes", by=ADA)
    second = world.catalog.entries[call.recordings[1]].recording
    assert second.consent is not None
    assert (RecordingState.STARTED, 2) == (second.state, len(second.consent.operations))


def test_a_withdrawal_reaches_the_recording_that_runs() -> None:
    """Whichever of the two it names."""
    world, call = continued()
    world.app.withdrawing.withdraw(call.recordings[0], "changed my mind", by=ADA)
    second = world.catalog.entries[call.recordings[1]].recording

    assert (RecordingState.STOPPED, "over") == (second.state, world.calls.recordings[call.recordings[1]])
    assert second.withdrawn is not None
    assert ADA == second.withdrawn.by


def test_a_recording_whose_consent_was_withdrawn_is_not_started_again() -> None:
    world = AskingWorld(terms=terms(), restarts=True)
    call, entry = ended(world)
    (first,) = call.recordings
    world.app.withdrawing.withdraw(first, "changed my mind", by=ADA)
    world.app.sweeping.reacting.react(world.catalog.entries[first])
    world.clock.at += timedelta(minutes=10)
    world.app.sweeping.sweep_all()

    assert [first] == call.recordings
    assert entry.recording.interrupted_at is not None


def test_a_withdrawal_while_it_is_started_again_stops_what_was_started() -> None:
    """It is noted by another worker, while the one that starts waits for the service."""
    world = AskingWorld(terms=terms(), restarts=True)
    call, entry = ended(world)
    start = world.calls.start

    def withdrawn_meanwhile(order: StartOrder) -> RecordingId:
        world.app.withdrawing.withdraw(entry.recording.recording_id, "changed my mind", by=ADA)
        return start(order)

    world.calls.start = withdrawn_meanwhile  # type: ignore[method-assign]
    world.app.sweeping.reacting.react(entry)
    assert 2 == len(call.recordings)
    world.clock.at += timedelta(minutes=10)
    world.app.sweeping.sweep_all()
    second = world.catalog.entries[call.recordings[1]].recording

    assert (RecordingState.STOPPED, "over") == (second.state, world.calls.recordings[call.recordings[1]])
    assert second.withdrawn is not None
    assert ADA == second.withdrawn.by
