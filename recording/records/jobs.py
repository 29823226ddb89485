"""Makes, keeps and runs jobs. A run that does not end its job puts it into the queue again."""

import logging
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from recording import log
from recording.core.errors import JobRefused, NewerSchema, Permanent, UnknownJob
from recording.core.model import Actor
from recording.core.records.jobs import Job, JobKind, JobState
from recording.ports import Index, IndexRow, JobQueue
from recording.records.index_rows import rows_in
from recording.records.last_runs import LastRuns

TIMER = "jobs"
"""The name under which the last look for silent jobs is noted."""
_JOBS = "jobs"
_OPEN = "open-jobs"
_SILENT = timedelta(minutes=30)
"""After this time without a sign of life its message is put again."""
_SIGN = timedelta(minutes=10)
"""A run of a job that was last saved longer ago gives a sign of life first, also if it comes to nothing else."""
# Created at import: see `adapters.rows`.
_DECODER = msgspec.json.Decoder(Job)


class Runner(Protocol):
    """Runs the jobs of one kind."""

    def run(self, job: Job) -> Job:
        """Go on with the job for some minutes at most; the job as saved last. Cut off anywhere, it is run again.

        Raises:
            Transient: the message is delivered again.
            Permanent: the job has failed for good.
        """


@dataclass(frozen=True, slots=True)
class Jobs:
    """The jobs. Each has a row, and while it is not over a second one, by which it is found if its message is lost."""

    index: Index
    queue: JobQueue
    runners: Mapping[JobKind, Runner]
    runs: LastRuns
    new_id: Callable[[], uuid.UUID]
    now: Callable[[], datetime]

    def make(self, kind: JobKind, spec: str, *, by: Actor, state: JobState = JobState.RUNNING) -> Job:
        """Make a job, and queue it unless it is only planned."""
        now = self.now()
        job = Job(str(self.new_id()), kind, state, now, by, spec, now)
        self._mark(job)
        self.index.insert(_row(job))
        self.start(job)
        return self.load(job.job_id)

    def start(self, job: Job) -> None:
        """Put its message, if it is to run."""
        if job.is_running:
            self.queue.put(job.job_id)

    def load(self, job_id: str) -> Job:
        """The job as last saved.

        Raises:
            UnknownJob: there is none.
            NewerSchema: a newer version of the app has made it.
        """
        row = self.index.get(_JOBS, job_id)
        if row is None:
            raise UnknownJob("find job", "there is none with this id", ids={"job_id": job_id})
        try:
            return replace(_DECODER.decode(row.body), version=row.version)
        except msgspec.ValidationError as error:
            hint = "deploy the version that has made it"
            raise NewerSchema("find job", "this version cannot read it", hint=hint, ids={"job_id": job_id}) from error

    def is_known(self, job_id: str) -> bool:
        """Whether there is a job of that id, of whichever version of the app."""
        return self.index.get(_JOBS, job_id) is not None

    def save(self, job: Job) -> Job | None:
        """Save the job unless it was changed since it was loaded; the job as saved, None if it was changed."""
        job = replace(job, touched_at=self.now())
        if not job.is_over:
            self._mark(job)
        saved = self.index.replace(_row(job))
        if saved is None:
            return None
        if job.is_over:
            self.index.delete(_OPEN, job.job_id)
        return replace(job, version=saved.version)

    def run(self, job_id: str) -> None:
        """Go on with a job; if it is not over then, its message is put again.

        Raises:
            Transient: the message is delivered again.
        """
        try:
            job = self.load(job_id)
        except UnknownJob as error:
            log.event("job.unknown", {"job_id": job_id, "cause": error}, logging.ERROR)
            return
        if not job.is_running:
            return
        signed = self._signed(job)
        if signed is None:
            return  # another run goes on with it, and has its own message
        try:
            job = self.runners[signed.kind].run(signed)
        except Permanent as error:
            known = self.load(job_id)
            if not known.is_over:  # else somebody has cancelled it meanwhile
                cause = f"{error.cause}; {error.hint}".strip("; ")
                self.save(replace(known, state=JobState.FAILED, cause=cause))
            fields = {"job_id": job_id, "kind": job.kind, "code": error.code, "cause": error}
            log.event("job.failed", fields, logging.ERROR)
            return
        log.event("job.ran", {"job_id": job_id, "kind": job.kind, "state": job.state, **job.progress})
        self.start(job)

    def go_on(self, job: Job, state: JobState = JobState.RUNNING) -> None:
        """Let a planned or waiting job run, in that state.

        Raises:
            JobRefused: it is over, or somebody else has changed it.
        """
        saved = None if job.is_over else self.save(replace(job, state=state))
        if saved is None:
            raise JobRefused("run job", f"it is {job.state}, or was changed meanwhile", ids={"job_id": job.job_id})
        self.start(saved)

    def open(self) -> Iterator[Job]:
        """The jobs that are not over."""
        for job_id in self._marked():
            with suppress(UnknownJob, NewerSchema):
                yield self.load(job_id)

    def restart_silent(self) -> None:
        """Put the messages of the jobs again that run and have given no sign of life for long: theirs may be lost."""
        self.runs.note(TIMER)
        for job_id in list(self._marked()):
            try:
                job = self.load(job_id)
            except UnknownJob:
                self.index.delete(_OPEN, job_id)
                continue
            except NewerSchema as error:
                log.event("job.left", {"job_id": job_id, "code": error.code, "cause": error}, logging.WARNING)
                continue
            if job.is_over:
                self.index.delete(_OPEN, job_id)
            elif job.is_running and self.now() - job.touched_at > _SILENT:
                self.queue.put(job_id)

    def _signed(self, job: Job) -> Job | None:
        """The job with a recent sign of life: so no second message is put beside one that is tried again and again."""
        return job if self.now() - job.touched_at <= _SIGN else self.save(job)

    def _marked(self) -> Iterator[str]:
        """The ids of all jobs that may be open: those that wait can be many, for years."""
        return (row.key for row in rows_in(self.index, _OPEN))

    def _mark(self, job: Job) -> None:
        self.index.put(IndexRow(_OPEN, job.job_id))


def _row(job: Job) -> IndexRow:
    return IndexRow(_JOBS, job.job_id, msgspec.json.encode(job), job.version)
