"""What people decide about ends is kept outside of the index: a table that is lost ends nothing too early."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from recording.core.errors import DecisionRefused
from recording.core.formats.api import ChoiceRequest
from recording.core.model import Actor, BlobName, RecordingId, RemovalReason
from recording.core.records.jobs import JobKind, JobState
from recording.core.retention import Choice
from recording.records.keeping.duties import ASKED
from tests.fakes import FakeCatalog, FakeDirectory, FakeIndex, FakeOpenWork
from tests.use_cases.keepings import FakeRemoving, file_all, run_jobs
from tests.use_cases.test_retention import DAY, ENDS_ON, pass_until, rows, world_of, written
from tests.use_cases.world import World

ANNA = Actor("key:anna")
R1, R2 = RecordingId("r1"), RecordingId("r2")
UNTIL = ENDS_ON + 300 * DAY


def keep(world: World, until: date = UNTIL, ends_on: date = ENDS_ON) -> None:
    """Decide that the first recording is kept for longer."""
    asked = ChoiceRequest(Choice.KEEP, ends_on, until, "a case", ANNA)
    world.app.records.keeping.deciding_ends.decide(R1, asked)


def kept(world: World, until: date = UNTIL, ends_on: date = ENDS_ON) -> None:
    """The same, and its act is written."""
    keep(world, until, ends_on)
    written(world)


def lose_index(world: World) -> None:
    world.index = FakeIndex()
    world.worker()


def lose_all(world: World) -> None:
    world.catalog, world.open_work, world.directory = FakeCatalog(), FakeOpenWork(), FakeDirectory()
    lose_index(world)


def rebuild(world: World) -> JobState:
    """Rebuild by a job, and file what it has made."""
    world.clock.sleep(timedelta(days=1).total_seconds())
    job = world.app.records.jobs.make(JobKind.REBUILD, "{}", by=ANNA)
    run_jobs(world)
    file_all(world)
    return world.app.records.jobs.load(job.job_id).state


def copies(world: World) -> list[str]:
    return [name for name in world.archive.blobs if name.startswith("ends/")]


@pytest.mark.parametrize("lose", [lose_index, lose_all])
def test_who_has_decided_to_keep_a_recording_longer_keeps_it_after_a_rebuild(lose: Callable[[World], None]) -> None:
    world = world_of("r1", "r2")
    kept(world)
    lose(world)
    assert JobState.DONE is rebuild(world)
    removing = FakeRemoving(world)

    assert [["r2"]] == list(pass_until(world, removing, UNTIL - DAY).values())
    assert [] == rows(world, ASKED)
    assert {} == pass_until(world, removing, UNTIL)
    assert ["r1"] == rows(world, ASKED)


def test_the_last_decision_counts_and_what_is_known_is_not_brought_back() -> None:
    world = world_of("r1")
    kept(world)
    world.clock.sleep(60)
    kept(world, until=UNTIL + 30 * DAY, ends_on=UNTIL)
    assert 2 == len(copies(world))
    assert 0 == world.app.records.keeping.duties.restore()
    lose_index(world)
    assert JobState.DONE is rebuild(world)
    assert {} == pass_until(world, FakeRemoving(world), UNTIL + 29 * DAY)
    assert [] == rows(world, ASKED)


def test_a_decision_is_an_act_of_the_trail() -> None:
    world = world_of("r1")
    keep(world)
    recording = world.entry(R1).recording
    assert ["EndDecided"] == [act.what for act in recording.trail.unwritten]


def test_an_erased_recording_leaves_no_decision() -> None:
    world = world_of("r1", "r2")
    kept(world)
    world.app.records.erasing.parts.removing.remove(world.entry(R1), RemovalReason.ERASURE, by=ANNA)
    assert [] == copies(world)


def test_of_an_erased_recording_nothing_is_decided_any_more() -> None:
    """Its copy would stand for good: the erasure has looked for it already."""
    world = world_of("r1")
    world.app.records.erasing.parts.removing.remove(world.entry(R1), RemovalReason.ERASURE, by=ANNA)
    with pytest.raises(DecisionRefused):
        keep(world)
    assert [] == copies(world)


def test_a_copy_that_cannot_be_read_fails_the_rebuild_and_names_the_blob() -> None:
    """Else its recording would end on the day of its class."""
    world = world_of("r1")
    world.archive.put_as_stranger(BlobName("ends/r1.json"), b"no decision")
    job = world.app.records.jobs.make(JobKind.REBUILD, "{}", by=ANNA)
    run_jobs(world)
    failed = world.app.records.jobs.load(job.job_id)
    assert (JobState.FAILED, True) == (failed.state, "ends/r1.json" in failed.cause)
