"""With missing or wrong settings the host starts, every function is indexed, and every answer names every problem."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import requests

from local.host import FunctionsHost
from local.stack import ROOT, Stack, wait_for
from tests.scenarios.conftest import secrets_of
from tests.scenarios.sounds import short_wav
from tests.scenarios.worlds import (
    Given,
    assert_archived,
    assert_nothing_leaked,
    given,
    told,
    wait_failures,
)

WRONG = {
    "ACS_ENDPOINT": "contoso",
    "ACS_ACCESS_KEY": "not base64!",
    "SOURCE_RETENTION_HOURS": "a day",
    "ARCHIVE_PATH_TEMPLATE": "{index}",
    "COPY_BLOCK_MIB": "0",
}
FUNCTIONS = {
    "calls_callbacks",
    "calls_events",
    "start_recording",
    "recording_state",
    "pause_recording",
    "resume_recording",
    "stop_recording",
    "health",
    "recording_file_status_updated",
    "archive_chunk",
}


@dataclass(frozen=True)
class Astray:
    """The same app with wrong settings, and a recording whose message was queued before."""

    host: FunctionsHost
    held: Given


@pytest.fixture(scope="module")
def astray(stack: Stack) -> Iterator[Astray]:
    """Change the settings while a chunk waits for its next try."""
    held = given(stack, [short_wav(950)])
    fault = held.arm("not_ready_404", count=None)
    held.publish()
    wait_failures(stack, held.id, 1)
    stack.host.stop()
    fault.stop()
    port = int(stack.host.url.rpartition(":")[2])
    keys = {"LOCAL_FUNCTION_KEY": stack.host.function_key, "LOCAL_SYSTEM_KEY": stack.host.system_key}
    environment = {**stack.environment(), **WRONG, **keys}
    with FunctionsHost(ROOT, environment, log=stack.folder / "wrong.log", port=port) as host:
        yield Astray(host, held)
    with contextlib.suppress(RuntimeError):  # it runs
        stack.host.start()


def problems(reply: requests.Response) -> list[str]:
    """The keys that a problem names."""
    return [problem.partition(":")[0] for problem in reply.json()["problems"]]


def test_all_functions_are_indexed(astray: Astray) -> None:
    """A platform that finds no functions reports nothing at all."""
    assert set(astray.host.functions) >= FUNCTIONS


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "health"),
        ("POST", "recordings"),
        ("GET", "recordings/x"),
        ("POST", "recordings/x/pause"),
        ("POST", "recordings/x/resume"),
        ("POST", "recordings/x/stop"),
        ("POST", "calls/events"),
        ("POST", "calls/callbacks"),
    ],
)
def test_every_answer_names_all_that_is_wrong(stack: Stack, astray: Astray, method: str, path: str) -> None:
    """503, so that the caller retries; no value is shown, as it may be a key."""
    body = {"serverCallId": "x", "content": "audio", "channel": "mixed", "format": "wav"}
    if path.startswith("calls/"):
        body = {"id": "1", "eventType": "Microsoft.Communication.CallStarted", "data": {"serverCallId": "x"}}  # type: ignore[dict-item]
    reply = stack.call(method, path, json=body, headers={"Authorization": stack.acs.world.callback_authorization()})

    assert (503, "application/problem+json") == (reply.status_code, reply.headers["content-type"].partition(";")[0])
    assert set(WRONG) == set(problems(reply))
    assert "not base64!" not in reply.text
    assert "60" == reply.headers["retry-after"]


def test_event_grid_hears_5xx_and_nothing_is_lost_meanwhile(stack: Stack, astray: Astray) -> None:
    """Its events and the queued messages are processed once the settings are right."""
    brought = given(stack, [short_wav(951)])
    brought.publish()

    def heard() -> list[int | None]:
        return [one.outcome.status for one in stack.event_grid.deliveries if brought.event["id"] in one.event_ids]

    wait_for(heard, "Event Grid's first try")
    logged = stack.folder / "wrong.log"
    wait_for(lambda: "archive_chunk" in logged.read_text(encoding="utf-8"), "a message that fails")
    assert {500} == set(heard())
    assert {} == told(stack, "RecordingArchived", astray.held.id)
    astray.host.stop()
    stack.host.start()

    assert_archived(stack, astray.held.recording)
    assert_archived(stack, brought.recording)
    log = logged.read_text(encoding="utf-8")
    assert [] == [key for key in WRONG if key not in log]
    assert_nothing_leaked(stack, log.replace("https://NAME.communication.azure.com", ""), secrets_of(stack))
