"""A container that takes no legal holds, as that of the second account, leaves no blob of another one without one."""

from datetime import timedelta

import pytest

from recording.core.errors import ArchiveBusy, ArchiveRefused, CatalogConflict
from recording.core.model import BlobName, ChunkState
from recording.core.records.holds import Hold, HoldState
from tests.use_cases.keepings import run_jobs
from tests.use_cases.test_overflow import ON
from tests.use_cases.test_placing_holds import end, made, world_of
from tests.use_cases.world import RECORDING, World

DAY = timedelta(days=1)


def one_in_overflow(monkeypatch: pytest.MonkeyPatch) -> World:
    """Two chunks: the first waits in the second account, the other one is archived."""
    world = World(settings=ON)

    def refused(*_: object, **__: object) -> bool:
        raise ArchiveRefused("hold blob", "409 not supported")

    def fail(operation: str, name: BlobName) -> None:
        if "document-0" in name and operation != "page":
            raise ArchiveBusy(operation, "503")

    monkeypatch.setattr(world.removals["overflow"], "hold", refused)
    world.archive.before = fail
    world.announce(world.add("document-0", 0, end_reason="ChunkMaximumSizeExceeded"), world.add("document-1", 1))
    world.run(until=timedelta(hours=22))
    first, second = world.entry().chunks
    assert first.overflow is not None
    assert (None, ChunkState.RELEASED) == (first.proof, second.state)
    return world


def archived(world: World) -> BlobName:
    proof = world.entry().chunks[1].proof
    assert proof is not None
    return proof.name


def held(world: World) -> Hold:
    """A hold of the recording, which is placed."""
    hold = made(world, recordings=[RECORDING])
    run_jobs(world)
    return hold


def test_what_is_archived_gets_its_legal_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    world = one_in_overflow(monkeypatch)
    hold = held(world)
    assert archived(world) in world.removals["archive"].held
    end(world, hold)
    run_jobs(world)

    assert set() == world.removals["archive"].held


def test_a_legal_hold_that_somebody_removed_is_told_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    world = one_in_overflow(monkeypatch)
    held(world)
    world.removals["archive"].held.clear()
    world.app.records.keeping.watching_holds.run()

    assert archived(world) in world.removals["archive"].held
    assert "HoldLifted" in world.told()


def test_the_end_of_a_hold_clears_what_stands_behind_a_copy_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """It was set before that copy was made: nobody could erase the recording any more."""
    world = one_in_overflow(monkeypatch)
    removal = world.removals["archive"]
    hold = held(world)
    for name in world.archive.blobs:
        if not name.startswith("holds/"):
            removal.hold(name, on=True)
    end(world, hold)
    run_jobs(world)

    assert set() == removal.held


def test_a_hold_is_not_over_while_the_app_may_not_clear_the_legal_holds_that_it_has_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As after a deployment without the role for it: nobody else would ever clear them, and nothing could be erased."""
    world = world_of("r1")
    removal = world.removals["archive"]
    hold = made(world, recordings=["r1"])
    run_jobs(world)
    assert removal.held

    def refused(*_: object, **__: object) -> bool:
        raise ArchiveRefused("hold blob", "403 AuthorizationPermissionMismatch")

    end(world, hold)
    (job_id,) = world.job_queue.jobs
    with monkeypatch.context() as patch:
        patch.setattr(removal, "hold", refused)
        with pytest.raises(CatalogConflict):
            run_jobs(world)
    assert HoldState.ENDING is world.app.records.holding.load(hold.hold_id).state
    world.app.records.jobs.run(job_id)

    assert set() == removal.held
    assert HoldState.ENDED is world.app.records.holding.load(hold.hold_id).state


def test_a_hold_ends_also_if_a_person_has_cleared_the_legal_holds_that_the_app_may_not_clear(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing is left to be cleared: else it would never be over without the role, and be told of each day."""
    world = world_of("r1")
    removal = world.removals["archive"]
    hold = made(world, recordings=["r1"])
    run_jobs(world)
    assert removal.held

    def refused(*_: object, **__: object) -> bool:
        raise ArchiveRefused("hold blob", "403 AuthorizationPermissionMismatch")

    end(world, hold)
    removal.held.clear()
    monkeypatch.setattr(removal, "hold", refused)
    run_jobs(world)

    assert HoldState.ENDED is world.app.records.holding.load(hold.hold_id).state
