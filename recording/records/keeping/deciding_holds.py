"""Makes holds and ends them, as people decide."""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from recording import log
from recording.core.errors import HoldChanged, UnknownJob
from recording.core.formats.api import HoldRequest, etag_of_hold
from recording.core.model import Actor
from recording.core.records.holds import Hold, HoldState
from recording.core.records.jobs import JobKind, JobState
from recording.records.jobs import Jobs
from recording.records.keeping.holding import Holding


@dataclass(frozen=True, slots=True)
class DecidingHolds:
    """Make holds and end them; a job does the rest."""

    holding: Holding
    jobs: Jobs
    new_id: Callable[[], uuid.UUID]
    now: Callable[[], datetime]

    def make(self, asked: HoldRequest, person: tuple[str, ...], *, by: Actor) -> Hold:
        """Make a hold. It holds from now on; the recordings that there are already get their rows by a job.

        Args:
            asked: what is to be held, and why.
            person: the raw ids of a person, if it is a person's recordings.
            by: who decides.

        Raises:
            Transient: it may or may not be made.
        """
        scope = replace(asked.scope, person=person) if person else asked.scope
        hold = Hold(
            str(self.new_id()),
            HoldState.PLACING,
            scope,
            asked.reason,
            asked.owner,
            asked.review_on,
            self.now(),
            by,
            asked.retention_class,
        )
        hold = self.holding.insert(hold)
        log.event("hold.made", {"hold_id": hold.hold_id, "review_on": hold.review_on})
        return self.drive(hold)

    def end(self, hold_id: str, etag: str, reason: str, *, by: Actor) -> Hold:
        """End a hold that is as the person has seen it. What it has put off happens by itself.

        Raises:
            UnknownHold: there is none.
            HoldChanged: it is not as they have seen it: somebody has ended it.
            Transient: it may or may not be ended.
        """
        hold = self.holding.load(hold_id)
        if etag_of_hold(hold) != etag or not hold.is_active:
            raise HoldChanged("end hold", "it is not as it was when you looked at it", ids={"hold_id": hold_id})

        def ended(known: Hold) -> Hold:
            if not known.is_active:
                return known
            return replace(known, state=HoldState.ENDING, ended_at=self.now(), ended_by=by, end_reason=reason)

        hold = self.holding.change(hold_id, ended)
        log.event("hold.ending", {"hold_id": hold_id})
        return self.drive(hold)

    def progress(self, hold: Hold) -> Mapping[str, int]:
        """How far its last job is."""
        if not hold.job_id:
            return {}
        try:
            return self.jobs.load(hold.job_id).progress
        except UnknownJob:
            return {}

    def drive(self, hold: Hold) -> Hold:
        """Make the job that places a hold, or takes it off, unless one is in progress; the hold as kept."""
        if hold.state not in {HoldState.PLACING, HoldState.ENDING}:
            return hold
        if hold.job_state is hold.state and self._is_running(hold.job_id):
            return hold
        state = hold.state
        job = self.jobs.make(JobKind.HOLD, json.dumps({"holdId": hold.hold_id}), by=hold.ended_by or hold.made_by)

        def with_job(known: Hold) -> Hold:
            return replace(known, job_id=job.job_id, job_state=state) if known.state is state else known

        return self.holding.change(hold.hold_id, with_job)

    def _is_running(self, job_id: str) -> bool:
        try:
            return self.jobs.load(job_id).state is JobState.RUNNING
        except UnknownJob:
            return False
