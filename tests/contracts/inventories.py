"""What the contract of the inventory needs: its adapter, and what others write into the container."""

from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Protocol

from azure.storage.blob import BlobServiceClient, ContainerClient

from local.azurite import Azurite
from recording.adapters.archive import BlobArchive
from recording.adapters.clients import blob_requests
from recording.adapters.inventory import BlobInventory
from recording.core.model import BlobName
from recording.ports import Inventory
from tests.contracts.faulty_transport import FaultyTransport
from tests.fakes import FakeArchive, FakeInventory


class Listed(Protocol):
    """One container, unique to the test."""

    @property
    def inventory(self) -> Inventory:
        """The adapter under test."""

    @property
    def missing(self) -> Inventory:
        """An adapter over a container that does not exist."""

    def put(self, name: str, content: bytes = b"x") -> None:
        """Write a blob, as another program does."""


class FakeListed:
    """In memory."""

    def __init__(self) -> None:
        self._archive = FakeArchive(now=lambda: datetime.now(UTC))
        self.inventory = FakeInventory(self._archive)
        self.missing = FakeInventory(FakeArchive(exists=False))

    def put(self, name: str, content: bytes = b"x") -> None:
        self._archive.put_as_stranger(BlobName(name), content)


class RealListed:
    """In Azurite. Nothing is retried, so that errors appear at once."""

    def __init__(self, azurite: Azurite, name: str) -> None:
        self.network = FaultyTransport()
        storage = azurite.connection_string
        self._client = ContainerClient.from_connection_string(storage, name)
        self._client.create_container()
        service = BlobServiceClient.from_connection_string(storage, transport=self.network, retry_total=0)
        requests = blob_requests(service, self.network, retries=0)
        self.inventory = BlobInventory(service, BlobArchive(service, requests, name))
        self.missing = BlobInventory(service, BlobArchive(service, requests, f"{name}-missing"))
        self._open = ExitStack()
        for client in (self._client, service, requests):
            self._open.enter_context(client)

    def close(self) -> None:
        """Close the connections."""
        self._open.close()

    def put(self, name: str, content: bytes = b"x") -> None:
        self._client.upload_blob(name, content)
