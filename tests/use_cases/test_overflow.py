"""While the archive cannot be written, what is nearly due waits in a second account, and is brought home from there."""

import json
from contextlib import suppress
from datetime import timedelta

import pytest

from recording.core.errors import ArchiveBusy, ArchiveRefused, DecisionRefused, RecordingError
from recording.core.formats import api
from recording.core.model import Actor, AnnouncedChunk, BlobName, ChunkState, Place, Ruling
from recording.core.owing import ToDo
from tests.copying.copies import digest_of
from tests.environments import CONNECTION
from tests.fakes import FakeArchive
from tests.use_cases.kills import KilledError
from tests.use_cases.world import BLOCK, World, assert_nothing_lost, metadata_of, sound

HOUR = timedelta(hours=1)
ON = {"OVERFLOW_STORAGE": CONNECTION.replace("AccountName=a", "AccountName=b")}
DOUBTED = b"what no player plays " * 1000


def close(*archives: FakeArchive, error: RecordingError | None = None) -> None:
    """Let every request to these containers fail."""

    def fail(operation: str, _name: BlobName) -> None:
        raise error or ArchiveBusy(operation, "503")

    for archive in archives:
        archive.before = fail


def open_again(*archives: FakeArchive) -> None:
    """End that."""
    for archive in archives:
        archive.before = FakeArchive().before


def decide(world: World, ruling: Ruling) -> None:
    """A person decides about the chunk as it is now."""
    entry, chunk = world.entry(), world.chunk()
    asked = api.DecisionRequest(ruling, "I looked at both", Actor("a person"), api.etag(entry))
    world.app.deciding.decide(entry.recording.recording_id, chunk.document_id, asked)


def closed(content: bytes | None = None, settings: dict[str, str] | None = None) -> tuple[World, AnnouncedChunk]:
    """A chunk whose archive account is out of reach from the first."""
    world = World(settings=ON if settings is None else settings)
    close(world.archive, world.quarantine)
    chunk = world.add(content=content)
    world.announce(chunk)
    return world, chunk


def test_what_is_nearly_due_is_copied_once_and_then_into_the_archive_from_its_source() -> None:
    world, chunk = closed()
    media = world.source.contents[chunk.content_location]
    world.run(until=19 * HOUR)
    assert {} == world.overflow.blobs
    world.run(until=22 * HOUR)

    proof = world.chunk().overflow
    assert proof is not None
    assert (ChunkState.ANNOUNCED, None) == (world.state(), world.chunk().proof)
    assert (Place.OVERFLOW, len(media), digest_of(media, BLOCK)) == (proof.place, proof.length, proof.digest)
    assert media == world.overflow.blobs[proof.name].content
    assert 1 == [operation for operation, name in world.overflow.calls if name == proof.name].count("stage") // (
        len(media) // BLOCK + 1
    )
    open_again(world.archive, world.quarantine)
    with assert_nothing_lost(world):
        world.run()
    assert (ChunkState.RELEASED, ["RecordingArchived"]) == (world.state(), world.told()[-1:])
    assert ({}, None) == (world.overflow.blobs, world.chunk().overflow)
    assert media == world.blobs()[world.chunk().name]


def test_a_copy_in_overflow_does_not_let_the_source_be_deleted() -> None:
    world, _ = closed()
    world.run(until=23 * HOUR)

    assert world.chunk().overflow is not None
    assert [] == world.source.deletions


@pytest.mark.parametrize("hours", [26, 60, 200])
def test_what_is_left_of_a_source_that_has_ended_is_brought_home(hours: int) -> None:
    """However long the archive is out of reach: it is never lost, and nobody is told so."""
    world, chunk = closed()
    media = world.source.contents[chunk.content_location]
    world.run(until=23 * HOUR)
    world.remove(chunk)
    world.run(until=hours * HOUR)
    assert (ChunkState.ANNOUNCED, False) == (world.state(), world.chunk().is_closed)
    open_again(world.archive, world.quarantine)
    world.run()

    found = world.chunk().proof
    assert found is not None
    assert (ChunkState.KEPT, True, digest_of(media, BLOCK)) == (world.state(), found.by_its_own_word, found.digest)
    assert found.metadata is not None
    assert (media, metadata_of("document-0")) == (
        world.blobs()[found.name],
        world.blobs()[found.metadata.name],
    )
    assert "RecordingLost" not in world.told()
    assert "RecordingArchived" == world.told()[-1]
    assert any("from its copy in the overflow" in note for note in world.chunk().notes)


def test_it_is_off_unless_an_account_is_named() -> None:
    world, chunk = closed(settings={})
    world.run(until=23 * HOUR)
    world.remove(chunk)
    world.run()

    assert ({}, ChunkState.LOST) == (world.overflow.blobs, world.state())


def test_a_refused_role_is_an_archive_that_cannot_be_written_too() -> None:
    world, _ = closed()
    close(world.archive, error=ArchiveRefused("stage", "403", hint="check the role"))
    world.run(until=23 * HOUR)

    assert world.chunk().overflow is not None


def test_what_is_in_doubt_is_brought_home_into_quarantine() -> None:
    """A person finds it where it would have been."""
    world, chunk = closed(DOUBTED)
    world.run(until=23 * HOUR)
    assert (ChunkState.ANNOUNCED, True) == (world.state(), bool(world.chunk().overflow_doubts))
    world.remove(chunk)
    world.run(until=48 * HOUR)
    open_again(world.archive, world.quarantine)
    world.run()

    apart = world.chunk().apart
    assert apart is not None
    assert (ChunkState.QUARANTINED, True, {}) == (world.state(), world.chunk().is_closed, world.blobs())
    assert DOUBTED == world.quarantine.blobs[apart.name].content
    assert "RecordingQuarantined" in world.told()


def test_what_stands_apart_already_needs_no_overflow() -> None:
    world = World(settings=ON)
    world.announce(world.add(content=DOUBTED))
    world.run(until=HOUR)
    close(world.archive, world.quarantine)
    world.run(until=23 * HOUR)

    assert ({}, ChunkState.QUARANTINED) == (world.overflow.blobs, world.state())


def test_two_accounts_out_of_reach_are_tried_until_one_is_not() -> None:
    world, _ = closed()
    close(world.overflow)
    world.run(until=22 * HOUR)
    assert world.chunk().overflow is None
    open_again(world.overflow)
    world.run(until=23 * HOUR)

    assert world.chunk().overflow is not None
    failure = world.chunk().last_failure
    assert failure is not None
    assert "archive_busy" == failure.code


@pytest.mark.parametrize("in_the_way", [True, False])
def test_what_cannot_be_brought_home_stands_before_a_person(*, in_the_way: bool) -> None:
    """Its copy was deleted, or another blob has its name: a person repairs that, and has it tried again."""
    world, chunk = closed()
    media = world.source.contents[chunk.content_location]
    world.run(until=23 * HOUR)
    world.remove(chunk)
    proof = world.chunk().overflow
    assert proof is not None
    blob = world.overflow.blobs[proof.name]
    open_again(world.archive, world.quarantine)
    if in_the_way:
        world.archive.put_as_stranger(world.chunk().name, b"other")
    else:
        del world.overflow.blobs[proof.name]
    world.run(until=40 * HOUR)

    assert (ChunkState.QUARANTINED, True) == (world.state(), world.chunk().is_undecided)
    assert ("another blob has its name" if in_the_way else "is gone") in world.chunk().doubts[0]
    assert {"RecordingAtRisk", "RecordingQuarantined"} <= set(world.told())
    assert "RecordingLost" not in world.told()
    shown = api.owed_view(world.entry(), None, world.clock.now())
    assert (["a decision about chunk 0"], str(ToDo.REPAIR_COPY)) == (shown["owed"], shown["toDo"])
    with pytest.raises(DecisionRefused, match="second account"):
        decide(world, Ruling.ACCEPT)
    decide(world, Ruling.RETRY)
    world.run()
    assert world.chunk().is_undecided
    if in_the_way:
        del world.archive.blobs[world.chunk().name]
    else:
        world.overflow.blobs[proof.name] = blob
    decide(world, Ruling.RETRY)
    world.run()
    assert (ChunkState.KEPT, media) == (world.state(), world.blobs()[world.chunk().name])


# The copy is removed once it is home


def archived_and_not_removed(content: bytes | None = None) -> tuple[World, AnnouncedChunk]:
    """A chunk that is proven in the archive, while its copy in the overflow cannot be removed."""
    world, chunk = closed(content)
    world.run(until=23 * HOUR)
    open_again(world.archive, world.quarantine)
    close(world.overflow)
    while not world.chunk().is_proven or world.chunk().tries < 1:
        world.one()
    assert (ChunkState.ARCHIVED, True) == (world.state(), world.chunk().overflow is not None)
    return world, chunk


def test_a_copy_that_is_home_is_removed_also_if_its_source_has_ended() -> None:
    world, chunk = closed()
    world.run(until=23 * HOUR)
    assert 2 == len(world.overflow.blobs)
    world.remove(chunk)
    open_again(world.archive, world.quarantine)
    world.run()

    assert (ChunkState.KEPT, {}, None) == (world.state(), world.overflow.blobs, world.chunk().overflow)


def test_a_copy_is_not_removed_before_the_archive_has_it() -> None:
    """The archive is asked for its blob just before, and this one was replaced since the proof."""
    world, _ = archived_and_not_removed()
    proof = world.chunk().proof
    assert proof is not None
    copies = dict(world.overflow.blobs)
    world.archive.put_as_stranger(proof.name, b"other")
    open_again(world.overflow)
    world.one()

    assert ("RecordingDamaged" in world.told(), copies) == (True, world.overflow.blobs)
    assert not world.chunk().is_proven


def test_a_copy_that_cannot_be_removed_is_tried_again() -> None:
    world, _ = archived_and_not_removed()
    open_again(world.overflow)
    world.run()

    assert (ChunkState.RELEASED, {}, ()) == (world.state(), world.overflow.blobs, world.chunk().notes)


def test_a_copy_that_can_never_be_removed_delays_the_release_for_some_tries_only() -> None:
    """What is left is named in the manifest."""
    world, _ = archived_and_not_removed()
    world.run()

    assert (ChunkState.RELEASED, 2) == (world.state(), len(world.overflow.blobs))
    assert "a copy was left in the second account" in json.dumps(world.manifest())


@pytest.mark.parametrize("kind", ["media", "metadata"])
def test_a_copy_that_was_changed_since_is_left(kind: str) -> None:
    world, _ = archived_and_not_removed()
    copy = world.chunk().overflow
    assert copy is not None
    assert copy.metadata is not None
    open_again(world.overflow)
    name = copy.name if kind == "media" else copy.metadata.name
    world.overflow.put_as_stranger(name, b"somebody's")
    world.run()

    assert (ChunkState.RELEASED, b"somebody's") == (world.state(), world.overflow.blobs[name].content)
    assert "it was changed after it was proven" in world.chunk().notes[-1]


def test_a_copy_of_other_media_than_the_archive_has_is_left() -> None:
    """The source has changed since."""
    world, chunk = closed()
    world.run(until=23 * HOUR)
    copies = dict(world.overflow.blobs)
    world.source.contents[chunk.content_location] = sound(1.0, seed=9)
    open_again(world.archive, world.quarantine)
    world.run()

    assert (ChunkState.RELEASED, copies) == (world.state(), world.overflow.blobs)
    assert "other media" in world.chunk().notes[-1]


def test_a_copy_is_left_if_the_second_account_is_no_longer_set() -> None:
    world, _ = archived_and_not_removed()
    world.settings = {}
    world.archiving = world.worker()
    world.run()

    assert (ChunkState.RELEASED, 2) == (world.state(), len(world.overflow.blobs))
    assert "OVERFLOW_STORAGE is not set" in world.chunk().notes[-1]


@pytest.mark.parametrize("seam", range(8))
def test_a_removal_that_is_killed_anywhere_is_continued(seam: int) -> None:
    world, _ = archived_and_not_removed()
    open_again(world.overflow)
    seams = iter(range(seam))

    def kill(_operation: str, _name: BlobName) -> None:
        if next(seams, None) is None:
            raise KilledError

    for container in (world.overflow, world.archive):
        container.before = container.after = kill
    message = world.queue.take()
    assert message is not None
    world.clock.at = max(world.clock.at, message[0])
    with suppress(KilledError):
        world.hand_out(message[1])
    open_again(world.overflow, world.archive)
    world.overflow.after = world.archive.after = FakeArchive().after
    world.give_back(message[1])
    world.run()

    assert (ChunkState.RELEASED, {}, None) == (world.state(), world.overflow.blobs, world.chunk().overflow)


def test_what_came_home_into_quarantine_is_removed_once_it_is_accepted() -> None:
    world, chunk = closed(DOUBTED)
    world.run(until=23 * HOUR)
    world.remove(chunk)
    open_again(world.archive, world.quarantine)
    world.run()
    assert (ChunkState.QUARANTINED, 2) == (world.state(), len(world.overflow.blobs))
    decide(world, Ruling.ACCEPT)
    world.run()

    assert (ChunkState.KEPT, {}) == (world.state(), world.overflow.blobs)
    assert DOUBTED == world.blobs()[world.chunk().name]


def test_what_cannot_be_brought_home_can_be_given_up() -> None:
    world, chunk = closed()
    world.run(until=23 * HOUR)
    world.remove(chunk)
    open_again(world.archive, world.quarantine)
    world.archive.put_as_stranger(world.chunk().name, b"other")
    world.run()
    assert world.chunk().is_undecided
    decide(world, Ruling.GIVE_UP)
    world.run()

    assert (ChunkState.LOST, "RecordingLost") == (world.state(), world.told()[-1])


@pytest.mark.parametrize("failures", [1, 2])
def test_a_name_that_is_free_again_after_few_tries_needs_no_person(failures: int) -> None:
    world, chunk = closed()
    world.run(until=25 * HOUR)
    world.remove(chunk)
    open_again(world.archive, world.quarantine)
    world.archive.put_as_stranger(world.chunk().name, b"other")
    while dict(world.chunk().failures).get("copy_in_the_way", 0) < failures:
        world.one()
    del world.archive.blobs[world.chunk().name]
    world.run()

    assert ChunkState.KEPT is world.state()
    assert "RecordingQuarantined" not in world.told()


def test_a_copy_that_takes_longer_than_its_slice_is_continued() -> None:
    world, chunk = closed(sound(20.0))
    world.run(until=20 * HOUR)
    world.archiving = world.worker(slice_seconds=-1.0)
    for _ in range(3):
        world.one()
    assert (1, None) == (len(world.overflow.uncommitted), world.chunk().overflow)
    world.archiving = world.worker()
    world.run(until=21 * HOUR)

    assert world.chunk().overflow is not None
    assert world.source.contents[chunk.content_location] in [one.content for one in world.overflow.blobs.values()]
