"""What a person accepts is archived from the copy that stands apart; only the same source is released."""

from dataclasses import replace
from datetime import timedelta
from itertools import takewhile

import pytest

from recording.chunks.storing import Attempt
from recording.core.errors import ArchiveBusy, ArchiveDamaged, CopyInTheWay, CopyLost
from recording.core.formats.messages import ChunkMessage
from recording.core.lifecycle import Archived, Compared, Decided
from recording.core.model import Actor, AnnouncedChunk, BlobName, ChunkState, Location, Place, Proof, Ruling
from tests.copying.copies import digest_of
from tests.use_cases.world import BLOCK, RECORDING, World, assert_nothing_lost, metadata_of, sound

DOUBTED = b"what no player plays " * 1000
FOREVER = 1e12
PERSON = Actor("a person")


def doubted(content: bytes = DOUBTED, until: timedelta | None = timedelta(minutes=1)) -> tuple[World, AnnouncedChunk]:
    """A chunk in quarantine."""
    world = World()
    chunk = world.add(content=content)
    world.announce(chunk)
    world.run(until=until)
    assert ChunkState.QUARANTINED is world.state()
    return world, chunk


def accept(world: World, until: float = FOREVER) -> Archived | Compared | None:
    """One try of the step."""
    return world.archiving.accepting.accept(world.entry(), world.chunk(), Attempt(until))


def decide_to_accept(world: World) -> None:
    """A person accepts the copy; its message is queued."""
    world.updates.apply(RECORDING, Decided(world.chunk().document_id, Ruling.ACCEPT, "it plays"), by=PERSON)
    world.queue.messages.clear()
    world.queue.put(ChunkMessage(RECORDING, world.chunk().document_id, None), timedelta())


def accepted(world: World) -> Proof:
    """A person accepts the copy, and the app goes on with the chunk; the proof."""
    decide_to_accept(world)
    world.run()
    proof = world.chunk().proof
    assert proof is not None
    return proof


def apart(world: World) -> Proof:
    """The proof of the copy that stands apart."""
    found = world.chunk().apart
    assert found is not None
    return found


def test_a_copy_whose_source_is_the_same_is_archived_and_released() -> None:
    world, _ = doubted()
    with assert_nothing_lost(world):
        proof = accepted(world)

    assert (ChunkState.RELEASED, False, Place.ARCHIVE) == (world.state(), proof.by_its_own_word, proof.place)
    assert DOUBTED == world.blobs()[world.chunk().name]
    assert (len(DOUBTED), digest_of(DOUBTED, BLOCK)) == (proof.length, proof.digest)
    assert proof.metadata is not None
    assert metadata_of("document-0") == world.blobs()[proof.metadata.name]
    assert "a person has accepted this copy" in world.chunk().notes
    assert ["RecordingQuarantined", "RecordingArchived"] == world.told()


def test_a_copy_whose_source_has_ended_is_archived_and_kept() -> None:
    world, chunk = doubted(until=None)
    world.remove(chunk)
    proof = accepted(world)

    assert (ChunkState.KEPT, True, []) == (world.state(), proof.by_its_own_word, world.source.deletions)
    assert DOUBTED == world.blobs()[world.chunk().name]
    assert "RecordingArchived" == world.told()[-1]


@pytest.mark.parametrize("has_source", [True, False])
def test_a_metadata_file_that_said_nothing_when_it_was_set_apart_is_no_proof(*, has_source: bool) -> None:
    """What the source says by now is; if that is gone, none was ever archived."""
    world = World()
    chunk = world.add(content=DOUBTED)
    assert chunk.metadata_location is not None
    world.source.contents[chunk.metadata_location] = b"{}"
    world.announce(chunk)
    world.run(until=timedelta(minutes=1))
    assert ChunkState.QUARANTINED is world.state()
    world.source.contents[chunk.metadata_location] = metadata_of("document-0")
    if not has_source:
        world.remove(chunk)
    proof = accepted(world)

    assert (ChunkState.RELEASED if has_source else ChunkState.KEPT) is world.state()
    assert has_source is (proof.metadata is not None)
    assert proof.metadata is None or metadata_of("document-0") == world.blobs()[proof.metadata.name]
    assert (not has_source) is (b"{}" in world.blobs().values())


def test_a_source_that_holds_something_else_by_now_is_not_deleted() -> None:
    world, chunk = doubted()
    world.source.contents[chunk.content_location] = DOUBTED[::-1]
    accepted(world)

    assert (ChunkState.KEPT, []) == (world.state(), world.source.deletions)
    assert "something else" in " ".join(world.chunk().notes)


def test_a_copy_is_continued_when_its_time_was_up() -> None:
    """The blocks that were staged are not read again."""
    world, _ = doubted(DOUBTED * 5)

    assert accept(world, until=-1.0) is None
    assert {world.chunk().name} == set(world.archive.uncommitted)
    assert accept(world) is not None


def cut_off(world: World, runs: int) -> None:
    """Runs whose time is over at once, each in a worker of its own."""
    for _ in range(runs):
        world.archiving = world.worker(slice_seconds=-1.0)
        world.source.served = 0
        world.one()
        assert world.source.served <= 3 * BLOCK


def compared(world: World) -> int:
    """How many bytes of the source were found to be the same."""
    known = world.chunk().compared
    return 0 if known is None else known.length


def begin(world: World) -> None:
    """The copy is in the archive, and the comparison of its source is cut off."""
    world.archive.put_as_stranger(world.chunk().name, world.quarantine.blobs[apart(world).name].content)
    cut_off(world, 1)
    assert compared(world)


def test_a_source_is_compared_in_as_many_runs_as_it_takes_also_by_other_workers() -> None:
    """None reads all of it, and the copy is not verified again each time."""
    world, _ = doubted(DOUBTED * 5)
    decide_to_accept(world)
    begin(world)
    world.archive.calls.clear()
    cut_off(world, 3)
    blocks = 4

    assert ChunkState.QUARANTINED is world.state()
    assert 1 + blocks == compared(world) // BLOCK
    assert [operation for operation, _ in world.archive.calls].count("read") <= 3 * 3
    with assert_nothing_lost(world):
        for _ in takewhile(lambda _: world.chunk().is_accepted, range(len(DOUBTED * 5) // BLOCK)):
            cut_off(world, 1)
        world.run()
    assert (ChunkState.RELEASED, None) == (world.state(), world.chunk().compared)


def test_a_source_that_changes_while_it_is_compared_is_not_deleted() -> None:
    world, chunk = doubted(DOUBTED * 5)
    decide_to_accept(world)
    begin(world)
    content = world.source.contents[chunk.content_location]
    world.source.contents[chunk.content_location] = content[:-1] + b"!"
    world.archiving = world.worker()
    world.run()

    assert (ChunkState.KEPT, []) == (world.state(), world.source.deletions)
    assert "something else" in " ".join(world.chunk().notes)


def test_a_copy_that_is_replaced_while_it_is_compared_is_verified_again() -> None:
    world, _ = doubted(DOUBTED * 5)
    decide_to_accept(world)
    begin(world)
    world.archive.put_as_stranger(world.chunk().name, b"other")
    world.archiving = world.worker()
    world.run()

    assert world.chunk().is_undecided
    assert "another blob has its name" in world.chunk().doubts[0]
    assert [] == world.source.deletions


def test_a_candidate_that_was_found_to_differ_is_not_compared_again() -> None:
    world, chunk = doubted(DOUBTED * 5)
    elsewhere = Location(chunk.content_location.replace("eu-api", "us-api"))
    world.source.contents[elsewhere] = DOUBTED[::-1]
    world.announce(replace(chunk, content_location=elsewhere), event_id="event-2")
    decide_to_accept(world)
    begin(world)
    known = world.chunk().compared
    assert known is not None
    assert chunk.content_location == known.content_location
    world.run()

    assert ChunkState.RELEASED is world.state()


@pytest.mark.parametrize("kind", ["media", "metadata"])
@pytest.mark.parametrize("change", ["gone", "changed"])
def test_a_copy_that_is_gone_or_changed_is_not_archived(kind: str, change: str) -> None:
    """A person put something else there, or removed it: nothing says what was accepted."""
    world, _ = doubted()
    proof = apart(world)
    assert proof.metadata is not None
    name = proof.name if kind == "media" else proof.metadata.name
    if change == "gone":
        del world.quarantine.blobs[name]
    else:
        world.quarantine.put_as_stranger(name, world.quarantine.blobs[name].content)
    with pytest.raises(CopyLost) as caught:
        accept(world)

    assert name in caught.value.cause
    assert {} == world.blobs()


def test_a_blob_that_has_the_name_is_taken_if_it_is_the_same() -> None:
    world, _ = doubted()
    world.archive.put_as_stranger(world.chunk().name, DOUBTED)

    assert digest_of(DOUBTED, BLOCK) == accepted(world).digest


def test_another_blob_that_has_the_name_is_left_to_a_person() -> None:
    world, _ = doubted()
    world.archive.put_as_stranger(world.chunk().name, b"other")
    with pytest.raises(CopyInTheWay) as caught:
        accept(world)

    assert caught.value.hint
    assert b"other" == world.blobs()[world.chunk().name]


def test_blocks_of_a_stranger_are_left_to_a_person() -> None:
    world, _ = doubted(DOUBTED * 5)
    world.archive.stage(world.chunk().name, "a stranger's", memoryview(b"other"))
    with pytest.raises(CopyInTheWay):
        accept(world)


def test_a_chunk_of_which_no_copy_stands_apart_cannot_be_accepted() -> None:
    world = World()
    world.announce(world.add())
    with pytest.raises(CopyLost):
        accept(world)


def test_what_cannot_be_accepted_is_the_persons_again() -> None:
    """It is tried once: the person reads why, and decides anew."""
    world, chunk = doubted(until=None)
    world.remove(chunk)
    del world.quarantine.blobs[apart(world).name]
    decide_to_accept(world)
    world.run()

    assert (ChunkState.QUARANTINED, True, False) == (world.state(), world.chunk().is_closed, world.chunk().is_accepted)
    assert "is gone" in world.chunk().doubts[0]
    assert {} == world.blobs()


def test_an_archive_out_of_reach_is_waited_for() -> None:
    """Also when the source ended long ago: the accepted copy needs none."""
    world, chunk = doubted(until=None)
    world.remove(chunk)
    decide_to_accept(world)
    failures = [ArchiveBusy("stage", "503")] * 5

    def fail(operation: str, _name: BlobName) -> None:
        if operation == "stage" and failures:
            raise failures.pop()

    world.archive.before = fail
    world.run()

    assert (ChunkState.KEPT, []) == (world.state(), failures)


# A disputed copy, which is in the archive


def disputed() -> World:
    """Media that was archived before its metadata file came, which contradicts it."""
    world = World()
    chunk = world.add(content=sound(60.0), metadata=b"")
    assert chunk.metadata_location is not None
    world.announce(chunk)
    world.run(until=timedelta(minutes=1))
    world.source.contents[chunk.metadata_location] = metadata_of("document-0", seconds=3600.0)
    while world.state() is not ChunkState.QUARANTINED:
        world.one()
    assert (True, Place.ARCHIVE) == (world.chunk().is_disputed, apart(world).place)
    return world


def test_a_disputed_copy_is_proven_where_it_stands() -> None:
    """Its metadata file, which was archived when it came, belongs to the proof, and is not weighed again."""
    world = disputed()
    proof = accepted(world)

    assert (ChunkState.RELEASED, Place.ARCHIVE) == (world.state(), proof.place)
    assert proof.metadata is not None


def test_a_disputed_copy_of_which_a_later_look_made_another_is_taken_where_it_stands() -> None:
    world = disputed()
    etag = apart(world).etag
    world.run(until=timedelta(hours=1))
    assert Place.QUARANTINE is apart(world).place

    assert etag == accepted(world).etag
    assert ChunkState.RELEASED is world.state()


def test_a_disputed_copy_that_has_changed_is_not_taken() -> None:
    world = disputed()
    world.archive.put_as_stranger(world.chunk().name, sound(60.0))
    with pytest.raises(CopyLost):
        accept(world)


def test_an_archive_that_returns_other_bytes_is_not_believed() -> None:
    world, _ = doubted()
    name = BlobName("elsewhere")
    world.archive.put_as_stranger(name, DOUBTED[::-1])
    blob = world.archive.blobs[name]
    chunk = world.chunk()
    copy = replace(apart(world), name=name, etag=blob.etag, place=Place.ARCHIVE)
    with pytest.raises(ArchiveDamaged):
        world.archiving.accepting.accept(world.entry(), replace(chunk, apart=copy), Attempt(FOREVER))
