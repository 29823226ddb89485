"""A seal reads the archive once more: what is not as it was proven is told, and mended while its source lives."""

from collections.abc import Callable

import pytest

from recording.core.formats.messages import ChunkMessage
from recording.core.model import AnnouncedChunk, Authority, BlobName, ChunkState
from tests.use_cases.seals import LOUD, QUIET, TALK, archived, file, name_of, people, recorded, seal, sidecar
from tests.use_cases.world import RECORDING, World

# Damage


def flip(world: World, name: BlobName, at: int = 15_000) -> None:
    """A bit is another one in storage: length and ETag stay."""
    content = bytearray(world.archive.blobs[name].content)
    content[min(at, len(content) - 1)] ^= 1
    world.archive.blobs[name].content = bytes(content)


def remove(world: World, name: BlobName) -> None:
    del world.archive.blobs[name]


def truncate(world: World, name: BlobName) -> None:
    world.archive.blobs[name].content = world.archive.blobs[name].content[:-1]


def flip_metadata(world: World, name: BlobName) -> None:
    flip(world, BlobName(f"{name}.metadata.json"))


def remove_metadata(world: World, name: BlobName) -> None:
    remove(world, BlobName(f"{name}.metadata.json"))


HARM: dict[str, tuple[Callable[[World, BlobName], None], str]] = {
    "a flipped bit": (flip, "holds other bytes"),
    "gone": (remove, "is gone"),
    "shorter": (truncate, f"has {len(TALK) - 1} bytes"),
    "a flipped bit of the metadata": (flip_metadata, "metadata.json holds other bytes"),
    "the metadata is gone": (remove_metadata, "metadata.json is gone"),
}


@pytest.mark.parametrize(("harm", "finding"), HARM.values(), ids=HARM.keys())
def test_damage_is_told_and_the_proof_stays(harm: Callable[[World, BlobName], None], finding: str) -> None:
    """The source is deleted: the proof is the evidence of what was there."""
    world = archived(TALK)
    harm(world, name_of())
    assert 2 == seal(world)

    assert (ChunkState.RELEASED, 1) == (world.state(), world.told().count("RecordingDamaged"))
    found = sidecar(world)["chunks"][0]
    assert False is found["agrees"]
    assert finding in found["finding"]
    assert finding in str(world.topic.received[-1].body["reason"])


def test_damage_that_is_not_there_at_a_second_look_is_none() -> None:
    """A byte may be damaged on its way here."""
    world = archived(TALK)
    flip(world, name_of())
    world.app.records.sealing.seal(RECORDING)
    flip(world, name_of())
    seal(world)

    assert "RecordingDamaged" not in world.told()
    assert sidecar(world)["chunks"][0]["agrees"] is True


def kept(content: bytes = TALK) -> tuple[World, AnnouncedChunk]:
    """A recording whose source is left alone."""
    world = World(authority=Authority.NEVER)
    one = world.add(content=content, metadata=people(None))
    world.announce(one)
    world.run()
    assert ChunkState.KEPT is world.state()
    file(world)
    return world, one


def test_what_is_gone_is_copied_anew_while_its_source_lives() -> None:
    """And sealed with the manifest that follows."""
    world, _ = kept()
    remove(world, name_of())
    seal(world)
    assert [ChunkMessage(RECORDING, world.chunk().document_id)] == [one for _, one in world.queue.messages]
    world.run()
    file(world)
    seal(world)

    assert (ChunkState.KEPT, 2) == (world.state(), world.entry().recording.revision)
    assert sidecar(world)["chunks"][0]["agrees"] is True
    assert ["RecordingArchived", "RecordingDamaged", "RecordingArchived"] == world.told()


def test_what_is_damaged_after_the_end_of_its_source_stays_proven() -> None:
    world, _ = kept()
    world.clock.at = world.chunk().gone_by
    flip(world, name_of())
    seal(world)

    assert (ChunkState.KEPT, 1) == (world.state(), world.entry().recording.revision)
    assert "RecordingDamaged" == world.told()[-1]


def test_what_is_in_the_archive_tier_is_not_damaged() -> None:
    world = archived(TALK)
    world.archive.blobs[name_of()].tier = "Archive"
    seal(world)

    found = sidecar(world)
    assert (None, "it is in the archive tier") == (found["chunks"][0]["agrees"], found["chunks"][0]["finding"])
    assert (False, ["RecordingArchived"]) == (found["silence"]["judged"], world.told())


def test_metadata_in_the_archive_tier_says_no_channels() -> None:
    world = archived(recorded(LOUD, QUIET), metadata=people(0))
    world.archive.blobs[BlobName(f"{name_of()}.metadata.json")].tier = "Archive"
    seal(world)

    assert ([], True) == (
        sidecar(world)["chunks"][0]["audio"]["participantsChannels"],
        sidecar(world)["chunks"][0]["agrees"],
    )
