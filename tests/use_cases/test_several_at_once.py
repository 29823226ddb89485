"""Concurrent messages, threads and workers for one recording."""

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta

import pytest

from recording.chunks.archiving import Outcome
from recording.core.errors import CatalogConflict
from recording.core.formats.messages import ChunkMessage
from recording.core.lifecycle import Expired, Failed
from recording.core.model import BlobName, CatalogEntry, ChunkState, DocumentId, Opening, RecordingId, RecordingState
from tests.core.entries_of import failure
from tests.use_cases.world import RECORDING, World, assert_nothing_lost, file_event_of, sound

MESSAGE = ChunkMessage(RECORDING, DocumentId("document-0"))


def test_messages_for_one_chunk_at_once_read_it_once() -> None:
    """The other messages are acknowledged at once: the run of the first covers them."""
    world = World()
    world.announce(world.add(seconds=3.0))
    arrived, go_on = threading.Event(), threading.Event()

    def hold(operation: str, _name: str) -> None:
        if operation == "stage":
            arrived.set()
            go_on.wait(30)

    world.archive.before = hold
    with ThreadPoolExecutor(13) as pool:
        first = pool.submit(world.archiving.archive_chunk, *(MESSAGE.recording_id, MESSAGE.document_id))
        assert arrived.wait(30)
        others = [
            pool.submit(world.archiving.archive_chunk, MESSAGE.recording_id, MESSAGE.document_id) for _ in range(12)
        ]
        assert {Outcome.ALREADY_RUNNING} == {other.result(30) for other in others}
        go_on.set()
        assert Outcome.DONE == first.result(30)

    assert ChunkState.RELEASED == world.state()
    assert world.source.served <= len(sound(3.0)) + 4096


def test_an_announcement_during_a_try_is_looked_at_before_the_run_ends() -> None:
    """Its message is acknowledged at once; the run that works on the chunk uses the new announcement."""
    world = World()
    chunk = world.add()
    content = world.source.contents.pop(chunk.content_location)
    world.announce(chunk)
    world.queue.messages.clear()
    dropped: list[Outcome] = []

    def meanwhile(operation: str, _name: str) -> None:
        if operation == "find" and not dropped:
            dropped.append(world.archiving.archive_chunk(MESSAGE.recording_id, MESSAGE.document_id))

    world.archive.before = meanwhile
    world.source.contents[chunk.content_location] = content
    world.archiving.archive_chunk(MESSAGE.recording_id, MESSAGE.document_id)

    assert [Outcome.ALREADY_RUNNING] == dropped
    assert ChunkState.RELEASED == world.state()


def test_a_message_that_another_has_replaced_goes_on_for_the_one_that_came_meanwhile() -> None:
    """That one is acknowledged, as its chunk has a run: if the run dropped its work too, none would be left."""
    world = World()
    world.announce(world.add())
    world.source.arm("not_ready_404", times=2)  # the metadata file and the media
    world.one()
    (_, next_one) = world.queue.messages.pop()
    load, dropped = world.catalog.load, list[Outcome]()

    def meanwhile(recording_id: RecordingId) -> CatalogEntry | None:
        world.catalog.load = load  # type: ignore[method-assign]
        dropped.append(world.archiving.archive_chunk(RECORDING, MESSAGE.document_id, next_one.look_at, is_again=False))
        return load(recording_id)

    world.catalog.load = meanwhile  # type: ignore[method-assign]
    replaced = world.clock.now() - timedelta(minutes=1)
    world.archiving.archive_chunk(RECORDING, MESSAGE.document_id, replaced, is_again=False)

    assert [Outcome.ALREADY_RUNNING] == dropped
    assert [next_one.look_at] == [message.look_at for _, message in world.queue.messages]
    world.run()
    assert ChunkState.RELEASED == world.state()


def test_a_hundred_small_chunks_at_once_do_not_conflict() -> None:
    """Within one worker a lock serializes the facts of a recording."""
    world = World()
    world.announce(*(world.add(f"document-{index}", index, seconds=0.1) for index in range(99)))
    messages = [message for _, message in world.queue.messages]
    world.queue.messages.clear()
    with ThreadPoolExecutor(16) as pool:
        outcomes = list(
            pool.map(lambda message: world.archiving.archive_chunk(message.recording_id, message.document_id), messages)
        )

    assert {Outcome.DONE} == set(outcomes)
    assert RecordingState.RELEASED == world.entry().recording.state
    assert all(chunk.failures == () for chunk in world.entry())
    assert ["RecordingArchived"] == world.told()


def test_an_entry_that_is_newer_than_what_this_worker_saved_last_is_not_replaced_by_that() -> None:
    """A run has saved, and still removes its row, when another worker announces a chunk that the next run takes."""
    world = World()
    world.announce(world.add())
    mine, remove, runs = world.archiving, world.open_work.remove, list[Future[Outcome]]()

    def meanwhile(recording_id: RecordingId, opening: Opening) -> None:
        world.open_work.remove = remove  # type: ignore[method-assign]
        world.worker()
        world.announce(world.add("document-1", 1))
        runs.append(pool.submit(mine.archive_chunk, RECORDING, DocumentId("document-1")))
        while mine.updates._write_locks[RECORDING].waiting < 2 and not runs[0].done():  # noqa: SLF001
            time.sleep(0.001)
        remove(recording_id, opening)

    world.open_work.remove = meanwhile  # type: ignore[method-assign]
    with ThreadPoolExecutor(1) as pool:
        mine.archive_chunk(RECORDING, MESSAGE.document_id)
        assert Outcome.DONE == runs[0].result(30)

    assert (ChunkState.RELEASED, ChunkState.RELEASED) == (world.state(), world.state("document-1"))


def test_conflicts_on_every_save_for_a_minute_cost_nothing() -> None:
    world = World()
    world.announce(world.add())
    world.catalog.conflicts = 30
    world.run()

    assert ChunkState.RELEASED == world.state()
    assert ["RecordingArchived"] == world.told()


def test_conflicts_without_end_give_the_step_back() -> None:
    world = World()
    world.announce(world.add())
    before = world.clock.now()
    world.catalog.conflicts = 10_000
    with pytest.raises(CatalogConflict):
        world.updates.apply(RECORDING, Failed(MESSAGE.document_id, failure(), before))

    assert world.clock.now() - before < timedelta(minutes=2)


def test_a_loss_is_not_told_before_it_is_so() -> None:
    """Another worker released the chunk: the save conflicts, and no alert was published before it."""
    world = World()
    chunk = world.add()
    world.announce(chunk)
    stale = world.entry()
    world.run()
    released = world.entry()
    world.updates.apply(RECORDING, Expired(MESSAGE.document_id, failure()), known=stale)

    assert released.chunks == world.entry().chunks
    assert ["RecordingArchived"] == world.told()


def test_an_alert_that_could_not_be_published_is_published_by_the_next_who_comes() -> None:
    world = World()
    chunk = world.add(content=b"limit exceeded!")
    world.announce(chunk)
    world.topic.fail(503, 1)
    assert Outcome.WAITS == world.one()
    assert ([], ChunkState.QUARANTINED) == (world.told(), world.state())

    world.run(until=timedelta(minutes=5))
    assert ["RecordingQuarantined"] == world.told()
    assert () == world.entry().recording.untold


def test_a_topic_that_refuses_for_a_day_holds_up_no_copy() -> None:
    """One chunk is in quarantine and its alert cannot be published; the other is archived and released all the same."""
    world = World()
    world.topic.fail(403, 10_000)
    with assert_nothing_lost(world):
        world.announce(world.add("a", 0), world.add("b", 1, content=b"limit exceeded!"))
        world.run(until=timedelta(hours=20))

    assert (ChunkState.RELEASED, ChunkState.QUARANTINED) == (world.state("a"), world.state("b"))
    world.topic.failures.clear()
    world.run()
    assert ["RecordingQuarantined", "RecordingIncomplete"] == world.told()


def test_an_entry_that_is_lost_in_the_middle_of_a_step_is_told_as_what_it_is() -> None:
    """No bug of the step, but something that a rebuild mends; the message is delivered again."""
    world = World()
    world.deliver(file_event_of(world.add("document-0")))

    def lose(_operation: str, name: BlobName) -> None:
        if ".manifest" in name:
            world.catalog.entries.clear()

    world.archive.after = lose
    with pytest.raises(CatalogConflict, match="gone"):
        world.archiving.archive_chunk(RECORDING, DocumentId("document-0"))
    assert {} == world.catalog.entries
