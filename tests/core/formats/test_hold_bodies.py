"""The bodies of requests about holds and ends are described as they are read."""

import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.core.callers import KEY, Caller
from recording.core.errors import InvalidRequest
from recording.core.formats.api import parse_choice, parse_end, parse_hold
from recording.core.formats.api.hold_bodies import CHOICE_BODY, END_HOLD_BODY, HOLD_BODY
from recording.entrypoints.openapi.schemas import components, reference
from tests.core.entries_of import NOW

COMPONENTS = {"schemas": components([HOLD_BODY, END_HOLD_BODY, CHOICE_BODY])}
TODAY = NOW.date()
BY_KEY = Caller(KEY)
TAG = f'"{"0" * 32}"'
WHY = {"reason": "a court asks", "by": "Ada"}
HOLD = {**WHY, "owner": "legal", "reviewOn": "2026-04-01"}
IDS: st.SearchStrategy[Any] = st.sampled_from(["x", "", " ", "x" * 1024, "x" * 1025, 7, None, [], {}])
NAMED = st.sampled_from([[], ["x"], ["x", ""], [7], ["x"] * 100, ["x"] * 101, "x", None])
QUERIES = st.fixed_dictionaries(
    {},
    optional={
        "since": st.sampled_from(["2026-03-01", 7, None]),
        "state": st.sampled_from(["released", "unheard", None]),
        "output": st.sampled_from(["audio-mixed-wav", "sound", 1]),
        "minSeconds": st.sampled_from([0, 5, -1, "5", None, 10**9]),
        "held": st.booleans(),
    },
)


def is_described(body: object, kind: object) -> bool:
    return jsonschema_rs.is_valid({**reference(kind), "components": COMPONENTS}, body)


def is_read(parse: Any, body: object, *more: object) -> bool:  # noqa: ANN401 - one of the parsers
    try:
        parse(json.dumps(body).encode(), *more)
    except InvalidRequest:
        return False
    return True


@given(
    st.fixed_dictionaries({}, optional={"call": IDS, "recordings": NAMED, "query": QUERIES}),
    st.fixed_dictionaries({}, optional={"unknownPeople": st.sampled_from([True, 0, None]), "another": st.just(1)}),
)
def test_a_hold_is_described_as_it_is_read(what: dict[str, Any], more: dict[str, Any]) -> None:
    body = {**HOLD, **what, **more}

    assert is_described(body, HOLD_BODY) == is_read(parse_hold, body, BY_KEY, TODAY)


@pytest.mark.parametrize("body", [WHY, {"reason": "x"}, {**WHY, "reason": " "}, {**WHY, "by": ""}, {**WHY, "a": 1}, {}])
def test_the_end_of_a_hold_is_described_as_it_is_read(body: dict[str, object]) -> None:
    """But that a caller by key must say who decides: a token says it."""
    named = {"by": "Ada", **body}

    assert is_described(named, END_HOLD_BODY) == is_read(parse_end, named, TAG, BY_KEY)


@pytest.mark.parametrize("decision", ["delete", "keep", "sell", 7, None])
@pytest.mark.parametrize("reason", ["x", "", " ", "x" * 501])
def test_a_decision_about_an_end_is_described_as_it_is_read(decision: object, reason: str) -> None:
    body = {"decision": decision, "endsOn": "2026-02-01", "reason": reason, "by": "Ada"}
    if decision == "keep":
        body["until"] = "2026-05-01"

    assert is_described(body, CHOICE_BODY) == is_read(parse_choice, body, BY_KEY, TODAY)
