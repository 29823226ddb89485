"""Attacks at the source, in the containers, by queue messages, and by the order of events."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from recording.core.errors import ArchiveBusy
from recording.core.formats.messages import ChunkMessage
from recording.core.model import (
    Authority,
    ChunkState,
    DocumentId,
    Door,
    FileEvent,
    RecordingId,
    RecordingState,
)
from tests.use_cases.test_evidence import NAME, blob_metadata
from tests.use_cases.world import RECORDING, World, assert_nothing_lost, elsewhere, file_event_of, metadata_of, sound

OTHER = RecordingId("recording-2")
KEY, GRID = Door.FUNCTION_KEY, Door.EVENT_GRID
MESSAGE = ChunkMessage(RECORDING, DocumentId("document-0"))


# The message of a chunk


def test_a_hostile_reply_while_the_catalog_is_down_does_not_cost_the_message() -> None:
    """The failure cannot be saved and the chunk is open, so the message is retried."""
    world = World()
    chunk = world.add()
    world.source.arm("redirect_elsewhere", after=1)
    world.announce(chunk)
    save, downs = world.catalog.save, [1]

    def down(entry: object) -> object:
        if downs:
            downs.pop()
            raise ArchiveBusy("save entry", "503")
        return save(entry)  # type: ignore[arg-type]

    world.catalog.save = down  # type: ignore[assignment, method-assign]
    with assert_nothing_lost(world):
        world.run()

    assert ChunkState.RELEASED == world.state()


def test_a_publication_that_fails_for_days_is_tried_ever_more_rarely() -> None:
    """The manifest is written, its event cannot be published: retries every 30 s for weeks would fill the log."""
    world = World()
    world.announce(world.add())
    world.topic.fail(403, 10_000)
    world.run(until=timedelta(days=3))

    assert 100 <= 10_000 - len(world.topic.failures) <= 500
    world.topic.failures.clear()
    world.run()
    assert {"RecordingArchived", "RecordingAtRisk"} == set(world.told())


def test_an_event_that_is_repeated_by_the_hundred_leaves_one_message() -> None:
    """A redundant message is not put back: otherwise messages would accumulate while the source lives."""
    world = World()
    chunk = world.add(content=b"limit exceeded!")
    for number in range(300):
        world.announce(chunk, door=KEY, event_id=f"event-{number}")
    world.run(until=timedelta(hours=1))
    assert 1 == len(world.queue.messages)
    world.run()

    assert (ChunkState.QUARANTINED, True) == (world.state(), world.chunk().is_closed)


def test_a_worker_that_dies_between_a_look_and_its_message_is_followed_by_another() -> None:
    """The dead worker's message is handed out again, and is not dropped as redundant."""
    world = World()
    chunk = world.add()
    media = world.source.contents.pop(chunk.content_location)
    world.announce(chunk)
    world.queue.failures = 1
    assert world.one() is None
    world.source.contents[chunk.content_location] = media
    world.run()

    assert ChunkState.RELEASED == world.state()


def test_a_message_that_a_person_puts_for_a_chunk_that_waits_stands_for_one_that_is_gone() -> None:
    """The queue was cleared, so the chunk has no message of its own."""
    world = World()
    chunk = world.add()
    media = world.source.contents.pop(chunk.content_location)
    world.announce(chunk)
    world.one()
    world.queue.messages.clear()
    world.source.contents[chunk.content_location] = media
    world.queue.put(MESSAGE, timedelta())
    world.run()

    assert ChunkState.RELEASED == world.state()


# The source


def test_a_metadata_file_that_is_another_at_every_look_does_not_keep_the_media_out() -> None:
    """Twenty tries fail while the archive is throttled; each leaves a different metadata file."""
    world = World()
    chunk = world.add(seconds=3.0)
    assert chunk.metadata_location is not None
    place, tries = chunk.metadata_location, iter(range(10_000))

    def another() -> None:
        world.source.contents[place] = metadata_of("document-0", seconds=3.0, look=next(tries))

    busy = [1] * 20

    def fails(operation: str, _name: str) -> None:
        if operation == "commit" and busy:
            busy.pop()
            raise ArchiveBusy("commit blob", "503")

    world.source.on_open = another
    world.archive.before = fails
    world.announce(chunk)
    world.run()

    assert ChunkState.RELEASED == world.state()
    assert sound(3.0) in world.blobs().values()


def test_media_that_was_cut_when_it_was_copied_is_not_released_on_metadata_that_fits_the_whole() -> None:
    """The metadata arrived later and fits the whole source, not the truncated copy in the archive."""
    world = World()
    chunk = world.add(seconds=4.0)
    assert chunk.metadata_location is not None
    media, metadata = world.source.contents[chunk.content_location], world.source.contents[chunk.metadata_location]
    world.source.contents |= {chunk.content_location: sound(1.0), chunk.metadata_location: b""}
    world.announce(chunk)
    world.run(until=timedelta(minutes=1))
    assert ChunkState.ARCHIVED == world.state()
    world.source.contents |= {chunk.content_location: media, chunk.metadata_location: metadata}
    world.run()

    assert (ChunkState.QUARANTINED, []) == (world.state(), world.source.deletions)
    assert media in [blob.content for blob in world.quarantine.blobs.values()]
    assert "RecordingQuarantined" in world.told()


def test_a_delete_location_that_is_another_chunks_content_deletes_nothing_even_where_nothing_is_found_there() -> None:
    """With the setting `event`, while the other chunk's metadata cannot be read."""
    world = World(authority=Authority.EVENT)
    a, b = world.add("a", 0), world.add("b", 1, metadata=b"")
    content = world.source.contents.pop(b.content_location)
    assert b.metadata_location is not None
    world.announce(elsewhere(a, delete=b.delete_location), b)
    world.run(until=timedelta(minutes=1))
    assert (ChunkState.KEPT, []) == (world.state("a"), world.source.deletions)
    world.source.contents |= {b.content_location: content, b.metadata_location: metadata_of("b", 1)}
    world.run()

    assert ChunkState.RELEASED == world.state("b")


def test_one_event_many_times_in_a_delivery_makes_one_message() -> None:
    world = World()
    chunk = world.add()
    received = world.deliver([file_event_of(chunk, event_id=f"event-{number}") for number in range(100)], KEY)

    assert [MESSAGE] == received.messages


# The archive


@pytest.mark.parametrize("door", Door)
def test_a_blob_that_was_seen_to_be_another_is_not_believed_once_the_source_has_ended(door: Door) -> None:
    """Its blob metadata names the chunk, but the source had other bytes. A person must decide."""
    world = World()
    chunk = world.add()
    lie = sound(1.0, 99)
    world.archive.put_as_stranger(NAME, lie, blob_metadata(lie))
    world.announce(chunk, door=door)
    world.run(until=timedelta(hours=23))
    assert ChunkState.QUARANTINED == world.state()
    world.remove(chunk)
    world.run()

    assert (ChunkState.QUARANTINED, True) == (world.state(), world.chunk().is_closed)
    assert sound() in [blob.content for blob in world.quarantine.blobs.values()]
    assert "RecordingArchived" not in world.told()


def test_an_event_of_an_old_clock_does_not_let_a_blob_speak_for_a_source_that_lives() -> None:
    """By the event's time the source expired long ago, but it is still there and only not ready."""
    world = World()
    chunk = world.add()
    lie = sound(1.0, 99)
    world.archive.put_as_stranger(NAME, lie, blob_metadata(lie))
    content = world.source.contents.pop(chunk.content_location)
    event = FileEvent("event-1", RECORDING, (chunk,), at=world.clock.now() - timedelta(days=400))
    world.announce(chunk, event=event, door=KEY)
    world.run(until=timedelta(hours=1))
    assert ChunkState.ANNOUNCED == world.state()
    world.source.contents[chunk.content_location] = content
    world.run(until=timedelta(hours=2))

    assert ChunkState.QUARANTINED == world.state()
    assert sound() in [blob.content for blob in world.quarantine.blobs.values()]


def test_metadata_of_another_document_is_not_kept_beside_a_copy_whose_source_has_ended() -> None:
    world = World()
    chunk = world.add(metadata=metadata_of("another"))
    del world.source.contents[chunk.content_location]
    world.archive.put_as_stranger(NAME, sound(), blob_metadata(sound()))
    world.announce(chunk)
    world.run()

    proof = world.chunk().proof
    assert (ChunkState.KEPT, True) == (world.state(), proof is not None)
    assert proof is not None
    assert proof.metadata is None
    assert world.entry().recording.lacks


# The order of events


def test_an_event_of_which_nothing_can_be_read_after_completion_does_not_leave_the_recording_open() -> None:
    """The recording now lacks something: a new manifest says so, and an alert is published."""
    world = World()
    world.deliver(file_event_of(world.add()))
    world.run()
    assert ["RecordingArchived"] == world.told()
    late = file_event_of(event_id="late")
    late["data"] = {"recordingStorageInfo": {"recordingChunks": [{"index": 1}]}}
    world.deliver(late)
    world.run()

    assert RecordingState.INCOMPLETE == world.entry().recording.state
    assert ["RecordingArchived", "RecordingEventUnreadable", "RecordingIncomplete"] == world.told()
    assert world.entry().recording.completed_at is not None


def test_every_loss_of_a_long_recording_is_told_after_a_topic_was_out_of_order() -> None:
    world = World()
    world.topic.fail(503, 1_000_000)
    chunks = [world.add(f"document-{index}", index, content=b"") for index in range(70)]
    world.announce(*chunks)
    world.clock.at += timedelta(hours=24, minutes=58)
    world.run(until=timedelta(hours=25, minutes=3), most=30_000)
    world.topic.failures.clear()
    world.run(most=30_000)

    told = {event.body["documentId"] for event in world.topic.received if event.event_type == "RecordingLost"}
    assert {f"document-{index}" for index in range(70)} == told


@pytest.mark.parametrize("text", ["\U0001f600", "\x01"])
def test_ids_that_no_message_can_hold_are_refused_and_told(text: str) -> None:
    """A queue message holds 64 KiB, and texts are escaped to ASCII in it."""
    world = World()
    chunk = replace(world.add(), document_id=DocumentId(text * 4096))
    received = world.deliver(file_event_of(chunk, recording_id=text * 3000))

    assert all(len(message.to_message()) < 60_000 for message in received.messages)
    assert received.messages or "RecordingEventUnreadable" in world.told()


@pytest.mark.parametrize("wrapped", [{"door": "eventGrid", "events": []}, {"door": "eventGrid"}])
def test_a_queue_message_that_is_put_together_by_hand_is_taken_or_told(wrapped: dict[str, object]) -> None:
    """The app's own messages contain texts of events; a person who puts one back may write the event itself."""
    world = World()
    if "events" in wrapped:
        good = file_event_of(world.add())
        wrapped = {**wrapped, "events": [json.dumps(good), file_event_of(world.add("b"), recording_id=OTHER), "junk"]}
    received = world.receiving.receive_message(json.dumps(wrapped).encode())

    if "events" in wrapped:
        assert {RECORDING, OTHER} == {message.recording_id for message in received.messages}
    assert received.failure is None
    assert "RecordingEventUnreadable" in world.told()
