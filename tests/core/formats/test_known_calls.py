"""What events say of a call: what it is, who takes part, and whether somebody attests a consent."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.acs.events import call_started
from recording.core.formats.events import CALL_CONNECTED, CALL_STARTED, parse_event
from recording.core.formats.known_calls import operation_context
from recording.core.model import Attestation, CallEvent, CallKind, EventKind, KnownCall, ParticipantKind
from recording.core.participants import participant_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CONSENT = {"basis": "contract 7", "by": "somebody", "at": "2026-03-01T12:00:00Z"}


def known(kind: str, **data: object) -> KnownCall:
    """What an event says."""
    event = parse_event({"id": "e", "eventType": kind, "data": {"serverCallId": "s", **data}})
    assert isinstance(event, CallEvent)
    return event.call


@pytest.mark.parametrize(
    ("raw_id", "kind", "number"),
    [
        ("4:+4930123456", ParticipantKind.PHONE_NUMBER, "+4930123456"),
        ("4:+4930123456_8d3f", ParticipantKind.PHONE_NUMBER, "+4930123456"),
        ("4:4930123456", ParticipantKind.PHONE_NUMBER, None),
        ("4:anonymous", ParticipantKind.PHONE_NUMBER, None),
        ("4:", ParticipantKind.UNKNOWN, None),
        ("4:+49 30", ParticipantKind.PHONE_NUMBER, None),
        ("4:+٤٩", ParticipantKind.PHONE_NUMBER, None),
        ("8:acs:resource_user", ParticipantKind.COMMUNICATION_USER, None),
        ("8:gcch-acs:resource_user", ParticipantKind.COMMUNICATION_USER, None),
        ("8:spool:a_b_c", ParticipantKind.COMMUNICATION_USER, None),
        ("8:acs:resource_tenant_user", ParticipantKind.TEAMS_EXTENSION_USER, None),
        ("8:dod-acs:resource_tenant_user", ParticipantKind.TEAMS_EXTENSION_USER, None),
        ("8:orgid:a", ParticipantKind.TEAMS_USER, None),
        ("8:orgid:a_b_c", ParticipantKind.TEAMS_USER, None),
        ("8:teamsvisitor:a", ParticipantKind.TEAMS_VISITOR, None),
        ("28:orgid:a", ParticipantKind.TEAMS_APP, None),
        ("28:a", ParticipantKind.BOT, None),
        ("8:other:a", ParticipantKind.UNKNOWN, None),
        ("48:+49", ParticipantKind.UNKNOWN, None),
        ("../4:+49", ParticipantKind.UNKNOWN, None),
        ("", ParticipantKind.UNKNOWN, None),
    ],
)
def test_a_raw_id_says_what_a_participant_is(raw_id: str, kind: ParticipantKind, number: str | None) -> None:
    """And nothing prints it."""
    found = participant_of(raw_id)

    assert (kind, number, raw_id) == (found.kind, found.number, found.raw_id)
    assert "raw_id" not in repr(found)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"isTwoParty": True}, CallKind.TWO_PARTY),
        ({"isTwoParty": True, "group": {"id": "g"}}, CallKind.GROUP),
        ({"isTwoParty": True, "group": {"id": "g"}, "room": {"id": "r"}}, CallKind.ROOM),
        ({"isRoomsCall": True}, CallKind.ROOM),
        ({"isRoomsCall": False, "isTwoParty": False}, None),
        ({"isTwoParty": "true", "group": {"id": 5}, "room": "r"}, None),
        ({}, None),
    ],
)
def test_call_started_says_what_the_call_is(data: dict[str, object], expected: CallKind | None) -> None:
    assert expected is known(CALL_STARTED, **data).kind


@pytest.mark.parametrize(
    ("started_by", "expected"),
    [
        ({"communicationIdentifier": {"rawId": "8:acs:a"}}, [ParticipantKind.COMMUNICATION_USER]),
        ({"rawId": "4:+49"}, [ParticipantKind.PHONE_NUMBER]),
        ({"communicationIdentifier": {"rawId": 5}}, []),
        ("8:acs:a", []),
        ({}, []),
    ],
)
def test_call_started_says_who_started_it(started_by: object, expected: list[ParticipantKind]) -> None:
    """Not who else takes part; older events have the raw id one level higher."""
    found = known(CALL_STARTED, startedBy=started_by)

    assert expected == [one.kind for one in found.participants]
    assert not found.has_all


def test_the_local_service_says_the_same() -> None:
    """Its events have the form of the service's."""
    from local.acs.callbook import CallBook  # noqa: PLC0415 - only here

    call = CallBook(lambda: NOON).open(["4:+4930", "8:acs:a"], room_id="99")
    event = parse_event(call_started(call, NOON))

    assert isinstance(event, CallEvent)
    assert (CallKind.ROOM, "+4930") == (event.call.kind, event.call.participants[0].number)
    assert EventKind.CALL_STARTED is event.call.event


def test_call_connected_is_one_of_our_connections() -> None:
    """It says nothing of the participants."""
    found = known(CALL_CONNECTED, operationContext="support")

    assert KnownCall(EventKind.CALL_CONNECTED, kind=CallKind.CONNECTION, context="support") == found


@pytest.mark.parametrize(
    ("context", "text", "attested"),
    [
        (None, None, False),
        (5, None, False),
        ("", None, False),
        ("support", "support", False),
        ("{", "{", False),
        ("[1]", "[1]", False),
        ("[" * 4000, "[" * 4000, False),
        (json.dumps({"context": "support"}), "support", False),
        (json.dumps({"context": "support", "consent": CONSENT}), "support", True),
        (json.dumps({"consent": CONSENT}), None, True),
        (json.dumps({"consent": "yes"}), None, False),
        (json.dumps({"consent": {**CONSENT, "at": "yesterday"}}), None, False),
        (json.dumps({"consent": {**CONSENT, "by": " "}}), None, False),
        (json.dumps({"consent": {**CONSENT, "basis": "x" * 501}}), None, False),
    ],
)
def test_an_operation_context_may_attest_a_consent(context: object, text: str | None, *, attested: bool) -> None:
    """As an object with `consent`, and `context` for the rules."""
    expected = Attestation("contract 7", "somebody", NOON) if attested else None

    assert (text, expected) == operation_context(context)


@given(st.text() | st.integers() | st.none())
def test_any_context_is_read_or_passed_over(context: object) -> None:
    operation_context(context)
