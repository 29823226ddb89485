"""Blobs in the archive and metadata files are read and compared before they count as evidence."""

from datetime import datetime, timedelta

import pytest

from recording.copying.destination import BLOCK_SIZE_KEY, DIGEST_KEY, LENGTH_KEY
from recording.core.blocks import Hasher
from recording.core.model import BlobName, ChunkState, FileEvent
from tests.use_cases.world import BLOCK, RECORDING, START, World, assert_nothing_lost, metadata_of, sound

NAME = BlobName("recording-1/0000-document-0.wav")
METADATA = BlobName(f"{NAME}.metadata.json")
IDENTITY = {"acsrecordingid": "recording-1", "acsdocumentid": "document-0", "acschunkindex": "0"}


def blob_metadata(content: bytes) -> dict[str, str]:
    """The blob metadata of a blob of this app with this content."""
    hasher = Hasher(BLOCK)
    hasher.update(memoryview(content))
    return {
        **IDENTITY,
        LENGTH_KEY: str(len(content)),
        DIGEST_KEY: hasher.digest().sha256,
        BLOCK_SIZE_KEY: str(BLOCK),
    }


@pytest.mark.parametrize(
    "standing", [b"{}", metadata_of("document-0")[:40], b"foreign"], ids=["empty", "cut", "foreign"]
)
def test_another_metadata_file_that_stands_already_does_not_take_the_place_of_ours(standing: bytes) -> None:
    """Both are kept; the proof is for ours."""
    world = World()
    world.archive.put_as_stranger(METADATA, standing)
    with assert_nothing_lost(world):
        world.announce(world.add())
        world.run()

    assert ChunkState.RELEASED == world.state()
    proof = world.chunk().proof
    assert proof is not None
    assert proof.metadata is not None
    assert metadata_of("document-0") == world.archive.blobs[proof.metadata.name].content
    assert standing == world.archive.blobs[METADATA].content


def test_the_same_metadata_file_that_stands_already_is_ours() -> None:
    world = World()
    world.archive.put_as_stranger(METADATA, metadata_of("document-0"))
    world.announce(world.add())
    world.run()

    assert (ChunkState.RELEASED, {NAME, METADATA}) == (world.state(), {BlobName(name) for name in world.blobs()})


@pytest.mark.parametrize(
    "odd", [b"{}", b"[1, 2]", b"<metadata/>", b'{"nothing": "known"}'], ids=["{}", "list", "xml", "unknown"]
)
def test_a_metadata_file_that_says_nothing_is_kept_and_a_better_one_waited_for(odd: bytes) -> None:
    world = World()
    chunk = world.add(metadata=odd)
    world.announce(chunk)
    world.run(until=timedelta(hours=1))
    assert (ChunkState.ARCHIVED, []) == (world.state(), world.source.deletions)
    assert odd == world.archive.blobs[METADATA].content

    assert chunk.metadata_location is not None
    world.source.contents[chunk.metadata_location] = metadata_of("document-0")
    world.run()
    proof = world.chunk().proof
    assert (ChunkState.RELEASED, f"{NAME}.metadata-2.json") == (
        world.state(),
        proof and proof.metadata and proof.metadata.name,
    )


def test_the_metadata_of_another_document_is_a_doubt() -> None:
    world = World()
    world.announce(world.add(metadata=metadata_of("another")))
    world.run(until=timedelta(hours=1))

    assert (ChunkState.QUARANTINED, [], {}) == (world.state(), world.source.deletions, world.blobs())


def test_metadata_of_another_index_is_noted() -> None:
    world = World()
    world.announce(world.add(metadata=metadata_of("document-0", 3)))
    world.run()

    assert ChunkState.RELEASED == world.state()
    assert any("index" in note.lower() for note in world.chunk().notes)


@pytest.mark.parametrize(
    "lie",
    [bytes(len(sound())), b"\0", sound()[:BLOCK] + bytes(len(sound()) - BLOCK)],
    ids=["zeros", "one byte", "a true first block"],
)
def test_a_blob_that_claims_to_be_the_chunk_is_read_back(lie: bytes) -> None:
    """Its metadata and block ids state the true digest, its bytes differ: our copy is quarantined, the source kept."""
    world = World()
    content = world.add()
    world.archive.put_as_stranger(NAME, lie, blob_metadata(sound()))
    with assert_nothing_lost(world):
        world.announce(content)
        world.run(until=timedelta(hours=2))

    assert (ChunkState.QUARANTINED, []) == (world.state(), world.source.deletions)
    assert sound() in [blob.content for blob in world.quarantine.blobs.values()]
    assert lie == world.archive.blobs[NAME].content


def test_a_blob_of_equal_bytes_by_somebody_else_is_the_chunk() -> None:
    world = World()
    world.archive.put_as_stranger(NAME, sound())
    world.announce(world.add())
    world.run()

    assert ChunkState.RELEASED == world.state()


def test_a_copy_of_an_earlier_try_is_not_copied_again() -> None:
    world = World()
    world.archive.put_as_stranger(NAME, sound(), blob_metadata(sound()))
    world.announce(world.add())
    world.run()

    assert ChunkState.RELEASED == world.state()
    assert world.source.served < 2 * len(sound())


@pytest.mark.parametrize("at", [START, START - timedelta(days=20_000)], ids=["now", "an event of 1971"])
def test_a_copys_own_word_counts_only_once_its_source_must_have_ended(at: datetime) -> None:
    """It does not authorize a delete."""
    world = World()
    chunk = world.add()
    world.remove(chunk)
    world.archive.put_as_stranger(NAME, sound(), blob_metadata(sound()))
    world.announce(chunk, event=FileEvent("event-1", RECORDING, (chunk,), at=at))
    world.run(until=timedelta(hours=20))
    assert ChunkState.ANNOUNCED == world.state()

    world.run()
    proof = world.chunk().proof
    assert (ChunkState.KEPT, True, []) == (world.state(), proof and proof.by_its_own_word, world.source.deletions)
    assert world.clock.now() - START < timedelta(hours=26)


def test_a_metadata_blob_that_is_changed_before_the_release_keeps_the_source() -> None:
    world = World()
    chunk = world.add()
    world.source.arm("delete_503")
    world.announce(chunk)
    world.one()
    world.archive.put_as_stranger(METADATA, b"{}")
    with assert_nothing_lost(world):
        world.run()

    assert "RecordingDamaged" in world.told()
    assert ChunkState.RELEASED == world.state()
    assert metadata_of("document-0") in world.blobs().values()
