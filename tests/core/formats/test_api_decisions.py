"""A decision as a request, and the ETag that it must name."""

import json
from dataclasses import replace

import pytest

from recording.core.callers import KEY, Caller
from recording.core.errors import ConditionMissing, InvalidRequest
from recording.core.formats.api import DecisionRequest, etag, parse_decision
from recording.core.model import Actor, ChunkState, Ruling
from tests.core.entries_of import NOW, chunk, entry_of

DECISION: dict[str, object] = {"decision": "accept", "reason": "I listened to it.", "by": "Ada"}
SEEN = replace(entry_of(chunk(0)), version="1")
TAG = etag(SEEN)
BY_KEY = Caller(KEY)


def decision(condition: str | None = TAG) -> DecisionRequest:
    return parse_decision(json.dumps(DECISION).encode(), condition, BY_KEY)


def test_a_decision_says_what_why_and_by_whom() -> None:
    assert DecisionRequest(Ruling.ACCEPT, "I listened to it.", Actor("key:Ada"), TAG) == decision()


def test_a_token_says_who_decides_and_no_body_can_say_otherwise() -> None:
    caller = Caller(Actor("entra:5e2f6a0c"), is_by_token=True)
    unnamed = {field: value for field, value in DECISION.items() if field != "by"}

    assert caller.actor == parse_decision(json.dumps(unnamed).encode(), TAG, caller).by
    with pytest.raises(InvalidRequest) as caught:
        parse_decision(json.dumps(DECISION).encode(), TAG, caller)
    assert "by" == caught.value.field


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("decision", None),
        ("decision", "delete"),
        ("decision", ["accept"]),
        ("reason", None),
        ("reason", "  "),
        ("reason", "x" * 501),
        ("by", None),
        ("by", ""),
        ("by", 7),
        ("by", "x" * 201),
        ("by", "\ud800"),
        ("another", "x"),
    ],
)
def test_what_is_missing_unknown_or_makes_no_sense_is_named(field: str, value: object) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_decision(json.dumps({**DECISION, field: value}).encode(), TAG, BY_KEY)

    assert field == caught.value.field


def test_a_decision_that_is_no_object_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="body"):
        parse_decision(b"[]", TAG, BY_KEY)


@pytest.mark.parametrize("given", [TAG, TAG.strip('"'), f"W/{TAG}", f" {TAG} "], ids=["quoted", "bare", "weak", "wide"])
def test_the_etag_is_read_as_gateways_and_people_write_it(given: str) -> None:
    assert TAG == decision(given).etag


@pytest.mark.parametrize("given", [None, "", " "])
def test_a_decision_without_a_condition_is_refused(given: str | None) -> None:
    with pytest.raises(ConditionMissing) as caught:
        decision(given)

    assert "If-Match" == caught.value.field


@pytest.mark.parametrize("given", ["*", '"x"', f"{TAG}, {TAG}"])
def test_a_condition_that_is_no_etag_is_refused(given: str) -> None:
    """`*` too: nobody decides about what they have not looked at."""
    with pytest.raises(InvalidRequest, match="looked at") as caught:
        decision(given)

    assert not isinstance(caught.value, ConditionMissing)


def test_an_etag_is_of_what_a_person_decides_about() -> None:
    """Another try that fails does not change it; another state, copy or doubt does. What is in no catalog has none."""
    failed = replace(chunk(0), tries=3, look_at=NOW, failures=(("source_busy", 3),))
    assert TAG == etag(replace(entry_of(failed), version="2"))
    others = [
        chunk(0, ChunkState.ARCHIVED),
        chunk(0, ChunkState.QUARANTINED),
        chunk(0, ChunkState.QUARANTINED, apart=True),
        replace(chunk(0, ChunkState.QUARANTINED, apart=True), doubts=("another",)),
        replace(chunk(0, ChunkState.QUARANTINED, apart=True), look_at=None, is_accepted=True),
        chunk(1),
    ]
    assert len(others) + 1 == len({TAG, *(etag(replace(entry_of(one), version="1")) for one in others)})
    assert ('"', '"') == (TAG[0], TAG[-1])
    assert "" == etag(entry_of(chunk(0)))
