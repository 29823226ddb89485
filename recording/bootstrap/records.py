"""Puts the records' use cases together."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from recording.adapters.archive import crc64
from recording.bootstrap.erasing import erasing_of, removing_of, unlinking_of
from recording.bootstrap.exporting import exporting_of
from recording.bootstrap.keeping import Keeping, holding_of, keeping_of, retaining_of
from recording.bootstrap.real_parts import RealParts
from recording.bootstrap.rebuilding import rebuild_job_of
from recording.catalog_updates import CatalogUpdates
from recording.chunks.announcing import Announcing
from recording.chunks.archiving import Archiving
from recording.core.model import CatalogEntry
from recording.core.records.jobs import JobKind
from recording.records.daily import Daily, DailyJob
from recording.records.erasure.erasing import Erasing, FinishingErasures
from recording.records.erasure.removing import Removing
from recording.records.exports.ending_exports import EndingExports
from recording.records.exports.exporting import Exporting
from recording.records.filing import Filing
from recording.records.finding.searching import Searching, has_hold
from recording.records.jobs import Jobs, Runner
from recording.records.keeping.holding import Holding
from recording.records.last_runs import LastRuns
from recording.records.late_writes import LateWrites
from recording.records.people.filing_people import FilingPeople
from recording.records.people.lookups import Lookups
from recording.records.people.own_identities import OwnIdentities
from recording.records.people.people import People
from recording.records.people.people_index import PeopleIndex
from recording.records.people.rehashing import BeginningRehash, Rehashing
from recording.records.record_tasks import RecordTasks
from recording.records.retention.retaining import Retaining
from recording.records.seals.chunk_seals import ChunkSeals
from recording.records.seals.reading_chunks import ReadingChunks
from recording.records.seals.sealing import Sealing
from recording.refusing import Refusing
from recording.writing_trail import WritingTrail


@dataclass(frozen=True, slots=True)
class Records:
    """The use cases of the records."""

    filing: Filing
    sealing: Sealing
    tasks: RecordTasks
    jobs: Jobs
    daily: Daily
    holding: Holding
    keeping: Keeping
    retaining: Retaining
    lookups: Lookups
    people: People
    searching: Searching
    exporting: Exporting
    removing: Removing
    erasing: Erasing


def records_of(
    real: RealParts,
    updates: CatalogUpdates,
    writing_trail: WritingTrail,
    refusing: Refusing,
    announcing: Announcing,
    archiving: Archiving,
    new_id: Callable[[], uuid.UUID],
    now: Callable[[], datetime],
) -> Records:
    """Put them together. Filers, runners of jobs and daily passes are listed here, in their order."""
    index = real.index
    people_index = PeopleIndex(index, real.settings.people_keys)
    lookups = Lookups(real.trail, people_index.first_key, new_id, now)
    people = People(people_index, OwnIdentities(index, people_index), lookups)
    filing_people = FilingPeople(real.archive, real.natives, people_index)
    runners: dict[JobKind, Runner] = {}
    runs = LastRuns(index, now)
    jobs = Jobs(index, real.job_queue, runners, runs, new_id, now)
    holding = holding_of(real, filing_people)

    def forget(entry: CatalogEntry) -> None:
        people.unfile(entry.recording.recording_id)
        keeping.duties.unfile(entry.recording.recording_id)
        keeping.placing_holds.unfile(entry)

    removing = removing_of(real, updates, writing_trail, refusing, jobs, holding, (forget,))
    unlinking = unlinking_of(real, updates, writing_trail, archiving.completing, jobs, holding, filing_people)
    late = LateWrites(real.catalog, index, removing.of_late.remove_beside, unlinking.look_again, new_id, now)
    sealing = Sealing(
        updates=updates,
        archive=real.archive,
        reading=ReadingChunks(real.archive, real.natives, crc64, archiving.is_copying, real.monotonic, updates.sleep),
        seals=ChunkSeals(index),
        queue=real.record_queue,
        chunk_queue=real.queue,
        topic=real.topic,
        late=late,
        now=now,
        monotonic=real.monotonic,
    )
    keeping = keeping_of(real, updates, holding, people, jobs, new_id)
    retaining = retaining_of(real, keeping, removing, jobs)
    rehashing = Rehashing(real.catalog, people_index, people.own, filing_people, jobs, late, real.monotonic)
    runners[JobKind.REHASH] = rehashing
    runners[JobKind.HOLD] = keeping.placing_holds
    filers = (filing_people, keeping.placing_holds, keeping.duties, sealing)
    filing = Filing(real.catalog, index, filers, late, now)
    rebuild_job = rebuild_job_of(real, updates, announcing, removing, unlinking, jobs, keeping, filing.is_owed)
    runners[JobKind.REBUILD] = rebuild_job
    exporting, runners[JobKind.EXPORT] = exporting_of(real, updates, people, jobs, lookups)
    erasing = erasing_of(real, removing, unlinking, refusing, jobs, people, keeping, lookups)
    runners[JobKind.ERASURE] = erasing
    export_days = real.settings.retention.export_days
    passes = (
        BeginningRehash(rehashing),
        keeping.watching_holds,
        FinishingErasures(erasing),
        retaining,
        keeping.moving,
        EndingExports(real.export_inventory, real.removals["exports"], export_days, jobs.load, now),
    )
    daily = Daily(real.catalog, real.directory, filing, sealing, real.record_queue, passes, runs, now, real.monotonic)
    runners[JobKind.DAILY] = DailyJob(daily, jobs)
    searching = Searching(real.catalog, real.directory, people_index, lookups, partial(has_hold, index))
    return Records(
        filing=filing,
        sealing=sealing,
        tasks=RecordTasks(filing, sealing, real.record_queue, archiving.is_copying),
        jobs=jobs,
        daily=daily,
        holding=holding,
        keeping=keeping,
        retaining=retaining,
        lookups=lookups,
        people=people,
        searching=searching,
        exporting=exporting,
        removing=removing,
        erasing=erasing,
    )
