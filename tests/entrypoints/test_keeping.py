"""The routes of holds and retention: which answer follows from what, over the use cases with fakes."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import azure.functions as func
import pytest

from recording.core.model import RecordingId
from recording.entrypoints import holds, retention
from tests.core.entries_of import APPLIED, changed_recording
from tests.use_cases.keepings import PEOPLE_KEY, FakeRemoving, file_all, retaining, run_jobs
from tests.use_cases.world import RECORDING, World, file_event_of

ASK = "{name: asks, days: 10, afterwards: ask}"
CLASSES = f"{{version: 1, default: asks, classes: [{ASK}, {{name: court, days: 100, afterwards: ask}}]}}"
BODY = {"call": "call-1", "reason": "a court asks", "owner": "legal", "reviewOn": "2026-04-01", "by": "Ada"}
END = {"reason": "it is over", "by": "Ada"}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """The use cases over fakes, behind the real functions; one recording is whole and filed."""
    world = World(settings={"RETENTION_CLASSES": CLASSES, "PEOPLE_INDEX_KEY": PEOPLE_KEY})
    for module in (holds, retention):
        monkeypatch.setattr(module, "get_app", lambda: world.app)
    world.deliver(file_event_of(world.add()))
    world.run()
    world.app.sweeping.writing_trail.write(world.entry())
    file_all(world)
    return world


def request(
    body: object = None, query: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None, **route: str
) -> func.HttpRequest:
    content = json.dumps(body).encode()
    return func.HttpRequest("POST", "/", headers=headers, params=query, route_params=route, body=content)


def said(reply: func.HttpResponse, status: int = 200) -> dict[str, Any]:
    """The body of an answer with that status."""
    assert status == reply.status_code, reply.get_body()
    found: dict[str, Any] = json.loads(reply.get_body())
    return found


def kind(reply: func.HttpResponse, status: int) -> str:
    """The kind of problem of an answer."""
    return str(said(reply, status)["type"]).rpartition(":")[2]


def test_a_hold_is_made_shown_listed_and_ended(world: World) -> None:
    made = said(holds.make_hold(request({**BODY, "retentionClass": "court"})), 202)
    assert ("placing", "court", {"kind": "call", "call": "call-1"}) == (
        made["state"],
        made["retentionClass"],
        made["scope"],
    )
    run_jobs(world)
    reply = holds.show_hold(request(holdId=made["holdId"]))
    shown = said(reply)
    assert ("active", {"recordings": 1}, "key:Ada") == (shown["state"], shown["progress"], shown["madeBy"])
    assert [shown] == said(holds.list_holds(request()))["holds"]

    ended = said(holds.end_hold(request(END, headers={"If-Match": reply.headers["ETag"]}, holdId=made["holdId"])), 202)
    assert ("ending", "it is over") == (ended["state"], ended["endReason"])
    run_jobs(world)
    assert [] == said(holds.list_holds(request()))["holds"]
    assert ["ended"] == [one["state"] for one in said(holds.list_holds(request(query={"ended": "true"})))["holds"]]
    assert "ended" == said(holds.show_hold(request(holdId=made["holdId"])))["state"]


def test_a_hold_is_not_ended_unseen_or_twice(world: World) -> None:
    made = holds.make_hold(request(BODY))
    hold_id, tag = said(made, 202)["holdId"], {"If-Match": made.headers["ETag"]}

    assert "condition-missing" == kind(holds.end_hold(request(END, holdId=hold_id)), 428)
    assert "unknown-hold" == kind(holds.end_hold(request(END, headers=tag, holdId="none")), 404)
    said(holds.end_hold(request(END, headers=tag, holdId=hold_id)), 202)
    assert "hold-changed" == kind(holds.end_hold(request(END, headers=tag, holdId=hold_id)), 412)
    assert "unknown-hold" == kind(holds.show_hold(request(holdId="none")), 404)
    assert world.app.records.holding.of(RECORDING) == ()


def test_a_hold_names_a_class_and_a_person_that_there_are(world: World) -> None:
    person = {name: value for name, value in BODY.items() if name != "call"}

    assert "invalid-request" == kind(holds.make_hold(request({**BODY, "retentionClass": "none"})), 400)
    assert "unknown-person" == kind(holds.make_hold(request({**person, "person": "crm-1"})), 404)
    assert {"kind": "person", "unknownPeople": True} == said(
        holds.make_hold(request({**person, "rawId": "8:acs:somebody"})), 202
    )["scope"]
    world.settings = {}
    world.worker()
    assert "people-index-off" == kind(holds.make_hold(request({**person, "rawId": "8:acs:somebody"})), 409)
    assert 1 == len(said(holds.list_holds(request()))["holds"])


def test_the_plan_the_question_and_the_decision(world: World) -> None:
    plan = said(retention.retention_plan(request(query={"day": "2026-03-12"})))
    assert {
        "day": "2026-03-12",
        "ends": [{"retentionClass": "asks", "afterwards": "ask", "waits": None, "recordings": 1}],
        "mostADay": 1000,
        "deleting": 0,
        "held": 0,
        "kept": 0,
        "isMore": False,
    } == plan
    assert [] == said(retention.retention_plan(request()))["ends"]
    world.clock.at += timedelta(days=15)
    retaining(world, FakeRemoving(world)).run()
    asked = {"recordingId": RECORDING, "retentionClass": "asks", "endsOn": "2026-03-12"}
    assert {"recordings": [asked], "next": None} == said(retention.retention_asked(request()))

    choice = {"decision": "keep", "endsOn": "2026-03-12", "until": "2026-05-01", "reason": "a case", "by": "Ada"}
    assert {
        "recordingId": RECORDING,
        "retentionClass": "asks",
        "endsOn": "2026-05-01",
        "afterwards": "ask",
        "waits": None,
    } == said(retention.decide_end(request(choice, id=RECORDING)))
    assert "decision-refused" == kind(retention.decide_end(request(choice, id=RECORDING)), 409)
    assert "unknown-recording" == kind(retention.decide_end(request(choice, id="none")), 404)
    assert "invalid-request" == kind(retention.retention_plan(request(query={"day": "x"})), 400)


def test_a_recording_without_an_end_says_why(world: World) -> None:
    """It lost its class while somebody was deciding."""
    recording_id = RecordingId(RECORDING)
    held = {**BODY, "call": None, "recordings": [RECORDING]}
    said(holds.make_hold(request({name: value for name, value in held.items() if value is not None})), 202)
    run_jobs(world)
    assert 1 == said(retention.retention_plan(request()))["held"]
    entry = changed_recording(world.entry(), applied=replace(APPLIED, retention_class="unknown"))
    world.catalog.save(entry)
    world.app.records.keeping.duties.place(world.entry(recording_id))

    assert 1 == said(retention.retention_plan(request()))["kept"]
