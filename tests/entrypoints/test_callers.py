"""The routes over the use cases with fakes: who may call them, and what their acts say of who it was."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any

import azure.functions as func
import pytest

from recording.core.callers import EVENT_GRID_ROLE, OPEN, OPERATIONS, PROVEN_OTHERWISE, Role
from recording.core.formats.api import MOST_BODY
from recording.core.formats.deliveries import Member, messages
from recording.core.formats.events import CALL_CONNECTED, CALL_STARTED
from recording.core.model import APP, Door, RecordingId
from recording.entrypoints import (
    calls,
    consent,
    decisions,
    erasures,
    exports,
    health,
    holds,
    pages,
    people,
    policy,
    rebuild,
    recordings,
    retention,
    trail,
)
from recording.entrypoints.intake import Intake
from tests.core.formats.file_events import RECORDING as ANNOUNCED
from tests.core.formats.file_events import file_event
from tests.entrypoints.test_people import Out
from tests.tokens import API, RESOURCE, WEBHOOK, callback, callers, of_api, of_event_grid
from tests.use_cases.world import RECORDING, World
from tools.package import ROOT

TENANT = "0f5c1a2b-1111-2222-3333-444455556666"
SETTINGS = {
    "ACS_RESOURCE_IDS": TENANT,
    "API_AUDIENCES": API,
    "EVENT_GRID_AUDIENCES": WEBHOOK,
    "ENTRA_TENANT_ID": TENANT,
}
MODULES = (
    calls,
    consent,
    decisions,
    erasures,
    exports,
    health,
    holds,
    people,
    policy,
    rebuild,
    recordings,
    retention,
    trail,
)
ROUTES: dict[str, Callable[..., Any]] = {
    name: getattr(module, name)
    for module in MODULES
    for name in (*OPERATIONS, *PROVEN_OTHERWISE)
    if hasattr(module, name)
}

WITH_OUTPUTS = frozenset({"calls_events", "calls_callbacks", "hand_in_events"})
INDEX = """
import json
import function_app
found = {one.get_function_name(): one.get_trigger() for one in function_app.app.get_functions()}
print(json.dumps({name: one.auth_level.name for name, one in found.items() if one.type == "httpTrigger"}))
"""


def levels(api_auth: str) -> dict[str, str]:
    """What the host asks of callers of each function: in a process of its own, as the functions are indexed once."""
    environment = {**os.environ, "API_AUTH": api_auth}
    indexed = subprocess.run([sys.executable, "-c", INDEX], cwd=ROOT, env=environment, capture_output=True, check=True)
    found: dict[str, str] = json.loads(indexed.stdout)
    return found


@pytest.fixture
def world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> World:
    """The use cases over fakes, behind the real functions; with tokens of issuers in memory."""
    settings = {**SETTINGS, "API_AUTH": getattr(request, "param", "entra")}
    world = World(settings=settings, callers=callers())
    for module in (pages, *MODULES):
        monkeypatch.setattr(module, "get_app", lambda: world.app)
    for module in (calls, decisions):
        monkeypatch.setattr(module, "get_intake", Intake)
    world.announce(world.add())
    return world


def ask(name: str, body: object = None, headers: Mapping[str, str] | None = None, method: str = "POST") -> Any:  # noqa: ANN401 - a reply
    """The reply of a function."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    others = dict.fromkeys(("holdId", "exportId", "erasureId", "jobId"), "none")
    route = {"id": RECORDING, "documentId": "document-0", "key": "crm-1", **others}
    request = func.HttpRequest(method, "/", headers=headers, params={}, route_params=route, body=content)
    outputs = [Out() for _ in range(3 if name in WITH_OUTPUTS else 0)]
    reply = ROUTES[name](request, *outputs)
    return asyncio.run(reply) if asyncio.iscoroutine(reply) else reply


def bearer(authorization: str) -> dict[str, str]:
    return {"Authorization": authorization}


@pytest.mark.parametrize(("api_auth", "level"), [("both", "FUNCTION"), ("entra", "ANONYMOUS"), ("wrong", "FUNCTION")])
def test_every_route_says_who_may_call_it_and_the_host_asks_for_the_key_unless_a_token_alone_is_shown(
    api_auth: str, level: str
) -> None:
    """In one table, by the name of its function. A wrong setting hides no function, and opens none."""
    found = levels(api_auth)

    anybody = dict.fromkeys((*OPEN, "calls_callbacks"), "ANONYMOUS")
    assert {**dict.fromkeys((*OPERATIONS, "elsewhere"), level), **anybody} == {
        name: asked for name, asked in found.items() if name not in {"calls_events", "health"}
    }
    assert found.keys() == OPERATIONS.keys() | PROVEN_OTHERWISE.keys() | OPEN
    assert {"FUNCTION"} == {found["calls_events"], found["health"]}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("world", ["entra", "both"], indirect=True)
def test_every_operation_refuses_who_has_no_token(world: World, operation: str) -> None:
    """With a challenge, and nothing is done."""
    before = world.entry()
    reply = ask(operation)

    assert (401, "caller-unproven") == (reply.status_code, json.loads(reply.get_body())["type"].rpartition(":")[2])
    assert 'Bearer error="invalid_token"' == reply.headers["WWW-Authenticate"]
    assert before == world.entry()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_refuses_who_lacks_its_role(
    world: World, operation: str, caplog: pytest.LogCaptureFixture
) -> None:
    lacking: list[str] = [*(set(Role) - OPERATIONS[operation]), "Another.Role"]
    reply = ask(operation, headers=bearer(of_api(world.clock.at, *lacking)))

    assert (403, 'Bearer error="insufficient_scope"') == (reply.status_code, reply.headers["WWW-Authenticate"])
    assert ["caller.refused"] == [line.partition(" ")[0] for line in caplog.messages if "caller" in line]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_admits_who_has_its_role(world: World, operation: str) -> None:
    reply = ask(operation, headers=bearer(of_api(world.clock.at, *OPERATIONS[operation])))

    assert reply.status_code not in {401, 403, 500, 503}, reply.get_body()


@pytest.mark.parametrize(
    ("world", "headers", "body", "by"),
    [
        ("key", {}, {"by": "Ada"}, "key:Ada"),
        ("entra", {"Authorization": "token"}, {}, "entra:5e2f6a0c-0001"),
    ],
    indirect=["world"],
    ids=["key", "entra"],
)
def test_a_decision_has_the_name_that_was_proven_or_else_given(
    world: World, headers: dict[str, str], body: dict[str, str], by: str
) -> None:
    token = bearer(of_api(world.clock.at, Role.OPERATE)) if headers else {}
    tag = ask("recording_state", headers=token).headers["ETag"]
    decision = {"decision": "retry", "reason": "the network works again", **body}
    reply = ask("decide_chunk", decision, {"If-Match": tag, **token})

    assert (200, by) == (reply.status_code, world.entry().recording.history[-1].by)


@pytest.mark.parametrize(("world", "by"), [("key", "key"), ("entra", "entra:5e2f6a0c-0001")], indirect=["world"])
def test_the_history_says_who_started_and_stopped_and_handed_in(world: World, by: str) -> None:
    token = bearer(of_api(world.clock.at, Role.OPERATE))
    call = world.calls.add_call()
    output = {"content": "audio", "channel": "mixed", "format": "wav"}
    started = ask("start_recording", {"serverCallId": call.locators[0].server_call_id, **output}, token)
    handed = ask("hand_in_events", file_event(), token)
    found = world.catalog.entries[RecordingId(json.loads(started.get_body())["recordingId"])]

    assert (201, 200) == (started.status_code, handed.status_code)
    assert {by} == {one.by for one in found.recording.history}
    assert {by} == {one.by for one in world.catalog.entries[RecordingId(ANNOUNCED)].recording.history}


def test_a_callback_is_taken_by_its_token_alone(world: World) -> None:
    call = world.calls.add_call()
    event = {"id": "1", "type": CALL_CONNECTED, "data": {"serverCallId": call.locators[0].server_call_id}}
    reply = ask("calls_callbacks", [event], bearer(callback(world.clock.at, aud=RESOURCE)))
    recording_id = json.loads(reply.get_body())["events"][0]["recordingId"]

    assert {"callback"} == {one.by for one in world.catalog.entries[recording_id].recording.history}


@pytest.mark.parametrize("name", ["calls_callbacks", "calls_events"])
def test_a_callback_without_its_token_starts_nothing(world: World, name: str) -> None:
    call = world.calls.add_call()
    event = {"id": "1", "type": CALL_CONNECTED, "data": {"serverCallId": call.locators[0].server_call_id}}

    assert [401, 401] == [ask(name, [event], headers).status_code for headers in ({}, bearer("Bearer x.y.z"))]
    assert {} == world.calls.recordings


def call_started(world: World) -> dict[str, object]:
    """As Event Grid sends it."""
    call = world.calls.add_call()
    data = {"serverCallId": call.locators[0].server_call_id}
    return {"id": "1", "eventType": CALL_STARTED, "eventTime": "2026-03-01T12:00:00Z", "data": data}


@pytest.mark.parametrize("role", ["Another.Role", None])
def test_a_call_of_event_grid_without_its_token_starts_nothing_and_is_told(
    world: World, role: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever has the function key can send it, and the header. Event Grid never hears 4xx; the event is kept."""
    token = {} if role is None else bearer(of_event_grid(world.clock.at, role))
    reply = ask("calls_events", [call_started(world)], {"aeg-event-type": "Notification", **token})

    assert (200, "ignored") == (reply.status_code, json.loads(reply.get_body())["events"][0]["outcome"])
    assert {} == world.calls.recordings
    assert ["ERROR"] == [one.levelname for one in caplog.records if "call.unproven" in one.getMessage()]
    assert 1 == len(world.journal.blobs)


def test_a_call_of_event_grid_with_its_token_is_recorded(world: World) -> None:
    token = bearer(of_event_grid(world.clock.at, EVENT_GRID_ROLE))
    reply = ask("calls_events", [call_started(world)], {"aeg-event-type": "Notification", **token})
    recording_id = json.loads(reply.get_body())["events"][0]["recordingId"]

    assert {"eventGrid"} == {one.by for one in world.catalog.entries[recording_id].recording.history}


def test_a_call_among_the_dead_letters_is_recorded(world: World) -> None:
    """Only Event Grid writes there, and only the app puts them into the queue of events."""
    event = call_started(world)
    member = Member(event, json.dumps(event).encode())
    for message in messages([member], Door.FUNCTION_KEY, "its event was a dead letter", by=APP):
        world.receiving.receive_message(message.encode())
    assert 1 == len(world.calls.recordings)


@pytest.mark.parametrize(
    ("headers", "body", "status"), [({}, b"[]", 401), ({"Authorization": "Bearer x"}, b" " * (MOST_BODY + 1), 413)]
)
def test_what_cannot_be_a_callback_takes_no_room_among_the_deliveries(
    world: World, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str], body: bytes, status: int
) -> None:
    """Everybody can send them; a full intake would keep real ones out."""
    del world
    monkeypatch.setattr(calls, "get_intake", pytest.fail)

    assert status == ask("calls_callbacks", body, headers).status_code


@pytest.mark.parametrize(
    ("role", "door"),
    [(EVENT_GRID_ROLE, Door.EVENT_GRID), ("Another.Role", Door.FUNCTION_KEY), (None, Door.FUNCTION_KEY)],
)
def test_the_webhook_takes_every_delivery_and_its_token_gives_authority(
    world: World, role: str | None, door: Door
) -> None:
    """Event Grid never hears 4xx."""
    token = {} if role is None else bearer(of_event_grid(world.clock.at, role))
    reply = ask("calls_events", [file_event()], {"aeg-event-type": "Notification", **token})
    (chunk,) = world.catalog.entries[RecordingId(ANNOUNCED)]

    assert (200, [door]) == (reply.status_code, [one.door for one in chunk.candidates])


@pytest.mark.parametrize(
    ("origin", "status"), [("eventgrid.azure.net", 200), ("evil.example", 403), ("", 403), (None, 403)]
)
def test_the_handshake_by_options_is_for_event_grid_alone(world: World, origin: str | None, status: int) -> None:
    del world
    reply = ask("calls_events", headers={} if origin is None else {"WebHook-Request-Origin": origin}, method="OPTIONS")

    assert status == reply.status_code
    assert ({"WebHook-Allowed-Origin": origin} if status == 200 else {}).items() <= dict(reply.headers).items()
