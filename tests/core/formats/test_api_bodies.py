"""The bodies of requests are described as they are read."""

import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.core.callers import KEY, Caller
from recording.core.errors import InvalidRequest
from recording.core.formats.api import parse_decision, parse_start
from recording.core.formats.api.bodies import DECISION_BODY, EVENTS_BODY, START_BODY
from recording.core.outputs import VALID, output_fields
from recording.entrypoints.openapi.schemas import components, reference

ETAG = '"' + "0" * 32 + '"'
COMPONENTS = {"schemas": components([START_BODY, DECISION_BODY])}
IDS = st.sampled_from(["x", " x", "a/b", "", " ", "x" * 4096, "x" * 4097, 7, True, [], {}])
SWITCHES = st.sampled_from([True, False, 0, "true", None])
DIRECTIONS = st.sampled_from(["inbound", "outbound", "Inbound", 1, None])
CALLED = st.sampled_from([[], ["8:acs:x"], [""], [1], ["x" * 1025], ["x"] * 351, "x", None])
OUTPUTS = [
    {"content": content, "channel": channel, "format": kind}
    for content in ("audio", "audioVideo", "sound", 1)
    for channel in ("mixed", "unmixed", None)
    for kind in ("wav", "mp3", "mp4", "flac")
]


def is_described(body: object, kind: object) -> bool:
    return jsonschema_rs.is_valid({**reference(kind), "components": COMPONENTS}, body)


def starts(body: object) -> bool:
    """Whether a start with this body is read."""
    try:
        parse_start(json.dumps(body).encode(), None)
    except InvalidRequest:
        return False
    return True


def decides(body: object, caller: Caller) -> bool:
    """Whether a decision with this body is read."""
    try:
        parse_decision(json.dumps(body).encode(), ETAG, caller)
    except InvalidRequest:
        return False
    return True


@given(
    st.dictionaries(st.sampled_from(["serverCallId", "groupCallId", "roomId", "callConnectionId"]), IDS, max_size=2)
    | st.just({"roomId": "x"}),
    st.sampled_from([{}, {}, {"content": "audio"}, *OUTPUTS]) | st.just({}),
    st.fixed_dictionaries({}, optional={"pauseOnStart": SWITCHES, "direction": DIRECTIONS, "participants": CALLED}),
)
def test_a_start_is_described_as_it_is_read(call: dict[str, Any], output: dict[str, Any], more: dict[str, Any]) -> None:
    """One locator, and all or nothing of an output that there is."""
    body = {**call, **output, **more}

    assert starts(body) == is_described(body, START_BODY)


@pytest.mark.parametrize("output", [output_fields(facts.output) for facts in VALID], ids=str)
def test_every_output_can_be_started_as_it_is_described(output: dict[str, str]) -> None:
    body: dict[str, Any] = {"roomId": "x", **output, "pauseOnStart": True}

    assert starts(body)
    assert is_described(body, START_BODY)


RULINGS = st.sampled_from(["retry", "accept", "give-up", "RETRY", "", 1])
TEXTS = st.sampled_from(["why", "", " ", "x" * 200, "x" * 201, "x" * 500, "x" * 501, None, 1])


@given(st.fixed_dictionaries({}, optional={"decision": RULINGS, "reason": TEXTS, "by": TEXTS, "x": TEXTS}))
def test_a_decision_is_described_as_it_is_read(body: dict[str, Any]) -> None:
    """By a caller with the key, who names a person, or with a token."""
    is_read = any(decides(body, Caller(KEY, is_by_token=is_by_token)) for is_by_token in (False, True))

    assert is_read == is_described(body, DECISION_BODY)


def test_events_come_alone_or_in_an_array() -> None:
    """What is in one is not described: both schemas have more fields than are read."""
    bodies: list[object] = [{}, [{}], [1], "x"]

    assert [True, True, False, False] == [jsonschema_rs.is_valid(EVENTS_BODY.keywords, body) for body in bodies]
