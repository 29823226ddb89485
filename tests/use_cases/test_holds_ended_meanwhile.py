"""A hold ends while somebody else sets the legal holds of its blobs, or after they were made: none is left on any."""

from datetime import timedelta

import pytest

from recording.core.errors import ArchiveRefused
from recording.core.model import BlobName, ChunkState, Proof, RecordingId, RemovalReason
from recording.core.records.holds import Hold, HoldState
from tests.fakes import FakeOverflowCopies
from tests.use_cases.keepings import file_all, run_jobs
from tests.use_cases.test_overflow import ON, close, open_again
from tests.use_cases.test_placing_holds import ANNA, end, held, holds_in_trail, made, world_of
from tests.use_cases.world import RECORDING, World

R1, R3 = RecordingId("r1"), RecordingId("r3")
LIMIT = b"limit exceeded!"


def state(world: World, hold: Hold) -> HoldState:
    return world.app.records.holding.load(hold.hold_id).state


def test_a_hold_that_ends_while_the_daily_look_is_at_it_is_not_set_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody would ever clear it, so that nothing could delete these blobs; and nobody has removed a legal hold."""
    world = world_of("r1", "r2")
    hold = made(world, call="call-1")
    run_jobs(world)
    removal, ended = world.removals["archive"], list[Hold]()
    is_held = removal.is_held

    def ends_before(name: BlobName) -> bool:
        if not ended:
            ended.append(end(world, hold))
            run_jobs(world)
        return is_held(name)

    with monkeypatch.context() as patch:
        patch.setattr(removal, "is_held", ends_before)
        world.app.records.keeping.watching_holds.run()

    assert HoldState.ENDED is state(world, hold)
    assert set() == held(world)
    assert "HoldLifted" not in world.told()
    assert ["Held", "HoldEnded"] == holds_in_trail(world, "r1")


def test_an_earlier_doubtful_copy_is_let_go_too() -> None:
    """The entry names the last one only. Nothing could erase the recording otherwise."""
    world = World()
    chunk = world.add()
    media = world.source.contents[chunk.content_location]
    world.source.contents[chunk.content_location] = LIMIT
    world.announce(chunk)
    world.run(until=timedelta(seconds=10))
    hold = made(world, recordings=[RECORDING])
    run_jobs(world)
    world.source.contents[chunk.content_location] = b"another text in place of media"
    world.run(until=timedelta(minutes=10))
    assert 2 == len([name for name in world.quarantine.blobs if "metadata" not in name])
    world.source.contents[chunk.content_location] = media
    world.run()
    file_all(world)
    assert ChunkState.RELEASED is world.state()
    end(world, hold)
    run_jobs(world)

    assert set() == world.removals["quarantine"].held
    assert set() == held(world)
    world.app.records.removing.remove(world.entry(), RemovalReason.ERASURE, by=ANNA)
    assert {} == world.quarantine.blobs


def test_a_copy_that_a_hold_has_kept_in_the_second_account_is_let_go_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its legal hold lets nobody remove it when it is brought home: it is left there, and no entry names it."""
    world = World(settings=ON)
    remove = FakeOverflowCopies.remove

    def removed(self: FakeOverflowCopies, name: BlobName, etag: str, proof: Proof) -> bool:
        if name in world.removals["overflow"].held:
            raise ArchiveRefused("remove copy", "409 BlobImmutableDueToLegalHold")
        return remove(self, name, etag, proof)

    monkeypatch.setattr(FakeOverflowCopies, "remove", removed)
    close(world.archive, world.quarantine)
    world.announce(world.add())
    world.run(until=timedelta(hours=22))
    assert world.overflow.blobs
    open_again(world.archive, world.quarantine)
    hold = made(world, recordings=[RECORDING])
    run_jobs(world)
    assert world.removals["overflow"].held
    world.run()
    file_all(world)
    assert (ChunkState.RELEASED, None) == (world.state(), world.chunk().overflow)
    end(world, hold)
    run_jobs(world)

    assert set() == world.removals["overflow"].held
    assert set() == held(world)
    world.app.records.removing.remove(world.entry(), RemovalReason.ERASURE, by=ANNA)
    assert {} == world.overflow.blobs
