"""Puts holds and retention together."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from recording.bootstrap.real_parts import RealParts
from recording.catalog_updates import CatalogUpdates
from recording.core.model import CatalogEntry
from recording.core.records import holds
from recording.records.deciding_ends import DecidingEnds
from recording.records.deciding_holds import DecidingHolds
from recording.records.duties import Duties
from recording.records.filing_people import FilingPeople
from recording.records.held_blobs import HeldBlobs
from recording.records.holding import Holding
from recording.records.jobs import Jobs
from recording.records.people import People
from recording.records.placing_holds import PlacingHolds
from recording.records.retaining import Removes, Retaining
from recording.records.watching_holds import WatchingHolds


@dataclass(frozen=True, slots=True)
class Keeping:
    """Holds and retention."""

    holding: Holding
    placing_holds: PlacingHolds
    deciding_holds: DecidingHolds
    watching_holds: WatchingHolds
    duties: Duties
    retaining: Retaining
    deciding_ends: DecidingEnds


def holding_of(real: RealParts, filing_people: FilingPeople) -> Holding:
    """The holds: what erases asks for them, and is part of the retention."""

    def participants(entry: CatalogEntry) -> holds.People | None:
        document = filing_people.document_of(entry)
        return None if document is None else holds.people_of(document)

    return Holding(real.catalog, real.index, participants)


def keeping_of(
    real: RealParts,
    updates: CatalogUpdates,
    holding: Holding,
    people: People,
    jobs: Jobs,
    removing: Removes,
    new_id: Callable[[], uuid.UUID],
    now: Callable[[], datetime],
) -> Keeping:
    """Put them together; `placing_holds` is the runner of the jobs of holds."""
    settings, index = real.settings, real.index
    duties = Duties(real.catalog, index, holding, settings.retention.classes, settings.archive.immutable_days, now)
    blobs = HeldBlobs(real.removals)
    placing = PlacingHolds(
        holding, blobs, duties, updates, real.directory, people, index, jobs.save, now, real.monotonic
    )
    deciding = DecidingHolds(holding, jobs, new_id, now)
    return Keeping(
        holding=holding,
        placing_holds=placing,
        deciding_holds=deciding,
        watching_holds=WatchingHolds(deciding, placing, blobs, index, real.topic, now, real.monotonic),
        duties=duties,
        retaining=Retaining(
            duties=duties,
            holding=holding,
            removing=removing,
            catalog=real.catalog,
            index=index,
            topic=real.topic,
            most=settings.retention.most_a_day,
            are_classes_right=settings.are_classes_right,
            now=now,
            monotonic=real.monotonic,
        ),
        deciding_ends=DecidingEnds(duties, real.catalog, index, now),
    )
