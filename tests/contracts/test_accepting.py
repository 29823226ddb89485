"""Accept in the whole app, with real storage and the local service: from quarantine into the archive."""

import json
from datetime import UTC, datetime

import pytest
from azure.storage.blob import BlobServiceClient

from local.acs import LocalAcs
from local.azurite import Azurite
from local.stack import CONTAINERS
from recording.bootstrap import App, compose
from recording.core.formats.messages import ChunkMessage
from recording.core.lifecycle import Decided
from recording.core.model import Actor, Chunk, ChunkState, Ruling
from tests.contracts.apps import settings_of

pytestmark = pytest.mark.usefixtures("closed_connections")
ARCHIVE, QUARANTINE, *_ = CONTAINERS
DOUBTED = b"what no player plays " * 200_000
"""Of several blocks."""


@pytest.fixture
def app(acs: LocalAcs, provisioned: Azurite) -> App:
    """The app over them."""
    return compose(settings_of(acs, provisioned.connection_string, COPY_BLOCK_MIB="1"))


@pytest.fixture
def doubted(acs: LocalAcs, app: App) -> ChunkMessage:
    """A chunk of which a copy is in quarantine."""
    event = acs.world.add_recording([DOUBTED])
    (message,) = app.receiving.receive_event(json.dumps(event).encode()).messages
    assert ChunkState.QUARANTINED is run(app, message).state
    return message


def run(app: App, message: ChunkMessage) -> Chunk:
    """One run; the chunk after it."""
    app.archiving.archive_chunk(message.recording_id, message.document_id)
    entry = app.archiving.updates.load(message.recording_id)
    assert entry is not None
    return entry.chunks[0]


def accept(app: App, message: ChunkMessage) -> Chunk:
    """A person accepts the copy; the chunk after the next run."""
    decided = Decided(message.document_id, Ruling.ACCEPT, "it plays")
    app.archiving.updates.apply(message.recording_id, decided, by=Actor("a person"))
    return run(app, message)


def test_what_a_person_accepts_is_archived_proven_and_released(
    provisioned: Azurite, app: App, doubted: ChunkMessage
) -> None:
    chunk = accept(app, doubted)

    assert ChunkState.RELEASED is chunk.state
    assert chunk.proof is not None
    assert chunk.proof.metadata is not None
    assert chunk.proof.verified_at <= datetime.now(UTC)
    with BlobServiceClient.from_connection_string(provisioned.connection_string) as blobs:
        found = blobs.get_blob_client(ARCHIVE, chunk.name).download_blob().readall()
    assert DOUBTED == found


def test_a_copy_that_somebody_has_replaced_is_not_archived(
    provisioned: Azurite, app: App, doubted: ChunkMessage
) -> None:
    entry = app.archiving.updates.load(doubted.recording_id)
    assert entry is not None
    copy = entry.chunks[0].apart
    assert copy is not None
    with BlobServiceClient.from_connection_string(provisioned.connection_string) as blobs:
        blobs.get_blob_client(QUARANTINE, copy.name).upload_blob(DOUBTED, overwrite=True)
        chunk = accept(app, doubted)

        assert (ChunkState.QUARANTINED, True) == (chunk.state, chunk.is_undecided)
        assert not blobs.get_blob_client(ARCHIVE, chunk.name).exists()
