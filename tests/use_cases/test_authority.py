"""Only what was proven is deleted at the source."""

from datetime import timedelta

import pytest

from recording.core.errors import SourceUnexpected
from recording.core.model import Authority, ChunkState, Door, Location, RecordingId, RecordingState
from tests.use_cases.world import World, assert_nothing_lost, elsewhere, metadata_of

OTHER = RecordingId("recording-2")


@pytest.mark.parametrize("authority", [Authority.PROVEN, Authority.EVENT])
@pytest.mark.parametrize("door", Door)
def test_a_delete_location_of_another_chunk_deletes_nothing(authority: Authority, door: Door) -> None:
    """Chunk A is kept at the source, with the reason; chunk B is archived, and released by its own event."""
    world = World(authority=authority)
    a, b = world.add("a"), world.add("b")
    with assert_nothing_lost(world):
        world.announce(elsewhere(a, delete=b.delete_location), door=door)
        world.run()
        assert (ChunkState.KEPT, []) == (world.state("a"), world.source.deletions)
        world.announce(b, recording_id=OTHER, event_id="event-2")
        world.run()

    assert ChunkState.RELEASED == world.state("b", OTHER)
    assert [b.delete_location] == world.source.deletions
    assert world.chunk("a").kept_reason


@pytest.mark.parametrize("door", Door)
def test_the_source_of_a_chunk_in_doubt_is_not_deleted_by_anothers_event(door: Door) -> None:
    """The source is the only copy of the chunk in quarantine."""
    world = World()
    a, b = world.add("a"), world.add("b", content=b"limit exceeded!")
    world.announce(b, recording_id=OTHER)
    world.run(until=timedelta(hours=1))
    assert ChunkState.QUARANTINED == world.state("b", OTHER)
    world.announce(elsewhere(a, delete=b.delete_location), door=door, event_id="event-2")
    world.run(until=timedelta(hours=2))

    assert (ChunkState.KEPT, []) == (world.state("a"), world.source.deletions)
    assert b.content_location in world.source.contents


def test_what_came_by_the_function_key_is_archived_and_never_released() -> None:
    world = World()
    chunk = world.add()
    world.announce(chunk, door=Door.FUNCTION_KEY)
    world.run()

    assert (ChunkState.KEPT, "its event came by the function key alone") == (world.state(), world.chunk().kept_reason)
    assert (2, []) == (len(world.blobs()), world.source.deletions)
    assert ["RecordingArchived"] == world.told()


def test_what_event_grid_says_as_well_is_released() -> None:
    world = World()
    chunk = world.add()
    world.announce(chunk, door=Door.FUNCTION_KEY)
    world.announce(chunk)
    world.run()

    assert ChunkState.RELEASED == world.state()


def test_one_document_under_another_recording_is_not_lost_to_its_own() -> None:
    """Both are archived. The source belongs to the first that was proven; for the other an alert is published."""
    world = World()
    chunk = world.add()
    world.source.arm("delete_503", times=1)
    with assert_nothing_lost(world):
        world.announce(chunk, recording_id=OTHER)
        world.one()
        world.announce(chunk, event_id="event-2")
        world.run()

    assert {ChunkState.RELEASED, ChunkState.KEPT} == {world.state(), world.state(recording_id=OTHER)}
    assert "ConflictingEvents" in world.told()
    assert 4 == len(world.blobs())


def test_bytes_of_another_object_are_not_taken_for_a_chunk() -> None:
    """A forged event names document D at the location of X: X is not archived as D, and X keeps its source."""
    world = World()
    x, d = world.add("x"), world.add("d")
    world.announce(elsewhere(d, content=x.content_location, metadata=x.metadata_location, delete=x.delete_location))
    world.run(until=timedelta(hours=1))
    assert ChunkState.QUARANTINED == world.state("d")
    assert ({}, []) == (world.blobs(), world.source.deletions)

    world.announce(d, event_id="event-2")
    world.announce(x, recording_id=OTHER, event_id="event-3")
    world.run()
    assert (ChunkState.RELEASED, ChunkState.RELEASED) == (world.state("d"), world.state("x", OTHER))


def test_a_content_location_with_another_id_is_believed_where_the_metadata_names_the_document() -> None:
    """Real events of the service have such locations; the delete location is then checked as well."""
    world = World()
    stored = world.add("object-9", metadata=metadata_of("document-0"))
    chunk = elsewhere(world.add("document-0"), content=stored.content_location, metadata=stored.metadata_location)
    with assert_nothing_lost(world):
        world.announce(chunk)
        world.run()

    assert ChunkState.RELEASED == world.state()
    assert [chunk.delete_location] == world.source.deletions


ELSEWHERE = "https://us-api.asm.skype.com/v1/objects/elsewhere"


@pytest.mark.parametrize(
    ("authority", "found_there", "expected"),
    [
        (Authority.PROVEN, metadata_of("document-0"), ChunkState.RELEASED),
        (Authority.PROVEN, metadata_of("another"), ChunkState.KEPT),
        (Authority.PROVEN, None, ChunkState.KEPT),
        (Authority.PROVEN, b"{}", ChunkState.KEPT),
        (Authority.EVENT, metadata_of("document-0"), ChunkState.RELEASED),
        (Authority.EVENT, metadata_of("another"), ChunkState.KEPT),
        (Authority.EVENT, None, ChunkState.RELEASED),
        (Authority.EVENT, b"{}", ChunkState.RELEASED),
    ],
)
def test_a_delete_location_with_another_id_is_looked_at_before_it_is_asked_to_delete(
    authority: Authority, found_there: bytes | None, expected: ChunkState
) -> None:
    """By default, what cannot be proven is kept; the setting `event` keeps only what is known to be another chunk's."""
    world = World(authority=authority)
    chunk = elsewhere(world.add(), delete=ELSEWHERE)
    world.source.contents[Location(f"{ELSEWHERE}/content/audio")] = world.source.contents[chunk.content_location]
    if found_there is not None:
        world.source.contents[Location(f"{ELSEWHERE}/content/acsmetadata")] = found_there
    world.announce(chunk)
    world.run()

    assert expected == world.state()
    assert (expected is ChunkState.RELEASED) == (world.source.deletions == [Location(ELSEWHERE)])


def test_junk_by_the_hundred_does_not_keep_a_true_event_out() -> None:
    world = World()
    junk = [world.add(f"junk-{number}", number, content=b"no media", metadata=b"") for number in range(1, 100)]
    world.announce(*junk, door=Door.FUNCTION_KEY, event_id="junk")
    true = world.add()
    world.announce(true, event_id="true")
    world.run(until=timedelta(hours=1))

    assert ChunkState.RELEASED == world.state()


def test_a_forged_index_does_not_withhold_the_manifest() -> None:
    """After an event by function key it is written at once; after one of Event Grid when no source can be left."""
    world = World()
    world.announce(world.add())
    world.announce(world.add("forged", 7, content=b"no media"), door=Door.FUNCTION_KEY, event_id="forged")
    world.one()
    assert (RecordingState.RELEASED, ["RecordingArchived"]) == (world.entry().recording.state, world.told())

    world = World()
    world.announce(world.add(), world.add("forged", 7, content=b"no media"))
    world.run()
    assert "RecordingIncomplete" in world.told()
    assert world.entry().recording.completed_at is not None


def test_a_delete_that_says_gone_is_believed_only_if_the_content_is_gone_as_well() -> None:
    """The delete location never had an object: the source still lives, and is not reported as released."""
    world = World()
    chunk = world.add()
    world.source.arm("delete_404", times=None)
    world.announce(chunk)
    world.run()

    assert (ChunkState.KEPT, SourceUnexpected.code) == (world.state(), world.chunk().failures[0][0])
    assert chunk.content_location in world.source.contents


def test_a_source_that_ended_before_its_release_is_released() -> None:
    world = World()
    chunk = world.add()
    world.source.arm("delete_503")
    world.announce(chunk)
    world.one()
    assert ChunkState.ARCHIVED == world.state()
    world.remove(chunk)
    world.run()

    assert ChunkState.RELEASED == world.state()


def test_a_loss_to_another_announcement_says_where_the_bytes_are() -> None:
    """A forged event by Event Grid's door was first, and its chunk was released: the bytes are in the archive."""
    world = World()
    chunk = world.add()
    world.announce(chunk, recording_id=OTHER)
    world.run()
    world.announce(chunk, event_id="event-2")
    world.run()

    assert (ChunkState.RELEASED, ChunkState.LOST) == (world.state(recording_id=OTHER), world.state())
    (reason,) = (event.body["reason"] for event in world.topic.received if event.event_type == "RecordingLost")
    assert "was archived as recording recording-2, document document-0" in str(reason)


@pytest.mark.parametrize(
    ("metadata", "expected"), [(b"", ChunkState.QUARANTINED), (metadata_of("document-0"), ChunkState.RELEASED)]
)
def test_content_that_is_had_from_another_object_needs_metadata_that_names_the_document(
    metadata: bytes, expected: ChunkState
) -> None:
    """The announced location is not evidence in this case."""
    world = World()
    chunk, other = world.add(metadata=metadata), world.add("another")
    world.source.redirects[chunk.content_location] = other.content_location
    world.announce(chunk)
    world.run(until=timedelta(hours=1))

    assert expected == world.state()
