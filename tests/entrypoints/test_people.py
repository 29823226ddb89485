"""The routes for people: which answer follows from what, over the use cases with fakes."""

import asyncio
import base64
import json
from collections.abc import Mapping
from typing import Any

import azure.functions as func
import pytest

from recording.core.model import ChunkState, RecordingId
from recording.entrypoints import decisions, pages, people, recordings
from recording.entrypoints.intake import Intake
from tests.use_cases.world import RECORDING, World, file_event_of, metadata_of

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


# People


KEYS = {"PEOPLE_INDEX_KEY": base64.b64encode(b"k" * 32).decode()}
ADA = "8:acs:ada_1"
PURPOSE = {"purpose": "request 7"}


@pytest.fixture
def archived(monkeypatch: pytest.MonkeyPatch) -> World:
    """A recording of Ada is archived and filed, and one of nobody in particular; Ada's key is known."""
    world = World(settings=KEYS)
    for module in (pages, people, recordings):
        monkeypatch.setattr(module, "get_app", lambda: world.app)
    for name, heard in {RECORDING: [{"participantId": ADA, "channel": 1}], "other": []}.items():
        chunk = world.add(f"{name}-0", metadata=metadata_of(f"{name}-0", participants=heard))
        world.announce(chunk, recording_id=RecordingId(name))
        world.run()
        world.app.records.filing.file(RecordingId(name))
    said(people.save_person(request(body={"rawIds": ["8:ACS:ada_1", "0049 30 1234567"]}, key="crm-1")))
    return world


def test_the_recordings_of_a_person_are_found_by_an_own_key(archived: World) -> None:
    """With their channels, and with how many recordings may be of anybody, and what lists those."""
    found = said(people.person_recordings(request({**PURPOSE, "since": "2026-03-01"}, key="crm-1")))
    (recording,) = found["recordings"]
    unknown = found["unknown"]

    assert (RECORDING, [1], False) == (recording["recordingId"], recording["channels"], recording["doubtful"])
    assert (1, False) == (unknown["count"], unknown["isMore"])
    assert "/api/people/unknown/recordings?since=2026-03-01T00:00:00Z&purpose=" == unknown["list"]
    query = {"since": "2026-03-01T00:00:00Z", **PURPOSE}
    (anybody,) = said(people.person_recordings(request(query, key="unknown")))["recordings"]
    assert ("other", True) == (anybody["recordingId"], anybody["doubtful"])
    assert (
        found["recordings"] == said(recordings.list_recordings(request({**PURPOSE, "person": "crm-1"})))["recordings"]
    )
    assert 3 == len([name for name in archived.trail.archive.blobs if name.startswith("acts/")]) - 1


@pytest.mark.usefixtures("archived")
@pytest.mark.parametrize("person", [{"rawId": ADA}, {"rawId": "+49 (0)30 1234567"}, {"person": "crm-1"}])
def test_a_person_can_be_named_in_a_body(person: dict[str, str]) -> None:
    found = said(people.search_recordings(request(body={**person, **PURPOSE, "state": "released"})))

    assert ([] if "(0)" in str(person) else [RECORDING]) == [one["recordingId"] for one in found["recordings"]]
    assert found["next"] is None


@pytest.mark.usefixtures("archived")
def test_what_is_known_of_a_key_is_shown_in_one_spelling_with_kinds() -> None:
    known = {
        "key": "crm-1",
        "rawIds": [{"rawId": ADA, "kind": "communicationUser"}, {"rawId": "4:+49301234567", "kind": "phoneNumber"}],
    }

    assert known == said(people.show_person(request(PURPOSE, key="crm-1")))
    assert "purpose" == said(people.show_person(request(key="crm-1")), 400)["field"]
    assert (
        "urn:recording:problem:unknown-person" == said(people.show_person(request(PURPOSE, key="crm-2")), 404)["type"]
    )


@pytest.mark.usefixtures("archived")
def test_raw_ids_of_a_key_are_replaced_as_they_were_seen() -> None:
    """Without a condition 428, with the one of an earlier version 412."""

    def save(if_match: str, *raw_ids: str) -> func.HttpResponse:
        headers = {"If-Match": if_match} if if_match else {}
        answer: func.HttpResponse = people.save_person(request(body={"rawIds": raw_ids}, headers=headers, key="crm-1"))
        return answer

    seen = people.show_person(request(PURPOSE, key="crm-1")).headers["ETag"]
    assert "urn:recording:problem:condition-missing" == said(save("", ADA), 428)["type"]
    reply = save(seen, ADA)
    assert [ADA] == [one["rawId"] for one in said(reply)["rawIds"]]
    assert reply.headers["ETag"] == people.show_person(request(PURPOSE, key="crm-1")).headers["ETag"] != seen
    assert "urn:recording:problem:person-changed" == said(save(seen, "8:acs:b_1"), 412)["type"]
    assert "If-Match" == said(save("what I have seen", ADA), 400)["field"]
    assert "ETag" not in save("*").headers
    said(people.show_person(request(PURPOSE, key="crm-1")), 404)


@pytest.mark.usefixtures("archived")
def test_many_keys_are_saved_as_csv() -> None:
    def save(text: str) -> func.HttpResponse:
        answer: func.HttpResponse = people.save_people(func.HttpRequest("PUT", "/", body=text.encode()))
        return answer

    assert {"saved": 2} == said(save("key,rawId\ncrm-2,8:acs:b_1\ncrm-3,+1 555 123 0001\n"))
    assert "line 3" == said(save("key,rawId\ncrm-2,8:acs:b_1\nada@example.org,8:acs:b_2\n"), 400)["field"]


@pytest.mark.usefixtures("archived")
@pytest.mark.parametrize("key", [ADA, "+49301234567", "ada@example.org"])
def test_a_url_that_names_a_person_is_refused_with_the_reason(key: str) -> None:
    for route in (people.save_person, people.show_person, people.person_recordings):
        found = said(route(request(PURPOSE, body={"rawIds": []}, key=key)), 400)
        assert ("key", True) == (found["field"], "logged" in found["detail"])
    assert "key" == said(recordings.list_recordings(request({**PURPOSE, "person": key})), 400)["field"]


def test_without_an_index_the_answer_names_the_setting(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "get_app", lambda: world.app)
    found = said(people.search_recordings(request(body={"rawId": ADA, **PURPOSE})), 409)

    assert "urn:recording:problem:people-index-off" == found["type"]
    assert "PEOPLE_INDEX_KEY" in found["detail"]
