"""One run of the planning of an erasure, or of its confirmation. Cut off, the next run goes on.

Planning goes page by page over the person's recordings; each recording of a plan is a row of the job. A plan that is to
be executed is confirmed first: each of its recordings is looked up again, and nothing else, so that what is archived
meanwhile is in no plan and keeps none from being executed. Each plan that is made has rows of its own, under the
number of its round, and its hash is held against them before they are used.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

import msgspec

from recording.core.errors import CatalogConflict
from recording.core.model import APP, Actor
from recording.core.records.erasing import Plan, Planned
from recording.core.records.jobs import Job, JobState
from recording.core.records.people import PersonRow, row_key
from recording.ports import Index, IndexRow
from recording.records.erasure.erasure_state import erase_of, partition_of, read_part
from recording.records.erasure.planning_erasure import PlanningErasure
from recording.records.index_rows import rows_in
from recording.records.jobs import Jobs

SOME = 50
"""After so many recordings a run saves how far it is, and looks whether its time is over."""


@dataclass(frozen=True, slots=True)
class PlanWork:
    """How far the planning of an erasure is.

    Attributes:
        round: of the plan that is made now.
        after: the page of the person's recordings after which it goes on; None once it has come to all.
        recordings: how many it has so far.
        made: the round of the plan that is shown, its `hash`, and how many recordings may be of anybody (`unknown`); 0
            before one is made.
        execute: the hash that was given when the execution was asked for, `by` whom; empty before.
        confirmed: how many recordings of the plan have been looked up again for that.
        is_same: whether all of them are as the plan has them.
        noted: of how many of them it is noted that they are to be erased.
    """

    round: int = 1
    after: str | None = ""
    recordings: int = 0
    made: int = 0
    hash: str = ""
    unknown: int = 0
    execute: str = ""
    by: Actor = APP
    confirmed: int = 0
    is_same: bool = False
    noted: int = 0


# Created at import: see `adapters.rows`.
_WORK = msgspec.json.Decoder(PlanWork)
_PLANNED = msgspec.json.Decoder(Planned)


def work_of(job: Job) -> PlanWork:
    """How far the planning is: of a job that is planned, or is being so."""
    return read_part(_WORK, job.work or "{}", job.job_id)


def plan_of(job: Job, index: Index) -> Plan | None:
    """The plan as it was made last; None before."""
    work = work_of(job)
    return Plan(erase_of(job), tuple(_recordings(index, job, work.made)), work.unknown) if work.made else None


@dataclass(slots=True)
class PlanRun:
    """A run of a job. `job` is always as it was saved last."""

    planning: PlanningErasure
    index: Index
    jobs: Jobs
    job: Job
    now: Callable[[], datetime]
    work: PlanWork = field(init=False)

    def __post_init__(self) -> None:
        """Read how far it is."""
        self.work = work_of(self.job)

    def execute(self, plan_hash: str, by: Actor) -> None:
        """Note that the plan is to be executed: from here on it goes on by itself, also if the request is cut off.

        Raises:
            CatalogConflict: somebody else has changed it.
        """
        self.save(JobState.PLANNING, execute=plan_hash, by=by, confirmed=0, is_same=False, noted=0)

    def plan_again(self) -> None:
        """Begin another plan, whose rows are its own.

        Raises:
            CatalogConflict: somebody else has changed it.
        """
        work = self.work
        self.work = PlanWork(work.round + 1, made=work.made, hash=work.hash, unknown=work.unknown)
        self.save(JobState.PLANNING)

    def plan(self, is_over: Callable[[], bool]) -> Plan | None:
        """Go on until the plan is made, or the time is over; the plan, or None.

        Raises:
            CatalogConflict: another run goes on with it.
            PeopleIndexOff: people are not indexed.
            Transient: it cannot be said now.
        """
        erase, prefix = erase_of(self.job), _prefix(self.work.round)
        while self.work.after is not None:
            page = self.planning.page(erase, self.work.after)
            rows = [_row(self.job, prefix, row, one) for row, one in page.recordings]
            for row in rows:
                self.index.put(row)
            try:
                self.save(after=page.next or None, recordings=self.work.recordings + len(rows))
            except CatalogConflict:
                self._take_back(rows)
                raise
            if page.next and is_over():
                return None
        unknown = self.planning.people.index.count_unknown()
        plan = Plan(erase, tuple(_recordings(self.index, self.job, self.work.round)), unknown)
        self.save(made=self.work.round, hash=plan.hash, unknown=plan.unknown)
        return plan

    def confirm(self, is_over: Callable[[], bool]) -> bool | None:
        """Whether each recording of the plan is still as it says; None if the time was over before that was known.

        Raises:
            CatalogConflict: another run goes on with it.
            Transient: it cannot be said now.
        """
        plan = plan_of(self.job, self.index)
        if plan is None or plan.hash != self.work.execute:
            return False
        for number, one in enumerate(plan.recordings[self.work.confirmed :], self.work.confirmed + 1):
            at = one.started_at or self.now()
            if self.planning.planned_now(one.recording_id, at, plan.erase) != one:
                return False
            if number % SOME == 0:
                self.save(confirmed=number)
                if is_over():
                    return None
        self.save(confirmed=len(plan.recordings), is_same=True)
        return True

    def save(self, state: JobState | None = None, cause: str = "", **work: object) -> Job:
        """Save the job, and how far it is.

        Raises:
            CatalogConflict: somebody else has changed it, or goes on with it.
        """
        self.work = replace(self.work, **work)  # type: ignore[arg-type]
        job = replace(
            self.job,
            state=state or self.job.state,
            cause=cause,
            work=msgspec.json.encode(self.work).decode(),
            progress={"planned": self.work.recordings},
        )
        saved = self.jobs.save(job)
        if saved is None:
            raise CatalogConflict("plan erasure", "another run has changed it", ids={"job_id": self.job.job_id})
        self.job = saved
        return saved

    def _take_back(self, rows: Iterable[IndexRow]) -> None:
        """Remove rows that were put too late: the job is over, and has removed all there were."""
        if self.jobs.load(self.job.job_id).is_over:
            for row in rows:
                self.index.delete(row.partition, row.key)


def _recordings(index: Index, job: Job, round_: int) -> Iterator[Planned]:
    """The recordings of a plan, the earliest first."""
    prefix = _prefix(round_)
    rows = rows_in(index, partition_of(job.job_id), prefix, f"{prefix}~")
    return (read_part(_PLANNED, row.body, job.job_id) for row in rows)


def _row(job: Job, prefix: str, row: PersonRow, one: Planned) -> IndexRow:
    key = f"{prefix}{row_key(row.at, row.recording_id)}"
    return IndexRow(partition_of(job.job_id), key, msgspec.json.encode(one))


def _prefix(round_: int) -> str:
    """Begins the keys of a plan's rows: before those of what is erased, in the same partition."""
    return f"plan~{round_:06}~"
