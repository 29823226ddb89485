"""The local stack for tests: one Azurite, and one shared host of the fixture app."""

import os
import signal
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from azure.storage.queue import QueueClient

from local.azurite import Azurite
from local.host import FunctionsHost
from tests.local.hosts import EVERY_TRIGGER, NEVER, Seen

type StartHost = Callable[..., FunctionsHost]
type MakeQueue = Callable[[str], QueueClient]


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """One Azurite for all tests of a run; each test uses names of its own."""
    with Azurite(tmp_path_factory.mktemp("azurite")) as azurite:
        yield azurite


@pytest.fixture
def interruptible() -> Iterator[None]:
    """What is started here gets SIGINT, also if these tests run in the background, where SIGINT is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def seen(tmp_path: Path) -> Seen:
    """The folder in which the functions of this test's own host record their calls."""
    (tmp_path / "seen").mkdir()
    return Seen(tmp_path / "seen")


@pytest.fixture
def names() -> Mapping[str, str]:
    """Queue names of this test alone, by the setting from which the fixture app reads them."""
    mark = uuid.uuid4().hex[:12]
    return {"WORK_QUEUE": f"work-{mark}", "OUTBOX": f"outbox-{mark}"}


@pytest.fixture
def start_host(azurite: Azurite, seen: Seen, names: Mapping[str, str], tmp_path: Path) -> Iterator[StartHost]:
    """Starts hosts for this test; those that still run at the end are stopped."""
    started: list[FunctionsHost] = []

    def start(app: Path = EVERY_TRIGGER, **environment: str) -> FunctionsHost:
        given = {
            "SEEN": str(seen.folder),
            "TICKS": NEVER,
            "AzureWebJobsStorage": azurite.connection_string,
            "LOCAL_HOST_DRAIN_SECONDS": "5",
            **names,
            **environment,
        }
        host = FunctionsHost(app, given, log=tmp_path / "host.log")
        started.append(host)
        host.start()
        return host

    yield start
    for host in started:
        host.kill()


@pytest.fixture
def make_queue(azurite: Azurite, names: Mapping[str, str]) -> Iterator[MakeQueue]:
    """Clients of the test's queues, by the setting that names them: `WORK_QUEUE`, `WORK_QUEUE-poison`."""
    made: list[QueueClient] = []

    def make(setting: str) -> QueueClient:
        name, _, suffix = setting.partition("-")
        full = names[name] + (f"-{suffix}" if suffix else "")
        client = QueueClient.from_connection_string(azurite.connection_string, full)
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


@pytest.fixture(scope="session")
def shared_seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """The folder in which the functions of the shared host record their calls."""
    return Seen(tmp_path_factory.mktemp("shared-seen"))


@pytest.fixture(scope="session")
def shared_host(
    azurite: Azurite, shared_seen: Seen, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FunctionsHost]:
    """One host of the fixture app, for tests that do not affect others."""
    mark = f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
    environment = {
        "SEEN": str(shared_seen.folder),
        "TICKS": NEVER,
        "AzureWebJobsStorage": azurite.connection_string,
        "WORK_QUEUE": f"work-{mark}",
        "OUTBOX": f"outbox-{mark}",
        "LOCAL_HOST_ANSWER_SECONDS": "1",
    }
    with FunctionsHost(EVERY_TRIGGER, environment, log=tmp_path_factory.mktemp("host") / "log") as host:
        yield host
