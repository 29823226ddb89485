"""How many requests the most common recording takes: a short call, one chunk of one block."""

from datetime import timedelta

import pytest

from recording.core.errors import ArchiveBusy
from recording.core.formats.messages import ChunkMessage
from recording.core.lifecycle import Started
from recording.core.model import APP, CatalogEntry, ChunkState, DocumentId, RecordingState
from tests.core.entries_of import WAV
from tests.use_cases.world import RECORDING, World, assert_nothing_lost, file_event_of

STEP = ChunkMessage(RECORDING, DocumentId("document-0"))


def test_a_short_recording_takes_no_request_more_than_it_must() -> None:
    """Each of these has its reason in bench/README.md; with the host's three for the message they are 28."""
    world = World()
    world.deliver(file_event_of(world.add(seconds=0.1)))
    world.run()

    assert RecordingState.RELEASED == world.entry().recording.state
    assert ["put"] == [operation for operation, _ in world.journal.calls]
    *calls, _ = world.catalog.calls  # the last is this test's own
    assert ["load", "save", "load", "save", "own", "save", "save"] == calls
    assert [
        "put",
        "load",
        "save",
        "remove",
    ] == world.open_work.calls  # between them the chain of ticks, once an interval
    assert [RECORDING] == list(world.directory.days.values())
    assert ["put", "put", "find", "find", "put"] == [operation for operation, _ in world.archive.calls]
    # Whether it was erased is asked once, of a recording that the catalog does not know.
    assert ["find", *["put"] * 3] == [operation for operation, _ in world.trail.archive.calls]
    assert [2, 1] == [len(world.source.opened), len(world.source.deletions)]
    assert ["RecordingArchived"] == world.told()
    assert 1 == len(world.record_queue.messages)


def test_the_row_of_a_short_recording_is_moved_only_when_something_else_is_owed() -> None:
    """Its end, its file event, its chunk; however many minutes pass between."""
    world = World()
    world.calls.recordings[RECORDING] = "active"
    world.updates.apply(RECORDING, Started(RECORDING, WAV))
    world.clock.at += timedelta(minutes=7)
    world.app.controlling.stop(RECORDING, by=APP)
    world.clock.at += timedelta(minutes=7)
    world.announce(world.add(seconds=0.1))
    world.run()

    assert RecordingState.RELEASED == world.entry().recording.state
    assert {"put": 3, "remove": 3} == {name: world.open_work.calls.count(name) for name in ("put", "remove")}


def test_a_chunk_that_is_not_the_last_is_noted_as_released_at_once() -> None:
    """Nothing follows that could be noted with it."""
    world = World()
    world.announce(world.add(), world.add("document-1", 1))
    world.one()

    assert [ChunkState.RELEASED, ChunkState.ANNOUNCED] == [chunk.state for chunk in world.entry()]


class Killed(Exception):
    """The process is gone."""


@pytest.mark.parametrize("later", [0.0, 0.25], ids=["at once", "with a fraction of a second"])
def test_a_completion_that_was_cut_off_before_it_was_noted_is_found_done(
    later: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The source gone, the manifest written, the event published: no second manifest, no other event."""
    world = World()
    world.announce(world.add())
    save = world.catalog.save

    def die(entry: CatalogEntry) -> CatalogEntry:
        if entry.recording.completed_at is not None:
            raise Killed
        return save(entry)

    with monkeypatch.context() as patch, assert_nothing_lost(world):
        patch.setattr(world.catalog, "save", die)
        with pytest.raises(Killed):
            world.one()
    world.clock.sleep(later)
    world.archiving = world.worker()
    world.give_back(STEP)
    world.run()

    recording = world.entry().recording
    assert (RecordingState.RELEASED, 1) == (recording.state, recording.revision)
    assert 1 == sum(".manifest" in name for name in world.archive.blobs)
    assert ["RecordingArchived"] * 2 == world.told()
    assert 1 == len({event.event_id for event in world.topic.received})


def test_a_release_is_noted_though_its_completion_fails() -> None:
    """And the completion is tried again by itself."""
    world = World()
    world.announce(world.add())
    world.topic.fail(503)
    world.one()
    assert ChunkState.RELEASED == world.state()
    assert world.entry().recording.completed_at is None

    world.run()
    assert world.entry().recording.completed_at is not None
    assert ["RecordingArchived"] == world.told()


def test_another_manifest_in_the_way_is_left() -> None:
    """One that differs in more than the moment of a release is somebody else's: ours gets the next number."""
    world = World()
    world.announce(world.add())

    def occupy(operation: str, name: str) -> None:
        if operation == "put" and name.endswith(".manifest.json"):
            world.archive.before = lambda _operation, _name: None
            world.archive.put_as_stranger(name, b'{"schema": "recording-manifest/1"}')  # type: ignore[arg-type]
            raise ArchiveBusy("put blob", "503")

    world.archive.before = occupy
    world.run()

    assert 2 == world.entry().recording.revision
    assert ["RecordingArchived"] == world.told()
