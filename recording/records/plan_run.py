"""One run of the planning of an erasure: page by page over the person's recordings. Cut off, the next run goes on.

Each recording of a plan is a row of the job. A plan is made anew before it is executed, and compared with the one that
was seen: it has rows of its own, under the number of its round.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import msgspec

from recording.core.errors import CatalogConflict
from recording.core.model import APP, Actor
from recording.core.records.erasing import Plan, Planned
from recording.core.records.jobs import Job, JobState
from recording.core.records.people import PersonRow, row_key
from recording.ports import Index, IndexRow
from recording.records.erasure_run import erase_of, partition_of
from recording.records.planning_erasure import PlanningErasure

_PAGE = 500


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
        is_same: whether the plan was made anew for that, and is the same.
    """

    round: int = 1
    after: str | None = ""
    recordings: int = 0
    made: int = 0
    hash: str = ""
    unknown: int = 0
    execute: str = ""
    by: Actor = APP
    is_same: bool = False


# Created at import: see `adapters.rows`.
_WORK = msgspec.json.Decoder(PlanWork)
_PLANNED = msgspec.json.Decoder(Planned)


def work_of(job: Job) -> PlanWork:
    """How far the planning is: of a job that is planned, or is being so."""
    return _WORK.decode(job.work or "{}")


def plan_of(job: Job, index: Index) -> Plan | None:
    """The plan as it was made last; None before."""
    work = work_of(job)
    return Plan(erase_of(job), tuple(_recordings(index, job, work.made)), work.unknown) if work.made else None


@dataclass(slots=True)
class PlanRun:
    """A run of a job. `job` is always as it was saved last."""

    planning: PlanningErasure
    index: Index
    save_job: Callable[[Job], Job | None]
    job: Job
    work: PlanWork = field(init=False)

    def __post_init__(self) -> None:
        """Read how far it is."""
        self.work = work_of(self.job)

    def begin(self, plan_hash: str, by: Actor) -> None:
        """Begin to make the plan anew, for its execution."""
        again = PlanWork(self.work.round + 1, made=self.work.made, hash=self.work.hash, unknown=self.work.unknown)
        self.work = replace(again, execute=plan_hash, by=by)

    def go_on(self, is_over: Callable[[], bool]) -> Plan | None:
        """Go on until the plan is made, or the time is over; the plan, or None.

        Raises:
            CatalogConflict: another run goes on with it.
            PeopleIndexOff: people are not indexed.
            Transient: it cannot be said now.
        """
        erase, prefix = erase_of(self.job), _prefix(self.work.round)
        while self.work.after is not None:
            page = self.planning.page(erase, self.work.after)
            for row, one in page.recordings:
                self.index.put(_row(self.job, prefix, row, one))
            self.save(after=page.next or None, recordings=self.work.recordings + len(page.recordings))
            if page.next and is_over():
                return None
        plan = Plan(
            erase, tuple(_recordings(self.index, self.job, self.work.round)), self.planning.people.index.count_unknown()
        )
        self.save(made=self.work.round, hash=plan.hash, unknown=plan.unknown)
        return plan

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
        saved = self.save_job(job)
        if saved is None:
            raise CatalogConflict("plan erasure", "another run has changed it", ids={"job_id": self.job.job_id})
        self.job = saved
        return saved


def _recordings(index: Index, job: Job, round_: int) -> Iterator[Planned]:
    """The recordings of a plan, the earliest first."""
    prefix, cursor = _prefix(round_), ""
    while True:
        page = index.page(partition_of(job.job_id), _PAGE, cursor, prefix, f"{prefix}~")
        yield from (_PLANNED.decode(row.body) for row in page.rows)
        cursor = page.next
        if not cursor:
            return


def _row(job: Job, prefix: str, row: PersonRow, one: Planned) -> IndexRow:
    key = f"{prefix}{row_key(row.at, row.recording_id)}"
    return IndexRow(partition_of(job.job_id), key, msgspec.json.encode(one))


def _prefix(round_: int) -> str:
    """Begins the keys of a plan's rows: before those of what is erased, in the same partition."""
    return f"plan~{round_:06}~"
