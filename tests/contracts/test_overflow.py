"""Overflow of the whole app, with real storage and the local service: into a second account, and home again."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from azure.storage.blob import BlobServiceClient

from local.acs import LocalAcs
from local.azurite import Azurite
from local.faultproxy import FaultProxy
from local.stack import CONTAINERS
from recording.bootstrap import App, compose
from recording.core.formats.messages import ChunkMessage
from recording.core.model import Chunk, ChunkState
from tests.contracts.apps import settings_of
from tests.use_cases.world import sound

pytestmark = pytest.mark.usefixtures("closed_connections")
OVERFLOW = "recordings-overflow"
EARLY, LATE = timedelta(hours=22), timedelta(hours=26)
MEDIA = sound(60.0)


@dataclass
class Shifted:
    """The time of day, some hours on."""

    by: timedelta = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.by


@dataclass
class Given:
    """A chunk whose archive cannot be written, and the app."""

    app: App
    proxy: FaultProxy
    clock: Shifted
    message: ChunkMessage
    blobs: BlobServiceClient
    faults: list[Callable[[], None]] = field(default_factory=list)

    def run(self, by: timedelta) -> Chunk:
        """One run, so many hours on; the chunk after it."""
        self.clock.by = by
        self.app.archiving.archive_chunk(self.message.recording_id, self.message.document_id)
        entry = self.app.archiving.updates.load(self.message.recording_id)
        assert entry is not None
        return entry.chunks[0]

    def close(self) -> None:
        """Refuse every write of a blob."""
        for operation in ("stage", "commit", "put"):
            fault = self.proxy.arm("authorization_failure_403", operation, count=None)
            self.faults.append(fault.stop)

    def open(self) -> None:
        """End that."""
        for stop in self.faults:
            stop()

    def left(self) -> list[str]:
        """The blobs of the chunk in the overflow."""
        named = self.blobs.get_container_client(OVERFLOW).list_blob_names()
        return [name for name in named if self.message.document_id in name]

    def content(self, container: str, name: str) -> bytes:
        """The content of a blob."""
        return bytes(self.blobs.get_blob_client(container, name).download_blob().readall())


@pytest.fixture
def given(acs: LocalAcs, provisioned: Azurite, proxy: FaultProxy) -> Given:
    """A recording of one chunk, announced."""
    second = provisioned.connection_string
    blobs = BlobServiceClient.from_connection_string(second)
    if not blobs.get_container_client(OVERFLOW).exists():
        blobs.create_container(OVERFLOW)
    clock = Shifted()
    settings = settings_of(
        acs, proxy.connection_string, OVERFLOW_STORAGE=second, COPY_BLOCK_MIB="1", RETRY_FIRST_SECONDS="1"
    )
    app = compose(settings, now=clock.now)
    event = acs.world.add_recording([MEDIA])
    (message,) = app.receiving.receive_event(json.dumps(event).encode()).messages
    found = Given(app, proxy, clock, message, blobs)
    found.close()
    return found


def test_it_is_copied_there_and_from_the_source_into_the_archive_when_that_can_be_written(given: Given) -> None:
    overflowed = given.run(EARLY)
    assert (ChunkState.ANNOUNCED, True) == (overflowed.state, overflowed.overflow is not None)
    assert overflowed.overflow is not None
    assert MEDIA == given.content(OVERFLOW, overflowed.overflow.name)
    given.open()
    archived = given.run(EARLY + timedelta(hours=1))

    assert (ChunkState.RELEASED, []) == (archived.state, given.left())
    assert MEDIA == given.content(CONTAINERS[0], archived.name)


def test_it_is_brought_home_when_its_source_has_ended(acs: LocalAcs, given: Given) -> None:
    given.run(EARLY)
    acs.world.expire(given.message.document_id)
    given.open()
    home = given.run(LATE)

    assert (ChunkState.KEPT, []) == (home.state, given.left())
    assert home.proof is not None
    assert home.proof.metadata is not None
    assert MEDIA == given.content(CONTAINERS[0], home.name)


def test_one_account_out_of_reach_for_longer_does_no_harm(acs: LocalAcs, given: Given) -> None:
    given.run(EARLY)
    acs.world.expire(given.message.document_id)
    assert ChunkState.ANNOUNCED is given.run(LATE).state
    given.open()

    assert ChunkState.KEPT is given.run(LATE + timedelta(days=2)).state
