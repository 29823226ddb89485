"""Exports for people: ask for one, look how far it is, cancel it, and make a link to its package."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec

from recording import log
from recording.core.errors import JobRefused, Permanent, UnknownJob
from recording.core.model import Actor
from recording.core.records.exporting import Wanted
from recording.core.records.jobs import Job, JobKind, JobState
from recording.ports import Links
from recording.records.exports.export_run import Changed, ExportRun, Parts, package_of, wanted_of, without_person
from recording.records.jobs import Jobs
from recording.records.people.lookups import Lookups

SLICE = timedelta(minutes=10)
"""How long a run goes on; then its message is put again."""
_LINK = "make link to export"


@dataclass(frozen=True, slots=True)
class RunningExports:
    """The runner of exports; see `records.jobs.Runner`."""

    parts: Parts
    load: Callable[[str], Job]
    monotonic: Callable[[], float]

    def run(self, job: Job) -> Job:
        """Go on with an export for some minutes."""
        end = self.monotonic() + SLICE.total_seconds()
        run = ExportRun(self.parts, job, lambda: self.monotonic() >= end)
        try:
            run.go_on()
        except Changed:
            job = self.load(job.job_id)
            if job.state is JobState.CANCELLED:  # perhaps after the package was removed, and before it was published
                self.parts.removal.remove(package_of(job.job_id))
            return job
        except Permanent:
            self.parts.save(without_person(run.job))  # it fails for good: whom it was of is no more needed
            raise
        return run.job


@dataclass(frozen=True, slots=True)
class Link:
    """A link to a package: a secret, until that moment."""

    url: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Exporting:
    """Exports for people."""

    jobs: Jobs
    parts: Parts
    links: Links
    lookups: Lookups
    now: Callable[[], datetime]

    def ask(self, wanted: Wanted, *, by: Actor) -> Job:
        """Make an export.

        Raises:
            Permanent: nothing is known of the person, or people are not indexed.
            Transient: it may or may not be made.
        """
        raw_ids = tuple[str, ...]()
        if wanted.person is not None:
            raw_ids = tuple(sorted(self.parts.choosing.own(wanted.person)))
            self.parts.choosing.people.recordings_of(raw_ids, limit=1)  # asked now: a job could only fail
            wanted = replace(wanted, person=replace(wanted.person, raw_ids=raw_ids))
        self.lookups.note("export recordings", wanted.purpose, raw_ids, count=0, by=by)
        return self.jobs.make(JobKind.EXPORT, msgspec.json.encode(wanted).decode(), by=by)

    def show(self, export_id: str) -> tuple[Job, Wanted]:
        """An export as it is, and what it is of.

        Raises:
            UnknownJob: there is none.
        """
        job = self._load(export_id)
        return job, wanted_of(job)

    def cancel(self, export_id: str) -> tuple[Job, Wanted]:
        """End an export that is not over; its package is not published.

        Raises:
            UnknownJob: there is none.
            JobRefused: it is over.
        """
        while True:
            job = self._load(export_id)
            if job.is_over:
                raise JobRefused("cancel export", f"it is {job.state}", ids={"job_id": export_id})
            saved = self.jobs.save(without_person(replace(job, state=JobState.CANCELLED)))
            if saved is not None:
                self.parts.removal.remove(package_of(export_id))
                log.event("export.cancelled", {"export_id": export_id})
                return saved, wanted_of(saved)

    def link(self, export_id: str, minutes: int, purpose: str, *, by: Actor) -> Link:
        """Make a link to the package of an export, for whoever it is given to; that it was made is on record.

        Raises:
            UnknownJob: there is no such export.
            JobRefused: it is not done, or its package was removed.
            Transient: the link cannot be made now, or not be put on record.
        """
        job, name = self._load(export_id), package_of(export_id)
        if job.state is not JobState.DONE:
            raise JobRefused(_LINK, f"it is {job.state}", ids={"job_id": export_id})
        if self.parts.packages.find(name) is None:
            raise JobRefused(_LINK, "its package was removed", ids={"job_id": export_id})
        until = (self.now() + timedelta(minutes=minutes)).replace(microsecond=0)
        count = sum(json.loads(job.result)["outcomes"].values())
        self.lookups.note(f"make link to export {export_id}", purpose, count=count, by=by)
        return Link(self.links.link(name, until), until)

    def _load(self, export_id: str) -> Job:
        job = self.jobs.load(export_id)
        if job.kind is not JobKind.EXPORT:
            raise UnknownJob("find export", "there is none with this id", ids={"job_id": export_id})
        return job
