"""Erasures over HTTP, and their certificates."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from recording.core.callers import Caller
from recording.core.errors import InvalidRequest
from recording.core.formats import api
from recording.core.formats.records.certificates import KEPT, LEFT, Certificate, Outcome, left_by
from recording.core.model import Actor, RecordingId
from recording.core.records.erasing import MOST_SHOWN, Deferral, Erase, Mode, Plan, Planned, Why
from recording.core.records.exporting import Person
from recording.core.records.jobs import Job, JobKind, JobState
from tests.core.entries_of import NOW

ADA = Caller(Actor("entra:ada"), is_by_token=True)
GIVEN = {"person": {"rawId": "8:acs:ann"}, "mode": "whole", "purpose": "she asks"}
HASH = "ab" * 32
HELD = Planned(RecordingId("r-2"), 1, None, 1, 10, 2, False, (Deferral(Why.DUTY, "mifid", date(2026, 6, 1)),))  # noqa: FBT003 - a row
FREE = replace(HELD, recording_id=RecordingId("r-1"), deferred=(), started_at=NOW)
ERASE = Erase(Mode.WHOLE, "she asks", ("8:acs:ann",), "key-7")
PLAN = Plan(ERASE, (FREE, HELD), 4)
JOB = Job("j", JobKind.ERASURE, JobState.PLANNED, NOW, ADA.actor, "{}", NOW)


def body(**fields: object) -> bytes:
    return json.dumps({name: value for name, value in (GIVEN | fields).items() if value is not None}).encode()


def test_a_request_is_read() -> None:
    found = api.parse_erasure(body(overrideDuties=True), ADA)
    assert (Person(raw_id="8:acs:ann"), Mode.WHOLE, "she asks", True, ADA.actor) == (
        found.person,
        found.mode,
        found.purpose,
        found.overrides_duties,
        found.by,
    )
    assert not api.parse_erasure(body(person={"key": "crm-7"}), ADA).overrides_duties


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"person": None}, "person"),
        ({"person": {"key": "k", "rawId": "8:acs:a"}}, "person"),
        ({"mode": None}, "mode"),
        ({"mode": "all"}, "mode"),
        ({"mode": 1}, "mode"),
        ({"purpose": None}, "purpose"),
        ({"overrideDuties": "yes"}, "overrideDuties"),
        ({"more": 1}, "more"),
    ],
)
def test_what_makes_no_sense_is_refused(fields: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        api.parse_erasure(body(**fields), ADA)
    assert field in caught.value.field


@pytest.mark.parametrize("given", [b"[]", b'{"planHash": "x"}', b'{"planHash": 1}', b"{}"])
def test_a_plan_is_named_by_its_hash(given: bytes) -> None:
    assert HASH == api.parse_execution(json.dumps({"planHash": HASH}).encode(), ADA).plan_hash
    with pytest.raises(InvalidRequest):
        api.parse_execution(given, ADA)


def test_a_plan_is_shown_without_the_person() -> None:
    shown = api.erasure_view(JOB, ERASE, PLAN)
    plan = shown["plan"]
    assert plan is not None
    assert (PLAN.hash, 1, 1, 4) == (plan["hash"], plan["erased"], plan["deferred"], plan["unknown"])
    assert [{"why": "duty", "by": "mifid", "until": "2026-06-01"}] == plan["recordings"][1]["deferred"]
    assert ":ann" not in json.dumps(shown)
    assert "key-7" not in json.dumps(shown)
    assert MOST_SHOWN == len(api.plan_view(Plan(ERASE, (FREE,) * 600, 0))["recordings"])


@pytest.mark.parametrize(("text", "expected"), [("", None), ("{}", "{}")])
def test_what_came_of_it_is_shown(text: str, expected: str | None) -> None:
    result = {"certificate": "c", "sha256": HASH, "erased": 1, "deferred": 0, "eventBlobs": 2, "text": text}
    shown = api.erasure_view(replace(JOB, result=json.dumps(result), cause="why"), ERASE, None)
    assert shown["result"] == {**result, "text": expected}
    assert (None, "why") == (shown["plan"], shown["cause"])


def test_a_certificate_names_nobody() -> None:
    """It says what was erased, what is deferred by what, and what is left on purpose."""
    outcomes = (Outcome(FREE.recording_id), Outcome(HELD.recording_id, (*HELD.deferred, Deferral(Why.OPEN, "open"))))
    later = NOW + timedelta(hours=1)
    by = Actor("key:Ada Lovelace")
    made = Certificate("j", 2, HASH, Mode.WHOLE, "Ann asks", by, NOW, later, ("aa",), "k", outcomes, 3)
    found = json.loads(made.to_json())
    assert "certificates/j-2.json" == made.name
    assert (["r-1"], ["r-2"], 3, list(LEFT)) == (
        found["erased"],
        [one["recordingId"] for one in found["deferred"]],
        found["eventBlobs"],
        found["left"],
    )
    assert ["2026-06-01", None] == [one["until"] for one in found["deferred"][0]["by"]]
    assert b"Ann" not in made.to_json()
    assert b"Ada" not in made.to_json()


def test_a_certificate_of_recordings_that_are_kept_says_so() -> None:
    """And not that their entries were stripped."""
    made = Certificate("j", 1, HASH, Mode.UNLINK, "Ann asks", Actor("app"), NOW, NOW, ("aa",), "k", (), 0)
    found = json.loads(made.to_json())
    assert ("unlink", *KEPT) == (found["mode"], *found["left"][1 : 1 + len(KEPT)])
    assert "can be heard" in found["left"][0]
    assert "silent" in left_by(Mode.MUTE)[0]
    assert 1 == len(set(LEFT) - set(found["left"]))
