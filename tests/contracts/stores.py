"""What the contracts of the sources need: their adapters, the content of their storage, and the service's faults."""

from contextlib import AbstractContextManager
from itertools import count
from typing import Any, NamedTuple, Protocol

from local.acs import LocalAcs
from local.net.hosts import EVIL_HOST
from recording.adapters.clients import access_key, source_requests
from recording.adapters.source import AcsSource
from recording.core.locations import of_blob
from recording.core.model import BlobName, Location
from recording.ports import ReadableSource, Source, Transfer
from tests.contracts.containers import Container
from tests.fakes import FakeSource

HANG_SECONDS = 0.3
"""How long the service hangs before it resets the connection."""


class Stored(NamedTuple):
    """One chunk: its content location and its delete location."""

    content: Location
    delete: Location


class Readable(Protocol):
    """A storage that can be read."""

    @property
    def source(self) -> ReadableSource:
        """The adapter under test."""

    def add(self, content: bytes) -> Location:
        """Store a content."""


class Store(Protocol):
    """One service."""

    @property
    def source(self) -> Source:
        """The adapter under test."""

    def add(self, content: bytes) -> Stored:
        """Store a chunk."""

    def holds(self, stored: Stored) -> bool:
        """Whether the chunk is still there."""

    def arm(self, name: str, **trigger: Any) -> None:  # noqa: ANN401 - as the local service has it
        """Arm a fault by its name, for the next request."""

    def asked(self) -> int:
        """How many requests have reached it."""

    def strayed(self) -> list[str]:
        """Hosts outside the allow-list that a client tried to reach."""


class FakeStore:
    """In memory."""

    def __init__(self) -> None:
        self.source = FakeSource()

    def add(self, content: bytes) -> Stored:
        location = self.source.add(content)
        return Stored(location, Location(location.partition("/content/")[0]))

    def holds(self, stored: Stored) -> bool:
        return stored.content in self.source.contents

    def arm(self, name: str, **trigger: Any) -> None:  # noqa: ANN401 - the same
        if name == "redirects":
            self.source.redirecting = True
            return
        known = {"count": "times", "after": "after", "at": "at", "amount": "amount", "retry_after": "retry_after"}
        self.source.arm(name, **{known[key]: value for key, value in trigger.items() if key in known})

    def asked(self) -> int:
        return len(self.source.opened) + len(self.source.deletions)

    def strayed(self) -> list[str]:
        return []


class RealStore:
    """The local service over TLS, through its tunnel, with the app's clients."""

    def __init__(self, acs: LocalAcs, key: str | None = None) -> None:
        self.acs = acs
        self._requests = source_requests(acs.endpoint, access_key(key or acs.world.access_key))
        self.source = AcsSource(self._requests)
        self._asked_before = len(acs.world.requests)
        self._strayed_before = len(acs.world.refused_hosts)

    def close(self) -> None:
        """Close the connections."""
        self._requests.__exit__()

    def add(self, content: bytes) -> Stored:
        event = self.acs.world.add_recording([content])
        chunk = event["data"]["recordingStorageInfo"]["recordingChunks"][0]
        return Stored(Location(chunk["contentLocation"]), Location(chunk["deleteLocation"]))

    def holds(self, stored: Stored) -> bool:
        return any(one.content_location == stored.content and one.exists for one in self.acs.world.objects.values())

    def arm(self, name: str, **trigger: Any) -> None:  # noqa: ANN401 - the same
        self.acs.world.arm(name, **trigger)

    def asked(self) -> int:
        return len(self.acs.world.requests) - self._asked_before

    def strayed(self) -> list[str]:
        strangers = [one.host for one in self.acs.world.requests[self._asked_before :] if EVIL_HOST in one.host]
        return strangers + self.acs.world.refused_hosts[self._strayed_before :]

    def statuses(self) -> list[tuple[str, int]]:
        """Host and status of every request that reached the service, once all are over."""
        assert self.acs.world.wait_for(lambda world: all(one.done for one in world.requests))
        return [(one.host, one.status) for one in self.acs.world.requests[self._asked_before :]]


class OfService:
    """The service's storage, read alone."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.source: ReadableSource = store.source

    def add(self, content: bytes) -> Location:
        return self._store.add(content).content


class OfContainer:
    """A container of our own, as a source."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._numbers = count(1)
        self.source = container.source

    def add(self, content: bytes) -> Location:
        name = BlobName(f"2026/03/01/a=2E_b~-/{next(self._numbers):04d}.wav")
        self._container.put_as_stranger(name, content)
        standing = self._container.archive.find(name)
        assert standing is not None
        return of_blob(name, standing.etag)


def read_into(found: bytearray, transfer: Transfer, room: int = 70_000) -> None:
    """Read the body to its end, in pieces; after a break `found` has the bytes before it."""
    piece = memoryview(bytearray(room))
    while read := transfer.readinto(piece):
        found += piece[:read]


def read_all(transfer: Transfer) -> bytes:
    """The body to its end."""
    found = bytearray()
    read_into(found, transfer)
    return bytes(found)


def fetched(opened: AbstractContextManager[Transfer]) -> bytes:
    """The whole body of a request's reply."""
    with opened as transfer:
        return read_all(transfer)
