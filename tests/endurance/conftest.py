"""One storage, one source and one topic for all tests, behind a fault proxy; each test has chunks of its own."""

from collections.abc import Iterator

import pytest

from local.azurite import Azurite
from local.faultproxy import FaultProxy
from tests.endurance.scene import Scene


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """The storage, without faults."""
    with Azurite(tmp_path_factory.mktemp("azurite")) as running:
        yield running


@pytest.fixture(scope="session")
def proxy(azurite: Azurite) -> Iterator[FaultProxy]:
    """The fault proxy before the storage."""
    with FaultProxy(azurite.connection_string) as running:
        yield running


@pytest.fixture(scope="session")
def scene(azurite: Azurite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """What every test needs, shared; each test has chunks of its own."""
    with Scene(tmp_path_factory.mktemp("scene"), azurite.connection_string) as running:
        yield running


@pytest.fixture(autouse=True)
def behaves_again(request: pytest.FixtureRequest) -> Iterator[None]:
    """End all faults after each test."""
    yield
    if "scene" in request.fixturenames:
        scene: Scene = request.getfixturevalue("scene")
        scene.proxy.clear()
        scene.acs.world.faults.clear()
        scene.on_delete.clear()
