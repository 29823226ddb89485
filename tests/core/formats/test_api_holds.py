"""Requests to make and end holds, and a hold as it is answered."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from recording.core.callers import KEY, Caller
from recording.core.errors import ConditionMissing, InvalidRequest
from recording.core.formats.api import (
    EndRequest,
    HoldRequest,
    PageRequest,
    etag_of_hold,
    hold_view,
    parse_end,
    parse_hold,
    parse_holds_page,
)
from recording.core.model import APP, Actor, RecordingId, RecordingState
from recording.core.records.filters import Filters, Period
from recording.core.records.holds import Hold, HoldState, Query, Scope
from tests.core.entries_of import NOW, WAV

TODAY = NOW.date()
BY_KEY = Caller(KEY)
BODY: dict[str, object] = {
    "call": "c",
    "reason": "a court asks",
    "owner": "legal",
    "reviewOn": "2026-04-01",
    "by": "Ada",
}
REQUEST = HoldRequest(Scope(call="c"), "a court asks", "legal", date(2026, 4, 1), Actor("key:Ada"))
HOLD = Hold("h", HoldState.ACTIVE, Scope(call="c"), "a court asks", "legal", date(2026, 4, 1), NOW, APP)


def parsed(**body: object) -> HoldRequest:
    """The request; a field that is None is left out."""
    found = {name: value for name, value in {**BODY, **body}.items() if value is not None}
    return parse_hold(json.dumps(found).encode(), BY_KEY, TODAY)


@pytest.mark.parametrize(
    ("body", "scope"),
    [
        ({}, Scope(call="c")),
        ({"future": True}, Scope(call="c", future=True)),
        ({"call": None, "recordings": ["a", "b", "a"]}, Scope(recordings=(RecordingId("a"), RecordingId("b")))),
        ({"call": None, "rawId": "+49 30 123456"}, Scope(person=("4:+4930123456",))),
        ({"call": None, "rawId": "8:ACS:x_1", "unknownPeople": False}, Scope(person=("8:acs:x_1",), unknown=False)),
        (
            {"call": None, "query": {"since": "2026-03-01", "state": "released", "minSeconds": 5}, "future": True},
            Scope(
                query=Query(
                    Period(NOW.replace(hour=0)),
                    Filters(state=RecordingState.RELEASED, shortest=timedelta(seconds=5)),
                ),
                future=True,
            ),
        ),
    ],
)
def test_a_hold_says_what_it_covers(body: dict[str, object], scope: Scope) -> None:
    assert replace(REQUEST, scope=scope) == parsed(**body)


def test_a_person_is_named_by_the_own_key_whose_raw_ids_are_found_later() -> None:
    found = parsed(call=None, person="crm-4711", retentionClass="court")

    assert replace(REQUEST, scope=Scope(), key="crm-4711", retention_class="court") == found
    assert "crm-4711" not in repr(found)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"call": None}, "recordings | call | person | rawId | query"),
        ({"recordings": ["a"]}, "recordings | call | person | rawId | query"),
        ({"call": " "}, "call"),
        ({"call": 7}, "call"),
        ({"call": None, "recordings": []}, "recordings"),
        ({"call": None, "recordings": "a"}, "recordings"),
        ({"call": None, "recordings": ["a", 7]}, "recordings"),
        ({"call": None, "recordings": [f"{number}" for number in range(101)]}, "recordings"),
        ({"call": None, "recordings": ["x" * 1000 + f"{number}" for number in range(50)]}, "recordings"),
        ({"call": None, "recordings": ["a"], "future": True}, "future"),
        ({"call": None, "person": "a@b.example"}, "key"),
        ({"call": None, "rawId": "030 123456"}, "rawId"),
        ({"call": None, "query": []}, "query"),
        ({"call": None, "query": {"since": "2026-03-01", "held": True}}, "query.held"),
        ({"call": None, "query": {}}, "query.since"),
        ({"call": None, "query": {"since": "yesterday"}}, "since"),
        ({"call": None, "query": {"since": "2026-03-01", "state": "unheard"}}, "state"),
        ({"retentionClass": 7}, "retentionClass"),
        ({"call": None, "query": {"since": "2026-03-01", "minSeconds": "5"}}, "minSeconds"),
        ({"future": 1}, "future"),
        ({"unknownPeople": "no"}, "unknownPeople"),
        ({"reviewOn": None}, "reviewOn"),
        ({"reviewOn": "2026-03-01"}, "reviewOn"),
        ({"reason": None}, "reason"),
        ({"owner": " "}, "owner"),
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
        parse_hold(b"[]", BY_KEY, TODAY)


def test_a_hold_is_ended_with_a_reason_as_it_was_seen() -> None:
    body, tag = json.dumps({"reason": "it is over", "by": "Ada"}).encode(), etag_of_hold(HOLD)

    assert EndRequest("it is over", Actor("key:Ada"), tag) == parse_end(body, tag, BY_KEY)
    with pytest.raises(ConditionMissing, match="the hold that you have looked at"):
        parse_end(body, None, BY_KEY)


def test_the_etag_changes_with_what_is_decided_and_not_with_the_progress() -> None:
    placing = replace(HOLD, state=HoldState.PLACING, job_id="j", version="2")

    assert etag_of_hold(HOLD) == etag_of_hold(placing)
    assert 3 == len(
        {etag_of_hold(one) for one in (HOLD, replace(HOLD, state=HoldState.ENDING), replace(HOLD, owner="b"))}
    )


def test_a_page_of_holds_is_of_those_that_are_ended_if_it_says_so() -> None:
    assert (PageRequest(5), True) == parse_holds_page({"limit": "5", "ended": "true"})
    assert (PageRequest(), False) == parse_holds_page({})
    with pytest.raises(InvalidRequest):
        parse_holds_page({"state": "active"})


@pytest.mark.parametrize(
    ("scope", "shown"),
    [
        (Scope(recordings=(RecordingId("r"),)), {"kind": "recordings", "recordings": ["r"]}),
        (Scope(call="c"), {"kind": "call", "call": "c"}),
        (Scope(person=("8:acs:a",)), {"kind": "person", "unknownPeople": True}),
        (
            Scope(query=Query(Period(NOW), Filters(output=WAV, call="c", shortest=timedelta(seconds=1.5)))),
            {
                "kind": "query",
                "query": {
                    "since": "2026-03-01T12:00:00Z",
                    "until": None,
                    "state": None,
                    "call": "c",
                    "output": "audio-mixed-wav",
                    "retentionClass": None,
                    "minSeconds": 1,
                    "maxSeconds": None,
                },
            },
        ),
    ],
)
def test_a_hold_is_shown_and_names_nobody(scope: Scope, shown: dict[str, object]) -> None:
    ended = replace(HOLD, scope=scope, ended_at=NOW, ended_by=Actor("key:Eve"), end_reason="over", retention_class="x")

    assert {
        "holdId": "h",
        "state": "active",
        "scope": shown,
        "future": False,
        "reason": "a court asks",
        "owner": "legal",
        "reviewOn": "2026-04-01",
        "retentionClass": "x",
        "madeAt": "2026-03-01T12:00:00Z",
        "madeBy": "app",
        "endedAt": "2026-03-01T12:00:00Z",
        "endedBy": "key:Eve",
        "endReason": "over",
        "progress": {"recordings": 3},
    } == hold_view(ended, {"recordings": 3})
