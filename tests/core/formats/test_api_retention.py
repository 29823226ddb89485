"""The plan's day, and what a person decides about an end."""

import json
from datetime import date

import pytest

from recording.core.callers import KEY, Caller
from recording.core.errors import InvalidRequest
from recording.core.formats.api import ChoiceRequest, parse_choice, parse_plan_day
from recording.core.model import Actor
from recording.core.retention import Choice

TODAY = date(2026, 3, 1)
BODY: dict[str, object] = {"decision": "delete", "endsOn": "2026-02-27", "reason": "it is old", "by": "Ada"}


def parsed(**body: object) -> ChoiceRequest:
    found = {name: value for name, value in {**BODY, **body}.items() if value is not None}
    return parse_choice(json.dumps(found).encode(), Caller(KEY), TODAY)


def test_a_plan_is_of_tomorrow_unless_another_day_is_named() -> None:
    assert date(2026, 3, 2) == parse_plan_day({}, TODAY)
    assert date(2027, 1, 1) == parse_plan_day({"day": "2027-01-01", "code": "key"}, TODAY)


@pytest.mark.parametrize("query", [{"day": "today"}, {"day": "2026-02-30"}, {"another": "1"}])
def test_what_is_no_day_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_plan_day(query, TODAY)

    assert [caught.value.field] == list(query)


def test_a_decision_is_to_delete_or_to_keep_until_a_day() -> None:
    by, ends_on = Actor("key:Ada"), date(2026, 2, 27)

    assert ChoiceRequest(Choice.DELETE, ends_on, None, "it is old", by) == parsed()
    assert ChoiceRequest(Choice.KEEP, ends_on, date(2026, 3, 2), "it is old", by) == parsed(
        decision="keep", until="2026-03-02"
    )


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"decision": None}, "decision"),
        ({"decision": "sell"}, "decision"),
        ({"decision": 7}, "decision"),
        ({"endsOn": None}, "endsOn"),
        ({"until": "2026-04-01"}, "until"),
        ({"decision": "keep"}, "until"),
        ({"decision": "keep", "until": "2026-03-01"}, "until"),
        ({"decision": "keep", "until": "9999-12-31"}, "until"),
        ({"decision": "keep", "until": "later"}, "until"),
        ({"until": 7}, "until"),
        ({"reason": " "}, "reason"),
        ({"by": None}, "by"),
        ({"another": 1}, "another"),
    ],
)
def test_what_is_missing_unknown_or_makes_no_sense_is_named(body: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parsed(**body)

    assert field == caught.value.field


def test_a_body_that_is_no_object_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="not a JSON object"):
        parse_choice(b"7", Caller(KEY), TODAY)
