"""Recordings whose manifest is written are filed; jobs run, also when their messages are lost."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta

import azure.functions as func
import pytest

from recording.core.errors import (
    ArchiveBusy,
    CopyLost,
    EntryUnreadable,
    RecordingError,
    SettingsInvalid,
    UnknownJob,
)
from recording.core.formats.messages import ChunkMessage, RecordMessage, Task, job_message
from recording.core.model import Actor, CatalogEntry, DocumentId, RecordingId
from recording.core.records.jobs import Job, JobKind, JobState
from recording.entrypoints import filing as filing_functions
from recording.records import daily as daily_pass
from recording.records.daily import Daily, Pass
from recording.records.erasure import erasing
from recording.records.filing import Filer, Filing
from recording.records.jobs import Jobs
from recording.records.keeping import moving, watching_holds
from recording.records.record_tasks import WAITS
from recording.records.retention import retaining
from tests.environments import settings_of
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


def test_a_recording_that_is_completed_while_others_are_copied_is_filed_somewhat_later() -> None:
    world = World()
    world.announce(world.add())
    with world.app.archiving.running.start(ChunkMessage(RecordingId("another"), DocumentId("document"))):
        world.run()
    assert [(timedelta(seconds=30), RecordMessage(RECORDING, Task.FILE))] == world.record_queue.messages


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


@pytest.mark.parametrize(("task", "longest"), [(Task.FILE, timedelta(minutes=5)), (Task.SEAL, timedelta(hours=2.25))])
def test_a_task_is_put_off_while_the_worker_copies(task: Task, longest: timedelta) -> None:
    """Longer each time, so that a backlog of copies is not slowed by messages; and not for ever."""
    world, seen = archived(), Seen()
    tasks = replace(world.app.records.tasks, filing=filing(world, seen))
    world.record_queue.messages.clear()

    message, waits = RecordMessage(RECORDING, task), list[timedelta]()
    with world.app.archiving.running.start(ChunkMessage(RecordingId("another"), DocumentId("document"))):
        for _ in WAITS[task]:
            tasks.run(message)
            ((wait, message),) = world.record_queue.messages
            waits.append(wait)
            world.record_queue.messages.clear()
        assert ([], list(WAITS[task])) == (seen.entries, waits)
        assert tasks.sealing.seals.sealed(RECORDING) is None

        tasks.run(message)

    if task is Task.FILE:
        assert [RECORDING] == [entry.recording.recording_id for entry in seen.entries]
    else:
        assert tasks.sealing.seals.sealed(RECORDING) is not None
    assert sum(waits, timedelta()) < longest


def test_a_task_that_was_put_off_is_done_when_the_copies_are() -> None:
    world, seen = archived(), Seen()
    tasks = replace(world.app.records.tasks, filing=filing(world, seen))
    with world.app.archiving.running.start(ChunkMessage(RecordingId("another"), DocumentId("document"))):
        tasks.run(RecordMessage(RECORDING, Task.FILE))
    tasks.run(world.record_queue.messages.pop()[1])
    assert [RECORDING] == [entry.recording.recording_id for entry in seen.entries]


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

    failure: Exception | None = None
    runs: int = 0

    def run(self) -> None:
        self.runs += 1
        if self.failure is not None:
            raise self.failure


@pytest.mark.parametrize("failure", [ArchiveBusy("pass", "503"), EntryUnreadable("load", "no JSON")])
def test_a_pass_that_fails_does_not_keep_the_others_from_running(failure: RecordingError) -> None:
    """Also one that fails for good, each day; and what was not filed is found all the same."""
    world, passes = archived(), [OnePass(), OnePass(failure), OnePass()]
    world.record_queue.messages.clear()
    with pytest.raises(type(failure)):
        daily(world, passes).run()
    assert [1, 1, 1] == [one.runs for one in passes]
    assert 1 == len(world.record_queue.messages)


def test_a_wrong_key_of_people_keeps_no_other_pass_from_running() -> None:
    world = archived()
    world.settings = {"PEOPLE_INDEX_KEY": "not base64!"}
    world.worker()
    passes = [*world.app.records.daily.passes, OnePass()]
    with pytest.raises(SettingsInvalid, match="PEOPLE_INDEX_KEY"):
        daily(world, passes).run()
    assert [1] == [one.runs for one in passes if isinstance(one, OnePass)]


def test_the_search_for_what_was_not_filed_ends_after_some_minutes(caplog: pytest.LogCaptureFixture) -> None:
    """However many recordings there are: the host would end the run, and the copies beside it."""
    world = archived()
    world.record_queue.messages.clear()
    times = iter([0.0, 1e6])
    replace(daily(world), monotonic=lambda: next(times)).run()
    assert [] == world.record_queue.messages
    assert "the time of its run was over" in caplog.text


def test_the_slices_of_the_daily_pass_fit_into_the_time_of_the_host() -> None:
    """With some minutes for what each has begun: the host would end the process, and the copies in it."""
    parts = (watching_holds.SLICE, erasing.FINISH, retaining.SLICE, moving.SLICE, daily_pass.SLICE)
    assert sum(parts) + 300 <= settings_of().host.function_timeout.total_seconds()


def given_up(world: World) -> func.QueueMessage:
    """The message of a recording that is to be filed."""
    (_, message) = world.record_queue.messages.pop()
    return func.QueueMessage(id="m", body=message.to_message().encode())


def test_a_message_that_the_host_gives_up_is_put_again_however_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """It gives up after three days, when the daily pass does not look at the recording any more."""
    world = archived()
    monkeypatch.setattr(filing_functions, "get_app", lambda: world.app)
    message = given_up(world)
    world.clock.at += timedelta(days=4)
    daily(world).run()
    assert [] == world.record_queue.messages

    filing_functions.drain_filing(message)
    assert [RecordMessage(RECORDING, Task.FILE)] == [one for _, one in world.record_queue.messages]
    world.app.records.filing.file(RECORDING)
    world.record_queue.messages.clear()
    filing_functions.drain_filing(message)
    filing_functions.drain_filing(func.QueueMessage(id="m", body=b"no message"))
    assert Task.FILE not in {one.task for _, one in world.record_queue.messages}


def test_a_recording_waits_to_be_filed_until_a_wrong_key_of_people_is_corrected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its message is left to the host: dropped, it would not be found after some days."""
    world = archived()
    message = given_up(world)
    monkeypatch.setattr(filing_functions, "get_app", lambda: world.app)
    world.settings = {"PEOPLE_INDEX_KEY": "not base64!"}
    world.worker()
    with pytest.raises(SettingsInvalid, match="PEOPLE_INDEX_KEY"):
        filing_functions.file_record(message)
    world.settings = {}
    world.worker()
    filing_functions.file_record(message)
    assert world.app.records.filing.filed(RECORDING) is not None


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


def test_a_job_that_fails_for_hours_has_one_message_all_the_time() -> None:
    """The host tries it every three minutes: it is no silent job, whose message would be put beside."""
    world, runner = World(), Counting()
    jobs = jobs_of(world, runner)
    jobs.make(JobKind.EXPORT, "{}", by=ANNA)
    for minutes in range(0, 240, 3):
        runner.failure = ArchiveBusy("export", "503")
        for job_id in world.job_queue.jobs:
            with suppress(ArchiveBusy):
                jobs.run(job_id)
        if minutes % 15 == 0:
            jobs.restart_silent()
        world.clock.at += timedelta(minutes=3)
    assert 1 == len(world.job_queue.jobs)


def test_a_job_whose_message_the_host_gives_up_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not at once: what has killed its runs may still be there. Whatever the message says, it is taken away."""
    world, runner = World(), Counting()
    jobs = jobs_of(world, runner)
    app = replace(world.app, records=replace(world.app.records, jobs=jobs))
    monkeypatch.setattr(filing_functions, "get_app", lambda: app)
    job = jobs.make(JobKind.EXPORT, "{}", by=ANNA)
    message = func.QueueMessage(id="m", body=job_message(world.job_queue.jobs.pop()).encode())
    runner.failure = ArchiveBusy("export", "503")
    with pytest.raises(ArchiveBusy):
        filing_functions.run_job(message)

    filing_functions.drain_jobs(message)
    filing_functions.drain_jobs(func.QueueMessage(id="n", body=b"no message"))
    filing_functions.watch_jobs(func.TimerRequest())
    assert [] == world.job_queue.jobs
    world.clock.at += timedelta(minutes=31)
    filing_functions.watch_jobs(func.TimerRequest())
    assert [job.job_id] == world.job_queue.jobs

    drain(world, jobs)
    assert (JobState.DONE, {"counted": 3}) == ((done := jobs.load(job.job_id)).state, done.progress)


@dataclass
class Cancelled:
    """A runner that fails for good after somebody has cancelled its job."""

    jobs: Jobs

    def run(self, job: Job) -> Job:
        self.jobs.save(replace(job, state=JobState.CANCELLED))
        raise CopyLost("export", "gone")


def test_a_job_that_was_cancelled_before_it_failed_stays_cancelled() -> None:
    world = World()
    jobs = world.app.records.jobs
    failing = replace(jobs, runners={JobKind.EXPORT: Cancelled(jobs)})
    job = failing.make(JobKind.EXPORT, "{}", by=ANNA)
    failing.run(job.job_id)
    assert JobState.CANCELLED is jobs.load(job.job_id).state


def test_a_lost_message_is_found_behind_any_number_of_jobs_that_wait() -> None:
    world = World()
    jobs = jobs_of(world, Counting())
    for _ in range(3):
        jobs.make(JobKind.EXPORT, "{}", by=ANNA, state=JobState.WAITING)
    world.index.most = 1
    lost = [jobs.make(JobKind.EXPORT, "{}", by=ANNA).job_id for _ in range(2)]
    world.job_queue.jobs.clear()
    world.clock.at += timedelta(minutes=31)
    jobs.restart_silent()
    assert sorted(lost) == sorted(world.job_queue.jobs)


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
