"""What is to be done with a recording while its entry is lost, or cannot be read, is done once it is there again."""

from datetime import date, timedelta

import pytest

from recording.core.model import Actor, CatalogEntry, Continuation, RecordingId, RecordingState
from recording.core.records.holds import HoldState
from recording.core.records.jobs import JobKind, JobState
from recording.records.keeping.duties import ENDS, KEPT
from tests.use_cases.keepings import FakeRemoving, retaining, run_jobs
from tests.use_cases.test_moving import CLASSES as TIERED
from tests.use_cases.test_moving import days_of
from tests.use_cases.test_placing_holds import made
from tests.use_cases.test_retention import (
    CLASSES,
    ENDS_ON,
    LONG,
    SHORT,
    changed,
    deleted,
    pass_until,
    rows,
    with_class,
    world_of,
)
from tests.use_cases.world import START, World

DAY = timedelta(days=1)
R1 = RecordingId("r1")


def lost(world: World) -> CatalogEntry:
    """The entry of the first recording, which the catalog loses."""
    return world.catalog.entries.pop(R1)


def test_a_recording_whose_entry_is_lost_on_the_day_of_its_end_ends_once_it_is_there_again() -> None:
    """A rebuild may take days, and files nothing again that is filed: nobody else would ask for its end."""
    world = world_of("r1", "r2")
    removing = FakeRemoving(world)
    entry = lost(world)
    assert {ENDS_ON: ["r2"]} == pass_until(world, removing, ENDS_ON + DAY)
    assert ["r1"] == rows(world, ENDS)
    world.catalog.entries[R1] = entry

    assert [["r1"]] == list(pass_until(world, removing, ENDS_ON + 3 * DAY).values())
    assert [] == rows(world, ENDS)


def test_a_deletion_that_had_begun_is_told_also_if_its_entry_is_lost_in_the_middle() -> None:
    """What a blob has kept for a while."""
    world = world_of("r1")
    removing = FakeRemoving(world, protected={"r1"})
    pass_until(world, removing, ENDS_ON)
    assert RecordingState.ERASED is world.entry(R1).recording.state
    entry = lost(world)
    retaining(world, removing).run()
    world.catalog.entries[R1] = entry
    removing.protected.clear()
    world.clock.at += DAY
    retaining(world, removing).run()

    assert ["r1"] == removing.removed
    assert ["r1"] == deleted(world)


@pytest.mark.parametrize("is_lost", [True, False])
def test_media_move_once_the_entry_can_be_read_again(*, is_lost: bool) -> None:
    """Else they would stay in the dear tier until their end: by the row about the recording a move is to come."""
    world = world_of("r1", classes=TIERED)
    with_class(world, "r1", "tiered")
    world.clock.at += 29 * DAY
    entry = world.entry(R1)
    if is_lost:
        lost(world)
    else:
        world.catalog.newer.add(R1)
    assert {} == days_of(world, 5)
    world.catalog.newer.clear()
    world.catalog.entries[R1] = entry
    world.app.records.keeping.duties.file(entry)

    found = days_of(world, 60)
    assert [{"r1": "Cool"}, {"r1": "Archive"}] == list(found.values())
    assert min(found) <= date(2026, 4, 6)


@pytest.mark.parametrize("is_lost", [True, False])
def test_what_could_not_be_read_when_the_classes_changed_ends_by_those_of_now(*, is_lost: bool) -> None:
    """By its row it had no end, or another day: nothing would look at that again, or not before that day."""
    world = world_of("r1", "r2", "r3", classes=f"{{version: 1, classes: [{SHORT}, {LONG}]}}")
    for recording_id in ("r2", "r3"):
        with_class(world, recording_id, "long")
    removing = FakeRemoving(world)
    assert {} == pass_until(world, removing, START.date())
    assert (["r2", "r3"], ["r1"]) == (rows(world, ENDS), rows(world, KEPT))
    entries = {one: world.catalog.entries[one] for one in (R1, RecordingId("r2"))}
    if is_lost:
        for one in entries:
            world.catalog.entries.pop(one)
    else:
        world.catalog.newer.update(entries)
    world.settings = {"RETENTION_CLASSES": CLASSES.replace("days: 100", "days: 20")}
    world.worker()
    assert {} == pass_until(world, removing, START.date() + 5 * DAY)
    world.catalog.newer.clear()
    world.catalog.entries |= entries

    found = pass_until(world, removing, date(2026, 4, 10))
    assert {ENDS_ON: ["r1"], date(2026, 3, 22): ["r2", "r3"]} == {day: sorted(one) for day, one in found.items()}
    assert ([], []) == (rows(world, ENDS), rows(world, KEPT))


def test_a_recording_waits_for_one_that_it_continues_whose_entry_is_lost() -> None:
    """They end together, and the longest duty wins: it would be deleted before the other one is rebuilt."""
    world = world_of("r1", "r2", "r3")
    changed(world, "r1", continued_by=RecordingId("r2"))
    changed(world, "r2", continues=Continuation(R1, START))
    with_class(world, "r1", "long")
    entry = lost(world)
    removing = FakeRemoving(world)
    assert {ENDS_ON: ["r3"]} == pass_until(world, removing, ENDS_ON + DAY)
    world.catalog.entries[R1] = entry

    assert {date(2026, 6, 10): ["r1", "r2"]} == pass_until(world, removing, date(2026, 7, 1))


def test_nothing_ends_while_the_catalog_is_rebuilt() -> None:
    """A recording may not be there yet that one continues which is, and by which that is kept longer."""
    world = world_of("r1")
    job = world.app.records.jobs.make(JobKind.REBUILD, "{}", by=Actor("key:ada"))
    removing = FakeRemoving(world)
    assert {} == pass_until(world, removing, ENDS_ON + DAY)
    run_jobs(world)
    assert world.app.records.jobs.load(job.job_id).is_over

    assert [["r1"]] == list(pass_until(world, removing, ENDS_ON + 3 * DAY).values())


def test_what_waits_of_other_jobs_is_looked_at_once_in_a_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """Erasures can wait for years: read again for each page of ends, they would take the time of these."""
    monkeypatch.setattr("recording.records.retention.retaining._PAGE", 2)

    def cost(waiting: int) -> int:
        world = world_of(*(f"r{number}" for number in range(5)))
        for _ in range(waiting):
            world.app.records.jobs.make(JobKind.ERASURE, "{}", by=Actor("key:ada"), state=JobState.WAITING)
        pass_until(world, removing := FakeRemoving(world), ENDS_ON - DAY)
        before = world.index.asked
        retaining(world, removing).run()
        assert 5 == len(removing.removed)
        return world.index.asked - before

    assert cost(0) + 50 == cost(50)


def test_a_hold_by_a_query_covers_what_is_rebuilt_after_it_was_placed() -> None:
    """It was archived before the hold was made: only its entry was not there when the job looked for it."""
    world = world_of("r1", "r2")
    world.clock.at += DAY
    entry = lost(world)
    hold = made(world, query={"since": "2026-03-01", "until": "2026-03-02"})
    run_jobs(world)
    assert HoldState.ACTIVE is world.app.records.holding.load(hold.hold_id).state
    world.catalog.entries[R1] = entry

    assert [hold.hold_id] == [one.hold_id for one in world.app.records.holding.of(R1)]
    assert {} == pass_until(world, FakeRemoving(world), ENDS_ON + DAY)
