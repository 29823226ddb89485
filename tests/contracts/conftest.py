"""The real things that the adapters are held to, once for all contract suites; each test takes names of its own."""

import uuid
from collections.abc import Iterator

import pytest

from local.acs import LocalAcs
from local.acs.hosts import TOPIC_HOST
from local.azurite import Azurite
from local.eventgrid import LocalEventGrid
from tests.contracts.containers import Container, FakeContainer, RealContainer
from tests.contracts.stores import FakeStore, RealStore, Store


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """Blob and Table storage."""
    with Azurite(tmp_path_factory.mktemp("azurite")) as running:
        yield running


@pytest.fixture(scope="session")
def acs_started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAcs]:
    """Communication Services behind their tunnel, which this process is led through as the app is."""
    with LocalAcs(tmp_path_factory.mktemp("acs"), lambda _: None) as running, pytest.MonkeyPatch.context() as patch:
        for name, value in running.environment().items():
            patch.setenv(name, value)
        yield running


@pytest.fixture
def acs(acs_started: LocalAcs) -> Iterator[LocalAcs]:
    """The same, well-behaved again after each test."""
    yield acs_started
    acs_started.world.faults.clear()


@pytest.fixture(scope="session")
def event_grid(acs_started: LocalAcs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalEventGrid]:
    """The custom topic, reached through the same tunnel."""
    with LocalEventGrid(tmp_path_factory.mktemp("grid"), acs_started.certificates) as running:
        acs_started.tunnel.route(TOPIC_HOST, running.topic.port)
        yield running


@pytest.fixture
def mark() -> str:
    """A text of this test alone."""
    return uuid.uuid4().hex[:16]


@pytest.fixture
def real_container(azurite: Azurite, mark: str) -> Iterator[RealContainer]:
    """A container in Azurite."""
    container = RealContainer(azurite, f"c-{mark}")
    yield container
    container.close()


@pytest.fixture(params=["fake", "real"])
def container(request: pytest.FixtureRequest) -> Container:
    """Each in turn."""
    found: Container = FakeContainer() if request.param == "fake" else request.getfixturevalue("real_container")
    return found


@pytest.fixture
def real_store(acs: LocalAcs) -> Iterator[RealStore]:
    """The source's adapter before the local service."""
    store = RealStore(acs)
    yield store
    store.close()


@pytest.fixture(params=["fake", "real"])
def store(request: pytest.FixtureRequest) -> Store:
    """Each in turn."""
    found: Store = FakeStore() if request.param == "fake" else request.getfixturevalue("real_store")
    return found
