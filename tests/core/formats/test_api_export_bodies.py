"""Requests for exports are described as they are read."""

import json
from typing import Any

import jsonschema_rs
from hypothesis import given
from hypothesis import strategies as st

from recording.core.callers import KEY, Caller
from recording.core.errors import InvalidRequest
from recording.core.formats.api import parse_export, parse_link
from recording.core.formats.api.export_bodies import EXPORT_BODY, LINK_BODY
from recording.entrypoints.openapi.schemas import components, reference

COMPONENTS = {"schemas": components([EXPORT_BODY, LINK_BODY])}
CALLERS = (Caller(KEY), Caller(KEY, is_by_token=True))
TEXTS = st.sampled_from(["file 47", "", " ", None, 1])
DAYS = st.sampled_from(["2026-03-01", "2026-03-02", 1])
PEOPLE = st.sampled_from(
    [{"key": "crm-1"}, {"rawId": "8:acs:a_b"}, {}, {"key": "crm-1", "rawId": "8:acs:a_b"}, {"x": 1}, 1]
)
CALLS = st.fixed_dictionaries({}, optional={"id": TEXTS, "day": DAYS, "x": TEXTS})
SEARCHES = st.fixed_dictionaries(
    {"firstDay": st.just("2026-03-01")},
    optional={
        "lastDay": DAYS,
        "state": st.sampled_from(["released", "odd"]),
        "minSeconds": st.sampled_from([0, -1]),
        "held": st.booleans(),
    },
)
IDS = st.sampled_from([["a"], [], ["a"] * 501, [1], [""], "a"])


def is_read(read: Any, body: object) -> bool:  # noqa: ANN401 - one of two readers
    """Whether it is, from a caller with the key, who says a name, or with a token."""
    for caller in CALLERS:
        try:
            read(json.dumps(body).encode(), caller)
        except InvalidRequest:
            continue
        return True
    return False


def is_described(body: object, kind: object) -> bool:
    return jsonschema_rs.is_valid({**reference(kind), "components": COMPONENTS}, body)


def without_nulls(found: object) -> bool:
    """Null counts as absent when it is read, and is described by no schema."""
    if isinstance(found, dict):
        return all(value is not None and without_nulls(value) for value in found.values())
    return True


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "purpose": TEXTS,
            "rule": st.sampled_from(["whole", "metadata-only", "all"]),
            "by": TEXTS,
            "person": PEOPLE,
            "call": CALLS,
            "search": SEARCHES,
            "recordingIds": IDS,
            "x": TEXTS,
        },
    )
    | st.builds(
        lambda subject: {"purpose": "file 47", "rule": "whole", **subject},
        st.one_of(
            PEOPLE.map(lambda found: {"person": found}),
            CALLS.map(lambda found: {"call": found}),
            SEARCHES.map(lambda found: {"search": found}),
            IDS.map(lambda found: {"recordingIds": found}),
        ),
    )
)
def test_an_export_is_described_as_it_is_read(body: dict[str, Any]) -> None:
    if without_nulls(body):
        assert is_read(parse_export, body) == is_described(body, EXPORT_BODY)


@given(
    st.fixed_dictionaries({}, optional={"purpose": TEXTS, "minutes": st.sampled_from([0, 1, 60, 61, "x"]), "by": TEXTS})
)
def test_a_link_is_described_as_it_is_read(body: dict[str, Any]) -> None:
    if without_nulls(body):
        assert is_read(parse_link, body) == is_described(body, LINK_BODY)
