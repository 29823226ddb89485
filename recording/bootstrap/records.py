"""Puts the records' use cases together."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from recording.bootstrap.real_parts import RealParts
from recording.records.daily import Daily
from recording.records.filing import Filing
from recording.records.jobs import Jobs


@dataclass(frozen=True, slots=True)
class Records:
    """The use cases of the records."""

    filing: Filing
    jobs: Jobs
    daily: Daily


def records_of(real: RealParts, new_id: Callable[[], uuid.UUID], now: Callable[[], datetime]) -> Records:
    """Put them together. Filers, runners of jobs and daily passes are listed here, in their order."""
    filing = Filing(real.catalog, real.index, (), now)
    jobs = Jobs(real.index, real.job_queue, {}, new_id, now)
    daily = Daily(real.catalog, real.directory, filing, real.record_queue, (), now)
    return Records(filing, jobs, daily)
