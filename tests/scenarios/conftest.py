"""One stack for all scenarios; each has its own recordings and arms faults only for those."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from local.acs.world import DEFAULT_PARTICIPANTS
from local.host.telemetry import METRICS, SPANS
from local.stack import Stack
from tests.described import deviations
from tests.scenarios.worlds import WAYS, assert_nothing_leaked, assert_nothing_poisoned

SETTINGS = {
    "COPY_BLOCK_MIB": "1",
    "COPY_MEMORY_MIB": "32",
    "COPY_CONNECTIONS": "4",
    # One machine with two processors runs several instances.
    "AzureFunctionsJobHost__extensions__queues__batchSize": "16",
    "AzureFunctionsJobHost__extensions__queues__newBatchThreshold": "8",
    "PYTHON_THREADPOOL_THREAD_COUNT": "24",
}


class Described(Stack):
    """Whose API answers every request as docs/openapi.json says."""

    def call(self, method: str, path: str, **options: Any) -> requests.Response:  # noqa: ANN401 - as Stack's
        reply = super().call(method, path, **options)
        assert [] == deviations(method, path, reply.status_code, reply.headers, reply.content)
        return reply


@pytest.fixture(scope="session")
def media_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where media made by ffmpeg is kept for all stacks of a test run."""
    return tmp_path_factory.mktemp("media")


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, media_folder: Path) -> Iterator[Stack]:
    """The whole stack on one machine, with the real app in the Functions host."""
    with Described(tmp_path_factory.mktemp("stack"), settings=SETTINGS, media_folder=media_folder) as running:
        yield running


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, stack: Stack) -> Iterator[str]:
    """Both ways in which the service serves what it has recorded, to all recordings while the test runs."""
    redirects = [stack.acs.world.arm("redirects")] if request.param == "redirected" else []
    yield request.param
    for rule in redirects:
        rule.stop()


@pytest.fixture(autouse=True)
def nothing_leaks(stack: Stack) -> Iterator[None]:
    """After every scenario: no secret in log, spans or metrics, no request to a foreign host, no message given up."""
    files = [stack.folder / name for name in ("host.log", SPANS, METRICS)]
    before = {path: path.stat().st_size if path.exists() else 0 for path in files}
    yield
    for path in filter(Path.exists, files):
        with path.open("rb") as opened:
            opened.seek(before[path])
            written = opened.read().decode(errors="replace")
        assert_nothing_leaked(stack, written, secrets_of(stack))
    assert_nothing_poisoned(stack)


@pytest.fixture(scope="module", autouse=True)
def nothing_is_left_to_do(stack: Stack) -> Iterator[None]:
    """Clear the queue after a test file: retries of chunks that it leaves in quarantine would slow the next file."""
    yield
    stack.clear_messages()


def secrets_of(stack: Stack) -> dict[str, str]:
    """Texts that must not appear in a log, by the name under which they are reported."""
    account_key = re.search(r"AccountKey=([^;]+)", stack.azurite.connection_string)
    return {
        "access key": stack.acs.world.access_key,
        "topic key": stack.event_grid.topic_key,
        "function key": stack.host.function_key,
        "system key": stack.host.system_key,
        "storage key": account_key[1] if account_key else "AccountKey=",
        "signed url": "sig=",
        "token": "eyJhbGci",
        "storage signature": "SharedKey ",
        "service signature": "HMAC-SHA256",
        **{f"participant {number}": who for number, who in enumerate(DEFAULT_PARTICIPANTS)},
    }
