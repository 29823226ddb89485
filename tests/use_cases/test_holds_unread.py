"""Recordings whose entries cannot be read while a hold is placed, or ends: held until it is known, and let go then."""

from dataclasses import replace

import pytest

from recording.core.errors import CatalogConflict
from recording.core.model import CatalogEntry, RecordingId
from recording.core.records.holds import HoldState
from recording.core.records.jobs import JobState
from tests.use_cases.keepings import run_jobs
from tests.use_cases.test_placing_holds import (
    CLASSES,
    DAY,
    end,
    file_again,
    held,
    holds_in_trail,
    made,
    unheld,
    world_of,
)


@pytest.mark.parametrize("body", [{"rawId": "8:acs:somebody"}, {"call": "call-1"}, {"query": {"since": "2026-03-01"}}])
def test_a_hold_covers_what_cannot_be_read_while_it_is_placed(body: dict[str, object]) -> None:
    """As of a newer version of the app, while that is deployed: its blobs get their legal holds another day."""
    world = world_of("r1", "r2")
    world.catalog.newer.add(RecordingId("r1"))
    hold = made(world, **body)
    run_jobs(world)
    assert HoldState.ACTIVE is world.app.records.holding.load(hold.hold_id).state
    world.catalog.newer.clear()
    assert [hold.hold_id] == [one.hold_id for one in world.app.records.holding.of(RecordingId("r1"))]
    world.clock.sleep(86400)
    world.app.records.daily.run()
    assert [] == unheld(world, "r1")
    assert "HoldLifted" not in world.told()

    end(world, hold)
    run_jobs(world)
    assert set() == held(world)
    assert () == world.app.records.holding.of(RecordingId("r1"))


def test_a_hold_that_does_not_cover_what_could_not_be_read_lets_it_go_another_day() -> None:
    """Else the recording of somebody else could not be erased as long as the hold lasts, nor end after that."""
    world = world_of("r1", "r2", RETENTION_CLASSES=CLASSES)
    world.catalog.newer |= {RecordingId("r1"), RecordingId("r2")}
    hold = made(world, query={"since": "2026-02-28", "until": "2026-03-01"}, retentionClass="long")
    run_jobs(world)
    world.catalog.newer.clear()
    holding = world.app.records.holding
    assert [hold.hold_id] == [one.hold_id for one in holding.of(RecordingId("r1"))]
    for _ in range(2):
        world.clock.at += DAY
        world.app.records.daily.run()
    assert () == holding.of(RecordingId("r1"))
    assert () == holding.classes_of(RecordingId("r1"))
    assert set() == held(world)
    assert not {"Held", "HoldEnded"} & {one.what for one in world.entry(RecordingId("r1")).recording.trail.unwritten}
    assert "HoldLifted" not in world.told()


def test_a_recording_that_is_filed_before_that_day_is_let_go_as_well_if_no_hold_covers_it() -> None:
    """Its row says only that it could not be read. Else somebody else's recording would be held until the hold ends."""
    world = world_of("r1", "r2", RETENTION_CLASSES=CLASSES)
    world.catalog.newer.add(RecordingId("r1"))
    made(world, query={"since": "2026-02-28", "until": "2026-03-01"}, retentionClass="long")
    run_jobs(world)
    world.catalog.newer.clear()
    file_again(world, "r1")

    holding = world.app.records.holding
    assert () == holding.of(RecordingId("r1"))
    assert () == holding.classes_of(RecordingId("r1"))
    assert set() == held(world)
    assert [] == holds_in_trail(world, "r1")


def test_a_recording_that_is_filed_before_that_day_is_held_and_its_trail_says_so_once() -> None:
    world = world_of("r1", "r2")
    world.catalog.newer.add(RecordingId("r1"))
    hold = made(world, call="call-1")
    run_jobs(world)
    world.catalog.newer.clear()
    for _ in range(2):
        file_again(world, "r1")

    assert [hold.hold_id] == [one.hold_id for one in world.app.records.holding.of(RecordingId("r1"))]
    assert [] == unheld(world, "r1")
    assert ["Held"] == holds_in_trail(world, "r1")
    world.clock.at += DAY
    world.app.records.daily.run()
    assert ["Held"] == holds_in_trail(world, "r1")


def test_a_hold_that_ends_before_that_day_leaves_nothing_on_what_it_did_not_cover() -> None:
    """Neither its class, by which the recording would be kept for years, nor an act about it."""
    world = world_of("r1", "r2", RETENTION_CLASSES=CLASSES)
    world.catalog.newer.add(RecordingId("r1"))
    hold = made(world, query={"since": "2026-02-28", "until": "2026-03-01"}, retentionClass="long")
    run_jobs(world)
    world.catalog.newer.clear()
    end(world, hold)
    run_jobs(world)

    holding = world.app.records.holding
    assert HoldState.ENDED is holding.load(hold.hold_id).state
    assert () == holding.of(RecordingId("r1"))
    assert () == holding.classes_of(RecordingId("r1"))
    assert [] == holds_in_trail(world, "r1")


def test_a_hold_that_ends_while_it_is_placed_leaves_nothing_on_what_cannot_be_read_then() -> None:
    """Whoever takes it off has passed that recording over before its rows are written."""
    world = world_of("r1", "r2", RETENTION_CLASSES=CLASSES)
    hold = made(world, query={"since": "2026-02-28", "until": "2026-03-01"}, retentionClass="long")
    (placing,) = world.job_queue.jobs
    world.job_queue.jobs.clear()
    load = world.catalog.load

    def end_first(recording_id: RecordingId) -> CatalogEntry | None:
        world.catalog.load = load  # type: ignore[method-assign]
        end(world, hold)
        run_jobs(world)
        world.catalog.newer.add(RecordingId("r1"))
        return load(recording_id)

    world.catalog.load = end_first  # type: ignore[method-assign]
    world.app.records.jobs.run(placing)
    world.catalog.newer.clear()

    records = world.app.records
    assert HoldState.ENDED is records.holding.load(hold.hold_id).state
    assert () == records.holding.classes_of(RecordingId("r1"))
    assert ((), "") == records.keeping.placing_holds.placed_on(hold.hold_id)
    assert [] == [row for row in world.index.rows if hold.hold_id in row[1] and row[0].startswith("record~")]


def test_what_was_placed_before_its_entry_could_not_be_read_stays_as_it_was_found_out() -> None:
    """As when a job is made again whose message was lost: its blobs have their legal holds."""
    world = world_of("r1")
    hold = made(world, call="call-1")
    (placing,) = world.job_queue.jobs
    run_jobs(world)
    before = world.app.records.keeping.placing_holds.placed_on(hold.hold_id)
    holding, jobs = world.app.records.holding, world.app.records.jobs
    holding.change(hold.hold_id, lambda known: replace(known, state=HoldState.PLACING))
    world.catalog.newer.add(RecordingId("r1"))
    jobs.save(replace(jobs.load(placing), state=JobState.RUNNING))
    jobs.run(placing)

    assert HoldState.ACTIVE is holding.load(hold.hold_id).state
    assert before == world.app.records.keeping.placing_holds.placed_on(hold.hold_id)


def test_a_hold_that_ends_before_that_day_has_a_beginning_in_the_trail_of_what_it_covered() -> None:
    """And its class counts after its end, as that of any other recording that it covered."""
    world = world_of("r1", "r2", RETENTION_CLASSES=CLASSES)
    world.catalog.newer.add(RecordingId("r1"))
    hold = made(world, call="call-1", retentionClass="long")
    run_jobs(world)
    world.catalog.newer.clear()
    end(world, hold)
    run_jobs(world)

    holding = world.app.records.holding
    assert HoldState.ENDED is holding.load(hold.hold_id).state
    assert () == holding.of(RecordingId("r1"))
    assert ("long",) == holding.classes_of(RecordingId("r1"))
    assert set() == held(world)
    assert ["Held", "HoldEnded"] == holds_in_trail(world, "r1")


def test_a_hold_that_ends_while_an_entry_cannot_be_read_leaves_no_legal_hold() -> None:
    """Else nothing could ever delete its blobs: the job waits for the version that can read it."""
    world = world_of("r1", "r2")
    hold = made(world, call="call-1")
    run_jobs(world)
    world.catalog.newer.add(RecordingId("r1"))
    end(world, hold)
    job = world.job_queue.jobs[0]
    with pytest.raises(CatalogConflict):
        run_jobs(world)
    assert "r1" in held(world)
    world.catalog.newer.clear()
    world.app.records.jobs.run(job)
    assert set() == held(world)
    assert HoldState.ENDED is world.app.records.holding.load(hold.hold_id).state
