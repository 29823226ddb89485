"""Puts the records' use cases together."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from recording.bootstrap.real_parts import RealParts
from recording.catalog_updates import CatalogUpdates
from recording.chunks.announcing import Announcing
from recording.core.records.jobs import JobKind
from recording.records.daily import Daily
from recording.records.filing import Filing
from recording.records.jobs import Jobs, Runner
from recording.records.rebuild_job import RebuildJob
from recording.records.rebuilding import Rebuilding


@dataclass(frozen=True, slots=True)
class Records:
    """The use cases of the records."""

    filing: Filing
    jobs: Jobs
    daily: Daily


def records_of(
    real: RealParts,
    updates: CatalogUpdates,
    announcing: Announcing,
    new_id: Callable[[], uuid.UUID],
    now: Callable[[], datetime],
) -> Records:
    """Put them together. Filers, runners of jobs and daily passes are listed here, in their order."""
    filing = Filing(real.catalog, real.index, (), now)
    runners = dict[JobKind, Runner]()
    jobs = Jobs(real.index, real.job_queue, runners, new_id, now)
    runners[JobKind.REBUILD] = _rebuild_job(real, updates, announcing, jobs)
    daily = Daily(real.catalog, real.directory, filing, real.record_queue, (), now)
    return Records(filing, jobs, daily)


def _rebuild_job(real: RealParts, updates: CatalogUpdates, announcing: Announcing, jobs: Jobs) -> RebuildJob:
    rebuilding = Rebuilding(
        updates=updates,
        announcing=announcing,
        archive=real.archive,
        archived=real.archive_inventory,
        trails=real.trail_inventory,
        quarantine=real.quarantine,
        overflow=real.overflow if real.settings.overflow.is_set else None,
        chunks=real.queue,
        filing=real.record_queue,
        now=real.now,
    )
    retention = real.settings.recordings.retention
    return RebuildJob(rebuilding, jobs, real.journal_inventory, retention, real.monotonic)
