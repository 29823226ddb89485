"""What people see and decide, through the host: lists, history, decisions, and events that they hand in."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import requests

from local.acs.events import as_schema
from local.stack import Stack, wait_for
from tests.scenarios.sounds import short_wav, wav
from tests.scenarios.worlds import (
    Given,
    assert_quarantined,
    chunk_view,
    given,
    told,
    view,
    wait_completed,
    wait_state,
    wait_told,
)


def listed(stack: Stack, path: str, **query: str) -> list[dict[str, Any]]:
    """All of a list, page by page."""
    found, after = list[dict[str, Any]](), dict[str, str]()
    while True:
        page = stack.call("GET", path, params={**query, "limit": "50", **after}).json()
        found += page[path]
        if page["next"] is None:
            return found
        after = {"after": page["next"]}


def one(stack: Stack, path: str, recording_id: str, **query: str) -> dict[str, Any]:
    """What a list says of a recording; empty if it is not in it."""
    return next((found for found in listed(stack, path, **query) if found["recordingId"] == recording_id), {})


def path_of(found: Given) -> str:
    return f"recordings/{quote(found.id, safe='')}"


def decide(stack: Stack, found: Given, ruling: str, tag: str = "") -> requests.Response:
    """Decide about the first chunk as it was at an ETag, or as it is now."""
    document = quote(found.chunks[0].document_id, safe="")
    body = {"decision": ruling, "reason": "I listened to it", "by": "Ada"}

    def answer() -> requests.Response:
        seen = {"If-Match": tag or stack.call("GET", path_of(found)).headers["ETag"]}
        return stack.call("POST", f"{path_of(found)}/chunks/{document}/decision", json=body, headers=seen)

    reply = answer()
    while not tag and reply.status_code == requests.codes.precondition_failed:
        reply = answer()  # it was just looked at again
    return reply


def test_a_doubt_is_listed_as_owed_until_a_person_gives_it_up(stack: Stack) -> None:
    """With what is known of it; then the chunk is lost, told once, and who decided is in the history."""
    found = given(stack, [wav(10_000, 850)], duration_ms=60_000)
    found.publish()
    assert_quarantined(stack, found.recording)
    owed = one(stack, "owed", found.id)
    reply = decide(stack, found, "give-up")
    last = stack.call("GET", f"{path_of(found)}/history").json()["history"][-1]

    assert ("quarantined", ["media and metadata of chunk 0"]) == (owed["state"], owed["owed"])
    assert 0 < owed["secondsLeft"] <= 86_400
    assert "60.0 s" in owed["lastError"]
    assert (200, "lost") == (reply.status_code, reply.json()["state"])
    assert ("a person decided", "key:Ada", "give-up: I listened to it") == (last["what"], last["by"], last["detail"])
    wait_told(stack, "RecordingLost", found.id)
    wait_for(lambda: not one(stack, "owed", found.id), "nothing to be owed any more")
    assert found.chunks[0].exists


def test_a_decision_is_made_about_what_was_seen(stack: Stack) -> None:
    """Not about another version, nor about what is done."""
    found = given(stack, [short_wav(851)])
    busy = found.arm("busy_503", count=None)
    found.publish()
    wait_state(stack, found.id, "announced")
    another = decide(stack, found, "give-up", f'"{"0" * 32}"')
    busy.stop()
    retried = decide(stack, found, "retry")
    wait_completed(stack, found.id)
    over = decide(stack, found, "retry")

    assert [412, 200, 409] == [reply.status_code for reply in (another, retried, over)]
    assert "released" in over.json()["detail"]


def test_an_etag_is_of_a_version_however_it_was_learnt(stack: Stack) -> None:
    """By the answer to a change, or by looking."""
    call = stack.acs.world.start_call()
    stack.acs.world.connect(call)
    started = stack.call("POST", "recordings", json={"serverCallId": call.server_call_id})
    path = f"recordings/{quote(started.json()['recordingId'], safe='')}"
    seen = stack.call("GET", path)
    paused = stack.call("POST", f"{path}/pause")

    assert started.headers["ETag"] == seen.headers["ETag"] != paused.headers["ETag"]
    assert paused.headers["ETag"] == stack.call("GET", path).headers["ETag"]
    stack.call("POST", f"{path}/stop")


def test_an_event_that_a_person_hands_in_archives_a_recording_and_deletes_nothing(stack: Stack) -> None:
    """In either schema. The source is left: the function key alone is no authority."""
    found, other = given(stack, [short_wav(852)]), given(stack, [short_wav(853)])
    body = [found.event, as_schema(other.event, "cloudevents")]
    reply = stack.call("POST", "recordings/events", data=json.dumps(body))
    wait_state(stack, found.id, "kept")
    wait_state(stack, other.id, "kept")

    assert (200, ["announced"] * 2) == (reply.status_code, [event["outcome"] for event in reply.json()["events"]])
    assert "function key alone" in chunk_view(stack, found.id)["keptReason"]
    assert all(given_.chunks[0].exists for given_ in (found, other))


def test_recordings_are_listed_by_day_state_and_call(stack: Stack) -> None:
    found = given(stack, [short_wav(854)])
    found.publish()
    wait_completed(stack, found.id)
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    call = view(stack, found.id)["callId"]

    assert "released" == one(stack, "recordings", found.id)["state"]
    assert found.id in {one["recordingId"] for one in listed(stack, "recordings", day=today, state="released")}
    assert {} == one(stack, "recordings", found.id, state="missing")
    assert {} == one(stack, "recordings", found.id, day="2026-01-01")
    assert {} == one(stack, "owed", found.id)
    assert [found.id] == [one["recordingId"] for one in listed(stack, "recordings", call=call)]
    assert {} == told(stack, "RecordingLost", found.id)


def test_the_history_tells_the_way_of_a_recording(stack: Stack) -> None:
    found = given(stack, [short_wav(855)])
    found.publish()
    wait_completed(stack, found.id)
    history = stack.call("GET", f"{path_of(found)}/history").json()["history"]

    assert [
        "announced",
        "the copy in the archive was verified",
        "the source was deleted",
        "the manifest was written",
    ] == [one["what"] for one in history]
    assert "://" not in json.dumps(history)
