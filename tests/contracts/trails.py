"""What the contract of the audit trails needs: their adapter, and what others do to the blobs."""

from contextlib import ExitStack
from typing import Protocol

from azure.storage.blob import BlobServiceClient, ContainerClient

from local.azurite import Azurite
from recording.adapters.archive import BlobArchive
from recording.adapters.clients import blob_requests
from recording.adapters.inventory import BlobInventory
from recording.adapters.trail import BlobTrail
from recording.core.model import BlobName
from recording.ports import Trail
from tests.contracts.faulty_transport import FaultyTransport
from tests.fakes import FakeArchive, FakeTrail


class Trails(Protocol):
    """One container, unique to the test."""

    @property
    def trail(self) -> Trail:
        """The adapter under test."""

    @property
    def missing(self) -> Trail:
        """An adapter over a container that does not exist."""

    def put(self, name: BlobName, content: bytes) -> None:
        """Write or overwrite a blob, as another program does."""

    def content(self, name: BlobName) -> bytes:
        """What stands under that name."""


class FakeTrails:
    """In memory."""

    def __init__(self) -> None:
        self.archive = FakeArchive()
        self.trail = FakeTrail(self.archive)
        self.missing = FakeTrail(FakeArchive(exists=False))

    def put(self, name: BlobName, content: bytes) -> None:
        self.archive.put_as_stranger(name, content)

    def content(self, name: BlobName) -> bytes:
        return self.archive.blobs[name].content


class RealTrails:
    """In Azurite. Nothing is retried, so that errors appear at once."""

    def __init__(self, azurite: Azurite, name: str) -> None:
        self.network = FaultyTransport()
        storage = azurite.connection_string
        self._client = ContainerClient.from_connection_string(storage, name)
        self._client.create_container()
        service = BlobServiceClient.from_connection_string(storage, transport=self.network, retry_total=0)
        requests = blob_requests(service, self.network, retries=0)
        here, nowhere = (BlobArchive(service, requests, container) for container in (name, f"{name}-missing"))
        self.archive = here
        self.trail = BlobTrail(here, BlobInventory(service, here))
        self.missing = BlobTrail(nowhere, BlobInventory(service, nowhere))
        self._open = ExitStack()
        for client in (self._client, service, requests):
            self._open.enter_context(client)

    def close(self) -> None:
        """Close the connections."""
        self._open.close()

    def put(self, name: BlobName, content: bytes) -> None:
        self._client.upload_blob(name, content, overwrite=True)

    def content(self, name: BlobName) -> bytes:
        found: bytes = self._client.download_blob(name).readall()
        return found
