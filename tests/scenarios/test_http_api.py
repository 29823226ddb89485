"""The HTTP API: every answer is specific, names the wrong field, and shows no internals."""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from local.acs.callbook import Locator, StartRequest
from local.acs.model import Call, Recording
from local.acs.outputs import output_named
from local.stack import PROBE, Stack
from recording.core.formats.api import MOST_BODY
from tests.scenarios.worlds import assert_archived, view

WAV = {"content": "audio", "channel": "mixed", "format": "wav"}
OUTPUTS = [
    {"content": "audioVideo", "channel": "mixed", "format": "mp4"},
    {"content": "audio", "channel": "mixed", "format": "mp3"},
    {"content": "audio", "channel": "mixed", "format": "wav"},
    {"content": "audio", "channel": "unmixed", "format": "wav"},
]


@pytest.fixture
def call(stack: Stack) -> Call:
    """A call that can be recorded."""
    return established(stack)


def established(stack: Stack) -> Call:
    """A call that each of the four locators finds."""
    found = stack.acs.world.start_call(group_id=str(uuid.uuid4()), room_id=uuid.uuid4().hex, chunk_ms=[1_000])
    stack.acs.world.connect(found)
    return found


def recordings_of(stack: Stack, call: Call) -> list[Recording]:
    """All recordings of a call at the service, running and over."""
    return [recording for recording in stack.acs.world.recordings.values() if recording.call is call]


def started(stack: Stack, call: Call) -> str:
    """Start a recording of a call; its id."""
    reply = stack.call("POST", "recordings", json={"serverCallId": call.server_call_id, **WAV})
    return str(reply.json()["recordingId"])


def problem(reply: requests.Response, status: int) -> dict[str, Any]:
    """The problem details of a refusal, checked for internals."""
    assert (status, "application/problem+json") == (reply.status_code, reply.headers["content-type"].partition(";")[0])
    found: dict[str, Any] = reply.json()
    assert (status, True) == (found["status"], found["type"].startswith("urn:recording:problem:"))
    assert [] == [
        word for word in ("Traceback", 'File "', ".py", "azure.", "recording_id", "ACS_") if word in reply.text
    ]
    assert (503 == status) == ("retry-after" in reply.headers)
    return found


@pytest.mark.parametrize("locator", ["serverCallId", "groupCallId", "roomId", "callConnectionId"])
def test_a_recording_starts_by_any_of_the_four_locators(stack: Stack, call: Call, locator: str) -> None:
    """201, with the state of the recording."""
    places = {
        "serverCallId": call.server_call_id,
        "groupCallId": call.group_id,
        "roomId": call.room_id,
        "callConnectionId": call.call_connection_id,
    }
    reply = stack.call("POST", "recordings", json={locator: places[locator], **WAV})
    (recording,) = recordings_of(stack, call)

    assert (201, recording.recording_id) == (reply.status_code, reply.json()["recordingId"])
    assert (WAV, "started") == (reply.json()["output"], reply.json()["state"])


def body_with(**fields: object) -> bytes:
    """A valid body, except for these fields."""
    return json.dumps({"serverCallId": "x", **WAV, **fields}).encode()


UNREADABLE = {
    "empty": (b"", "body"),
    "blank": (b"   ", "body"),
    "cut off": (b'{"serverCallId": ', "body"),
    "not UTF-8": (b"\xff\xfe{}", "body"),
    "an array": (b"[]", "body"),
    "a text": (b'"text"', "body"),
    "null": (b"null", "body"),
    "nested without end": (b"[" * 100_000, "body"),
    "a number without end": (b"9" * 100_000, "body"),
    "an unknown field": (body_with(attendees=[]), "attendees"),
    "a number for an id": (body_with(serverCallId=7), "serverCallId"),
    "an empty id": (body_with(serverCallId=""), "serverCallId"),
    "an endless id": (body_with(serverCallId="x" * 5_000), "serverCallId"),
    "half a surrogate": (b'{"serverCallId": "\\ud800", "content": "audio", "channel": "mixed", "format": "wav"}', ""),
    "a text for a switch": (body_with(pauseOnStart="yes"), "pauseOnStart"),
    "no format": (b'{"serverCallId": "x", "content": "audio", "channel": "mixed"}', "format"),
    "a number for a format": (body_with(format=3), "format"),
    "null for a content": (body_with(content=None), "content"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_a_body_that_cannot_be_read_is_refused_by_the_name_of_its_field(stack: Stack, case: str) -> None:
    """400, and nothing is started."""
    body, field = UNREADABLE[case]
    before = len(stack.acs.world.recordings)
    reply = stack.call("POST", "recordings", data=body, headers={"content-type": "application/json"})

    assert field in problem(reply, 400)["field"]
    assert before == len(stack.acs.world.recordings)


def test_a_body_that_is_too_large_is_413(stack: Stack) -> None:
    """The answer has the field and the limit."""
    found = problem(stack.call("POST", "recordings", data=body_with(serverCallId="x" * MOST_BODY)), 413)

    assert ("urn:recording:problem:request-too-large", "body") == (found["type"], found["field"])


def test_a_blank_id_is_told_as_blank(stack: Stack) -> None:
    """An id is a text of 1 to 4096 characters; a blank one names no call."""
    found = problem(stack.call("POST", "recordings", data=body_with(serverCallId="   ")), 400)

    assert ("serverCallId", "serverCallId: blank.") == (found["field"], found["detail"])


@pytest.mark.parametrize("locators", [{}, {"serverCallId": "x", "roomId": "y"}, {"serverCallId": None}])
def test_exactly_one_locator_is_wanted(stack: Stack, locators: dict[str, str]) -> None:
    """The answer names all four."""
    found = problem(stack.call("POST", "recordings", json={**locators, **WAV}), 400)

    assert "serverCallId | groupCallId | roomId | callConnectionId" == found["field"]


@pytest.mark.parametrize(
    "output",
    [
        {"content": "audioVideo", "channel": "unmixed", "format": "mp4"},
        {"content": "audio", "channel": "unmixed", "format": "mp3"},
        {"content": "audioVideo", "channel": "mixed", "format": "wav"},
        {"content": "audio", "channel": "mixed", "format": "flac"},
        {"content": "sound", "channel": "mixed", "format": "wav"},
    ],
)
def test_an_invalid_output_is_refused_with_the_table_of_valid_ones(stack: Stack, output: dict[str, str]) -> None:
    """All four, spelt as in a request."""
    found = problem(stack.call("POST", "recordings", json={"serverCallId": "x", **output}), 400)
    valid = [{name: line[name] for name in ("content", "channel", "format")} for line in found["validOutputs"]]

    assert sorted(map(str, OUTPUTS)) == sorted(map(str, valid))


@pytest.mark.parametrize("operation", ["GET ", "POST /pause", "POST /resume", "POST /stop"])
def test_an_unknown_recording_is_404(stack: Stack, operation: str) -> None:
    """For every operation."""
    method, _, path = operation.partition(" ")
    found = problem(stack.call(method, f"recordings/no-such-recording{path}"), 404)

    assert "urn:recording:problem:unknown-recording" == found["type"]


def test_a_call_that_is_not_there_is_404_and_a_wrong_id_400_with_its_field(stack: Stack) -> None:
    """With the service's message; only the 400 can be corrected, by an id of another form."""
    nowhere = stack.call("POST", "recordings", json={"serverCallId": "bm93aGVyZQ==", **WAV})
    wrong = stack.call("POST", "recordings", json={"serverCallId": "not base64", **WAV})

    missing, mistaken = problem(nowhere, 404), problem(wrong, 400)
    assert "not found" in missing["detail"]
    assert ("urn:recording:problem:call-not-found", False) == (missing["type"], "field" in missing)
    assert "Base-64" in mistaken["detail"]
    assert ("urn:recording:problem:invalid-locator", "serverCallId") == (mistaken["type"], mistaken["field"])


def test_what_is_over_cannot_be_paused_or_resumed(stack: Stack, call: Call) -> None:
    """409; a second stop is answered like the first, and the recording is archived all the same."""
    recording_id = started(stack, call)
    stops = [stack.call("POST", f"recordings/{recording_id}/stop") for _ in range(2)]
    turns = [stack.call("POST", f"recordings/{recording_id}/{word}") for word in ("pause", "resume")]

    assert [200, 200] == [reply.status_code for reply in stops]
    for reply in turns:
        assert "over" in problem(reply, 409)["detail"]
    assert_archived(stack, stack.acs.world.recordings[recording_id])


def test_a_stop_after_the_call_has_ended_finds_it_done(stack: Stack, call: Call) -> None:
    """The service no longer knows the recording; stopping is idempotent."""
    recording_id = started(stack, call)
    with stack.event_grid.held("published"):
        stack.acs.world.end_call(call)
        reply = stack.call("POST", f"recordings/{recording_id}/stop")

    assert (200, "stopped") == (reply.status_code, reply.json()["state"])
    assert_archived(stack, stack.acs.world.recordings[recording_id])


def test_the_same_request_id_gives_the_same_recording(stack: Stack, call: Call) -> None:
    """One after the other, and eight concurrently; another id gets the same recording, with 200 and not 201."""
    body = {"serverCallId": call.server_call_id, **WAV}

    def start(request_id: str) -> tuple[int, str]:
        reply = stack.call("POST", "recordings", json=body, headers={"Repeatability-Request-ID": request_id})
        return reply.status_code, reply.json()["recordingId"]

    one, other = str(uuid.uuid4()), str(uuid.uuid4())
    first = start(one)
    with ThreadPoolExecutor(8) as pool:
        repeated = set(pool.map(start, [one] * 8))
    (recording,) = recordings_of(stack, call)

    assert (201, recording.recording_id) == first
    assert {first} == repeated
    assert (200, recording.recording_id) == start(other) == start(other)


@pytest.mark.parametrize("changed", ["call", "output", "pauseOnStart"])
def test_a_request_id_of_another_order_is_refused_by_the_headers_name(stack: Stack, call: Call, changed: str) -> None:
    """422, and nothing is started: the second call is not recorded."""
    other = established(stack)
    body: dict[str, Any] = {"serverCallId": call.server_call_id, **WAV}
    changes: dict[str, dict[str, Any]] = {
        "call": {"serverCallId": other.server_call_id},
        "output": {"format": "mp3"},
        "pauseOnStart": {"pauseOnStart": True},
    }
    headers = {"Repeatability-Request-ID": str(uuid.uuid4())}
    first = stack.call("POST", "recordings", json=body, headers=headers)
    refused = stack.call("POST", "recordings", json=body | changes[changed], headers=headers)
    stack.acs.world.end_call(other)

    assert (201, "Repeatability-Request-ID") == (first.status_code, problem(refused, 422)["field"])
    assert (1, 0) == (len(recordings_of(stack, call)), len(recordings_of(stack, other)))


def test_a_refusal_names_the_recording_that_runs(stack: Stack, call: Call) -> None:
    """If the service allows one recording for each call: the same output gets it, another is refused with its id."""
    armed = stack.acs.world.arm("start_one_per_call")
    try:
        recording_id = started(stack, call)
        same = stack.call("POST", "recordings", json={"callConnectionId": call.call_connection_id, **WAV})
        other = stack.call("POST", "recordings", json={"serverCallId": call.server_call_id, **OUTPUTS[1]})
    finally:
        armed.stop()

    assert (200, recording_id) == (same.status_code, same.json()["recordingId"])
    assert recording_id == problem(other, 409)["recordingId"]


def test_a_recording_of_others_is_told_and_can_be_stopped(stack: Stack, call: Call) -> None:
    """The service knows it, the catalog does not."""
    request = StartRequest(Locator(server_call_id=call.server_call_id), output_named("wav"))
    recording_id = stack.acs.world.begin_recording(request).recording_id
    told = stack.call("GET", f"recordings/{recording_id}")
    stopped = stack.call("POST", f"recordings/{recording_id}/stop")

    assert (200, "started", "active") == (told.status_code, *(told.json()[it] for it in ("state", "serviceState")))
    assert (200, "stopped", "ended") == (
        stopped.status_code,
        stopped.json()["state"],
        stack.acs.world.recordings[recording_id].state,
    )


def test_a_control_that_succeeds_in_other_words_is_a_success(stack: Stack, call: Call) -> None:
    """200 without a body, where the SDK expects 202 or 204."""
    recording_id = started(stack, call)
    states = []
    for fault in ("pause_200", "resume_200", "stop_200"):
        stack.acs.world.arm(fault)
        reply = stack.call("POST", f"recordings/{recording_id}/{fault.partition('_')[0]}")
        states.append((reply.status_code, reply.json()["state"], stack.acs.world.recordings[recording_id].state))

    assert [(200, "paused", "paused"), (200, "started", "active"), (200, "stopped", "ended")] == states


def test_a_start_that_failed_though_it_was_made_is_found_without_a_request_id(stack: Stack, call: Call) -> None:
    """By the call alone."""
    armed = stack.acs.world.arm("start_500_though_started", count=None)
    body = {"serverCallId": call.server_call_id, **WAV}
    failed = stack.call("POST", "recordings", json=body)
    armed.stop()
    again = stack.call("POST", "recordings", json=body)
    (recording,) = recordings_of(stack, call)

    assert "urn:recording:problem:service-busy" == problem(failed, 503)["type"]
    assert recording.recording_id == again.json()["recordingId"]


def test_a_wrong_request_id_is_refused(stack: Stack, call: Call) -> None:
    """The answer names the header."""
    body = {"serverCallId": call.server_call_id, **WAV}
    reply = stack.call("POST", "recordings", json=body, headers={"Repeatability-Request-ID": "a b"})

    assert "Repeatability-Request-ID" == problem(reply, 400)["field"]


@pytest.mark.parametrize("fault", ["start_429", "start_response_lost", "start_500_though_started"])
def test_a_start_that_fails_is_started_once_when_asked_again(stack: Stack, call: Call, fault: str) -> None:
    """With the same request id, whether the service has started it or not."""
    armed = stack.acs.world.arm(fault, count=None)
    body = {"serverCallId": call.server_call_id, **WAV}
    headers = {"Repeatability-Request-ID": str(uuid.uuid4())}
    failed = stack.call("POST", "recordings", json=body, headers=headers)
    armed.stop()
    again = stack.call("POST", "recordings", json=body, headers=headers)
    (recording,) = recordings_of(stack, call)

    assert "urn:recording:problem:service-busy" == problem(failed, 503)["type"]
    assert (201, recording.recording_id) == (again.status_code, again.json()["recordingId"])


def test_what_fails_by_the_services_fault_is_503_and_can_be_asked_again(stack: Stack) -> None:
    """Every operation, concurrently, as each waits for the SDK's retries; the state shows what the catalog has."""
    calls = [established(stack) for _ in range(5)]
    ids = {word: started(stack, call) for word, call in zip(("", "/pause", "/resume", "/stop"), calls[:4], strict=True)}
    body = {"serverCallId": calls[4].server_call_id, **WAV}
    headers = {"Repeatability-Request-ID": str(uuid.uuid4())}

    def ask(word: str) -> requests.Response:
        if word == "start":
            return stack.call("POST", "recordings", json=body, headers=headers)
        return stack.call("POST" if word else "GET", f"recordings/{ids[word]}{word}")

    def ask_all() -> list[requests.Response]:
        with ThreadPoolExecutor(5) as pool:
            return list(pool.map(ask, [*ids, "start"]))

    names = ("start_500", "state_503", "pause_500", "resume_500", "stop_500")
    armed = [stack.acs.world.arm(name, count=None) for name in names]
    failed = ask_all()
    for fault in armed:
        fault.stop()
    again = ask_all()
    for call in calls:
        stack.acs.world.end_call(call)

    assert (200, "started", "unknown") == (
        failed[0].status_code,
        *(failed[0].json()[it] for it in ("state", "serviceState")),
    )
    assert {"urn:recording:problem:service-busy"} == {problem(reply, 503)["type"] for reply in failed[1:]}
    assert [200, 200, 200, 200, 201] == [reply.status_code for reply in again]
    for call in calls:
        (recording,) = recordings_of(stack, call)
        assert_archived(stack, recording)


def test_a_stop_whose_answer_is_lost_is_known_to_be_over(stack: Stack, call: Call) -> None:
    """The SDK retries, and the service knows no such recording: stopping is idempotent."""
    recording_id = started(stack, call)
    stack.acs.world.arm("stop_response_lost")
    first = stack.call("POST", f"recordings/{recording_id}/stop")
    again = stack.call("POST", f"recordings/{recording_id}/stop")

    assert (200, 200) == (first.status_code, again.status_code)
    assert_archived(stack, stack.acs.world.recordings[recording_id])


def test_a_recording_paused_from_the_start_waits_for_its_resume(stack: Stack, call: Call) -> None:
    """One that is never resumed yields no file."""
    body = {"serverCallId": call.server_call_id, **WAV, "pauseOnStart": True}
    reply = stack.call("POST", "recordings", json=body).json()
    recording_id = reply["recordingId"]
    paused = (reply["state"], view(stack, recording_id)["serviceState"])
    resumed = stack.call("POST", f"recordings/{recording_id}/resume").json()["state"]
    stack.acs.world.end_call(call)

    assert (("paused", "inactive"), "started") == (paused, resumed)
    assert_archived(stack, stack.acs.world.recordings[recording_id])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "recordings"),
        ("GET", "recordings/x"),
        ("POST", "recordings/x/pause"),
        ("POST", "recordings/x/resume"),
        ("POST", "recordings/x/stop"),
        ("GET", "health"),
        ("POST", "calls/events"),
    ],
)
@pytest.mark.parametrize("key", [None, "", "wrong"])
def test_nothing_is_told_without_the_key(stack: Stack, method: str, path: str, key: str | None) -> None:
    """401, without a call of the app."""
    headers = {} if key is None else {"x-functions-key": key}
    reply = requests.request(method, f"{stack.host.url}/api/{path}", json={}, headers=headers, timeout=30)

    assert (401, b"") == (reply.status_code, reply.content)


def test_health_says_ok(stack: Stack) -> None:
    """With valid settings."""
    reply = stack.call("GET", "health")

    assert (200, "ok") == (reply.status_code, reply.json()["status"])


def test_the_deep_health_check_tells_whether_copies_would_succeed(stack: Stack) -> None:
    """It lists each check; with a part missing it is 503, and says which and what to do."""
    well = stack.call("GET", "health?deep=true")
    probe = stack.container(PROBE)
    probe.delete_container()
    ill = stack.call("GET", "health?deep=true")
    probe.create_container()

    assert (200, "ok") == (well.status_code, well.json()["status"])
    checks = well.json()["checks"]
    assert {"archive", "catalog", "communication"} < {check["name"] for check in checks}
    assert [] == [check for check in checks if not check["ok"] or check["milliseconds"] < 0]
    assert (503, "60", "Copies would fail now: archive.") == (
        ill.status_code,
        ill.headers["retry-after"],
        ill.json()["detail"],
    )
    (failed,) = (check for check in ill.json()["checks"] if not check["ok"])
    assert "check that the container exists" in failed["problem"]


def test_the_policy_explains_itself_and_a_draft_says_what_would_change(stack: Stack, call: Call) -> None:
    """Over the events that the journal has kept, in pages; the draft is YAML."""
    callback = stack.acs.world.call_connected(call)
    answer = stack.call_back(callback).json()["events"][0]
    explained = stack.call("POST", "policy/explain", json={"event": callback[0]}).json()
    assert ("recording", True, "everything") == (answer["outcome"], explained["record"], explained["rule"])

    draft = "version: 1\nrules:\n  - {id: nothing, record: false, reason: a draft}\n"
    query, changed, is_last = f"day={stack.acs.world.clock():%Y-%m-%d}&limit=50", list[dict[str, Any]](), False
    after = ""
    while not is_last:
        page = stack.call("POST", f"policy/replay?{query}{after}", data=draft).json()
        changed += page["changed"]
        after, is_last = f"&after={page['next']}", page["next"] is None
    (one,) = (one for one in changed if one["eventId"] == callback[0]["id"])

    assert ("everything", "nothing", False) == (one["now"]["rule"], one["draft"]["rule"], one["draft"]["record"])


@pytest.mark.parametrize(
    ("draft", "cause"),
    [(b"rules: {}", "line 1 column 8: rules: not a list"), (b"", "the text is empty"), (b"a: &a b", "an anchor")],
)
def test_a_draft_that_is_wrong_is_refused_with_every_mistake(stack: Stack, draft: bytes, cause: str) -> None:
    found = problem(stack.call("POST", "policy/replay", data=draft), 400)

    assert "urn:recording:problem:policy-invalid" == found["type"]
    assert any(cause in one for one in found["problems"])
