"""Starting by the policy: what it refuses leaves no claim, what it allows is kept with rule and consent."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from recording.core.errors import ConsentMissing, PolicyRefused, RequestIdReused, SettingsInvalid
from recording.core.formats.api import StartRequest
from recording.core.model import (
    APP,
    Attestation,
    CallEvent,
    CallKind,
    ConsentKind,
    EventKind,
    KnownCall,
    ParticipantKind,
    RecordingId,
    ServerCallId,
)
from recording.core.outputs import VALID
from recording.core.participants import participant_of
from tests.core.formats.file_events import file_event
from tests.core.policy.policies import rule, text_of
from tests.fakes.service import FakeCall
from tests.use_cases.desks import MP3, WAV, Desk, id_of
from tests.use_cases.receptions import World, lines, posted

UNMIXED = VALID[3].output
NATIVE = "https://account.blob.core.windows.net/calls"
TEMPLATE = "calls/{recording_id}/{index}-{document_id}"
POLICY = text_of(
    rule("private", match="context: ['private*']", record="false"),
    rule("no-video", match="event: [request], output: [audioVideo-mixed-mp4]", record="false"),
    rule("sales", match="context: [sales]", consent="{kind: attested}", more=f"\n    template: {TEMPLATE}"),
    rule(
        "split",
        match="participants: [phoneNumber]",
        more="""
    output: audio-unmixed-wav
    channels: [phoneNumber, communicationUser]
    storage: {native: https://account.blob.core.windows.net/calls}
    retention: long""",
    ),
    rule(
        "asked",
        match="context: [asked]",
        consent="{kind: announced, lateJoiners: go-on, prompt: {version: '1', language: en, text: hello}}",
    ),
    rule("paused", match="event: [request]", more="\n    output: audio-mixed-mp3\n    pauseOnStart: true"),
    rule("connections", match="call: [connection]", more="\n    output: audio-mixed-mp3"),
    rule("all-started", match="event: [callStarted]"),
)
LOCATOR = ServerCallId("server-1")


@pytest.fixture
def desk() -> Desk:
    return Desk(settings={"RECORDING_POLICY": POLICY, "NATIVE_CONTAINERS": NATIVE})


@pytest.fixture
def call(desk: Desk) -> FakeCall:
    return desk.calls.add_call()


def said(desk: Desk, call: FakeCall, **known: Any) -> CallEvent:  # noqa: ANN401 - any field of a known call
    """A `CallConnected` of a call, of which that is known."""
    connected = KnownCall(EventKind.CALL_CONNECTED, kind=CallKind.CONNECTION)
    return replace(desk.event(call), call=replace(connected, **known))


def request(**fields: Any) -> StartRequest:  # noqa: ANN401 - any field of a request
    return StartRequest(server_call_id=LOCATOR, **fields)


# Refused


def test_a_call_that_the_policy_refuses_is_not_claimed(desk: Desk, call: FakeCall) -> None:
    """With rule and reason; later the policy may allow it."""
    with pytest.raises(PolicyRefused) as caught:
        desk.starting.start_for_call(said(desk, call, context="private talk"), by=APP)

    assert ("private", "because private says so") == (caught.value.rule, caught.value.cause)
    assert ([], {}, {}) == (call.recordings, desk.catalog.entries, desk.catalog.claims)


def test_a_request_that_the_policy_refuses_is_not_claimed(desk: Desk, call: FakeCall) -> None:
    """What it asks for decides too; the same request id may be used for what is allowed."""
    with pytest.raises(PolicyRefused) as caught:
        desk.starting.start_requested(request(output=VALID[0].output, request_id="r"), by=APP)
    assert ("no-video", {}) == (caught.value.rule, desk.catalog.claims)

    started = desk.starting.start_requested(request(output=WAV, request_id="r"), by=APP)
    assert [id_of(started)] == call.recordings


def test_without_a_policy_nothing_starts() -> None:
    desk = Desk(settings={"RECORDING_POLICY": ""})
    call = desk.calls.add_call()
    for start in (lambda: desk.starting.start_for_call(desk.event(call), by=APP), lambda: desk.ask(call.locators[0])):
        with pytest.raises(PolicyRefused, match="set RECORDING_POLICY"):
            start()

    assert {} == desk.catalog.claims


# Allowed


def test_an_event_starts_what_its_rule_says(desk: Desk, call: FakeCall) -> None:
    """The entry keeps rule, policy and consent for good."""
    recording = desk.entry(desk.starting.start_for_call(said(desk, call), by=APP)).recording
    applied, consent = recording.applied, recording.consent

    assert MP3 == recording.output
    assert applied is not None
    assert consent is not None
    assert ("connections", "because connections says so") == (applied.rule, applied.reason)
    assert (ConsentKind.NOT_NEEDED, "nobody takes part") == (consent.kind, consent.basis)
    assert 64 == len(applied.policy)


def test_what_a_request_leaves_open_is_the_rules(desk: Desk, call: FakeCall) -> None:
    start = desk.starting.start_requested(request(), by=APP)

    assert MP3 == start.entry.recording.output
    assert {"inactive"} == set(desk.calls.recordings.values())


def test_what_a_request_names_is_its_own(desk: Desk, call: FakeCall) -> None:
    start = desk.starting.start_requested(request(output=WAV, pause_on_start=False), by=APP)

    assert WAV == start.entry.recording.output
    assert {"active"} == set(desk.calls.recordings.values())


def test_the_order_has_all_that_its_rule_says(desk: Desk, call: FakeCall) -> None:
    """Channels go to the known participants by the order of their kinds."""
    people = tuple(map(participant_of, ["8:acs:a", "4:+49301", "28:bot", "4:+49302", "8:acs:b"]))
    start = desk.starting.start_requested(request(call=KnownCall(EventKind.REQUEST, participants=people)), by=APP)
    (claim,) = desk.catalog.claims.values()

    assert (UNMIXED, "https://account.blob.core.windows.net/calls") == (
        claim.order.output,
        claim.order.native_container,
    )
    assert ("4:+49301", "4:+49302", "8:acs:a", "8:acs:b") == claim.order.channels
    assert start.entry.recording.applied is not None
    assert "long" == start.entry.recording.applied.retention_class
    assert ParticipantKind.BOT is people[2].kind
    assert "49301" not in repr(claim)


def test_a_mixed_output_has_no_channels(desk: Desk, call: FakeCall) -> None:
    """Where the request asks for one against the rule's."""
    known = KnownCall(EventKind.REQUEST, participants=(participant_of("4:+49301"),))
    desk.starting.start_requested(request(output=WAV, call=known), by=APP)
    (claim,) = desk.catalog.claims.values()

    assert () == claim.order.channels


def test_two_events_that_two_rules_decide_start_one_recording(desk: Desk, call: FakeCall) -> None:
    """`CallStarted` and `CallConnected` of one call; the first decides."""
    started = replace(desk.event(call), call=KnownCall(EventKind.CALL_STARTED, kind=CallKind.GROUP))
    connected = said(desk, call)
    first = desk.starting.start_for_call(started, by=APP)

    assert [first] == [desk.starting.start_for_call(connected, by=APP)] == call.recordings
    assert WAV == desk.entry(first).recording.output


def test_a_later_event_of_a_call_starts_what_its_rule_says_once_the_first_recording_is_over(
    desk: Desk, call: FakeCall
) -> None:
    started = replace(desk.event(call), call=KnownCall(EventKind.CALL_STARTED))
    first = desk.starting.start_for_call(started, by=APP)
    desk.controlling.stop(first, by=APP)
    desk.wait(timedelta(minutes=1))
    second = desk.starting.start_for_call(said(desk, call), by=APP)

    assert [first, second] == call.recordings
    assert MP3 == desk.entry(second).recording.output


def test_the_same_request_id_goes_on_though_the_policy_has_changed(desk: Desk, call: FakeCall) -> None:
    """What was decided stands; another call or output is refused as ever."""
    first = desk.starting.start_requested(request(request_id="r"), by=APP)
    other = Desk(catalog=desk.catalog, calls=desk.calls, settings={"RECORDING_POLICY": ""})
    again = other.starting.start_requested(request(request_id="r"), by=APP)

    assert [id_of(first)] == [id_of(again)] == call.recordings
    for changed in (request(request_id="r", output=WAV), request(request_id="r", pause_on_start=False)):
        with pytest.raises(RequestIdReused):
            other.starting.start_requested(changed, by=APP)


def test_an_order_whose_outcome_nobody_knows_goes_on_with_the_rule_that_allowed_it(desk: Desk, call: FakeCall) -> None:
    """The claim has the rule and the evidence before the service is asked."""
    desk.calls.arm("start_response_lost")
    with pytest.raises(Exception, match="start_response_lost"):
        desk.starting.start_for_call(said(desk, call), by=APP)
    (claim,) = desk.catalog.claims.values()
    assert (None, "connections") == (claim.recording_id, getattr(claim.applied, "rule", ""))

    recording_id = desk.starting.start_for_call(said(desk, call), by=APP)
    assert desk.entry(recording_id).recording.applied == claim.applied


# Consent


def test_an_attested_consent_is_kept(desk: Desk, call: FakeCall) -> None:
    """Who, when, on what basis; and when it was noted, before the recording started."""
    attested = Attestation("contract 7", "somebody", desk.now() - timedelta(days=1))
    recording = desk.entry(
        desk.starting.start_for_call(said(desk, call, context="sales", attested=attested), by=APP)
    ).recording
    assert recording.applied is not None
    consent = recording.consent
    assert consent is not None

    assert (ConsentKind.ATTESTED, "contract 7", "somebody", attested.at) == (
        consent.kind,
        consent.basis,
        consent.by,
        consent.at,
    )
    assert recording.requested_at is not None
    assert consent.noted_at < recording.requested_at
    assert TEMPLATE == recording.applied.template
    assert "somebody" not in str(recording.history)


@pytest.mark.parametrize("ahead", [None, timedelta(minutes=6)])
def test_without_an_attested_consent_nothing_starts(desk: Desk, call: FakeCall, ahead: timedelta | None) -> None:
    """Nor with one of a consent that has not been given yet."""
    attested = Attestation("contract 7", "somebody", desk.now() + ahead) if ahead else None
    with pytest.raises(ConsentMissing) as caught:
        desk.starting.start_for_call(said(desk, call, context="sales", attested=attested), by=APP)

    assert "sales" == caught.value.rule
    assert ({}, []) == (desk.catalog.claims, call.recordings)


def test_a_consent_that_needs_a_prompt_starts_nothing_before_it_is_granted(desk: Desk, call: FakeCall) -> None:
    with pytest.raises(ConsentMissing, match="nobody was asked"):
        desk.starting.start_for_call(said(desk, call, context="asked"), by=APP)

    assert ({}, []) == (desk.catalog.claims, call.recordings)


# What an event is answered


def callback(world: World, context: object) -> dict[str, Any]:
    """A `CallConnected` of a new call."""
    call = world.calls.add_call()
    context = context if isinstance(context, str) else json.dumps(context)
    data = {"serverCallId": call.locators[0].server_call_id, "operationContext": context}
    return {"id": "e", "type": "Microsoft.Communication.CallConnected", "specversion": "1.0", "data": data}


def test_an_event_is_answered_with_the_reason_why_it_is_not_recorded(caplog: pytest.LogCaptureFixture) -> None:
    """And logged once, as no error."""
    caplog.set_level("INFO")
    world = World(RECORDING_POLICY=POLICY, NATIVE_CONTAINERS=NATIVE)
    (outcome,) = posted(world, callback(world, "private")).outcomes

    assert {"id": "e", "outcome": "not recorded", "reason": "because private says so", "rule": "private"} == outcome
    (line,) = lines(caplog, "call.refused_by_policy")
    assert "private" in line
    assert [] == lines(caplog, "call.not_recorded")


def test_without_a_policy_every_event_is_answered_so(caplog: pytest.LogCaptureFixture) -> None:
    world = World(RECORDING_POLICY="")
    (outcome,) = posted(world, callback(world, "")).outcomes

    assert "not recorded" == outcome["outcome"]
    assert "set RECORDING_POLICY" in outcome["reason"]
    assert "rule" not in outcome


def test_an_operation_context_attests_a_consent() -> None:
    """As JSON, with the context that rules match."""
    consent = {"basis": "contract 7", "by": "somebody", "at": "2026-03-01T11:00:00Z"}
    world = World(RECORDING_POLICY=POLICY, NATIVE_CONTAINERS=NATIVE)
    (refused,) = posted(world, callback(world, "sales")).outcomes
    (taken,) = posted(world, callback(world, {"context": "sales", "consent": consent})).outcomes

    assert ("not recorded", "recording") == (refused["outcome"], taken["outcome"])
    consent_kept = world.catalog.entries[RecordingId(taken["recordingId"])].recording.consent
    assert consent_kept is not None
    assert "contract 7" == consent_kept.basis


@pytest.mark.parametrize(
    "settings", [{"RECORDING_POLICY": "version: 2"}, {"PARTICIPANT_KEY": "@Microsoft.KeyVault(s)"}]
)
def test_a_policy_that_cannot_be_read_starts_nothing_and_holds_up_no_copy(settings: dict[str, str]) -> None:
    """The event of the call comes again, until it is right; a file event is taken as always."""
    world = World(**settings)
    reception = posted(world, callback(world, "sales"))
    announced = posted(world, file_event())

    assert isinstance(reception.failure, SettingsInvalid)
    assert ["again"] == [outcome["outcome"] for outcome in reception.outcomes]
    assert (None, ["announced"]) == (announced.failure, [outcome["outcome"] for outcome in announced.outcomes])
    assert {} == world.calls.recordings
