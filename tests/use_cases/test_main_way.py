"""The path of a chunk from its event to its release, and of a recording to its manifest."""

from datetime import timedelta

import pytest

from recording.chunks.archiving import Outcome
from recording.core.errors import UnknownRecording
from recording.core.formats.messages import ChunkMessage
from recording.core.model import Authority, ChunkState, DocumentId, RecordingId, RecordingState
from tests.use_cases.world import RECORDING, World, assert_nothing_lost, metadata_of, sound


def test_a_chunk_is_archived_with_its_metadata_and_released() -> None:
    world = World()
    chunk = world.add()
    with assert_nothing_lost(world):
        world.announce(chunk)
        world.run()

    name = "recording-1/0000-document-0.wav"
    assert {name: sound(), f"{name}.metadata.json": metadata_of("document-0")} == world.blobs()
    assert {} == world.source.contents
    assert (ChunkState.RELEASED, RecordingState.RELEASED) == (world.state(), world.entry().recording.state)
    assert ["RecordingArchived"] == world.told()
    assert [] == world.queue.messages
    assert [] == world.errors


def test_all_chunks_of_a_recording_make_one_manifest() -> None:
    world = World()
    world.announce(*(world.add(f"document-{index}", index) for index in range(5)))
    world.run()

    assert RecordingState.RELEASED == world.entry().recording.state
    assert ["RecordingArchived"] == world.told()
    chunks = world.manifest()["chunks"]
    assert isinstance(chunks, list)
    assert [f"document-{index}" for index in range(5)] == [chunk["documentId"] for chunk in chunks]


def test_five_hundred_chunks_in_one_event_are_all_archived() -> None:
    world = World()
    chunks = [world.add(f"document-{index}", index, seconds=0.01) for index in range(500)]
    with assert_nothing_lost(world):
        world.announce(*chunks)
        world.run()

    assert RecordingState.RELEASED == world.entry().recording.state
    assert 1000 == len(world.blobs())
    assert ["RecordingArchived"] == world.told()


def test_a_list_that_grows_is_archived_whole() -> None:
    """Ninety-nine chunks, then two more: without those the recording is not reported as archived."""
    world = World()
    chunks = [world.add(f"document-{index}", index, seconds=0.01) for index in range(101)]
    world.announce(*chunks[:99])
    world.run()
    world.announce(*chunks, event_id="event-2")
    world.run()

    assert {ChunkState.RELEASED} == {chunk.state for chunk in world.entry()}
    assert [1, 2] == [event.body["revision"] for event in world.topic.received]


def test_events_that_come_many_times_change_nothing() -> None:
    world = World()
    chunk = world.add()
    for _ in range(3):
        world.announce(chunk)
    world.run()
    world.announce(chunk)
    world.run()

    assert [chunk.delete_location] == world.source.deletions
    assert ["RecordingArchived"] == world.told()


def test_a_setting_keeps_every_source() -> None:
    world = World(authority=Authority.NEVER)
    world.announce(world.add())
    world.run()

    assert ([], ChunkState.KEPT) == (world.source.deletions, world.state())
    assert "RELEASE_AT_SOURCE is false" == world.chunk().kept_reason
    assert (RecordingState.ARCHIVED, ["RecordingArchived"]) == (world.entry().recording.state, world.told())


def test_a_copy_that_used_up_its_time_goes_on_in_the_next_message() -> None:
    world = World()
    world.archiving = world.worker(slice_seconds=0.0)
    world.announce(world.add(seconds=2.0))
    outcome = world.hand_out(ChunkMessage(RECORDING, DocumentId("document-0")))

    assert Outcome.CONTINUES == outcome
    assert (ChunkState.ANNOUNCED, ()) == (world.state(), world.chunk().failures)
    world.archiving = world.worker()
    world.run()
    assert ChunkState.RELEASED == world.state()


def test_a_step_of_what_nobody_knows_is_refused() -> None:
    world = World()
    world.announce(world.add())
    for message in (
        ChunkMessage(RecordingId("other"), DocumentId("document-0")),
        ChunkMessage(RECORDING, DocumentId("other")),
    ):
        with pytest.raises(UnknownRecording):
            world.archiving.archive_chunk(message.recording_id, message.document_id)


def test_a_failed_try_comes_back_by_a_message_of_its_own() -> None:
    """Not by the host, whose delay is constant; the message becomes visible at the chunk's next try."""
    world = World()
    chunk = world.add()
    world.source.arm("server_error_500", times=None)
    world.announce(chunk)
    first = world.queue.take()
    assert first is not None
    began = world.clock.now()

    assert Outcome.WAITS == world.hand_out(first[1])
    ((visible, message),) = world.queue.messages
    assert first[1] == message
    assert timedelta(seconds=24) <= visible - began <= timedelta(minutes=2)
    assert visible >= (world.chunk().look_at or visible)
    assert [] == world.errors


def test_failures_that_pass_are_counted_and_cost_nothing() -> None:
    world = World()
    chunk = world.add()
    world.source.arm("server_error_500", times=20)
    with assert_nothing_lost(world):
        world.announce(chunk)
        world.run()

    assert ChunkState.RELEASED == world.state()
    assert {"source_busy"} == {code for code, _count in world.chunk().failures}
    failure = world.chunk().last_failure
    assert failure is not None
    assert ("media", "read source") == (failure.subject, failure.operation)


@pytest.mark.parametrize("part", ["topic", "queue"])
def test_a_part_that_cannot_be_had_for_a_while_costs_nothing(part: str) -> None:
    world = World()
    chunk = world.add()
    world.announce(chunk)
    if part == "topic":
        world.topic.fail(503, 5)
    else:
        world.source.arm("server_error_500", times=8)
        world.queue.failures = 2
    world.run()

    assert RecordingState.RELEASED == world.entry().recording.state
    assert ["RecordingArchived"] == world.told()
