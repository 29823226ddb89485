"""Call events start one recording for each call, with repeated events, at every door."""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from local.acs.events import CALL_STARTED, Schema, as_schema
from local.acs.fault_table import FAULTS
from local.acs.model import Call, Recording
from local.stack import Stack, wait_for
from tests.scenarios.sounds import short_wav
from tests.scenarios.worlds import assert_archived, given


@pytest.fixture
def call(stack: Stack) -> Iterator[Call]:
    """An established call, ended after the test."""
    found = stack.acs.world.start_call(chunk_ms=[1_000])
    stack.acs.world.connect(found)
    yield found
    stack.acs.world.end_call(found)


def recordings_of(stack: Stack, call: Call) -> list[Recording]:
    """All recordings of a call at the service, running and over."""
    return [recording for recording in stack.acs.world.recordings.values() if recording.call is call]


def deliver(stack: Stack, body: object, headers: dict[str, str] | None = None) -> requests.Response:
    """Send a callback; with headers of Event Grid, a delivery to its webhook."""
    return stack.call("POST", "calls/events", json=body, headers=headers) if headers else stack.call_back(body)


NOTIFICATION = {"aeg-event-type": "Notification"}


def test_a_callback_starts_a_recording_that_is_archived(stack: Stack, call: Call) -> None:
    """With the output of the setting."""
    reply = deliver(stack, stack.acs.world.call_connected(call))
    (recording,) = recordings_of(stack, call)
    stack.acs.world.end_call(call)

    assert (200, recording.recording_id) == (reply.status_code, reply.json()["events"][0]["recordingId"])
    manifest = assert_archived(stack, recording)
    assert {"content": "audio", "channel": "mixed", "format": "wav"} == manifest["output"]


def test_a_call_is_recorded_once_however_often_its_events_come(stack: Stack, call: Call) -> None:
    """Both event types, both schemas, a new id each time: eight concurrently, then again."""
    world = stack.acs.world
    bodies: list[Any] = [
        world.call_connected(call),
        [world.call_started(call)],
        as_schema(world.call_started(call), "cloudevents"),
        [*world.call_connected(call), *world.call_connected(call)],
    ] * 2
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda body: deliver(stack, body), bodies))
    replies += [deliver(stack, body) for body in bodies[:4]]
    (recording,) = recordings_of(stack, call)

    assert {200} == {reply.status_code for reply in replies}
    assert {recording.recording_id} == {one["recordingId"] for reply in replies for one in reply.json()["events"]}


@pytest.mark.parametrize("schema", ["eventgrid", "cloudevents"])
def test_a_subscription_to_call_events_works_with_its_handshake(stack: Stack, schema: Schema) -> None:
    """SubscriptionValidation or OPTIONS, then the call's event, delivered twice."""
    world = stack.acs.world
    url = f"{stack.host.url}/api/calls/events?code={stack.host.function_key}"
    subscription = stack.event_grid.subscribe(url, [CALL_STARTED], schema, name=f"calls-{schema}")
    stack.event_grid.copies = 2
    try:
        call = world.start_call(chunk_ms=[1_000])
        world.connect(call)
        wait_for(lambda: recordings_of(stack, call), "the recording")
        stack.event_grid.wait_idle()
    finally:
        stack.event_grid.copies = 1
        stack.event_grid.unsubscribe(subscription)
    (recording,) = recordings_of(stack, call)
    world.end_call(call)

    assert_archived(stack, recording)


@pytest.mark.parametrize(
    "fault",
    [
        "start_503",
        "start_429",
        "start_response_lost",
        "start_500_though_started",
        "start_400_html",
        "start_retry_after_day",
    ],
)
def test_a_start_that_fails_is_made_once_when_the_event_comes_again(stack: Stack, call: Call, fault: str) -> None:
    """The event is answered with 503; its retry sends the same order."""
    armed = stack.acs.world.arm(fault, count=None)
    first = deliver(stack, stack.acs.world.call_connected(call))
    armed.stop()
    second = deliver(stack, stack.acs.world.call_connected(call))
    (recording,) = recordings_of(stack, call)

    assert (503, 200) == (first.status_code, second.status_code)
    assert recording.recording_id == second.json()["events"][0]["recordingId"]


def test_a_call_that_still_rings_is_recorded_when_its_event_comes_again(stack: Stack) -> None:
    """Event Grid gets 503 until the call is established, though the service repeats its first refusal."""
    world = stack.acs.world
    call = world.start_call()
    event = [world.call_started(call)]
    armed = world.arm("start_refusal_replayed")
    try:
        early = [deliver(stack, event, NOTIFICATION) for _ in range(2)]
        world.connect(call)
        reply = deliver(stack, event, NOTIFICATION)
    finally:
        armed.stop()
        world.end_call(call)

    assert [503, 503, 200] == [one.status_code for one in (*early, reply)]
    assert {"urn:recording:problem:call-not-ready"} == {one.json()["type"] for one in early}
    (recording,) = recordings_of(stack, call)
    assert recording.recording_id == reply.json()["events"][0]["recordingId"]


def test_a_young_call_that_is_not_found_is_recorded_when_its_event_comes_again(stack: Stack, call: Call) -> None:
    """Just after its start the service answers 404 for the call."""
    event = stack.acs.world.call_connected(call)
    stack.acs.world.arm("start_call_not_found")
    early, reply = deliver(stack, event), deliver(stack, event)
    (recording,) = recordings_of(stack, call)

    assert (503, 200) == (early.status_code, reply.status_code)
    assert recording.recording_id == reply.json()["events"][0]["recordingId"]


def test_events_and_requests_at_once_make_one_recording(stack: Stack, call: Call) -> None:
    """Two events and four requests, by server call id and by connection, with request ids and without."""
    world = stack.acs.world
    locators = [{"serverCallId": call.server_call_id}, {"callConnectionId": call.call_connection_id}]

    def ask(number: int) -> requests.Response:
        headers = {"Repeatability-Request-ID": str(uuid.uuid4())} if number < len(locators) else {}
        return stack.call("POST", "recordings", json=locators[number % len(locators)], headers=headers)

    bodies = [world.call_connected(call), [world.call_started(call)]]
    with ThreadPoolExecutor(6) as pool:
        asked = pool.map(ask, range(4))
        told = pool.map(lambda body: deliver(stack, body), bodies)
    ids = {reply.json()["recordingId"] for reply in asked}
    ids |= {reply.json()["events"][0]["recordingId"] for reply in told}
    (recording,) = recordings_of(stack, call)

    assert {recording.recording_id} == ids


def test_a_stopped_call_is_not_recorded_again_by_an_event_of_before(stack: Stack, call: Call) -> None:
    """A repeated and a late event are answered with the stopped recording; a new event starts a new one."""
    first, late = (stack.acs.world.call_connected(call) for _ in range(2))
    recording_id = deliver(stack, first).json()["events"][0]["recordingId"]
    stack.call("POST", f"recordings/{recording_id}/stop")
    answers = [deliver(stack, body).json()["events"][0]["recordingId"] for body in (first, late)]
    assert ([recording_id] * 2, 1) == (answers, len(recordings_of(stack, call)))

    again = deliver(stack, stack.acs.world.call_connected(call)).json()["events"][0]["recordingId"]
    assert {recording_id, again} == {recording.recording_id for recording in recordings_of(stack, call)}
    assert recording_id != again


def test_a_callback_without_server_call_id_starts_by_connection(stack: Stack, call: Call) -> None:
    """Callbacks of the 2022 API are such; the call's other events find that recording."""
    (event,) = stack.acs.world.call_connected(call)
    del event["data"]["serverCallId"]
    old = deliver(stack, [event])
    new = deliver(stack, [stack.acs.world.call_started(call)])
    (recording,) = recordings_of(stack, call)

    assert [recording.recording_id] * 2 == [reply.json()["events"][0]["recordingId"] for reply in (old, new)]


def test_a_connection_that_the_service_cannot_resolve_for_now_is_recorded_once(stack: Stack, call: Call) -> None:
    """The request gets 503, and its retry makes one recording; the call's event finds it."""
    wanted = {"callConnectionId": call.call_connection_id}
    armed = stack.acs.world.arm("call_503", count=None)
    failed = stack.call("POST", "recordings", json=wanted)
    armed.stop()
    again = stack.call("POST", "recordings", json=wanted)
    told = deliver(stack, stack.acs.world.call_connected(call))
    (recording,) = recordings_of(stack, call)

    assert [503, 201, 200] == [reply.status_code for reply in (failed, again, told)]
    assert armed.hits > 0
    assert [recording.recording_id] * 2 == [again.json()["recordingId"], told.json()["events"][0]["recordingId"]]


def test_a_connection_that_the_service_does_not_resolve_is_recorded_by_itself(stack: Stack, call: Call) -> None:
    """The start shows whether the call exists; a second request gets the same recording."""
    wanted = {"callConnectionId": call.call_connection_id}
    armed = stack.acs.world.arm("call_404", count=None)
    replies = [stack.call("POST", "recordings", json=wanted) for _ in range(2)]
    nobody = stack.call("POST", "recordings", json={"callConnectionId": str(uuid.uuid4())})
    armed.stop()
    (recording,) = recordings_of(stack, call)

    assert armed.hits > 0
    assert [(201, recording.recording_id), (200, recording.recording_id)] == [
        (reply.status_code, reply.json()["recordingId"]) for reply in replies
    ]
    assert (404, "urn:recording:problem:call-not-found") == (nobody.status_code, nobody.json()["type"])


def test_every_fault_of_the_calls_is_suffered_in_a_scenario() -> None:
    """A new fault of the local service needs a scenario."""
    sources = [path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py")]
    known = {name for name, kind in FAULTS.items() if kind.operation not in {"content", "metadata", "delete"}}

    assert set() == {name for name in known if not any(f'"{name}"' in source for source in sources)}


def test_events_that_concern_no_recording_are_taken(stack: Stack, call: Call) -> None:
    """The end of a call, the state of a recording, an unknown event type."""
    started = stack.acs.world.call_started(call)
    kinds = ("CallEnded", "RecordingStateChanged", "CallTranscended")
    of_others = started | {"data": {**started["data"], "recordingId": "of-others", "state": "inactive"}}
    reply = deliver(
        stack, [of_others | {"eventType": f"Microsoft.Communication.{kind}"} for kind in kinds], NOTIFICATION
    )

    assert (200, ["ignored"] * 3) == (reply.status_code, [one["outcome"] for one in reply.json()["events"]])
    assert [] == recordings_of(stack, call)


def test_a_file_event_at_this_door_is_archived_all_the_same(stack: Stack) -> None:
    """A subscription to the wrong endpoint loses nothing, but an event by function key does not authorize a delete."""
    found = given(stack, [short_wav(970)])
    reply = deliver(stack, [found.event], NOTIFICATION)

    assert 200 == reply.status_code
    manifest = assert_archived(stack, found.recording, released=False)
    assert "function key" in manifest["chunks"][0]["keptReason"]


def test_event_grid_never_hears_4xx_for_a_real_event(stack: Stack, call: Call) -> None:
    """It would drop the event after 4xx; a good event in the same delivery is taken."""
    good = stack.acs.world.call_started(call)
    bad = good | {"id": str(uuid.uuid4()), "data": {"serverCallId": 7}}
    both = deliver(stack, [bad, good], NOTIFICATION)
    alone = deliver(stack, [bad], NOTIFICATION)

    assert (200, ["refused", "recording"]) == (both.status_code, [one["outcome"] for one in both.json()["events"]])
    assert (200, "data.serverCallId") == (alone.status_code, alone.json()["events"][0]["field"])


@pytest.mark.parametrize("body", [b"", b"{", b"7", b"[7]", b'{"id": "1"}', b'[{"eventType": 5}]'])
def test_a_callback_that_is_no_event_is_refused_by_name(stack: Stack, body: bytes) -> None:
    """400 with the field, and no internals."""
    reply = stack.call_back(body)

    assert (400, True) == (reply.status_code, bool(reply.json()["field"]))
    assert "Traceback" not in reply.text


@pytest.mark.parametrize("operation", ["pause", "resume"])
def test_a_recording_started_by_an_event_can_be_controlled(stack: Stack, call: Call, operation: str) -> None:
    reply = deliver(stack, stack.acs.world.call_connected(call))
    recording_id = reply.json()["events"][0]["recordingId"]

    assert 200 == stack.call("POST", f"recordings/{recording_id}/{operation}").status_code
