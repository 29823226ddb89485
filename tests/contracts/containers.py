"""What the contract of the archive needs: its adapter, and what other programs can do to the container."""

import hashlib
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from typing import Protocol

import pytest
from azure.storage.blob import BlobLeaseClient, BlobServiceClient, ContainerClient

from local.azurite import Azurite
from recording.adapters.archive import BlobArchive
from recording.adapters.blob_source import BlobSource
from recording.adapters.clients import blob_requests
from recording.adapters.links import BlobLinks
from recording.adapters.overflow_copies import BlobOverflowCopies
from recording.adapters.probe import BlobProbe
from recording.adapters.removal import BlobRemoval
from recording.adapters.shelf import BlobShelf
from recording.core import blocks
from recording.core.model import BlobName
from recording.ports import Archive, Journal, NativeContainer, Removal, Shelf
from tests.contracts.faulty_transport import FaultyTransport
from tests.fakes import FakeArchive, FakeBlobSource, FakeRemoval, FakeShelf

NAME = BlobName("2026/03/01/a=2E_b~-/0000.wav")
METADATA = {"acsrecordingid": "a=2Eb", "length": "3"}
CONTENT = b"0123456789"


def block_id(index: int, content: bytes = b"") -> str:
    """A block id as the copy engine makes them."""
    return blocks.block_id(index, hashlib.sha256(content).digest(), 7)


A, B, C = (block_id(index) for index in range(3))


def view(content: bytes) -> memoryview:
    """A view as the copy engine passes it: part of a larger buffer."""
    return memoryview(bytearray(b"##" + content + b"##"))[2:-2]


class Storage(Archive, Journal, Protocol):
    """Both ports are served by the same adapter."""


class Container(Protocol):
    """One container, unique to the test."""

    @property
    def archive(self) -> Storage:
        """The adapter under test."""

    @property
    def rival(self) -> Storage:
        """The same container, as used by another process of this app."""

    @property
    def missing(self) -> Storage:
        """An adapter over a container that does not exist."""

    @property
    def source(self) -> NativeContainer:
        """The same container, as a source."""

    @property
    def missing_source(self) -> NativeContainer:
        """A source over a container that does not exist."""

    @property
    def removal(self) -> Removal:
        """The same container, whose blobs are removed and held."""

    @property
    def shelf(self) -> Shelf:
        """The same container, whose blobs are moved and guarded."""

    def tier(self, name: BlobName) -> str:
        """The access tier of a blob."""

    def put_as_stranger(self, name: BlobName, content: bytes, blob_metadata: Mapping[str, str] | None = None) -> None:
        """Write a blob as another program, overwriting."""

    def delete(self, name: BlobName) -> None:
        """Remove a blob."""

    def content_type(self, name: BlobName) -> str:
        """The content type of a blob."""

    def move(self, name: BlobName, tier: str) -> None:
        """Move a blob to that tier, as a lifecycle rule does."""


class FakeContainer:
    """In memory."""

    def __init__(self) -> None:
        self.archive = self.rival = FakeArchive()
        self.missing = FakeArchive(exists=False)
        self.removal = FakeRemoval(self.archive)
        self.shelf = FakeShelf(self.archive)
        self.source = FakeBlobSource(self.archive)
        self.missing_source = FakeBlobSource(self.missing)

    def put_as_stranger(self, name: BlobName, content: bytes, blob_metadata: Mapping[str, str] | None = None) -> None:
        self.archive.put_as_stranger(name, content, blob_metadata)

    def delete(self, name: BlobName) -> None:
        del self.archive.blobs[name]

    def content_type(self, name: BlobName) -> str:
        return self.archive.blobs[name].content_type

    def tier(self, name: BlobName) -> str:
        return self.shelf.tiers.get(name, "Hot")

    def move(self, name: BlobName, tier: str) -> None:
        self.archive.blobs[name].tier = tier


class RealContainer:
    """In Azurite. Only `archive` uses `network`. Nothing is retried, so that errors appear at once."""

    def __init__(self, azurite: Azurite, name: str) -> None:
        self.network = FaultyTransport()
        storage = azurite.connection_string
        self._client = ContainerClient.from_connection_string(storage, name)
        self._client.create_container()
        service = BlobServiceClient.from_connection_string(storage, transport=self.network, retry_total=0)
        other = BlobServiceClient.from_connection_string(storage, retry_total=0)
        writes, others_writes = blob_requests(service, self.network, retries=0), blob_requests(other, retries=0)
        self.archive_with_retention = partial(BlobArchive, service, writes, name)
        self.archive = BlobArchive(service, writes, name)
        self.rival = BlobArchive(other, others_writes, name)
        self.missing = BlobArchive(service, writes, f"{name}-missing")
        self.source = BlobSource(service.url, writes, name)
        self.missing_source = BlobSource(service.url, writes, f"{name}-missing")
        self.probe = BlobProbe(service.url, writes, name)
        self.missing_probe = BlobProbe(service.url, writes, f"{name}-missing")
        self.removal = BlobRemoval(service, name)
        self.links = BlobLinks(service, name, lambda: datetime.now(UTC))
        self.missing_removal = BlobRemoval(service, f"{name}-missing")
        self.shelf = BlobShelf(service, name, locked=False)
        self.missing_shelf = BlobShelf(service, f"{name}-missing", locked=False)
        self.copies = BlobOverflowCopies(service.url, writes, name)
        self.missing_copies = BlobOverflowCopies(service.url, writes, f"{name}-missing")
        self._open = ExitStack()
        for client in (self._client, service, other, writes, others_writes):
            self._open.enter_context(client)

    def lease(self, name: BlobName) -> BlobLeaseClient:
        """Take a lease on a blob, without an end."""
        return self._client.get_blob_client(name).acquire_lease(-1)

    def close(self) -> None:
        """Close the connections."""
        self._open.close()

    def put_as_stranger(self, name: BlobName, content: bytes, blob_metadata: Mapping[str, str] | None = None) -> None:
        self._client.upload_blob(name, content, overwrite=True, metadata=dict(blob_metadata or {}))

    def delete(self, name: BlobName) -> None:
        self._client.delete_blob(name)

    def content_type(self, name: BlobName) -> str:
        return str(self._client.get_blob_client(name).get_blob_properties().content_settings.content_type)

    def tier(self, name: BlobName) -> str:
        return str(self._client.get_blob_client(name).get_blob_properties().blob_tier)

    def move(self, name: BlobName, tier: str) -> None:
        self._client.get_blob_client(name).set_standard_blob_tier(tier)


OPERATIONS: dict[str, Callable[[Storage], object]] = {
    "find": lambda archive: archive.find(NAME),
    "staged": lambda archive: archive.staged(NAME),
    "stage": lambda archive: archive.stage(NAME, A, view(CONTENT)),
    "commit": lambda archive: archive.commit(NAME, [A], METADATA, "audio/wav"),
    "put": lambda archive: archive.put(NAME, view(CONTENT), METADATA, "audio/wav"),
    "committed": lambda archive: archive.committed(NAME),
    "read": lambda archive: archive.read(NAME, 0, memoryview(bytearray(4))),
    "write": lambda archive: archive.write(NAME, CONTENT),
}
every_operation = pytest.mark.parametrize("operate", OPERATIONS.values(), ids=OPERATIONS)
