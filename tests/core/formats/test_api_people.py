"""Raw ids of own keys as JSON and CSV, and searches by person."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from recording.core.errors import InvalidRequest, RequestTooLarge
from recording.core.formats import api
from recording.core.formats.api.people import MOST_KEYS
from recording.core.formats.api.requests import MOST_BODY
from recording.core.model import ParticipantKind, RecordingState
from recording.core.records.filters import Filters, Period
from recording.core.records.people import MOST_RAW_IDS, OwnIdentity

DAY = datetime(2026, 3, 1, tzinfo=UTC)
_TAG = "a1" * 16
NUMBER = "4:+49301234567"


def test_raw_ids_are_kept_in_one_spelling() -> None:
    body = json.dumps({"rawIds": ["+49 (0)30 1234567", "8:acs:A_B", "0049301234567"]}).encode()

    assert OwnIdentity("crm-1", (NUMBER, "8:acs:a_b")) == api.parse_identity("crm-1", body)
    assert OwnIdentity("crm-1", ()) == api.parse_identity("crm-1", b'{"rawIds": []}')


@pytest.mark.parametrize(
    ("given", "expected"),
    [(None, ""), ("*", "*"), (_TAG, f'"{_TAG}"'), (f'W/"{_TAG}"', f'"{_TAG}"')],
)
def test_the_condition_of_who_saves_raw_ids_is_an_etag_or_anything_or_none(given: str | None, expected: str) -> None:
    assert expected == api.parse_tag(given)
    for wrong in ("**", " ", "", "a1"):
        with pytest.raises(InvalidRequest, match="If-Match"):
            api.parse_tag(wrong)


@pytest.mark.parametrize(
    ("raw_ids", "field"),
    [
        (None, "rawIds"),
        ("8:acs:a", "rawIds"),
        (["8:acs:a"] * (MOST_RAW_IDS + 1), "rawIds"),
        ([1], "rawIds[0]"),
        ([" "], "rawIds[0]"),
        (["8:acs:a", "030 1234567"], "rawIds[1]"),
        (["ada@example.org"], "rawIds[0]"),
        (["4:anonymous"], "rawIds[0]"),
    ],
)
def test_what_is_no_raw_id_is_named_by_its_place(raw_ids: object, field: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        api.parse_identity("crm-1", json.dumps({"rawIds": raw_ids}).encode())

    assert field == caught.value.field
    assert "030" not in caught.value.cause


@pytest.mark.parametrize(("key", "body"), [("a@b", b'{"rawIds": []}'), ("a", b"[]"), ("a", b'{"rawIds": [], "x": 1}')])
def test_another_request_is_refused(key: str, body: bytes) -> None:
    with pytest.raises(InvalidRequest):
        api.parse_identity(key, body)


def test_many_keys_come_as_csv() -> None:
    """Lines of one key belong together; blank lines do not matter."""
    text = (
        '\ufeffkey,rawId\r\ncrm-1,"+49 30 1234567"\r\n\r\ncrm-2,8:acs:b_c\r\ncrm-1,8:acs:a_b\r\ncrm-1,0049301234567\r\n'
    )

    assert (OwnIdentity("crm-1", (NUMBER, "8:acs:a_b")), OwnIdentity("crm-2", ("8:acs:b_c",))) == api.parse_identities(
        text.encode()
    )


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "line 1"),
        (b"rawId,key\n", "line 1"),
        (b"key,rawId\ncrm-1\n", "line 2"),
        (b"key,rawId\n\ncrm-1,030 123\n", "line 3"),
        (b"key,rawId\n+49301234567,8:acs:a\n", "line 2"),
        (b'key,rawId\n"crm-1,8:acs:a\n', "line 2"),
        (b"key,rawId\n\xff,8:acs:a\n", "body"),
        (b"key,rawId\n" + b"".join(b"k,8:acs:%d\n" % number for number in range(MOST_RAW_IDS + 1)), "line 202"),
        (b"key,rawId\n" + b"".join(b"k%d,8:acs:a\n" % number for number in range(MOST_KEYS + 1)), "line 5002"),
    ],
)
def test_a_line_that_is_wrong_is_named_and_not_shown(body: bytes, field: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        api.parse_identities(body)

    assert field == caught.value.field
    assert "030" not in caught.value.cause


def test_a_file_that_is_too_large_is_refused() -> None:
    with pytest.raises(RequestTooLarge):
        api.parse_identities(b" " * (MOST_BODY + 1))


def test_a_search_of_a_key_says_what_for() -> None:
    query = {"purpose": "request 7", "since": "2026-03-01", "until": "2026-03-01T12:00:00Z", "state": "lost"}
    found = api.parse_person_search({**query, "limit": "5"})

    assert (
        api.PersonSearch(
            api.PageRequest(5), "request 7", Period(DAY, DAY + timedelta(hours=12)), Filters(state=RecordingState.LOST)
        )
        == found
    )
    assert "request 7" == api.parse_purpose({"purpose": "request 7", "code": "key"})


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "purpose"),
        ({"purpose": "x", "since": "yesterday"}, "since"),
        ({"purpose": "x", "until": "2026-02-30"}, "until"),
        ({"purpose": "x", "rawId": "8:acs:a"}, "rawId"),
    ],
)
def test_a_search_that_makes_no_sense_is_refused(query: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        api.parse_person_search(query)

    assert field == caught.value.field


@pytest.mark.parametrize(
    ("query", "period"),
    [
        ({}, Period()),
        ({"day": "2026-03-01"}, Period(DAY, DAY + timedelta(days=1))),
        ({"day": "2026-03-01", "hour": "13"}, Period(DAY + timedelta(hours=13), DAY + timedelta(hours=14))),
        ({"day": "9999-12-31"}, Period(datetime(9999, 12, 31, tzinfo=UTC))),
    ],
)
def test_the_list_can_be_of_a_person(query: dict[str, str], period: Period) -> None:
    """Of all time, of a day, or of an hour."""
    found = api.parse_person_of_list({"person": "crm-1", "purpose": "x", **query})

    assert ("crm-1", api.PersonSearch(api.PageRequest(), "x", period)) == found
    assert api.parse_person_of_list(query) is None


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"person": "8:acs:a", "purpose": "x"}, "key"),
        ({"person": "crm-1"}, "purpose"),
        ({"purpose": "x"}, "purpose"),
        ({"person": "crm-1", "purpose": "x", "hour": "3"}, "hour"),
        ({"person": "crm-1", "purpose": "x", "hour": "24", "day": "2026-03-01"}, "hour"),
    ],
)
def test_a_list_of_a_person_that_makes_no_sense_is_refused(query: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        api.parse_person_of_list(query)

    assert field == caught.value.field


def test_the_person_of_a_search_stands_in_the_body() -> None:
    body = {
        "rawId": "+49 30 1234567",
        "purpose": "x",
        "limit": 2,
        "held": True,
        "minSeconds": 60,
        "since": "2026-03-01",
    }
    search = api.PersonSearch(
        api.PageRequest(2), "x", Period(DAY), Filters(is_held=True, shortest=timedelta(minutes=1))
    )

    assert api.SearchRequest(search, raw_ids=(NUMBER,)) == api.parse_search(json.dumps(body).encode())
    assert "crm-1" == api.parse_search(b'{"person": "crm-1", "purpose": "x"}').key


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"purpose": "x"}, "person | rawId"),
        ({"purpose": "x", "person": "a", "rawId": "8:acs:a"}, "person | rawId"),
        ({"person": "a"}, "purpose"),
        ({"person": 1, "purpose": "x"}, "person"),
        ({"person": "8:acs:a", "purpose": "x"}, "key"),
        ({"rawId": 1, "purpose": "x"}, "rawId"),
        ({"rawId": "8:acs:a", "purpose": 1}, "purpose"),
        ({"rawId": "8:acs:a", "purpose": "x", "limit": "x"}, "limit"),
        ({"rawId": "8:acs:a", "purpose": "x", "since": 1}, "since"),
        ({"rawId": "8:acs:a", "purpose": "x", "state": []}, "state"),
        ({"rawId": "8:acs:a", "purpose": "x", "call": 1}, "call"),
        ({"rawId": "8:acs:a", "purpose": "x", "output": {}}, "output"),
        ({"rawId": "8:acs:a", "purpose": "x", "retentionClass": []}, "retentionClass"),
        ({"rawId": "8:acs:a", "purpose": "x", "held": "perhaps"}, "held"),
        ({"rawId": "8:acs:a", "purpose": "x", "maxSeconds": -1}, "maxSeconds"),
        ({"rawId": "8:acs:a", "purpose": "x", "maxSeconds": "60"}, "maxSeconds"),
        ({"rawId": "8:acs:a", "purpose": "x", "call": " "}, "call"),
        ({"rawId": "8:acs:a", "purpose": "x", "retentionClass": " "}, "retentionClass"),
        ({"rawId": "8:acs:a", "purpose": "x", "call": "x" * 5000}, "call"),
        ({"rawId": "8:acs:a", "purpose": "x", "state": None}, "state"),
        ({"rawId": "8:acs:a", "purpose": "x", "day": "2026-03-01"}, "day"),
    ],
)
def test_a_search_in_a_body_that_makes_no_sense_is_refused(body: object, field: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        api.parse_search(json.dumps(body).encode())

    assert field == caught.value.field


def test_a_key_is_shown_with_kinds() -> None:
    assert {"key": "crm-1", "rawIds": [{"rawId": NUMBER, "kind": ParticipantKind.PHONE_NUMBER}]} == api.identity_view(
        OwnIdentity("crm-1", (NUMBER,))
    )


def test_what_may_be_of_anybody_is_told_with_what_lists_it() -> None:
    found = api.unknown_view(1000, Period(DAY))

    assert (1000, True) == (found["count"], found["isMore"])
    assert "/api/people/unknown/recordings?since=2026-03-01T00:00:00Z&purpose=" == found["list"]
    assert not api.unknown_view(0, Period())["isMore"]
