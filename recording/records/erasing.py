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
from recording.records.planning_erasure import PlanningErasure

SLICE = timedelta(minutes=5)
FINISH = 180.0
"""Seconds for the erasures that were cut off; the next day goes on."""
_PLANNED_FOR = timedelta(days=7)
"""A plan that nobody has executed for so long is forgotten: it says whose it was."""
_EXECUTE = "execute erasure"


@dataclass(frozen=True, slots=True)
class Shown:
    """An erasure, and what it would do now; None once it was begun."""

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
        """Plan an erasure; nothing is erased. It is put on record.

        Raises:
            UnknownPerson: nothing is known of the key.
            PeopleIndexOff: people are not indexed.
            Transient: it cannot be planned now.
        """
        people = self.planning.people
        raw_ids = (person.raw_id,) if person.raw_id else people.raw_ids(person.key)
        spelt = tuple(sorted({one_spelling(raw_id) for raw_id in raw_ids}))
        erase = Erase(mode, purpose, spelt, person.key, overrides_duties)
        plan = self.planning.plan(erase)
        self.lookups.note("plan erasure", purpose, spelt, count=len(plan.recordings), by=by)
        spec = msgspec.json.encode(erase).decode()
        job = self.jobs.make(JobKind.ERASURE, spec, by=by, state=JobState.PLANNED)
        return Shown(job, erase, plan)

    def show(self, erasure_id: str) -> Shown:
        """An erasure as it is; with its plan as it would be now, while it is not begun.

        Raises:
            UnknownJob: there is none.
        """
        job = self._load(erasure_id)
        erase = erase_of(job)
        return Shown(job, erase, self.planning.plan(erase) if job.state is JobState.PLANNED else None)

    def execute(self, erasure_id: str, plan_hash: str, *, by: Actor) -> Shown:
        """Begin an erasure, if its plan is still what the caller has seen; idempotent.

        Raises:
            UnknownJob: there is none.
            JobRefused: it is over.
            PlanChanged: another plan is made now; nothing is erased.
        """
        job = self._load(erasure_id)
        erase = erase_of(job)
        if job.state in {JobState.RUNNING, JobState.WAITING}:
            return Shown(job, erase)
        if job.is_over:
            raise JobRefused(_EXECUTE, f"it is {job.state}", ids={"job_id": erasure_id})
        plan = self.planning.plan(erase)
        if plan.hash != plan_hash:
            raise PlanChanged(_EXECUTE, "the plan is not the one that was seen", plan=plan, ids={"job_id": erasure_id})
        self.lookups.note("execute erasure", erase.purpose, erase.raw_ids, count=len(plan.recordings), by=by)
        self._begin(job, plan, by)
        log.event("erasure.begun", {"job_id": erasure_id, "recordings": len(plan.recordings)})
        return Shown(self._load(erasure_id), erase)

    def _begin(self, job: Job, plan: Plan, by: Actor) -> None:
        """Note what is to be erased, and only that: a recording that is archived later was in no plan."""
        index = self.parts.index
        remove_rows(index, partition_of(job.job_id))
        for one in plan.recordings:
            index.put(row_of(job.job_id, Done(one.recording_id)))
        since = min((one.started_at for one in plan.recordings if one.started_at is not None), default=None)
        work = Work(plan=plan.hash, by=by, begun_at=self.now(), since=since)
        self.jobs.go_on(replace(job, work=msgspec.json.encode(work).decode()))

    def run(self, job: Job) -> Job:
        """Go on with an erasure for some minutes; see `records.jobs.Runner`.

        What fails for good, as by a wrong setting, waits for the daily pass: no erasure ends halfway.
        """
        end = self.monotonic() + SLICE.total_seconds()
        run = ErasureRun(self.parts, job, self.jobs.save, lambda: self.monotonic() >= end)
        try:
            return run.go_on()
        except Permanent as error:
            fields = {"job_id": job.job_id, "code": error.code, "cause": error}
            log.event("erasure.waits", fields, logging.ERROR)
            waiting = replace(run.job, state=JobState.WAITING, cause=f"{error.cause}; {error.hint}".strip("; "))
            return self.jobs.save(waiting) or self.jobs.load(job.job_id)

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
                erasing.jobs.save(replace(without_person(job), state=JobState.CANCELLED))
