"""Erasures for people: a plan first, then its execution by whoever has seen the plan, as a job."""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec

from recording import log
from recording.core.errors import JobRefused, Permanent, PlanChanged, UnknownJob
from recording.core.model import Actor
from recording.core.participants import one_spelling
from recording.core.records.erasing import Erase, Mode, Plan
from recording.core.records.exporting import Person
from recording.core.records.jobs import Job, JobKind, JobState
from recording.records.erasing_exports import remove_rows
from recording.records.erasure_run import (
    Done,
    ErasureRun,
    RunParts,
    Work,
    erase_of,
    partition_of,
    row_of,
    without_person,
)
from recording.records.jobs import Jobs
from recording.records.lookups import Lookups
from recording.records.plan_run import PlanRun, plan_of, work_of
from recording.records.planning_erasure import PlanningErasure

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
        plan = run.go_on(self._until(AT_ONCE))
        if plan is None:
            return self._left_to_job(run)
        self._note("plan erasure", plan, by)
        return Shown(run.job, erase, plan)

    def show(self, erasure_id: str) -> Shown:
        """An erasure as it is; with its plan, while it is not begun.

        Raises:
            UnknownJob: there is none.
        """
        job = self._load(erasure_id)
        return Shown(job, erase_of(job), plan_of(job, self.parts.index) if job.state is JobState.PLANNED else None)

    def execute(self, erasure_id: str, plan_hash: str, *, by: Actor) -> Shown:
        """Begin an erasure, if its plan is still what the caller has seen; idempotent.

        The plan is made anew. If that takes long its job does it; of another plan the job then says so, and is planned
        again.

        Raises:
            UnknownJob: there is none.
            JobRefused: it is over, or has no plan yet.
            PlanChanged: another plan is made now; nothing is erased.
            Transient: it cannot be planned now, or somebody else executes it.
        """
        job = self._load(erasure_id)
        erase = erase_of(job)
        if job.is_over:
            raise JobRefused(_EXECUTE, f"it is {job.state}", ids={"job_id": erasure_id})
        is_planning = job.state is JobState.PLANNING
        if job.state in {JobState.RUNNING, JobState.WAITING} or (is_planning and work_of(job).execute):
            return Shown(job, erase)
        seen = None if is_planning else plan_of(job, self.parts.index)
        if seen is None:
            raise JobRefused(_EXECUTE, f"it has no plan yet {job.cause}".rstrip(), ids={"job_id": erasure_id})
        if seen.hash != plan_hash:
            raise PlanChanged(_EXECUTE, "the plan is not the one that was seen", plan=seen, ids={"job_id": erasure_id})
        run = self._plan_run(job)
        run.begin(plan_hash, by)
        plan = run.go_on(self._until(AT_ONCE))
        if plan is not None and not self._confirm(run, plan):
            raise PlanChanged(_EXECUTE, _CHANGED, plan=plan, ids={"job_id": erasure_id})
        return self._left_to_job(run)

    def run(self, job: Job) -> Job:
        """Go on with an erasure for some minutes; see `records.jobs.Runner`.

        What fails for good, as by a wrong setting, waits for the daily pass: no erasure ends halfway.
        """
        if job.state is JobState.PLANNING:
            return self._plan(self._plan_run(job))
        run = ErasureRun(self.parts, job, self.jobs.save, self._until(SLICE))
        try:
            return run.go_on()
        except Permanent as error:
            _log_waits(job, error)
            waiting = replace(run.job, state=JobState.WAITING, cause=_cause(error))
            return self.jobs.save(waiting) or self.jobs.load(job.job_id)

    def _plan(self, run: PlanRun) -> Job:
        """Go on with a plan; one that was made anew for its execution, and is the same, is executed.

        What fails for good leaves it planned as it was: a person asks again.
        """
        try:
            if not run.work.is_same:
                plan = run.go_on(self._until(SLICE))
                if plan is None:
                    return run.job
                if not run.work.execute:
                    self._note("plan erasure", plan, run.job.by)
                    return run.save(JobState.PLANNED)
                if not self._confirm(run, plan):
                    return run.job
        except Permanent as error:
            _log_waits(run.job, error)
            return run.save(JobState.PLANNED, _cause(error), execute="")
        return self._begin(run)

    def _confirm(self, run: PlanRun, plan: Plan) -> bool:
        """Note that a plan which was made anew is to be executed, if it is the one that was seen; whether it is."""
        if plan.hash != run.work.execute:
            run.save(JobState.PLANNED, _CHANGED, execute="")
            return False
        self._note("execute erasure", plan, run.work.by)
        run.save(is_same=True)
        return True

    def _begin(self, run: PlanRun) -> Job:
        """Note what is to be erased, and only that: a recording that is archived later was in no plan."""
        plan = plan_of(run.job, self.parts.index)
        recordings = () if plan is None else plan.recordings
        for one in recordings:
            self.parts.index.put(row_of(run.job.job_id, Done(one.recording_id)))
        since = min((one.started_at for one in recordings if one.started_at is not None), default=None)
        work = Work(plan=run.work.hash, by=run.work.by, begun_at=self.now(), since=since)
        begun = replace(run.job, state=JobState.RUNNING, work=msgspec.json.encode(work).decode())
        log.event("erasure.begun", {"job_id": run.job.job_id, "recordings": len(recordings)})
        return self.jobs.save(begun) or self.jobs.load(run.job.job_id)

    def _plan_run(self, job: Job) -> PlanRun:
        return PlanRun(self.planning, self.parts.index, self.jobs.save, job)

    def _left_to_job(self, run: PlanRun) -> Shown:
        self.jobs.go_on(run.job, JobState.PLANNING)
        return Shown(self._load(run.job.job_id), erase_of(run.job))

    def _note(self, what: str, plan: Plan, by: Actor) -> None:
        """Put on record that somebody was looked for."""
        self.lookups.note(what, plan.erase.purpose, plan.erase.raw_ids, count=len(plan.recordings), by=by)

    def _until(self, length: timedelta) -> Callable[[], bool]:
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
        end = erasing.monotonic() + FINISH
        left = erasing.parts.removing.finish(lambda: erasing.monotonic() >= end)
        left += erasing.parts.unlinking.finish(lambda: erasing.monotonic() >= end)
        if left:
            log.event("erasure.protected", {"recordings": left})
        for job in list(erasing.jobs.open()):
            if job.kind is not JobKind.ERASURE:
                continue
            if job.state is JobState.WAITING:
                with suppress(JobRefused):  # somebody else has just changed it: it is looked at tomorrow
                    erasing.jobs.go_on(job)
            elif job.state is JobState.PLANNED and erasing.now() - job.made_at > _PLANNED_FOR:
                remove_rows(erasing.parts.index, partition_of(job.job_id))
                erasing.jobs.save(replace(without_person(job), state=JobState.CANCELLED))


def _log_waits(job: Job, error: Permanent) -> None:
    log.event("erasure.waits", {"job_id": job.job_id, "code": error.code, "cause": error}, logging.ERROR)


def _cause(error: Permanent) -> str:
    return f"{error.cause}; {error.hint}".strip("; ")
