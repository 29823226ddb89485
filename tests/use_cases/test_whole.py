"""A recording is whole only without missing chunks: those are waited for, named, and reported in the end."""

from dataclasses import replace
from datetime import timedelta

import pytest

from recording.core.lifecycle import lacks
from recording.core.model import AnnouncedChunk, ChunkState, DocumentId, FileEvent, RecordingState, Unread
from tests.use_cases.world import RECORDING, START, World, assert_nothing_lost


def gap(world: World) -> list[AnnouncedChunk]:
    """Indices 0 and 2."""
    return [world.add("a", 0), world.add("c", 2)]


def no_first(world: World) -> list[AnnouncedChunk]:
    """Indices 1 and 2."""
    return [world.add("b", 1), world.add("c", 2)]


def twins(world: World) -> list[AnnouncedChunk]:
    """Two documents with the same index."""
    return [world.add("a", 0), replace(world.add("b", 1), index=0)]


def open_end(world: World) -> list[AnnouncedChunk]:
    """A last chunk that ended because it was full."""
    return [world.add("a", 0, end_reason="ChunkMaximumSizeExceeded")]


@pytest.mark.parametrize(
    ("make", "lack"),
    [
        (gap, "chunk 1 was never announced"),
        (no_first, "chunk 0 was never announced"),
        (twins, "2 documents claim to be chunk 0"),
        (open_end, "what follows chunk 0, which ended because it was full, was never announced"),
    ],
)
def test_a_recording_that_lacks_something_ends_as_incomplete(make: object, lack: str) -> None:
    """The API names it at once; in the end an alert is published and a manifest of the existing chunks written."""
    assert callable(make)
    world = World()
    chunks = make(world)
    with assert_nothing_lost(world):
        world.announce(*chunks)
        world.run(until=timedelta(hours=24))
        assert (lack,) == lacks(world.entry())
        assert (RecordingState.ANNOUNCED, []) == (world.entry().recording.state, world.told())
        world.run()

    assert (RecordingState.INCOMPLETE, ["RecordingIncomplete"]) == (world.entry().recording.state, world.told())
    assert ([lack], len(chunks)) == (world.manifest()["lacks"], len(world.entry().chunks))
    assert {ChunkState.RELEASED} == {chunk.state for chunk in world.entry()}
    assert [] == world.queue.messages


def test_what_lacked_and_comes_in_time_makes_the_recording_whole() -> None:
    world = World()
    world.announce(*gap(world))
    world.run(until=timedelta(hours=10))
    world.announce(world.add("b", 1), event_id="event-2")
    world.run()

    assert (RecordingState.RELEASED, ["RecordingArchived"]) == (world.entry().recording.state, world.told())


def test_what_lacked_and_comes_after_the_end_starts_another_manifest() -> None:
    world = World()
    world.announce(*gap(world))
    world.run()
    world.announce(world.add("b", 1), event_id="event-2")
    world.run()

    assert (RecordingState.RELEASED, ["RecordingIncomplete", "RecordingArchived"]) == (
        world.entry().recording.state,
        world.told(),
    )
    assert 2 == world.manifest()["revision"]


def test_a_member_that_could_not_be_read_keeps_a_recording_from_being_whole() -> None:
    """The good first chunk is archived at once."""
    world = World()
    chunk = world.add("a", 0)
    unread = Unread("event-1", "recordingChunks[1].contentLocation: missing", DocumentId("b"), 1)
    event = FileEvent("event-1", RECORDING, (chunk,), at=START, unread=(unread,))
    world.announce(chunk, event=event)
    world.run(until=timedelta(hours=1))
    assert (ChunkState.RELEASED, ["RecordingEventUnreadable"]) == (world.state("a"), world.told())

    world.run()
    assert ["RecordingEventUnreadable", "RecordingIncomplete"] == world.told()


def test_durations_that_do_not_add_up_are_named_in_manifest_and_event() -> None:
    world = World()
    chunk = world.add(seconds=2.0)
    event = FileEvent("event-1", RECORDING, (chunk,), at=START, duration=timedelta(minutes=10))
    world.announce(chunk, event=event)
    world.run()

    doubt = "its chunks last 2.0 s together, the event says 600.0 s"
    assert [doubt] == world.manifest()["doubts"] == world.topic.received[-1].body["doubts"]


def test_a_recording_with_a_lost_chunk_ends_with_a_manifest_of_the_others() -> None:
    world = World()
    first, second = world.add("a", 0), world.add("b", 1)
    world.remove(second)
    world.announce(first, second)
    world.run()

    assert (RecordingState.LOST, {"RecordingLost", "RecordingIncomplete"}) == (
        world.entry().recording.state,
        set(world.told()),
    )
    assert ["chunk 1 is lost"] == world.manifest()["lacks"]
