"""What the queries of lists may say."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.core.errors import InvalidRequest
from recording.core.formats.api import ListRequest, PageRequest, mark, parse_list, parse_page, parse_switch
from recording.core.model import RecordingState
from recording.core.records.filters import Filters
from tests.core.entries_of import NOW, WAV


def test_a_query_that_says_nothing_is_the_first_page_of_today() -> None:
    """The function key may stand in the query."""
    assert PageRequest(20, "") == parse_page({"code": "key"})
    assert ListRequest(PageRequest(20, ""), NOW) == parse_list({}, NOW)


def test_a_query_says_what_is_listed() -> None:
    asked = parse_list({"day": "2026-02-28", "state": "missing", "call": "c", "limit": "50", "after": mark("x")}, NOW)

    filters = Filters(RecordingState.MISSING, "c")
    assert ListRequest(PageRequest(50, "x"), datetime(2026, 2, 28, tzinfo=UTC), filters=filters) == asked


def test_a_query_asks_for_an_hour_an_output_a_class_a_hold_and_a_duration() -> None:
    query = {"hour": "0", "output": "audio-mixed-wav", "retentionClass": "long", "held": "no"}
    asked = parse_list({**query, "minSeconds": "0", "maxSeconds": "60"}, NOW)

    seconds = timedelta(), timedelta(minutes=1)
    assert (0, Filters(None, "", WAV, "long", False, *seconds)) == (asked.hour, asked.filters)  # noqa: FBT003 - as it is


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_mark_leads_to_where_the_page_ended(following: str) -> None:
    """It is safe in a query."""
    assert following == parse_page({"after": mark(following)}).after
    assert mark(following).replace("-", "").replace("_", "").isalnum() or not following


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("limit", value) for value in ("", "0", "51", "-1", "1.5", "x", "9" * 5000, "٣x")),
        *(("after", value) for value in ("x", "é", "gA")),
        *(("day", value) for value in ("", "today", "2026-3-1", "2026-02-30", "2026-03-01T00:00:00", "20260301")),
        *(("state", value) for value in ("", "open", "Missing")),
        *(("call", value) for value in ("", " ")),
        *(("hour", value) for value in ("", "24", "-1", "x")),
        *(("output", value) for value in ("", "wav", "audio-mixed-ogg")),
        *(("retentionClass", value) for value in ("", " ")),
        *(("held", value) for value in ("", "maybe")),
        *(("minSeconds", value) for value in ("", "-1", "1.5", "10000001")),
        ("maxSeconds", "x"),
        ("days", "1"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_named(field: str, value: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_list({field: value}, NOW)

    assert field == caught.value.field


def test_the_list_of_what_is_owed_has_no_other_parameter() -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_page({"state": "missing"})

    assert "state" == caught.value.field


@pytest.mark.parametrize(
    ("value", "is_on"),
    [("true", True), ("1", True), ("Yes", True), ("false", False), ("0", False), ("no", False), (None, False)],
)
def test_a_switch_is_on_or_off(value: str | None, is_on: bool) -> None:  # noqa: FBT001 - of a table
    assert is_on == parse_switch({} if value is None else {"deep": value}, "deep")


@pytest.mark.parametrize("value", ["", "null", "2", "on"])
def test_a_switch_that_is_neither_is_named(value: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_switch({"deep": value}, "deep")

    assert "deep" == caught.value.field
