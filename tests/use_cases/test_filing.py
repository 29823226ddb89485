"""Recordings whose manifest is written are filed; jobs run, also when their messages are lost."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from recording.core.errors import ArchiveBusy, CopyLost, UnknownJob
from recording.core.formats.messages import RecordMessage, Task
from recording.core.model import Actor, CatalogEntry
from recording.core.records.jobs import Job, JobKind, JobState
from recording.records.daily import Daily, Pass
from recording.records.filing import Filer, Filing
from recording.records.jobs import Jobs
from tests.use_cases.world import RECORDING, World

ANNA = Actor("key:anna")


@dataclass
class Seen:
    """A filer that notes what it is given, and fails as often as it is told to."""

    entries: list[CatalogEntry] = field(default_factory=list)
    failures: int = 0

    def file(self, entry: CatalogEntry) -> None:
        if self.failures:
            self.failures -= 1
            raise ArchiveBusy("file", "503")
        self.entries.append(entry)


def archived() -> World:
    """A world with one recording, whole."""
    world = World()
    world.announce(world.add())
    world.run()
    return world


def filing(world: World, *filers: Filer) -> Filing:
    """Files with these filers."""
    return replace(world.app.records.filing, filers=filers)


def daily(world: World, passes: Sequence[Pass] = ()) -> Daily:
    """The daily pass with these passes."""
    return replace(world.app.records.daily, passes=passes)


def test_a_recording_is_queued_to_be_filed_when_its_manifest_is_written() -> None:
    """It becomes visible after the manifest is noted."""
    world = archived()
    assert [(timedelta(seconds=10), RecordMessage(RECORDING, Task.FILE))] == world.record_queue.messages


def test_a_recording_is_filed_once() -> None:
    world, seen = archived(), Seen()
    assert [True, False] == [filing(world, seen).file(RECORDING) for _ in range(2)]
    assert [RECORDING] == [entry.recording.recording_id for entry in seen.entries]


def test_a_recording_without_a_manifest_is_not_filed() -> None:
    world, seen = World(), Seen()
    world.announce(world.add())
    assert not filing(world, seen).file(RECORDING)
    assert [] == seen.entries


def test_a_filer_that_fails_is_asked_again() -> None:
    """And it is not noted as filed before each has done its part."""
    world, first, second = archived(), Seen(), Seen(failures=1)
    with pytest.raises(ArchiveBusy):
        filing(world, first, second).file(RECORDING)
    assert filing(world, first, second).file(RECORDING)
    assert (2, 1) == (len(first.entries), len(second.entries))


def test_a_later_manifest_is_filed_again() -> None:
    world, seen = archived(), Seen()
    filing(world, seen).file(RECORDING)
    world.announce(world.add(), world.add("document-1", 1))
    world.run()
    assert filing(world, seen).file(RECORDING)
    assert [1, 2] == [len(entry.chunks) for entry in seen.entries]


def test_the_daily_pass_finds_what_was_not_filed() -> None:
    """Its message was lost. What is filed is left alone."""
    world = archived()
    world.record_queue.messages.clear()
    daily(world).run()
    assert [(timedelta(), RecordMessage(RECORDING, Task.FILE))] == world.record_queue.messages

    filing(world).file(RECORDING)
    world.record_queue.messages.clear()
    daily(world).run()
    assert Task.FILE not in {message.task for _, message in world.record_queue.messages}


@dataclass
class OnePass:
    """A pass that counts its runs, or fails."""

    fails: bool = False
    runs: int = 0

    def run(self) -> None:
        self.runs += 1
        if self.fails:
            raise ArchiveBusy("pass", "503")


def test_a_pass_that_fails_does_not_keep_the_others_from_running() -> None:
    world, passes = archived(), [OnePass(), OnePass(fails=True), OnePass()]
    with pytest.raises(ArchiveBusy):
        daily(world, passes).run()
    assert [1, 1, 1] == [one.runs for one in passes]


# Jobs


@dataclass
class Counting:
    """A runner that counts to three, one each run; it fails for good, or for now, as it is told to."""

    jobs: list[Jobs] = field(default_factory=list)
    failure: Exception | None = None

    def run(self, job: Job) -> Job:
        if self.failure is not None:
            failure, self.failure = self.failure, None
            raise failure
        count = job.progress.get("counted", 0) + 1
        state = JobState.DONE if count == 3 else job.state
        saved = self.jobs[0].save(replace(job, progress={"counted": count}, state=state))
        assert saved is not None
        return saved


def jobs_of(world: World, runner: Counting) -> Jobs:
    """The jobs, exports of which are run by this."""
    found = replace(world.app.records.jobs, runners={JobKind.EXPORT: runner})
    runner.jobs.append(found)
    return found


def drain(world: World, jobs: Jobs) -> None:
    """Run all messages."""
    while world.job_queue.jobs:
        jobs.run(world.job_queue.jobs.pop())


def test_a_job_runs_until_it_is_over() -> None:
    world = World()
    jobs = jobs_of(world, Counting())
    job = jobs.make(JobKind.EXPORT, "{}", by=ANNA)
    drain(world, jobs)
    done = jobs.load(job.job_id)
    assert (JobState.DONE, {"counted": 3}, ANNA) == (done.state, done.progress, done.by)
    jobs.run(job.job_id)
    assert 3 == jobs.load(job.job_id).progress["counted"]


def test_a_planned_job_waits_for_a_person() -> None:
    world = World()
    jobs = jobs_of(world, Counting())
    job = jobs.make(JobKind.EXPORT, "{}", by=ANNA, state=JobState.PLANNED)
    assert [] == world.job_queue.jobs
    jobs.run(job.job_id)
    assert {} == jobs.load(job.job_id).progress


def test_a_job_that_fails_for_good_says_why() -> None:
    world = World()
    jobs = jobs_of(world, Counting(failure=CopyLost("export", "the blob is gone", hint="look for it")))
    job = jobs.make(JobKind.EXPORT, "{}", by=ANNA)
    drain(world, jobs)
    failed = jobs.load(job.job_id)
    assert (JobState.FAILED, "the blob is gone; look for it") == (failed.state, failed.cause)


def test_a_job_that_fails_for_now_is_run_again() -> None:
    world = World()
    jobs = jobs_of(world, Counting(failure=ArchiveBusy("export", "503")))
    job = jobs.make(JobKind.EXPORT, "{}", by=ANNA)
    with pytest.raises(ArchiveBusy):
        jobs.run(world.job_queue.jobs[0])
    drain(world, jobs)
    assert JobState.DONE is jobs.load(job.job_id).state


def test_a_job_whose_message_is_lost_is_started_again() -> None:
    """After half an hour without a sign of life; one that is over, or only planned, is not."""
    world = World()
    jobs = jobs_of(world, Counting())
    job = jobs.make(JobKind.EXPORT, "{}", by=ANNA)
    jobs.make(JobKind.EXPORT, "{}", by=ANNA, state=JobState.PLANNED)
    world.job_queue.jobs.clear()
    jobs.restart_silent()
    assert [] == world.job_queue.jobs
    world.clock.at += timedelta(minutes=31)
    jobs.restart_silent()
    assert [job.job_id] == world.job_queue.jobs
    drain(world, jobs)
    world.clock.at += timedelta(minutes=31)
    jobs.restart_silent()
    assert [] == world.job_queue.jobs


def test_a_job_that_was_changed_meanwhile_is_not_saved() -> None:
    """Such as one that somebody has cancelled."""
    world = World()
    jobs = jobs_of(world, Counting())
    job = jobs.make(JobKind.EXPORT, "{}", by=ANNA)
    assert jobs.save(replace(job, state=JobState.CANCELLED)) is not None
    assert jobs.save(replace(job, progress={"counted": 1})) is None
    assert JobState.CANCELLED is jobs.load(job.job_id).state


def test_a_job_that_nobody_made_is_not_found() -> None:
    world = World()
    jobs = jobs_of(world, Counting())
    with pytest.raises(UnknownJob):
        jobs.load("another")
    jobs.run("another")
