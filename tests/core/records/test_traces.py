"""Where an event names a recording or a person."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.core.model import RecordingId
from recording.core.records.traces import Traces

ANN = "8:acs:0A1B_2c"
TRACES = Traces.of([RecordingId("rec-1"), RecordingId("")], [ANN, "4:+4915112345", ""])


@pytest.mark.parametrize(
    "found",
    [
        "rec-1",
        {"subject": "/recording/call/c/recordingId/rec-1"},
        {"data": {"list": [{"id": ["x", {"rec-1": None}]}]}},
        {"startedBy": {"rawId": ANN.lower()}},
        {"phoneNumber": {"value": "+4915112345"}},
        ["4:+4915112345"],
        ["4:+4915112345_0f1a-22"],
        "from 8:ACS:0a1b_2C.",
    ],
)
def test_they_are_found_wherever_they_stand(found: object) -> None:
    assert TRACES.are_in(found)


@pytest.mark.parametrize(
    "found",
    [
        None,
        1,
        True,
        "",
        "rec-12",
        "xrec-1",
        "REC-1",
        "8:acs:0A1B_2cd",
        "4:+49151123456",
        "4:+49151123456_0f1a-22",
        "8:acs:0A1B_2c_3d",
        "+491511234",
        {"a": ["b", 2.5]},
    ],
)
def test_a_part_of_another_id_is_not_one(found: object) -> None:
    """Nothing of anybody else is erased."""
    assert not TRACES.are_in(found)


def test_nobody_is_found_where_nobody_is_looked_for() -> None:
    assert not Traces.of().are_in(["rec-1", ANN, ""])


def test_what_is_nested_too_deep_is_looked_at_as_a_whole() -> None:
    found: object = "rec-1"
    for _ in range(300):
        found = [found]
    assert TRACES.are_in(found)


@given(st.recursive(st.text(max_size=5), lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner)))
def test_whatever_surrounds_them_they_are_found(found: object) -> None:
    assert TRACES.are_in([found, {"more": [found, {"by": "8:acs:0A1B_2c"}]}])
