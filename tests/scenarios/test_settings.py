"""Settings that are missing or wrong: the host starts, every function is there, and every answer says all of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from local.host import FunctionsHost
from local.stack import ROOT, Stack, wait_for
from tests.scenarios.conftest import SETTINGS, secrets_of
from tests.scenarios.sounds import short_wav
from tests.scenarios.worlds import (
    assert_archived,
    assert_nothing_leaked,
    assert_nothing_poisoned,
    behave,
    chunk_view,
    given,
    told,
)

WRONG = {
    "ACS_ENDPOINT": "",
    "ACS_ACCESS_KEY": "not base64!",
    "SOURCE_RETENTION_HOURS": "a day",
    "ARCHIVE_PATH_TEMPLATE": "{index}",
    "COPY_BLOCK_MIB": "0",
}
FUNCTIONS = {
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


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory, media_folder: Path) -> Iterator[Stack]:
    """A stack of this module's own, whose host is about to get other settings."""
    with Stack(tmp_path_factory.mktemp("settings"), settings=SETTINGS, media_folder=media_folder) as running:
        yield running


@pytest.fixture(scope="module")
def astray(own: Stack) -> Iterator[FunctionsHost]:
    """The same app, in the same place, with wrong settings."""
    own.host.stop()
    port = int(own.host.url.rpartition(":")[2])
    keys = {"LOCAL_FUNCTION_KEY": own.host.function_key, "LOCAL_SYSTEM_KEY": own.host.system_key}
    host = FunctionsHost(ROOT, {**own.environment(), **WRONG, **keys}, log=own.folder / "wrong.log", port=port)
    with host:
        yield host
        host.stop()


def problems(reply: requests.Response) -> list[str]:
    """The keys that a problem names."""
    return [problem.partition(":")[0] for problem in reply.json()["problems"]]


def test_all_functions_are_indexed(astray: FunctionsHost) -> None:
    """A platform that finds no functions says nothing at all."""
    assert set(astray.functions) >= FUNCTIONS


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
    ],
)
def test_every_answer_names_all_that_is_wrong(own: Stack, astray: FunctionsHost, method: str, path: str) -> None:
    """503, so that whoever asks tries again; and no value is told, for it may be a key."""
    body = {"serverCallId": "x", "content": "audio", "channel": "mixed", "format": "wav"}
    if path == "calls/events":
        body = {"id": "1", "eventType": "Microsoft.Communication.CallStarted", "data": {"serverCallId": "x"}}  # type: ignore[dict-item]
    reply = own.call(method, path, json=body)

    assert (503, "application/problem+json") == (reply.status_code, reply.headers["content-type"].partition(";")[0])
    assert set(WRONG) == set(problems(reply))
    assert "not base64!" not in reply.text


def test_event_grid_hears_5xx_and_what_it_brought_is_archived_once_the_settings_are_right(
    own: Stack, astray: FunctionsHost
) -> None:
    """A step that is in the queue meanwhile comes back, too."""
    held = given(own, [short_wav(950)])
    brought = given(own, [short_wav(951)])
    astray.stop()
    own.host.start()
    fault = held.arm("not_ready_404", count=None)
    held.publish()
    wait_for(lambda: chunk_view(own, held.id).get("failures"), "the first try")
    own.host.stop()
    behave(fault)
    astray.start()
    brought.publish()

    def heard() -> list[int | None]:
        return [one.outcome.status for one in own.event_grid.deliveries if brought.event["id"] in one.event_ids]

    wait_for(heard, "Event Grid's first try")
    logged = own.folder / "wrong.log"
    wait_for(lambda: "archive_chunk" in logged.read_text(encoding="utf-8"), "a step that fails")
    assert {500} == set(heard())
    assert {} == told(own, "RecordingArchived", held.id)
    astray.stop()
    own.host.start()

    assert_archived(own, held.recording)
    assert_archived(own, brought.recording)
    assert_nothing_poisoned(own)
    log = logged.read_text(encoding="utf-8")
    assert [] == [key for key in WRONG if key not in log]
    assert_nothing_leaked(own, log.replace("https://NAME.communication.azure.com", ""), secrets_of(own))
