"""Requests for exports and links, and an export as the API shows it."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from recording.core.callers import KEY, Caller
from recording.core.errors import InvalidRequest
from recording.core.formats.api import export_view, link_view, parse_export, parse_link
from recording.core.model import Actor, RecordingId
from recording.core.records.exporting import Days, Person, Rule, Wanted
from recording.core.records.jobs import Job, JobKind, JobState

ADA = Caller(Actor("entra:ada"), is_by_token=True)
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def export(**fields: object) -> Wanted:
    """What a request by Ada asks for."""
    body = {"purpose": "file 47", "rule": "whole", **fields}
    found = parse_export(json.dumps(body).encode(), ADA)
    assert found.by == ADA.actor
    return found.wanted


def test_the_four_things_that_can_be_exported() -> None:
    day = date(2026, 3, 1)
    assert Person(raw_id="4:+4930123456") == export(person={"rawId": "+49 30 123456"}).person
    assert Person(key="crm-1") == export(person={"key": "crm-1"}, rule="own-channel").person
    assert Days(day, day, {"call": "c-1"}) == export(call={"id": "c-1", "day": "2026-03-01"}).days
    search = {"firstDay": "2026-03-01", "lastDay": "2026-03-02", "state": "released", "minSeconds": 5, "held": True}
    expected = Days(day, date(2026, 3, 2), {"held": "True", "minSeconds": "5", "state": "released"})
    assert expected == export(search=search).days
    assert (RecordingId("a"), RecordingId("b")) == export(recordingIds=["a", "b", "a"]).recording_ids
    assert (Rule.METADATA_ONLY, "file 47") == (
        export(recordingIds=["a"], rule="metadata-only").rule,
        export(recordingIds=["a"]).purpose,
    )


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "person | call | search | recordingIds"),
        ({"recordingIds": ["a"], "call": {}}, "person | call | search | recordingIds"),
        ({"recordingIds": ["a"], "more": 1}, "more"),
        ({"recordingIds": ["a"], "purpose": " "}, "purpose"),
        ({"recordingIds": ["a"], "purpose": 5}, "purpose"),
        ({"recordingIds": ["a"], "purpose": "\ud800"}, "purpose"),
        ({"recordingIds": ["a"], "rule": "all"}, "rule"),
        ({"recordingIds": ["a"], "rule": "own-channel"}, "rule"),
        ({"recordingIds": ["a"], "by": "ada"}, "by"),
        ({"recordingIds": []}, "recordingIds"),
        ({"recordingIds": "a"}, "recordingIds"),
        ({"recordingIds": [5]}, "recordingIds"),
        ({"recordingIds": ["a"] * 501}, "recordingIds"),
        ({"person": {}}, "person"),
        ({"person": {"key": "crm-1", "rawId": "8:acs:a_b"}}, "person"),
        ({"person": {"name": "Ann"}}, "name"),
        ({"person": {"key": "+49 30 123456"}}, "key"),
        ({"person": {"rawId": "Ann"}}, "ok"),
        ({"person": {"rawId": "0301234567"}}, "person.rawId"),
        ({"person": "Ann"}, "person"),
        ({"call": {"id": "c"}}, "call.day"),
        ({"call": {"day": "2026-03-01"}}, "call.id"),
        ({"search": {"firstDay": "2026-03-02", "lastDay": "2026-03-01"}}, "search.lastDay"),
        ({"search": {"firstDay": "2025-03-01", "lastDay": "2026-03-02"}}, "search.lastDay"),
        ({"search": {"firstDay": "2026-03-01", "lastDay": "2026-03-01", "state": "odd"}}, "state"),
        ({"search": {"firstDay": "2026-03-01"}}, "search.lastDay"),
    ],
)
def test_what_cannot_be_exported_is_refused_by_name(fields: dict[str, object], field: str) -> None:
    if field == "ok":
        export(**fields)
        return
    with pytest.raises(InvalidRequest) as caught:
        export(**fields)
    assert field == caught.value.field


def test_whoever_comes_with_the_key_says_a_name() -> None:
    body = {"purpose": "p", "rule": "whole", "recordingIds": ["a"]}
    with pytest.raises(InvalidRequest):
        parse_export(json.dumps(body).encode(), Caller(KEY))
    assert Actor("key:ada") == parse_export(json.dumps({**body, "by": "ada"}).encode(), Caller(KEY)).by


@pytest.mark.parametrize(
    ("fields", "minutes"), [({}, 15), ({"minutes": 1}, 1), ({"minutes": 60}, 60), ({"minutes": None}, 15)]
)
def test_a_link_holds_for_minutes(fields: dict[str, Any], minutes: int) -> None:
    assert minutes == parse_link(json.dumps({"purpose": "p", **fields}).encode(), ADA).minutes


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"{}",
        b'{"purpose": "p", "minutes": 0}',
        b'{"purpose": "p", "minutes": 61}',
        b'{"purpose": "p", "minutes": "x"}',
    ],
)
def test_a_link_that_makes_no_sense(body: bytes) -> None:
    with pytest.raises(InvalidRequest):
        parse_link(body, ADA)


def test_an_export_shows_how_far_it_is_and_not_whom_it_is_of() -> None:
    wanted = Wanted("file 47", Rule.WHOLE, person=Person("crm-secret"))
    result = json.dumps({"hashes": "ab", "length": 9, "outcomes": {"complete": 1}})
    job = Job("j", JobKind.EXPORT, JobState.DONE, AT, ADA.actor, "{}", AT, {"packed": 1}, result=result)
    assert {
        "exportId": "j",
        "state": "done",
        "of": "a person",
        "rule": "whole",
        "purpose": "file 47",
        "madeAt": "2026-03-01T12:00:00Z",
        "by": "entra:ada",
        "touchedAt": "2026-03-01T12:00:00Z",
        "progress": {"packed": 1},
        "cause": None,
        "length": 9,
        "hashesSha256": "ab",
        "outcomes": {"complete": 1},
    } == export_view(job, wanted)
    running = export_view(Job("j", JobKind.EXPORT, JobState.RUNNING, AT, ADA.actor, "{}", AT), wanted)
    assert (None, None) == (running["length"], running["outcomes"])
    assert {"url": "u", "until": "2026-03-01T12:00:00Z"} == link_view("u", AT)
