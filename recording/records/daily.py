"""Once a day: runs the passes of the records, and finds what was not filed or not sealed."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from recording import log
from recording.core.errors import EntryUnreadable, NewerSchema, RecordingError
from recording.core.formats.messages import RecordMessage, Task
from recording.core.model import CatalogEntry, RecordingId
from recording.core.records.jobs import Job, JobState
from recording.ports import Catalog, Directory, RecordQueue
from recording.records.filing import Filing
from recording.records.jobs import Jobs
from recording.records.last_runs import LastRuns
from recording.records.seals.sealing import Sealing

TIMER = "daily"
"""The name under which its last run is noted."""
_DAYS = 3
"""Recordings first known in these days are looked at: the message of one that is completed later is its own care."""
_PAGE = 500
SLICE = 300.0
"""Seconds for looking at these recordings: with the slices of the passes, the host does not end the run."""


class Pass(Protocol):
    """Something that is done once a day; done twice, it does no harm."""

    def run(self) -> None:
        """Do it, for some minutes at most."""


@dataclass(frozen=True, slots=True)
class Daily:
    """The daily pass."""

    catalog: Catalog
    directory: Directory
    filing: Filing
    sealing: Sealing
    queue: RecordQueue
    passes: Sequence[Pass]
    runs: LastRuns
    now: Callable[[], datetime]
    monotonic: Callable[[], float]

    def run(self) -> None:
        """Run the passes; then put a message for each recording of the last days that is not filed, or not sealed.

        Raises:
            RecordingError: the first one, after all that does not fail: no pass waits for what another needs.
        """
        self.runs.note(TIMER)
        failure: RecordingError | None = None
        for run in (*(one.run for one in self.passes), self._find_owed):
            try:
                run()
            except RecordingError as error:
                log.event("records.pass_failed", {"code": error.code, "cause": error}, logging.ERROR)
                failure = failure or error
        if failure is not None:
            raise failure

    def put_again(self, recording_id: RecordingId) -> bool:
        """Put a message for a recording whose last one was given up, if it is still owed; whether it is."""
        entry = self._load(recording_id)
        task = None if entry is None else self._owed(entry)
        if task is not None:
            self.queue.put(RecordMessage(recording_id, task))
        return task is not None

    def _find_owed(self) -> None:
        end, found = self.monotonic() + SLICE, 0
        for recording_id in tuple(dict.fromkeys(self.filing.late.left())):  # one that is erased is owed nothing else
            self.queue.put(RecordMessage(recording_id, Task.FILE))
        for recording_id in self._last_known():
            if self.monotonic() >= end:
                log.event("records.daily", {"owed": found, "cause": "the time of its run was over"}, logging.ERROR)
                return
            found += self.put_again(recording_id)
        log.event("records.daily", {"owed": found})

    def _last_known(self) -> Iterator[RecordingId]:
        """The recordings of the last days, the last day first."""
        for days in range(_DAYS):
            day, after = self.now() - timedelta(days=days), ""
            while True:
                page = self.directory.page(day, _PAGE, after)
                yield from dict.fromkeys(page.recording_ids)
                after = page.next
                if not after:
                    break

    def _owed(self, entry: CatalogEntry) -> Task | None:
        """Filing puts the message for sealing itself: it is put here if that was lost."""
        if self.filing.is_owed(entry):
            return Task.FILE
        return Task.SEAL if self.sealing.is_owed(entry) else None

    def _load(self, recording_id: RecordingId) -> CatalogEntry | None:
        """One that cannot be read is told of by the sweep, and must not keep the others from being filed."""
        try:
            return self.catalog.load(recording_id)
        except (EntryUnreadable, NewerSchema):
            return None


@dataclass(frozen=True, slots=True)
class DailyJob:
    """The daily pass as a job; see `records.jobs.Runner`."""

    daily: Daily
    jobs: Jobs

    def run(self, job: Job) -> Job:
        """Run the pass. What fails of it is tried a day later, and not by this message again and again."""
        with suppress(RecordingError):  # each has been logged as an error
            self.daily.run()
        return self.jobs.save(replace(job, state=JobState.DONE)) or self.jobs.load(job.job_id)
