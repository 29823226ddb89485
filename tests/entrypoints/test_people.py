"""The routes for people: which answer follows from what, over the use cases with fakes."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import azure.functions as func
import pytest

from recording.core.model import ChunkState, RecordingId
from recording.entrypoints import decisions, pages, recordings
from recording.entrypoints.intake import Intake
from tests.use_cases.world import RECORDING, World, file_event_of

DECISION = {"decision": "retry", "reason": "the network works again", "by": "Ada"}


class Out(func.Out[Any]):
    """An output binding, with what was put into it."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def set(self, val: list[str]) -> None:
        self.messages = val

    def get(self) -> list[str]:
        return self.messages


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """The use cases over fakes, behind the real functions; a chunk waits for its copy."""
    world = World()
    for module in (decisions, pages, recordings):
        monkeypatch.setattr(module, "get_app", lambda: world.app)
    monkeypatch.setattr(decisions, "get_intake", Intake)
    world.announce(world.add())
    return world


def request(
    query: Mapping[str, str] | None = None,
    body: object = None,
    headers: Mapping[str, str] | None = None,
    **route: str,
) -> func.HttpRequest:
    return func.HttpRequest(
        "POST", "/", headers=headers, params=query, route_params=route, body=json.dumps(body).encode()
    )


def said(reply: func.HttpResponse, status: int = 200) -> dict[str, Any]:
    """The body of an answer with that status."""
    assert status == reply.status_code, reply.get_body()
    found: dict[str, Any] = json.loads(reply.get_body())
    return found


def tag() -> str:
    """The ETag of the recording."""
    return str(recordings.recording_state(request(id=RECORDING)).headers["ETag"])


def decide(if_match: str | None, document_id: str = "document-0", *, without: str = "") -> func.HttpResponse:
    headers = {} if if_match is None else {"If-Match": if_match}
    body = {field: value for field, value in DECISION.items() if field != without}
    answer: func.HttpResponse = decisions.decide_chunk(
        request(body=body, headers=headers, id=RECORDING, documentId=document_id)
    )
    return answer


def test_a_decision_is_answered_with_the_recording_and_its_new_etag(world: World) -> None:
    before = tag()
    reply = decide(before)
    view = said(reply)

    assert (RECORDING, True) == (view["recordingId"], reply.headers["ETag"] not in {"", before})
    assert tag() == reply.headers["ETag"]
    assert "key:Ada" == world.entry().recording.changed_by


@pytest.mark.usefixtures("world")
def test_a_decision_about_what_was_not_seen_is_refused() -> None:
    """Without a condition 428, with the one of an earlier version 412."""
    seen = tag()
    said(decide(seen))

    assert "urn:recording:problem:condition-missing" == said(decide(None), 428)["type"]
    assert "urn:recording:problem:recording-changed" == said(decide(seen), 412)["type"]


@pytest.mark.usefixtures("world")
def test_a_decision_that_makes_no_sense_names_the_field() -> None:
    for field in ("decision", "reason", "by"):
        assert field == said(decide(tag(), without=field), 400)["field"]
    assert "If-Match" == said(decide("*"), 400)["field"]


@pytest.mark.usefixtures("world")
def test_a_decision_about_an_unknown_chunk_is_404() -> None:
    assert "document-9" == said(decide(tag(), "document-9"), 404)["documentId"]


def test_a_decision_that_cannot_be_carried_out_says_why(world: World) -> None:
    world.run()
    assert "nothing left to try" in said(decide(tag()), 409)["detail"]


def test_an_id_in_a_path_may_have_a_slash(world: World) -> None:
    """Which the host leaves encoded."""
    world.announce(world.add("a/b", 1), event_id="event-2")
    said(decide(tag(), "a%2Fb"))

    assert ChunkState.ANNOUNCED is world.state("a/b")


def test_what_is_owed_is_listed_in_pages(world: World) -> None:
    world.announce(world.add("document-1"), recording_id=RecordingId("other"))
    first = said(decisions.list_owed(request({"limit": "1"})))
    last = said(decisions.list_owed(request({"limit": "1", "after": first["next"]})))

    assert ["other", RECORDING] == [one["recordingId"] for one in (*first["owed"], *last["owed"])]
    assert (86_400, None) == (first["owed"][0]["secondsLeft"], last["next"])
    assert "limit" == said(decisions.list_owed(request({"limit": "0"})), 400)["field"]


def test_the_recordings_of_a_day_are_listed(world: World) -> None:
    """One whose entry cannot be read too."""
    (found,) = said(recordings.list_recordings(request({"day": "2026-03-01"})))["recordings"]
    world.catalog.newer.add(RECORDING)
    (unread,) = said(recordings.list_recordings(request()))["recordings"]

    assert (RECORDING, "announced", 1) == (found["recordingId"], found["state"], found["chunks"])
    assert (RECORDING, None, "load entry: a newer schema") == (
        unread["recordingId"],
        unread["state"],
        unread["error"],
    )
    assert "day" == said(recordings.list_recordings(request({"day": "today"})), 400)["field"]


@pytest.mark.usefixtures("world")
def test_the_history_is_told_and_that_of_an_unknown_recording_is_404() -> None:
    (announced,) = said(recordings.recording_history(request(id=RECORDING)))["history"]

    assert "announced" == announced["what"]
    said(recordings.recording_history(request(id="unknown")), 404)


def test_events_that_are_handed_in_are_answered_one_by_one_and_queued(world: World) -> None:
    """A request of which nothing can be read is refused."""
    chunks, urgent, later = Out(), Out(), Out()
    event = file_event_of(world.add("document-1", 1), event_id="event-2")

    def hand_in(body: object) -> func.HttpResponse:
        answer: func.HttpResponse = asyncio.run(decisions.hand_in_events(request(body=body), chunks, urgent, later))
        return answer

    assert [{"id": "event-2", "outcome": "announced"}, {"id": "x", "outcome": "ignored"}] == [
        {key: one[key] for key in ("id", "outcome")}
        for one in said(hand_in([event, {"id": "x", "eventType": "Something", "data": {}}]))["events"]
    ]
    assert ["document-1"] == [json.loads(message)["documentId"] for message in chunks.messages]
    assert "urn:recording:problem:malformed-event" == said(hand_in({"id": "y"}), 400)["type"]
