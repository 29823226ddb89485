"""Requests for erasures are described as they are read."""

import json
from typing import Any

import jsonschema_rs
from hypothesis import given
from hypothesis import strategies as st

from recording.core.callers import KEY, Caller
from recording.core.errors import InvalidRequest
from recording.core.formats.api import parse_erasure, parse_execution
from recording.core.formats.api.erasure_bodies import ERASURE_BODY, EXECUTION_BODY
from recording.entrypoints.openapi.schemas import components, reference

COMPONENTS = {"schemas": components([ERASURE_BODY, EXECUTION_BODY])}
CALLER = Caller(KEY)
PEOPLE = st.sampled_from([{"key": "crm-1"}, {"rawId": "8:acs:a_b"}, {}, {"key": "k", "rawId": "8:acs:a"}, {"x": 1}, 1])
HASHES = st.sampled_from(["ab" * 32, "AB" * 32, "ab", 1])


def is_read(read: Any, body: object) -> bool:  # noqa: ANN401 - one of two readers
    try:
        read(json.dumps(body).encode(), CALLER)
    except InvalidRequest:
        return False
    return True


def is_described(body: object, kind: object) -> bool:
    return jsonschema_rs.is_valid({**reference(kind), "components": COMPONENTS}, body)


@given(
    st.fixed_dictionaries(
        {"person": PEOPLE, "mode": st.sampled_from(["whole", "all", 1]), "by": st.just("Ada")},
        optional={
            "purpose": st.sampled_from(["file 47", " ", 1]),
            "overrideDuties": st.sampled_from([True, False, "yes", 0]),
            "x": st.just(1),
        },
    )
)
def test_an_erasure_is_described_as_it_is_read(body: dict[str, Any]) -> None:
    assert is_read(parse_erasure, body) == is_described(body, ERASURE_BODY)


@given(st.fixed_dictionaries({"by": st.just("Ada")}, optional={"planHash": HASHES, "x": st.just(1)}))
def test_an_execution_is_described_as_it_is_read(body: dict[str, Any]) -> None:
    assert is_read(parse_execution, body) == is_described(body, EXECUTION_BODY)
