"""The contracts of `ProbeContainer` and `ProbeQueue`, on fakes and in Azurite."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from azure.storage.queue import QueueClient

from local.azurite import Azurite
from recording.adapters.probe import BlobProbe, StorageQueueProbe
from recording.core.errors import ArchiveBusy, ArchiveRefused
from recording.core.model import BlobName
from recording.ports import ProbeContainer, ProbeQueue
from tests.contracts.containers import CONTENT, NAME, Container, FakeContainer, RealContainer, view
from tests.contracts.faulty_transport import FaultyTransport
from tests.fakes import FakeProbe, FakeProbeQueue

OTHER = BlobName("other")


def probe_of(container: Container, *, missing: bool = False) -> ProbeContainer:
    """The adapter over a container, or over one that does not exist."""
    if isinstance(container, RealContainer):
        return container.missing_probe if missing else container.probe
    assert isinstance(container, FakeContainer)
    return FakeProbe(container.missing if missing else container.archive)


def test_a_probe_is_removed_alone(container: Container) -> None:
    for name in (NAME, OTHER):
        container.archive.put(name, view(CONTENT), {}, "text/plain")
    probe_of(container).remove(NAME)

    assert container.archive.find(NAME) is None
    assert container.archive.find(OTHER) is not None


def test_what_is_not_there_is_removed_already(container: Container) -> None:
    probe_of(container).remove(NAME)


def test_the_tier_is_that_of_the_account(container: Container) -> None:
    container.archive.put(NAME, view(CONTENT), {}, "text/plain")

    assert "Hot" == probe_of(container).tier(NAME)


def test_what_is_not_there_has_no_tier(container: Container) -> None:
    with pytest.raises(ArchiveRefused):
        probe_of(container).tier(NAME)


def test_a_missing_container_is_told(container: Container) -> None:
    for operate in (probe_of(container, missing=True).tier, probe_of(container, missing=True).remove):
        with pytest.raises(ArchiveRefused) as caught:
            operate(NAME)
        assert "404 ContainerNotFound" in caught.value.cause


@pytest.fixture(params=["fake", "real"])
def queues(request: pytest.FixtureRequest, mark: str) -> Iterator[tuple[ProbeQueue, ProbeQueue]]:
    """A queue, and one that does not exist."""
    if request.param == "fake":
        yield FakeProbeQueue(), FakeProbeQueue(exists=False)
        return
    azurite: Azurite = request.getfixturevalue("azurite")
    storage = azurite.connection_string
    with (
        QueueClient.from_connection_string(storage, f"q{mark}", retry_total=0) as there,
        QueueClient.from_connection_string(storage, f"q{mark}-missing", retry_total=0) as missing,
    ):
        there.create_queue()
        there.send_message("kept")
        yield StorageQueueProbe(there), StorageQueueProbe(missing)
        kept = there.receive_message()
        assert kept is not None
        assert "kept" == kept.content


def test_a_queue_is_looked_into_and_left_as_it_is(queues: tuple[ProbeQueue, ProbeQueue]) -> None:
    """The next to receive gets the message at once."""
    there, missing = queues
    there.peek()
    with pytest.raises(ArchiveRefused) as caught:
        missing.peek()

    assert "queue exists" in caught.value.hint


def test_a_queue_that_cannot_answer_is_busy(azurite: Azurite, mark: str) -> None:
    network = FaultyTransport()
    storage = azurite.connection_string
    with closing(QueueClient.from_connection_string(storage, mark, transport=network, retry_total=0)) as client:
        network.answer(503, "ServerBusy")
        with pytest.raises(ArchiveBusy):
            StorageQueueProbe(client).peek()


def test_a_probe_that_may_not_be_removed_is_told(real_container: RealContainer) -> None:
    assert isinstance(real_container.probe, BlobProbe)
    real_container.network.answer(403, "AuthorizationPermissionMismatch")
    with pytest.raises(ArchiveRefused):
        real_container.probe.remove(NAME)
