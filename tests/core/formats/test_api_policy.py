"""Explaining a verdict, and replaying a draft, as the API has them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from recording.core.errors import InvalidRequest, MalformedEvent
from recording.core.formats.api import PageRequest, Replayed, explain_view, parse_explain, parse_replay, replay_view
from recording.core.formats.events import CALL_CONNECTED, CALL_STARTED, RECORDING_FILE_STATUS_UPDATED
from recording.core.model import CallEvent, EventKind, KnownCall, ServerCallId
from recording.core.policy import Policy, verdict_of
from tests.core.policy.policies import SUNDAY, policy, rule

EVENT: dict[str, object] = {
    "id": "e",
    "eventType": CALL_STARTED,
    "eventTime": "2026-03-02T08:00:00Z",
    "data": {"serverCallId": "s", "startedBy": {"rawId": "4:+4930123456"}, "group": {"id": "g"}},
}
CALL = {
    "event": "callConnected",
    "callKind": "connection",
    "direction": "inbound",
    "participants": ["4:+4930123456", "8:acs:a"],
    "operationContext": "secret support",
    "consent": {"basis": "b", "by": "somebody", "at": "2026-03-01T12:00:00Z"},
    "at": "2026-03-02T08:00:00Z",
    "content": "audio",
    "channel": "mixed",
    "format": "wav",
}
RULES = policy(
    rule("a", match="event: [request]", record="false"),
    rule("b", match="numbers: [+49]", more="\n    retention: long"),
    rule("c"),
    rule("d", match=f"numbers: [{', '.join(f'+1{number:02}' for number in range(12))}]"),
)


def explained(body: object, found: Policy = RULES) -> dict[str, Any]:
    return {**explain_view(found, parse_explain(json.dumps(body).encode(), SUNDAY))}


@pytest.mark.parametrize("body", [{"event": EVENT}, {"event": [EVENT]}, {"call": CALL}])
def test_an_explanation_says_which_rule_decides_and_why(body: object) -> None:
    found = explained(body)

    assert (True, "b", "because b says so", "not-needed", "long") == (
        found["record"],
        found["rule"],
        found["reason"],
        found["consent"],
        found["retention"],
    )
    assert RULES.digest == found["policy"]
    assert "2026-03-02T08:00:00Z" == found["call"]["at"]


def test_it_says_of_every_rule_what_would_have_had_to_match() -> None:
    """Of a long list the first."""
    first, second, third, last = explained({"event": EVENT})["rules"]

    assert [{"condition": "event", "needs": ["request"], "found": "callStarted"}] == first["unmet"]
    assert (True, True, []) == (second["decides"], second["matches"], second["unmet"])
    assert (False, True, []) == (third["decides"], third["matches"], third["unmet"])
    assert ("numbers", "1 numbers", "and 2 more") == (
        last["unmet"][0]["condition"],
        last["unmet"][0]["found"],
        last["unmet"][0]["needs"][-1],
    )
    assert 2 == first["line"] - 2


def test_it_names_no_participant() -> None:
    """Neither number nor raw id, nor the context."""
    text = json.dumps(explained({"call": CALL}))

    assert not any(word in text for word in ("30123456", "8:acs:a", "secret", "somebody"))
    assert {"phoneNumber", "communicationUser"} == set(explained({"call": CALL})["call"]["participants"])


def test_what_is_not_known_is_null() -> None:
    """A call without an event is one that a request names, now."""
    assert {
        "event": "request",
        "at": "2026-03-01T12:00:00Z",
        "direction": None,
        "callKind": None,
        "participants": None,
        "areAllParticipants": False,
        "hasContext": False,
        "isAttested": False,
        "output": None,
    } == explained({"call": {}})["call"]


def test_without_a_policy_it_says_so() -> None:
    found = explained({"call": {}}, Policy())

    assert (False, None, None, []) == (found["record"], found["rule"], found["policy"], found["rules"])
    assert "RECORDING_POLICY" in found["reason"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], "event | call"),
        ({}, "event | call"),
        ({"event": EVENT, "call": CALL}, "event | call"),
        ({"event": {**EVENT, "eventType": RECORDING_FILE_STATUS_UPDATED.replace("File", "")}}, "event"),
        ({"call": 5}, "call"),
        ({"call": {"kind": "room"}}, "call.kind"),
        ({"call": {"at": "soon"}}, "call.at"),
        ({"call": {"event": "callEnded"}}, "call.event"),
        ({"call": {"callKind": 5}}, "call.callKind"),
        ({"call": {"content": "audio"}}, "channel"),
        ({"call": {"participants": 5}}, "participants"),
    ],
)
def test_what_cannot_be_explained_is_refused_by_name(body: object, field: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        explained(body)

    assert field == caught.value.field


def test_an_event_that_cannot_be_read_is_refused_as_everywhere() -> None:
    for event in ({"eventType": CALL_STARTED, "data": {}}, [EVENT, EVENT], []):
        with pytest.raises(MalformedEvent):
            explained({"event": event})


# Replay


def test_a_replay_is_of_yesterday_or_of_a_day() -> None:
    assert datetime(2026, 2, 28, tzinfo=UTC).date() == parse_replay({}, SUNDAY).day.date()
    asked = parse_replay({"day": "2026-01-02", "limit": "3", "after": "bQ"}, SUNDAY)
    assert (datetime(2026, 1, 2, tzinfo=UTC), PageRequest(3, "m")) == (asked.day, asked.page)


@pytest.mark.parametrize(
    ("query", "field"), [({"day": "soon"}, "day"), ({"limit": "51"}, "limit"), ({"state": "lost"}, "state")]
)
def test_a_replay_of_what_is_not_there_is_refused(query: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_replay(query, SUNDAY)

    assert field == caught.value.field


def test_a_replay_shows_the_calls_that_change() -> None:
    """And how many do not."""
    draft = policy(rule("c"), rule("x", record="false"))
    same, other = policy(rule("c")), policy(rule("a", match="event: [callStarted]", record="false"), rule("c"))
    events = [
        CallEvent(f"e{place}", ServerCallId("s"), at=SUNDAY, call=KnownCall(kind))
        for place, kind in enumerate((EventKind.CALL_STARTED, EventKind.CALL_CONNECTED))
    ]
    found = [Replayed(event, verdict_of(other, event.call), verdict_of(draft, event.call)) for event in events]
    view = replay_view(found)

    assert verdict_of(same, events[1].call).reason == verdict_of(draft, events[1].call).reason
    assert 2 == view["calls"]
    (changed,) = view["changed"]
    assert ("e0", "callStarted", "s", "2026-03-01T12:00:00Z") == (
        changed["eventId"],
        changed["event"],
        changed["serverCallId"],
        changed["at"],
    )
    assert (False, "a", True, "c") == (
        changed["now"]["record"],
        changed["now"]["rule"],
        changed["draft"]["record"],
        changed["draft"]["rule"],
    )


def test_an_event_of_a_connection_is_explained_by_what_it_says() -> None:
    """Of its participants nothing is known."""
    event = {"id": "e", "type": CALL_CONNECTED, "specversion": "1.0", "data": {"callConnectionId": "c"}}
    found = explained({"event": event})

    assert ("connection", None, "c") == (found["call"]["callKind"], found["call"]["participants"], found["rule"])
