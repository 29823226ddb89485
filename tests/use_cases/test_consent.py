"""A call whose rule asks for consent is recorded after it was given, on evidence stored before, and never else."""

import json
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from recording.core.consent import ConsentTerms, LateJoiners, OtherWay, Outcome
from recording.core.errors import ConsentRefused, ServiceBusy, UnknownRecording
from recording.core.formats.notifications import EventName
from recording.core.lifecycle import withdrawal_owed
from recording.core.lifecycle.wholeness import FULL
from recording.core.model import APP, Actor, Attestation, ConsentKind, RecordingId, RecordingState, Withdrawal
from tests.core.consents import terms
from tests.fakes.service import FakeCall
from tests.use_cases.asking import ANN, BOB, EVE, AskingWorld, connection_of

KEYPRESS = ConsentKind.KEYPRESS
MINUTE = timedelta(minutes=1)
BY = Actor("key:somebody")


def sweep(world: AskingWorld, later: timedelta = 5 * MINUTE) -> None:
    """A pass of the sweep, so much later."""
    world.clock.at += later
    world.app.sweeping.sweep_all()


def announced(**fields: Any) -> tuple[AskingWorld, FakeCall]:  # noqa: ANN401 - of any field
    """A call that is recorded after it was announced."""
    world = AskingWorld(terms=terms(ConsentKind.ANNOUNCED, **fields))
    call = world.call()
    assert ["asked for consent"] == world.outcomes(world.connected(call))
    assert ["noted"] == world.outcomes(world.played(call, world.prompts.played[-1]))
    assert 1 == len(call.recordings)
    return world, call


# Announced


def test_a_call_is_recorded_after_the_prompt_was_played_to_all() -> None:
    """The evidence is in claim, entry and consent; nothing is left to do."""
    world, call = announced()
    (recording_id,) = call.recordings
    consent, entry = world.consent(call), world.catalog.entries[recording_id]
    (claim,) = world.catalog.claims.values()

    assert consent.evidence == claim.consent == entry.recording.consent
    assert (Outcome.GRANTED, recording_id) == (consent.outcome, consent.recording_id)
    assert {} == world.owed_rows
    assert 1 == len(world.prompts.played)


def test_the_evidence_is_stored_before_the_recording_starts() -> None:
    """The service's start is the first thing after the consent with its evidence, and the claim with it."""
    world = AskingWorld(terms=terms())
    call = world.call()
    world.post(world.connected(call))
    world.calls.arm("start_503", 10)
    assert world.post(world.played(call, world.prompts.played[0])).failure is not None
    (claim,) = world.catalog.claims.values()

    assert [] == call.recordings
    assert world.consent(call).evidence == claim.consent
    assert world.consent(call).evidence is not None


def test_events_that_come_twice_and_late_start_one_recording_and_play_one_prompt() -> None:
    world, call = announced()
    again = [world.connected(call), world.played(call, world.prompts.played[0]), world.connected(call)]

    assert ["recording", "noted", "recording"] == world.outcomes(*again)
    assert (1, 1) == (len(call.recordings), len(world.prompts.played))


def test_a_prompt_that_fails_records_nothing_and_tells_a_person() -> None:
    """Once."""
    world = AskingWorld(terms=terms(prompts=2))
    call = world.call()
    world.post(world.connected(call))
    for number in (0, 1):
        world.post(world.play_failed(call, world.prompts.played[number]))
    sweep(world)
    world.post(world.connected(call))

    assert (2, []) == (len(world.prompts.played), call.recordings)
    assert [EventName.NOT_CONSENTED] == [event.event_type for event in world.topic.received]
    assert {} == world.consents.rows


def test_a_report_that_is_lost_is_found_by_the_sweep() -> None:
    """It is played again, a bounded number of times; then a person is told. A late report still counts."""
    world = AskingWorld(terms=terms(prompts=2))
    call = world.call()
    world.post(world.connected(call))
    sweep(world)
    assert 2 == len(world.prompts.played)
    for _ in range(3):
        sweep(world)
    assert (2, []) == (len(world.prompts.played), call.recordings)
    assert [EventName.NOT_CONSENTED] == [event.event_type for event in world.topic.received]
    world.post(world.played(call, world.prompts.played[-1]))

    assert 1 == len(call.recordings)


def test_a_reply_that_is_lost_does_not_play_it_twice() -> None:
    """The event comes again; the report of the first order comes too."""
    world = AskingWorld(terms=terms())
    call = world.call()
    world.prompts.arm("play_response_lost")
    event = world.connected(call)
    assert world.post(event).failure is not None
    assert ["asked for consent"] == world.outcomes(event)
    world.post(world.played(call, world.prompts.played[0]))

    assert (1, 1) == (len(world.prompts.played), len(call.recordings))


def test_a_call_that_is_not_established_yet_is_played_to_when_its_event_comes_again() -> None:
    world = AskingWorld(terms=terms())
    call = world.call()
    world.prompts.arm("play_400")
    event = world.connected(call)
    assert world.post(event).failure is not None
    world.post(event)

    assert 1 == len(world.prompts.played)


def test_a_call_without_a_connection_of_ours_cannot_be_asked() -> None:
    """It begins with CallConnected; the event of Event Grid starts nothing."""
    world = AskingWorld(terms=terms())
    call = world.call()
    event = world.connected(call)
    del event["data"]["callConnectionId"]

    assert ["not recorded"] == world.outcomes(event)
    assert [] == call.recordings
    assert {} == world.consents.stored


# Keypress


def test_a_call_is_recorded_when_all_have_agreed() -> None:
    """Each is asked by the raw id, which is stored nowhere."""
    world = AskingWorld(terms=terms(KEYPRESS))
    call = world.call()
    world.post(world.connected(call))
    world.post(world.pressed(call, world.prompts.asked[0][0], "one"))
    assert [] == call.recordings
    world.post(world.pressed(call, world.prompts.asked[1][0], "one"))

    assert {ANN, BOB} == {who for _, who in world.prompts.asked}
    assert ["keypress"] == world.evidence(call.recordings)
    for text in (repr(world.consents.stored), repr(world.catalog.entries), repr(world.catalog.claims)):
        assert ANN not in text
        assert BOB not in text


@pytest.mark.parametrize("order", [("one", "two"), ("two", "one")])
def test_of_two_people_who_decide_at_once_one_who_declines_is_enough(order: tuple[str, str]) -> None:
    """Whoever is asked first; both reports come in one delivery."""
    world = AskingWorld(terms=terms(KEYPRESS))
    call = world.call()
    world.post(world.connected(call))
    first = world.prompts.asked[0][0]
    world.post(world.pressed(call, first, order[0]))
    last = world.prompts.asked[-1][0]
    world.post(world.pressed(call, last, order[1]), world.pressed(call, first, "one"))

    assert (Outcome.DECLINED, []) == (world.consent(call).outcome, call.recordings)
    assert [] == world.topic.received
    assert ["not recorded"] == world.outcomes(world.connected(call))


def test_who_stays_silent_is_asked_again_and_then_no_more() -> None:
    """A key that means nothing is silence too; then the rule's other way is gone."""
    world = AskingWorld(terms=terms(KEYPRESS, prompts=3, other_way=OtherWay.HANG_UP))
    call = world.call(ANN)
    world.post(world.connected(call))
    world.prompts.arm("hang_up_503")
    for number, keys in enumerate([(), ("nine",)]):
        world.post(world.pressed(call, world.prompts.asked[number][0], *keys))
    assert world.post(world.pressed(call, world.prompts.asked[2][0])).failure is not None
    assert (Outcome.SILENT, []) == (world.consent(call).outcome, world.prompts.hung_up)
    sweep(world)

    assert [connection_of(call)] == world.prompts.hung_up
    assert (3, [], {}) == (len(world.prompts.asked), call.recordings, world.consents.rows)


def test_a_call_that_hangs_up_itself_needs_no_hanging_up() -> None:
    world = AskingWorld(terms=terms(KEYPRESS, other_way=OtherWay.HANG_UP))
    call = world.call(ANN)
    world.post(world.connected(call))
    world.prompts.arm("hang_up_404")
    world.post(world.pressed(call, world.prompts.asked[0][0], "two"))

    assert {} == world.consents.rows


# What asks nobody


def test_with_a_word_or_without_need_it_starts_at_once() -> None:
    """On evidence in claim and entry."""
    attestation = Attestation("a signed form", "desk 4", AskingWorld().clock.now())
    said = {"basis": attestation.basis, "by": attestation.by, "at": attestation.at.isoformat()}
    for wanted in (
        ConsentTerms(ConsentKind.NOT_NEEDED, "a test line"),
        ConsentTerms(ConsentKind.ATTESTED, "the rule", attestation=attestation),
    ):
        world = AskingWorld(terms=wanted)
        call = world.call()
        event = world.connected(call)
        event["data"]["operationContext"] = json.dumps({"consent": said})
        assert ["recording"] == world.outcomes(event)
        assert [str(wanted.kind)] == world.evidence(call.recordings)
        assert ([], {}) == (world.prompts.played, world.consents.stored)


# The end of the call


def test_a_call_that_ends_in_the_prompt_is_not_recorded() -> None:
    """Nor is anybody told."""
    world = AskingWorld(terms=terms())
    call = world.call()
    world.post(world.connected(call))
    late = world.played(call, world.prompts.played[0])
    world.end(call)
    world.post(world.disconnected(call), late)

    assert (Outcome.SILENT, []) == (world.consent(call).outcome, call.recordings)
    assert ([], {}) == (world.topic.received, world.consents.rows)


def test_an_end_that_is_only_said_ends_nothing() -> None:
    """The service is asked: the call goes on, and so does its consent."""
    world = AskingWorld(terms=terms())
    call = world.call()
    world.post(world.connected(call), world.disconnected(call))
    world.post(world.played(call, world.prompts.played[0]))

    assert 1 == len(call.recordings)


def test_a_call_whose_end_nobody_told_is_found_by_the_sweep() -> None:
    world = AskingWorld(terms=terms(KEYPRESS))
    call = world.call(ANN)
    world.post(world.connected(call))
    world.end(call)
    sweep(world)

    assert (Outcome.SILENT, {}) == (world.consent(call).outcome, world.consents.rows)


# Who joins later


def test_who_joins_later_is_announced_to_and_the_entry_says_so() -> None:
    world, call = announced()
    world.prompts.people[connection_of(call)].append(EVE)
    world.post(world.people_changed(call), world.people_changed(call))
    assert 2 == len(world.prompts.played)
    world.post(world.played(call, world.prompts.played[1]))
    evidence = world.catalog.entries[call.recordings[0]].recording.consent

    assert evidence is not None
    assert 2 == len(evidence.operations)
    assert {} == world.owed_rows


def test_who_joins_later_pauses_it_until_somebody_attests() -> None:
    """Or until they have left."""
    world, call = announced(late_joiners=LateJoiners.PAUSE_UNTIL_ATTESTED)
    (recording_id,) = call.recordings
    people = world.prompts.people[connection_of(call)]
    people.append(EVE)
    world.post(world.people_changed(call))
    assert "inactive" == world.calls.recordings[recording_id]
    entry = world.app.consenting.attest(recording_id, "she said yes", by=BY)
    act = next(act for act in entry.recording.trail.unwritten if act.what == "Consented")
    named = f"key:{sha256(b'somebody').hexdigest()}"
    assert (named, sha256(b"she said yes").hexdigest()) == (act.by, dict(act.details)["reasonSha256"])
    assert ("active", RecordingState.STARTED) == (world.calls.recordings[recording_id], entry.recording.state)
    people.append("4:+49304")
    world.post(world.people_changed(call))
    assert "inactive" == world.calls.recordings[recording_id]
    people.pop()
    world.post(world.people_changed(call))

    assert "active" == world.calls.recordings[recording_id]


@pytest.mark.parametrize("is_first", [True, False])
def test_who_joins_and_leaves_does_not_end_the_pause_of_a_person(*, is_first: bool) -> None:
    """Whether the person paused before somebody joined, or while it was paused for them."""
    world, call = announced(late_joiners=LateJoiners.PAUSE_UNTIL_ATTESTED)
    (recording_id,) = call.recordings
    if is_first:
        world.app.controlling.pause(recording_id, by=BY)
    world.prompts.people[connection_of(call)].append(EVE)
    world.post(world.people_changed(call))
    if not is_first:
        world.app.controlling.pause(recording_id, by=BY)
    world.prompts.people[connection_of(call)].pop()
    world.post(world.people_changed(call))
    sweep(world)

    assert ("inactive", {}) == (world.calls.recordings[recording_id], world.owed_rows)
    world.app.controlling.resume(recording_id, by=BY)
    world.prompts.people[connection_of(call)].append(EVE)
    world.post(world.people_changed(call))
    assert "inactive" == world.calls.recordings[recording_id]


@pytest.mark.parametrize("is_paused_before", [True, False])
def test_nobody_resumes_what_is_paused_for_who_has_joined(*, is_paused_before: bool) -> None:
    """Not even who had paused it before; when they have left, it can be resumed."""
    world, call = announced(late_joiners=LateJoiners.PAUSE_UNTIL_ATTESTED)
    (recording_id,) = call.recordings
    if is_paused_before:
        world.app.controlling.pause(recording_id, by=BY)
    world.prompts.people[connection_of(call)].append(EVE)
    world.post(world.people_changed(call))

    with pytest.raises(ConsentRefused, match="not cover"):
        world.app.controlling.resume(recording_id, by=BY)
    assert "inactive" == world.calls.recordings[recording_id]
    world.prompts.people[connection_of(call)].pop()
    world.post(world.people_changed(call))
    world.app.controlling.resume(recording_id, by=BY)
    assert "active" == world.calls.recordings[recording_id]


def test_a_recording_that_is_over_is_not_paused_for_who_joins() -> None:
    world, call = announced(late_joiners=LateJoiners.PAUSE_UNTIL_ATTESTED)
    world.app.controlling.stop(call.recordings[0], by=APP)
    world.prompts.people[connection_of(call)].append(EVE)
    world.post(world.people_changed(call))

    assert world.consent(call).is_over


def test_nothing_can_be_attested_where_nobody_was_asked() -> None:
    world = AskingWorld()
    call = world.call()
    world.post(world.connected(call))

    with pytest.raises(ConsentRefused):
        world.app.consenting.attest(call.recordings[0], "she said yes", by=BY)


# Withdrawal


@pytest.mark.parametrize(
    ("wanted", "state", "at_service"),
    [(Withdrawal.STOP, RecordingState.STOPPED, "over"), (Withdrawal.PAUSE, RecordingState.PAUSED, "inactive")],
)
def test_a_withdrawal_ends_it_at_once_and_marks_what_lies_before(
    wanted: Withdrawal, state: RecordingState, at_service: str
) -> None:
    """Nothing starts or goes on after it, whatever comes."""
    world, call = announced(on_withdrawal=wanted, late_joiners=LateJoiners.PAUSE_UNTIL_ATTESTED)
    (recording_id,) = call.recordings
    entry = world.app.withdrawing.withdraw(recording_id, "changed my mind", by=BY)
    with pytest.raises(ConsentRefused):
        world.app.controlling.resume(recording_id, by=APP)
    with pytest.raises(ConsentRefused):
        world.app.consenting.attest(recording_id, "but yes", by=BY)
    world.post(world.connected(call), world.people_changed(call))
    world.app.withdrawing.withdraw(recording_id, "again", by=BY)

    assert (state, at_service) == (entry.recording.state, world.calls.recordings[recording_id])
    assert entry.recording.withdrawn is not None
    assert ("changed my mind", BY) == (entry.recording.withdrawn.reason, entry.recording.withdrawn.by)
    assert [recording_id] == call.recordings


def test_a_withdrawal_that_cannot_be_carried_out_is_by_the_sweep() -> None:
    """It is noted first."""
    world, call = announced()
    (recording_id,) = call.recordings
    world.calls.arm("stop_503")
    with pytest.raises(Exception, match="503"):
        world.app.withdrawing.withdraw(recording_id, "changed my mind", by=BY)
    assert ("active", Outcome.WITHDRAWN) == (world.calls.recordings[recording_id], world.consent(call).outcome)
    sweep(world)

    assert "over" == world.calls.recordings[recording_id]
    assert RecordingState.STOPPED is world.catalog.entries[recording_id].recording.state


@pytest.mark.parametrize(("wanted", "at_service"), [(Withdrawal.STOP, "over"), (Withdrawal.PAUSE, "inactive")])
@pytest.mark.parametrize("fault", ["", "503"])
def test_a_withdrawal_reaches_a_recording_of_many_hours(wanted: Withdrawal, at_service: str, fault: str) -> None:
    """Of which a chunk is archived already; at once, or by the sweep."""
    world, call = announced(on_withdrawal=wanted)
    (recording_id,) = call.recordings
    world.announce(world.add(end_reason=FULL), recording_id=recording_id)
    world.run()
    if fault:
        world.calls.arm(f"{wanted}_{fault}")
        with pytest.raises(ServiceBusy):
            world.app.withdrawing.withdraw(recording_id, "changed my mind", by=BY)
        assert "active" == world.calls.recordings[recording_id]
        sweep(world)
    else:
        world.app.withdrawing.withdraw(recording_id, "changed my mind", by=BY)

    assert at_service == world.calls.recordings[recording_id]
    assert withdrawal_owed(world.entry(recording_id)) is None
    sweep(world)
    assert [] == list(world.missing_rows())


def test_a_withdrawal_of_what_is_over_for_the_service_stops_it_here() -> None:
    """Though it was to be paused."""
    world, call = announced(on_withdrawal=Withdrawal.PAUSE)
    world.end(call)

    entry = world.app.withdrawing.withdraw(call.recordings[0], "", by=BY)
    assert RecordingState.STOPPED is entry.recording.state


def test_consent_can_be_withdrawn_of_any_recording() -> None:
    """Also of one that no rule asked consent for: it is stopped."""
    world = AskingWorld()
    call = world.call()
    world.post(world.connected(call))

    assert RecordingState.STOPPED is world.app.withdrawing.withdraw(call.recordings[0], "", by=BY).recording.state


def test_a_recording_that_others_started_is_stopped() -> None:
    """There is no entry in which the withdrawal could be noted."""
    world = AskingWorld()
    foreign = RecordingId("foreign")
    world.calls.recordings[foreign] = "active"

    assert world.app.withdrawing.withdraw(foreign, "", by=BY).recording.withdrawn is None
    assert "over" == world.calls.recordings[foreign]
    with pytest.raises(UnknownRecording):
        world.app.withdrawing.withdraw(RecordingId("nobody's"), "", by=BY)
    with pytest.raises(UnknownRecording):
        world.app.consenting.attest(RecordingId("nobody's"), "", by=BY)
