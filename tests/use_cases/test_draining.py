"""Poison messages of each queue: driven again, acknowledged, or put before a person."""

import base64
import json
import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from recording.core.errors import ArchiveBusy, Permanent, Transient
from recording.core.formats.messages import ChunkMessage
from recording.core.model import Alarm, Alert, BlobName, CatalogEntry, ChunkState, DocumentId, Door
from recording.watch.draining import MOST_DRIVEN
from tests.use_cases.world import RECORDING, START, World, file_event_of


@pytest.fixture
def world() -> World:
    return World()


MESSAGE = ChunkMessage(RECORDING, DocumentId("document-0"), START).to_message().encode()


def event_of(world: World, recording: str) -> dict[str, Any]:
    """An event of a recording with one chunk, which the source has."""
    chunk = world.add(f"document-of-{recording}")
    return file_event_of(chunk, recording_id=recording, event_id=f"event-of-{recording}")


# Chunk messages


@pytest.mark.parametrize("written", [bytes, base64.b64encode])
def test_a_message_of_an_open_chunk_is_put_again(world: World, written: Any) -> None:  # noqa: ANN401
    """Without its `look_at`, so that no other message replaces it; the chunk is archived."""
    world.announce(world.add())
    world.queue.messages.clear()
    world.app.draining.drain_chunk(written(MESSAGE))

    ((_, put),) = world.queue.messages
    assert (RECORDING, "document-0", None) == (put.recording_id, put.document_id, put.look_at)
    world.run()
    assert ChunkState.RELEASED is world.state()


def test_a_message_of_a_chunk_that_is_done_is_acknowledged(world: World) -> None:
    """There is nothing to drive."""
    world.announce(world.add())
    world.run()
    told = world.told()
    world.app.draining.drain_chunk(MESSAGE)

    assert ([], told) == (world.queue.messages, world.told())


def test_an_alert_that_is_not_told_is_work(world: World) -> None:
    """The run that was to publish it was given up."""
    world.announce(world.add())
    world.run()
    entry = world.entry()
    alert = Alert(Alarm.CONFLICT, "two events differ", DocumentId("document-0"))
    world.catalog.save(replace(entry, recording=replace(entry.recording, untold=(alert,))))
    world.app.draining.drain_chunk(MESSAGE)
    world.run()

    assert ["RecordingArchived", "ConflictingEvents"] == world.told()


def test_a_message_that_is_given_up_again_and_again_is_put_before_a_person(world: World) -> None:
    """After three times: the entry says why, and an alert is published once."""
    world.announce(world.add())
    for _ in range(MOST_DRIVEN):
        world.queue.messages.clear()
        world.app.draining.drain_chunk(MESSAGE)
        assert 1 == len(world.queue.messages)
    world.queue.messages.clear()
    for _ in range(3):
        world.app.draining.drain_chunk(MESSAGE)

    failure = world.chunk().last_failure
    assert ([], ["RecordingAtRisk"]) == (world.queue.messages, world.told())
    assert failure is not None
    assert ("message_given_up", "the host has given up its message 4 times") == (
        failure.code,
        failure.cause.partition(":")[0],
    )


def test_each_chunk_is_counted_by_itself(world: World) -> None:
    """Many chunks that are given up once are no reason to tell a person."""
    chunks = [world.add(f"document-{index}", index) for index in range(10)]
    world.announce(*chunks)
    world.queue.messages.clear()
    for chunk in chunks:
        world.app.draining.drain_chunk(ChunkMessage(RECORDING, chunk.document_id).to_message().encode())

    assert (10, []) == (len(world.queue.messages), world.told())


def test_a_manifest_that_is_owed_is_driven_again_each_time(world: World) -> None:
    """Its chunk is closed: its failures are counted where the manifest is written."""

    def fail(_operation: str, name: BlobName) -> None:
        if ".manifest" in name:
            raise ArchiveBusy("put blob", "503")

    world.announce(world.add())
    world.archive.before = fail
    world.run(timedelta(minutes=1))
    for _ in range(MOST_DRIVEN + 2):
        world.queue.messages.clear()
        world.app.draining.drain_chunk(MESSAGE)
    world.archive.before = lambda _operation, _name: None
    world.run()

    assert ["RecordingArchived"] == world.told()


@pytest.mark.parametrize(
    "message",
    [
        b"no JSON",
        b"{}",
        b'{"recordingId": "r", "documentId": 7}',
        ChunkMessage(RECORDING, DocumentId("x")).to_message().encode(),
    ],
)
def test_a_message_that_cannot_be_read_or_is_of_no_chunk_is_put_before_a_person(
    world: World, message: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """Kept in the journal, logged and published."""
    world.announce(world.add())
    world.queue.messages.clear()
    world.app.draining.drain_chunk(message)

    assert ([], ["RecordingEventUnreadable"]) == (world.queue.messages, world.told())
    assert [message] == [blob.content for blob in world.journal.blobs.values()]
    assert 1 == caplog.text.count("step.refused")


def test_what_is_not_available_is_tried_again(world: World) -> None:
    """Only transient errors leave it."""
    world.announce(world.add())
    world.queue.messages.clear()
    world.queue.failures = 1
    with pytest.raises(Transient):
        world.app.draining.drain_chunk(MESSAGE)
    world.app.draining.drain_chunk(MESSAGE)

    assert 1 == len(world.queue.messages)


def test_an_entry_that_can_never_be_saved_is_put_before_a_person(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The failure cannot be noted, and the message is acknowledged."""
    world.announce(world.add())
    for _ in range(MOST_DRIVEN):
        world.app.draining.drain_chunk(MESSAGE)

    def refuse(_entry: CatalogEntry) -> CatalogEntry:
        raise Permanent("save entry", "it is too large")

    monkeypatch.setattr(world.catalog, "save", refuse)
    world.app.draining.drain_chunk(MESSAGE)

    assert ["RecordingEventUnreadable"] == world.told()


# Events


def poisoned(world: World) -> list[bytes]:
    """The messages of the queue of events, moved to its poison queue."""
    found = [text.encode() for text in world.event_queue.messages]
    world.event_queue.messages.clear()
    return found


def test_events_are_taken_again(world: World) -> None:
    """Each in a message of its own: one of which the runs die does not hold up the others."""
    events = [event_of(world, name) for name in "abc"]
    world.app.draining.drain_events(json.dumps(events).encode())

    assert 3 == len(world.event_queue.messages)
    world.take_events()
    world.run()
    assert {ChunkState.RELEASED} == {chunk.state for entry in world.catalog.entries.values() for chunk in entry}


@pytest.mark.parametrize("door", Door)
def test_an_event_keeps_its_door(world: World, door: Door) -> None:
    """The function key's do not become Event Grid's."""
    text = json.dumps({"door": door, "events": [json.dumps(event_of(world, RECORDING))]})
    world.app.draining.drain_events(text.encode())
    world.take_events()

    (chunk,) = world.entry()
    assert [door] == [one.door for one in chunk.candidates]


def test_an_event_that_is_given_up_twice_is_put_before_a_person(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Kept in the journal, logged and published, and not put again."""
    event = event_of(world, RECORDING)
    world.app.draining.drain_events(json.dumps(event).encode())
    (again,) = poisoned(world)
    world.app.draining.drain_events(again)

    assert ([], ["RecordingEventUnreadable"]) == (world.event_queue.messages, world.told())
    assert [event] == [json.loads(blob.content) for blob in world.journal.blobs.values()]
    assert 1 == caplog.text.count("event.refused")


def test_in_a_batch_only_the_bad_event_ends_before_a_person(world: World) -> None:
    """The others are taken."""
    good, bad = event_of(world, "good"), event_of(world, "bad")
    batches = [json.dumps([good, bad]).encode()]
    for _ in range(4):
        for message in batches:
            world.app.draining.drain_events(message)
        batches = []
        for message in poisoned(world):
            if b"event-of-bad" in message:
                batches.append(message)
            else:
                world.receiving.receive_message(message)

    assert {"good"} == set(world.catalog.entries)
    assert ["RecordingEventUnreadable"] == world.told()


def test_an_event_that_came_otherwise_is_acknowledged(world: World) -> None:
    """The catalog has every chunk of it."""
    event = event_of(world, RECORDING)
    world.deliver(event)
    world.app.draining.drain_events(json.dumps(event).encode())

    assert [] == world.event_queue.messages


@pytest.mark.parametrize(
    ("message", "is_kept"),
    [
        (b"neither JSON nor base64!", True),
        (b'{"eventType": "Microsoft.Communication.IncomingCall", "data": {"from": "+4912345"', False),
    ],
)
def test_a_message_that_cannot_be_read_is_put_before_a_person(world: World, message: bytes, *, is_kept: bool) -> None:
    """The journal has it, unless it may contain a caller's number."""
    world.app.draining.drain_events(message)

    assert ["RecordingEventUnreadable"] == world.told()
    assert is_kept == (message in [blob.content for blob in world.journal.blobs.values()])
    assert 1 == len(world.journal.blobs)


def test_an_event_that_cannot_be_read_is_refused_where_events_are_refused(world: World) -> None:
    """It is put again like any other."""
    world.app.draining.drain_events(b'[5, {"id": "x"}]')
    world.take_events()

    assert ["RecordingEventUnreadable"] * 2 == world.told()


def test_an_empty_message_is_acknowledged(world: World) -> None:
    world.app.draining.drain_events(b"[]")

    assert ([], []) == (world.event_queue.messages, world.told())


def test_events_that_cannot_be_put_now_are_put_by_the_next_run(world: World) -> None:
    """At least once."""
    message = json.dumps(event_of(world, RECORDING)).encode()
    world.event_queue.failures = 1
    with pytest.raises(Transient):
        world.app.draining.drain_events(message)
    world.app.draining.drain_events(message)

    assert (1, []) == (len(world.event_queue.messages), world.told())


# Ticks


def test_a_tick_is_dropped(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """The sweep's other drivers plant a new one."""
    caplog.set_level(logging.INFO)
    world.app.draining.drop_tick()

    assert ([], "message.drained outcome=dropped" in caplog.text) == (world.queue.messages, True)
