"""Callers through the Functions host: signed callbacks, Event Grid's token, and the API with tokens alone."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
import requests

from local.acs.model import Call
from local.entra import WEBHOOK
from local.host import FunctionsHost
from local.net.tokens import TokenIssuer
from local.stack import ROOT, Stack
from tests.scenarios.sounds import short_wav
from tests.scenarios.worlds import given

SOMEBODY = "5e2f6a0c-0000-4000-8000-000000000001"


@pytest.fixture
def call(stack: Stack) -> Iterator[Call]:
    """A call that rings, ended after the test."""
    found = stack.acs.world.start_call(chunk_ms=[1_000])
    yield found
    stack.acs.world.end_call(found)


def history_of(stack: Stack, recording_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = stack.call("GET", f"recordings/{quote(recording_id, safe='')}/history").json()[
        "history"
    ]
    return found


def test_a_signed_callback_starts_a_recording_without_a_key_in_its_url(stack: Stack, call: Call) -> None:
    """As the service sends it, when the call connects."""
    assert "code=" not in str(stack.acs.control.callback_url)
    answer = requests.post(f"{stack.acs.control_url}/calls/{call.call_connection_id}/connect", json={}, timeout=60)
    (recording,) = (one for one in stack.acs.world.recordings.values() if one.call is call)

    assert 200 == answer.json()["callback"]["status"]
    assert {"callback"} == {one["by"] for one in history_of(stack, recording.recording_id)}


def test_a_callback_that_is_not_proven_starts_nothing(stack: Stack, call: Call) -> None:
    """By the same answers, whatever is wrong; and a proven one is not taken with another body."""
    world = stack.acs.world
    body = world.connect(call)
    forger = TokenIssuer(world.callback_issuer.issuer)
    yesterday = datetime.now(UTC) - timedelta(days=1)
    attacks = [
        "Bearer x.y.z",
        f"Bearer {forger.sign(forger.claims('491a8f30-1c7e-4a56-9c8e-3f1f4a1d2b60'))}",
        world.callback_authorization(aud="00000000-0000-0000-0000-000000000000"),
        world.callback_authorization(iss="https://evil.example"),
        world.callback_authorization(exp=yesterday),
    ]
    used = world.callback_authorization()
    stack.call_back([], authorization=used)
    replies = [stack.call_back(body, authorization=one) for one in (*attacks, used)]

    assert {(401, 'Bearer error="invalid_token"')} == {
        (reply.status_code, reply.headers["WWW-Authenticate"]) for reply in replies
    }
    assert [] == [one for one in world.recordings.values() if one.call is call]
    assert 200 == stack.call_back(body).status_code


@pytest.fixture(scope="module")
def by_token(stack: Stack) -> Iterator[FunctionsHost]:
    """The same app beside the first; its API asks for tokens alone, and Event Grid sends its own to the webhook."""
    environment = {**stack.environment(), "API_AUTH": "entra", "EVENT_GRID_AUDIENCES": WEBHOOK}
    with FunctionsHost(ROOT, environment, log=stack.folder / "by_token.log") as host:
        yield host


def test_what_the_webhook_gets_is_event_grids_by_its_token_alone(
    stack: Stack, by_token: FunctionsHost, call: Call
) -> None:
    """With the function key, a file event is a candidate without authority, and a call event does nothing."""
    signed_file, by_key = given(stack, [short_wav(970)]), given(stack, [short_wav(971)])
    url = f"{by_token.url}/api/calls/events?code={by_token.function_key}"
    notification = {"aeg-event-type": "Notification"}
    signed = {**notification, "Authorization": f"Bearer {stack.entra.event_grid_token()}"}

    def deliver(event: object, headers: dict[str, str]) -> tuple[int, str]:
        reply = requests.post(url, json=[event], headers=headers, timeout=60)
        return reply.status_code, reply.json()["events"][0]["outcome"]

    stack.acs.world.connect(call)
    started = stack.acs.world.call_started(call)
    assert [(200, "announced")] * 2 == [deliver(signed_file.event, signed), deliver(by_key.event, notification)]
    assert (200, "ignored") == deliver(started, notification)
    assert [] == [one for one in stack.acs.world.recordings.values() if one.call is call]
    assert (200, "recording") == deliver(started, signed)

    announced = [
        next(one for one in history_of(stack, found.id) if one["detail"].startswith("event "))
        for found in (signed_file, by_key)
    ]
    assert ["eventGrid", "key"] == [one["by"] for one in announced]
    assert [True, False] == ["by eventGrid" in one["detail"] for one in announced]


def test_the_api_by_token_needs_no_key_and_knows_who_calls(stack: Stack, by_token: FunctionsHost, call: Call) -> None:
    """Who has no token hears 401, who lacks the role 403; health keeps its key."""
    stack.acs.world.connect(call)
    body = {"serverCallId": call.server_call_id, "content": "audio", "channel": "mixed", "format": "wav"}

    def ask(method: str, path: str, *roles: str, **options: Any) -> requests.Response:  # noqa: ANN401 - passed on
        token = stack.entra.token(*roles, object_id=SOMEBODY)
        headers = {"Authorization": f"Bearer {token}"} if roles else {}
        return requests.request(method, f"{by_token.url}/api/{path}", headers=headers, timeout=60, **options)

    started = ask("POST", "recordings", "Recording.Operate", json=body)
    where = f"recordings/{quote(started.json()['recordingId'], safe='')}"

    assert 201 == started.status_code
    assert {f"entra:{SOMEBODY}"} == {one["by"] for one in history_of(stack, started.json()["recordingId"])}
    assert [401, 403, 200] == [
        ask("POST", f"{where}/stop", *roles).status_code for roles in ((), ("Recording.Audit",), ("Recording.Operate",))
    ]
    assert [401, 200] == [ask("GET", "owed", *roles).status_code for roles in ((), ("Recording.Audit",))]
    assert 401 == ask("GET", "health", "Recording.Operate").status_code
