"""Does for the timers of the records what they did not do in time: timers have been seen to stop for good."""

from dataclasses import dataclass
from datetime import timedelta

from recording import log
from recording.core.model import APP
from recording.core.records.jobs import JobKind
from recording.records.daily import TIMER as DAILY
from recording.records.jobs import TIMER as JOBS
from recording.records.jobs import Jobs
from recording.records.last_runs import LastRuns

_DAY = timedelta(hours=26)
_JOBS = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class MissedTimers:
    """Look whether the timers of the records have run."""

    jobs: Jobs
    runs: LastRuns

    def drive(self) -> None:
        """Let a job run the daily pass that no timer has, and start silent jobs again.

        Raises:
            Transient: the table of the records, or the queue, is not available.
        """
        if self.runs.is_missed(DAILY, _DAY):
            job = self.jobs.make(JobKind.DAILY, "{}", by=APP)
            self.runs.note(DAILY)
            log.event("records.timer_missed", {"timer": DAILY, "job_id": job.job_id})
        if self.runs.is_missed(JOBS, _JOBS):
            log.event("records.timer_missed", {"timer": JOBS})
            self.jobs.restart_silent()
