"""Erasures for people: a plan first, then its execution by whoever has seen the plan, as a job."""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec

from recording import log
from recording.core.errors import (
    CatalogConflict,
    JobRefused,
    NewerSchema,
    Permanent,
    PlanChanged,
    Transient,
    UnknownJob,
)
from recording.core.model import Actor
from recording.core.participants import one_spelling
from recording.core.records.erasing import Erase, Mode, Plan
from recording.core.records.exporting import Person
from recording.core.records.jobs import Job, JobKind, JobState
from recording.ports import Index
from recording.records.erasure.erasure_run import ErasureRun, RunParts
from recording.records.erasure.erasure_state import (
    Done,
    Work,
    erase_of,
    forget_done,
    partition_of,
    plan_executed,
    row_of,
    without_person,
)
from recording.records.erasure.plan_run import SOME, PlanRun, plan_of, work_of
from recording.records.erasure.planning_erasure import PlanningErasure
from recording.records.index_rows import remove_rows
from recording.records.jobs import Jobs
from recording.records.people.lookups import Lookups

SLICE = timedelta(minutes=5)
AT_ONCE = timedelta(seconds=20)
"""So long a request plans; its job goes on with what takes longer."""
FINISH = 180.0
"""Seconds for the erasures that were cut off; the next day goes on."""
_PLANNED_FOR = timedelta(days=7)
"""A plan that nobody has executed for so long is forgotten: it says whose it was."""
_EXECUTE = "execute erasure"
_CHANGED = "the plan is not the one that was seen: look at it, and execute that"


@dataclass(frozen=True, slots=True)
class Shown:
    """An erasure, and what it would do; None until that is known, and once it was begun."""

    job: Job
    erase: Erase
    plan: Plan | None = None


@dataclass(frozen=True, slots=True)
class Erasing:
    """Erase people's recordings."""

    jobs: Jobs
    planning: PlanningErasure
    lookups: Lookups
    parts: RunParts
    monotonic: Callable[[], float]
    now: Callable[[], datetime]

    def plan(self, person: Person, mode: Mode, purpose: str, *, overrides_duties: bool = False, by: Actor) -> Shown:
        """Plan an erasure; nothing is erased. It is put on record. What takes long is planned by its job.

        Raises:
            UnknownPerson: nothing is known of the key.
            PeopleIndexOff: people are not indexed.
            Transient: it cannot be planned now.
        """
        people = self.planning.people
        people.index.current()
        raw_ids = (person.raw_id,) if person.raw_id else people.raw_ids(person.key)
        spelt = tuple(sorted({one_spelling(raw_id) for raw_id in raw_ids}))
        erase = Erase(mode, purpose, spelt, person.key, overrides_duties)
        spec = msgspec.json.encode(erase).decode()
        job = self.jobs.make(JobKind.ERASURE, spec, by=by, state=JobState.PLANNED)
        run = self._plan_run(job)
        plan = run.plan(self.until(AT_ONCE))
        if plan is None:
            return self._left_to_job(run)
        self._note("plan erasure", plan, by)
        return Shown(run.job, erase, plan)

    def show(self, erasure_id: str, *, by: Actor) -> Shown:
        """An erasure as it is; with its plan, while it is not begun. That somebody looks at it is put on record.

        Raises:
            UnknownJob: there is none.
            Transient: it cannot be read, or not be put on record.
        """
        job = self._load(erasure_id)
        plan = plan_of(job, self.parts.index) if job.state is JobState.PLANNED else None
        if plan is not None:
            self._note("show erasure plan", plan, by)
        return Shown(job, erase_of(job), plan)

    def execute(self, erasure_id: str, plan_hash: str, *, by: Actor) -> Shown:
        """Begin an erasure, if its plan is still true and is the one that the caller has seen; idempotent.

        Each recording of the plan is looked up again. What takes long is left to the job: if it finds that the plan is
        not true any more, it makes another, says so, and erases nothing.

        Raises:
            UnknownJob: there is none.
            JobRefused: it is over, has no plan yet, or another plan is being executed.
            PlanChanged: the plan is another one now; nothing is erased.
            Transient: it cannot be said now, or somebody else executes it.
        """
        job = self._load(erasure_id)
        erase, ids = erase_of(job), {"job_id": erasure_id}
        if job.is_over:
            raise JobRefused(_EXECUTE, f"it is {job.state}", ids=ids)
        executed = executed_of(job)
        if executed:
            if executed != plan_hash:
                raise JobRefused(_EXECUTE, "another plan of it is being executed", ids=ids)
            return Shown(job, erase)
        seen = plan_of(job, self.parts.index) if job.state is JobState.PLANNED else None
        if seen is None:
            raise JobRefused(_EXECUTE, f"it has no plan yet {job.cause}".rstrip(), ids=ids)
        if seen.hash != plan_hash:
            raise PlanChanged(_EXECUTE, "the plan is not the one that was seen", plan=seen, ids=ids)
        run = self._plan_run(job)
        run.execute(plan_hash, by)
        until = self.until(AT_ONCE)
        if run.confirm(until) is False:
            run.plan_again()
            plan = run.plan(until)
            if plan is not None:
                self._show_again(run, plan)
                raise PlanChanged(_EXECUTE, _CHANGED, plan=plan, ids=ids)
        return self._left_to_job(run)

    def run(self, job: Job) -> Job:
        """Go on with an erasure for some minutes; see `records.jobs.Runner`.

        What fails for good, as by a wrong setting, waits for the daily pass: no erasure ends halfway.
        """
        try:
            return self._plan(self._plan_run(job)) if job.state is JobState.PLANNING else self._erase(job)
        except CatalogConflict:
            self._loaded_again(job.job_id)
            raise

    def _loaded_again(self, job_id: str) -> Job:
        """A job that another run has changed. If it is over, that had removed the rows before the last of this run."""
        job = self.jobs.load(job_id)
        if job.is_over:
            remove_rows(self.parts.index, partition_of(job_id))
        return job

    def _erase(self, job: Job) -> Job:
        run = ErasureRun(self.parts, job, self.jobs.save, self.until(SLICE))
        try:
            return run.go_on()
        except Permanent as error:
            _log_waits(job, error)
            waiting = replace(run.job, state=JobState.WAITING, cause=_cause(error))
            return self.jobs.save(waiting) or self.jobs.load(job.job_id)

    def _plan(self, run: PlanRun) -> Job:
        """Go on with a plan, or with the confirmation of one; a plan that is confirmed is executed.

        What fails for good before anybody has executed it has failed; later the daily pass tries it again.
        """
        until = self.until(SLICE)
        try:
            if not run.work.execute:
                plan = run.plan(until)
                return run.job if plan is None else self._show_again(run, plan)
            is_same = run.work.is_same or run.confirm(until)
            if is_same is False:
                run.plan_again()  # by the next run
            return self._begin(run, until) if is_same else run.job
        except Permanent as error:
            _log_waits(run.job, error)
            if run.work.execute:
                return run.save(JobState.WAITING, _cause(error))
            failed = replace(without_person(run.job), state=JobState.FAILED, cause=_cause(error))
            return _saved_over(self.jobs, self.parts.index, failed) or self.jobs.load(run.job.job_id)

    def _show_again(self, run: PlanRun, plan: Plan) -> Job:
        """Let a person look at a plan that was made by the job, or in place of one that was not true any more."""
        self._note("plan erasure", plan, run.job.by)
        return run.save(JobState.PLANNED, _CHANGED if run.work.round > 1 else "")

    def _begin(self, run: PlanRun, is_over: Callable[[], bool]) -> Job:
        """Note what is to be erased, and only that: a recording that is archived later was in no plan."""
        job_id, plan = run.job.job_id, plan_of(run.job, self.parts.index)
        if plan is None or plan.hash != run.work.execute:
            run.plan_again()
            return run.job
        if not run.work.noted:
            forget_done(self.parts.index, job_id)  # of an execution that came to another plan in the middle
            self._note("execute erasure", plan, run.work.by)
        for number, one in enumerate(plan.recordings[run.work.noted :], run.work.noted + 1):
            self.parts.index.put(row_of(job_id, Done(one.recording_id)))
            if number % SOME == 0:
                run.save(noted=number)
                if is_over():
                    return run.job
        since = min((one.started_at for one in plan.recordings if one.started_at is not None), default=None)
        work = Work(plan=plan.hash, by=run.work.by, begun_at=self.now(), since=since)
        begun = replace(run.job, state=JobState.RUNNING, work=msgspec.json.encode(work).decode())
        log.event("erasure.begun", {"job_id": job_id, "recordings": len(plan.recordings)})
        return self.jobs.save(begun) or self._loaded_again(job_id)

    def _plan_run(self, job: Job) -> PlanRun:
        return PlanRun(self.planning, self.parts.index, self.jobs, job, self.now)

    def _left_to_job(self, run: PlanRun) -> Shown:
        self.jobs.go_on(run.job, JobState.PLANNING)
        return Shown(self._load(run.job.job_id), erase_of(run.job))

    def _note(self, what: str, plan: Plan, by: Actor) -> None:
        """Put on record that somebody was looked for."""
        self.lookups.note(what, plan.erase.purpose, plan.erase.raw_ids, count=len(plan.recordings), by=by)

    def until(self, length: timedelta) -> Callable[[], bool]:
        """Whether so much time is over, from now on."""
        end = self.monotonic() + length.total_seconds()
        return lambda: self.monotonic() >= end

    def _load(self, erasure_id: str) -> Job:
        job = self.jobs.load(erasure_id)
        if job.kind is not JobKind.ERASURE:
            raise UnknownJob("find erasure", "there is none with this id", ids={"job_id": erasure_id})
        return job


@dataclass(frozen=True, slots=True)
class FinishingErasures:
    """The daily pass: finishes what was cut off, looks again at what is deferred, and forgets old plans."""

    erasing: Erasing

    def run(self) -> None:
        """Do it.

        Raises:
            Transient: it is done another time.
        """
        erasing = self.erasing
        left, failure = 0, None
        for finish in (erasing.parts.removing.finish, erasing.parts.unlinking.finish):
            half = timedelta(seconds=FINISH / 2)  # for each: the looks of the first must not keep the other waiting
            try:
                left += finish(erasing.until(half))
            except Transient as error:  # raised at the end: the jobs do not wait for it
                failure = failure or error
        if left:
            log.event("erasure.protected", {"recordings": left})
        self._drive_jobs()
        if failure is not None:
            raise failure

    def _drive_jobs(self) -> None:
        """Let those go on that wait, and forget plans that nobody has executed."""
        erasing = self.erasing
        for job in list(erasing.jobs.open()):
            if job.kind is not JobKind.ERASURE:
                continue
            if job.state is JobState.WAITING:
                with suppress(JobRefused, NewerSchema):  # changed just now, or by a newer version: tomorrow
                    erasing.jobs.go_on(job, JobState.PLANNING if work_of(job).execute else JobState.RUNNING)
            elif job.state is JobState.PLANNED and erasing.now() - job.touched_at > _PLANNED_FOR:
                with suppress(NewerSchema):
                    forgotten = replace(without_person(job), state=JobState.CANCELLED)
                    if _saved_over(erasing.jobs, erasing.parts.index, forgotten) is not None:
                        log.event("erasure.plan_forgotten", {"job_id": job.job_id})


def executed_of(job: Job) -> str:
    """The hash of the plan that is being executed; empty before anybody has asked for it."""
    is_begun = job.state in {JobState.RUNNING, JobState.WAITING}
    return work_of(job).execute or (plan_executed(job) if is_begun else "")


def _saved_over(jobs: Jobs, index: Index, job: Job) -> Job | None:
    """Save that it is over, then remove its rows; None if somebody else has changed it, and goes on with it."""
    saved = jobs.save(job)
    if saved is not None:
        remove_rows(index, partition_of(job.job_id))
    return saved


def _log_waits(job: Job, error: Permanent) -> None:
    log.event("erasure.waits", {"job_id": job.job_id, "code": error.code, "cause": error}, logging.ERROR)


def _cause(error: Permanent) -> str:
    return f"{error.cause}; {error.hint}".strip("; ")
