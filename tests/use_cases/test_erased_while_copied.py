"""A run that was copying a chunk while its recording was erased leaves nothing, and a person is told what it wrote."""

from contextlib import nullcontext
from datetime import timedelta

import pytest

from recording.core.model import BlobName, DocumentId, RecordingState, RemovalReason
from recording.core.records.holds import Hold, HoldState, Scope
from tests.use_cases.erasures import ADA, ANN, KEYS, add, check_erased, file_all, places_of, two_recordings
from tests.use_cases.kills import KilledError
from tests.use_cases.world import RECORDING, START, World, file_event_of

AT = (".metadata.json", "0000-document-0")
"""Ends the names of a chunk's metadata file, and of its media."""


def late_run(at: str, *, is_killed: bool = False) -> World:
    """A chunk is copied twice at once; before the first run writes that blob the other one ends, and all is erased.

    It goes on then, or is killed as soon as that blob stands.
    """
    world = World(settings={"PEOPLE_INDEX_KEY": KEYS})
    world.deliver(file_event_of(add(world, "document-0", 0, ANN)))
    world.queue.messages.clear()
    first, steps = world.archiving, list[str]()

    def before(operation: str, name: BlobName) -> None:
        if operation == "put" and name.endswith(at) and not steps:
            steps.append("others")
            world.worker().archive_chunk(RECORDING, DocumentId("document-0"))
            file_all(world)
            assert RecordingState.RELEASED is world.entry().recording.state
            world.app.records.removing.remove(world.entry(), RemovalReason.ERASURE, by=ADA)
            assert set() == stray(world)
            steps.append("late")

    def after(*_: object) -> None:
        if is_killed and "late" in steps:
            raise KilledError

    world.archive.before, world.archive.after = before, after
    with pytest.raises(KilledError) if is_killed else nullcontext():
        first.archive_chunk(RECORDING, DocumentId("document-0"))
    world.archive.before = world.archive.after = lambda *_: None
    return world


def stray(world: World) -> set[str]:
    """Blobs of the recording, in any container."""
    containers = (world.archive, world.quarantine, world.overflow)
    blobs = [name for container in containers for name in container.blobs]
    return {name for name in blobs if f"/{RECORDING}/" in name and not name.endswith("x.wav")}


@pytest.mark.parametrize("at", AT)
def test_what_it_has_written_is_told_by_name_and_names_nobody(at: str) -> None:
    """Media and metadata file: that one has everybody's ids."""
    world = late_run(at)
    left = stray(world)
    assert left
    (told,) = (one for one in world.topic.received if one.event_type == "ConflictingEvents")
    assert {name for name in left if name in str(told.body["reason"])} == left
    assert ANN not in str(told)
    assert RecordingState.ERASED is world.entry().recording.state


@pytest.mark.parametrize("at", AT)
@pytest.mark.parametrize("is_killed", [True, False])
def test_what_it_has_written_is_removed_by_the_next_daily_pass(at: str, *, is_killed: bool) -> None:
    """Killed, it has told nobody: only looking again finds it."""
    world = late_run(at, is_killed=is_killed)
    assert stray(world)
    world.clock.sleep(timedelta(days=1).total_seconds())
    world.app.records.daily.run()
    assert set() == stray(world)
    check_erased(world)
    assert set() == places_of(world, ANN)


def test_for_some_days_it_is_looked_for() -> None:
    """Then no row names it any more; nor is there any of one that was complete for days when it was erased."""
    world = late_run(AT[0])
    assert {RECORDING} == rows(world)
    for _ in range(4):
        world.clock.sleep(timedelta(days=1).total_seconds())
        world.app.records.daily.run()
    assert set() == rows(world) | stray(world)

    world = two_recordings(1)
    world.clock.sleep(timedelta(days=2).total_seconds())
    world.app.records.removing.remove(world.entry(), RemovalReason.RETENTION, by=ADA)
    assert set() == rows(world)


def rows(world: World) -> set[str]:
    """The recordings that are looked for."""
    return {key.partition("~")[0] for partition, key in world.index.rows if partition == "erased-of-late"}


def test_what_is_protected_is_looked_for_until_it_can_be_removed() -> None:
    """And a blob of it that cannot be removed keeps no other one from it."""
    world = late_run(AT[0])
    removal = world.removals["archive"]
    removal.held |= set(world.archive.blobs)
    world.clock.sleep(timedelta(days=5).total_seconds())
    world.app.records.daily.run()
    assert {RECORDING} == rows(world)
    assert stray(world)

    removal.held.clear()
    world.app.records.daily.run()
    assert set() == rows(world) | stray(world)


@pytest.mark.parametrize("is_lost", [False, True])
def test_a_hold_that_covers_it_by_now_keeps_what_is_there(*, is_lost: bool) -> None:
    """Also while the catalog has lost its entry."""
    world = late_run(AT[0])
    if is_lost:
        world.catalog.entries.clear()
    scope = Scope(recordings=(RECORDING,))
    world.app.records.holding.insert(Hold("h1", HoldState.ACTIVE, scope, "", "", START.date(), START, ADA))
    before = stray(world)
    world.clock.sleep(timedelta(days=1).total_seconds())
    world.app.records.daily.run()
    assert before == stray(world)


def test_a_recording_of_many_chunks_is_looked_for_whole() -> None:
    """What is kept about it does not grow beyond a row."""
    world = two_recordings(45)
    names = [chunk.name for chunk in world.entry()]
    world.app.records.removing.remove(world.entry(), RemovalReason.ERASURE, by=ADA)
    for name in names:
        world.archive.put_as_stranger(name, b"late")
        world.quarantine.put_as_stranger(BlobName(f"{name}.apart-2"), b"late")
    assert 45 * 2 == len(stray(world))
    world.app.records.daily.run()
    assert set() == stray(world)
    assert max(len(row.body) for row in world.index.rows.values() if row.partition == "erased-of-late") < 5000
