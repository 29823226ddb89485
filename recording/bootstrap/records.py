"""Puts the records' use cases together."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from recording.adapters.archive import crc64
from recording.bootstrap.real_parts import RealParts
from recording.catalog_updates import CatalogUpdates
from recording.records.chunk_seals import ChunkSeals
from recording.records.daily import Daily
from recording.records.filing import Filing
from recording.records.jobs import Jobs
from recording.records.reading_chunks import ReadingChunks
from recording.records.sealing import Sealing


@dataclass(frozen=True, slots=True)
class Records:
    """The use cases of the records."""

    filing: Filing
    sealing: Sealing
    jobs: Jobs
    daily: Daily


def records_of(
    real: RealParts,
    updates: CatalogUpdates,
    is_copying: Callable[[], bool],
    new_id: Callable[[], uuid.UUID],
    now: Callable[[], datetime],
) -> Records:
    """Put them together. Filers, runners of jobs and daily passes are listed here, in their order."""
    sealing = Sealing(
        updates=updates,
        archive=real.archive,
        reading=ReadingChunks(real.archive, real.natives, crc64, is_copying, real.monotonic, updates.sleep),
        seals=ChunkSeals(real.index),
        queue=real.record_queue,
        chunk_queue=real.queue,
        topic=real.topic,
        now=now,
        monotonic=real.monotonic,
    )
    filing = Filing(real.catalog, real.index, (sealing,), now)
    jobs = Jobs(real.index, real.job_queue, {}, new_id, now)
    daily = Daily(real.catalog, real.directory, filing, sealing, real.record_queue, (), now)
    return Records(filing, sealing, jobs, daily)
