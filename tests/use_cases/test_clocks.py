"""No clock gives up a chunk while its source may live, and none keeps a chunk open without end."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from recording.core.errors import ArchiveBusy, ArchiveRefused
from recording.core.model import BlobName, CatalogEntry, ChunkState, FileEvent, RecordingId, RecordingState
from tests.use_cases.world import RECORDING, START, World, assert_nothing_lost, elsewhere, file_event_of


def test_a_chunk_announced_long_after_the_first_is_not_lost_at_its_first_404() -> None:
    """Its source is young, even if the recording's first event is old."""
    world = World()
    world.announce(world.add("document-0", 0))
    world.run(until=timedelta(hours=26))
    late = world.add("document-1", 1)
    content = world.source.contents.pop(late.content_location)
    world.announce(late, event_id="event-2")
    world.run(until=timedelta(hours=27))

    assert ChunkState.ANNOUNCED == world.state("document-1")
    world.source.contents[late.content_location] = content
    with assert_nothing_lost(world):
        world.run()
    assert ChunkState.RELEASED == world.state("document-1")


def test_a_young_chunk_is_not_released_without_its_metadata() -> None:
    """The age of the recording's first event does not count."""
    world = World()
    world.announce(world.add("document-0", 0))
    world.run(until=timedelta(hours=26))
    late = world.add("document-1", 1, metadata=b"")
    world.announce(late, event_id="event-2")
    world.run(until=timedelta(hours=30))

    assert (ChunkState.ARCHIVED, True) == (world.state("document-1"), world.chunk("document-1").is_metadata_owed)
    assert late.content_location in world.source.contents


@pytest.mark.parametrize("year", [1970, 2001])
def test_an_event_of_a_wrong_clock_does_not_lose_a_chunk(year: int) -> None:
    world = World()
    chunk = world.add()
    content = world.source.contents.pop(chunk.content_location)
    event = FileEvent("event-1", RECORDING, (chunk,), at=datetime(year, 1, 1, tzinfo=UTC))
    world.announce(chunk, event=event)
    world.run(until=timedelta(hours=1))
    world.source.contents[chunk.content_location] = content
    world.run()

    assert ChunkState.RELEASED == world.state()


@pytest.mark.parametrize(
    "fault",
    ["server_error_500", "busy_503", "unauthorized_mid_copy", "forbidden", "reset_mid_body", "not_ready_404", "hang"],
)
@pytest.mark.parametrize("age", [timedelta(), timedelta(hours=30)], ids=["new", "an event of 30 hours ago"])
def test_a_chunk_that_can_never_be_had_is_lost_in_the_end_and_told(fault: str, age: timedelta) -> None:
    """After any kind of failure, once the latest end of its source has passed; the alert is published once."""
    world = World()
    chunk = world.add()
    world.source.arm(fault, times=None)
    world.announce(chunk, event=FileEvent("event-1", RECORDING, (chunk,), at=START - age))
    world.run(until=timedelta(hours=24, minutes=59))
    assert ChunkState.ANNOUNCED == world.state()
    assert [] == world.told()

    world.run()
    assert (ChunkState.LOST, RecordingState.LOST) == (world.state(), world.entry().recording.state)
    assert ["RecordingLost"] == world.told()
    assert [] == world.queue.messages
    assert world.clock.now() - START < timedelta(hours=26)


@pytest.mark.parametrize("fault", ["not_ready_404", "busy_503", "forbidden", "html_for_media", "redirect_elsewhere"])
@pytest.mark.parametrize("closed", [timedelta(), timedelta(hours=6)], ids=["archive there", "archive away"])
def test_a_copy_whose_reply_was_lost_is_found_whatever_is_answered_at_the_end(fault: str, closed: timedelta) -> None:
    """The source is gone, or answers something else; and the archive may be away just then."""
    world = World()
    world.announce(world.add())
    commit = world.archive.commit

    def lose_reply(
        name: BlobName, block_ids: Sequence[str], blob_metadata: Mapping[str, str], content_type: str
    ) -> str:
        commit(name, block_ids, blob_metadata, content_type)
        world.archive.commit = commit  # type: ignore[method-assign]
        raise ArchiveBusy("commit blob", "the reply is lost")

    world.archive.commit = lose_reply  # type: ignore[method-assign]
    world.one()
    world.source.arm(fault, times=None)

    def be_away(operation: str, _: str) -> None:
        if timedelta(0) <= world.clock.now() - world.chunk().gone_by < closed:
            raise ArchiveBusy(operation, "503")

    world.archive.before = be_away
    world.run()

    assert (ChunkState.KEPT, RecordingState.ARCHIVED) == (world.state(), world.entry().recording.state)
    assert "RecordingLost" not in world.told()
    assert "earlier try" in " ".join(world.chunk().notes)


def test_a_chunk_is_lost_in_the_end_though_the_archive_never_says_what_it_holds() -> None:
    """A day later; meanwhile the person was warned."""
    world = World()
    world.announce(world.add())

    def be_away(operation: str, _: str) -> None:
        raise ArchiveRefused(operation, "403")

    world.archive.before = be_away
    world.run(until=timedelta(hours=48))
    assert ChunkState.ANNOUNCED == world.state()

    world.run()
    assert (ChunkState.LOST, []) == (world.state(), world.queue.messages)
    assert world.clock.now() - START < timedelta(hours=51)


@pytest.mark.parametrize("fault", ["delete_400", "delete_401", "delete_403", "delete_409", "delete_500"])
def test_a_proven_chunk_whose_source_cannot_be_deleted_is_completed_in_the_end(fault: str) -> None:
    """The source expires by itself: the manifest is written, the event published, and no chunk reported lost."""
    world = World()
    world.source.arm(fault, times=None)
    world.announce(world.add())
    world.run()

    assert (ChunkState.KEPT, ["RecordingArchived"]) == (world.state(), world.told())
    assert "ended by itself" in world.chunk().kept_reason
    assert world.entry().recording.completed_at is not None


def test_the_earliest_end_counts_from_when_the_recording_ended() -> None:
    """It does not count from an event that arrived hours later."""
    world = World()
    chunk = world.add()
    ended = START - timedelta(hours=5)
    event = FileEvent(
        "event-1", RECORDING, (chunk,), at=START, started_at=ended - timedelta(minutes=1), duration=timedelta(minutes=1)
    )
    world.announce(chunk, event=event)

    assert ended + timedelta(hours=24) == world.chunk().due
    assert START + timedelta(hours=25) == world.chunk().gone_by


def test_metadata_tells_an_earlier_end() -> None:
    world = World()
    chunk = world.add()
    world.source.arm("server_error_500", times=None, after=1)
    world.announce(chunk)
    world.run(until=timedelta(minutes=1))

    assert START - timedelta(seconds=59) + timedelta(hours=24) == world.chunk().due


def test_waits_grow_and_the_end_is_not_missed() -> None:
    """About eighty tries in a day, not one every three minutes."""
    world = World()
    chunk = world.add()
    world.source.arm("not_ready_404", times=None)
    world.announce(chunk)
    world.run()

    tries = dict(world.chunk().failures)["source_gone"]
    assert 50 <= tries <= 150
    assert world.clock.now() - START <= timedelta(hours=25, minutes=31)


def test_metadata_that_never_comes_leaves_the_recording_incomplete() -> None:
    """The media is proven; the source was kept, and expired by itself."""
    world = World()
    chunk = world.add(metadata=b"")
    world.announce(chunk)
    world.run(until=timedelta(hours=20))
    shown = world.chunk()
    assert (ChunkState.ARCHIVED, "metadata") == (shown.state, shown.last_failure and shown.last_failure.subject)
    assert [] == world.source.deletions

    world.run()
    assert (ChunkState.KEPT, RecordingState.INCOMPLETE) == (world.state(), world.entry().recording.state)
    assert ["RecordingIncomplete"] == world.told()
    assert ["the metadata file of chunk 0 never came"] == world.manifest()["lacks"]


def test_a_chunk_without_a_metadata_location_is_whole_and_its_source_is_left() -> None:
    """The delete would take a metadata file along that nobody has named, and nobody archived."""
    world = World()
    chunk = world.add()
    world.announce(replace(chunk, metadata_location=None))
    world.run()

    assert (ChunkState.KEPT, []) == (world.state(), world.source.deletions)
    assert "its event named no metadata file" in world.chunk().kept_reason
    assert ("the event named no metadataLocation",) == world.chunk().notes
    assert ["RecordingArchived"] == world.told()


@pytest.mark.parametrize("runs", [0, 1], ids=["before the copy is released", "after it was kept"])
def test_a_metadata_location_that_comes_later_is_archived_and_the_source_released(runs: int) -> None:
    """Whenever it comes while the source lives."""
    world = World()
    chunk = world.add()
    world.announce(replace(chunk, metadata_location=None))
    for _ in range(runs):
        world.run()
    with assert_nothing_lost(world):
        world.announce(chunk, event_id="event-2")
        world.run()

    proof = world.chunk().proof
    assert (ChunkState.RELEASED, True) == (world.state(), proof is not None and proof.metadata is not None)
    assert list(world.missing_rows()) == []


def test_the_message_of_an_event_is_not_dropped_by_a_worker_whose_clock_is_behind() -> None:
    """It names the moment that the chunk has: any other is taken for a message that has been replaced."""
    world = World()
    chunk = world.add()
    world.deliver(file_event_of(elsewhere(chunk, content="https://elsewhere.example.org/x")))
    world.one()
    assert ChunkState.QUARANTINED == world.state()
    world.queue.messages.clear()
    load = world.catalog.load

    def slow(recording_id: RecordingId) -> CatalogEntry | None:
        world.clock.sleep(0.1)
        return load(recording_id)

    world.catalog.load = slow  # type: ignore[method-assign]
    world.deliver(file_event_of(chunk, event_id="event-2"))
    world.clock.sleep(-60.0)
    world.queue.messages = [(world.clock.now(), message) for _, message in world.queue.messages]
    world.run()

    assert ChunkState.RELEASED == world.state()
