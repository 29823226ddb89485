"""Puts holds and retention together."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from recording.bootstrap.real_parts import RealParts
from recording.catalog_updates import CatalogUpdates
from recording.core.model import CatalogEntry
from recording.core.records import holds
from recording.core.records.jobs import JobKind
from recording.records.jobs import Jobs
from recording.records.keeping.deciding_holds import DecidingHolds
from recording.records.keeping.duties import Duties
from recording.records.keeping.held_blobs import HeldBlobs
from recording.records.keeping.holding import Holding
from recording.records.keeping.kept_choices import KeptChoices
from recording.records.keeping.kept_holds import KeptHolds
from recording.records.keeping.moving import Moving
from recording.records.keeping.placing_holds import PlacingHolds
from recording.records.keeping.watching_holds import WatchingHolds
from recording.records.people.filing_people import FilingPeople
from recording.records.people.people import People
from recording.records.retention.deciding_ends import DecidingEnds
from recording.records.retention.retaining import Removes, Retaining
from recording.records.standing_blobs import StandingBlobs


@dataclass(frozen=True, slots=True)
class Keeping:
    """Holds and retention."""

    holding: Holding
    placing_holds: PlacingHolds
    deciding_holds: DecidingHolds
    watching_holds: WatchingHolds
    duties: Duties
    moving: Moving
    deciding_ends: DecidingEnds


def holding_of(real: RealParts, filing_people: FilingPeople) -> Holding:
    """The holds: what erases asks for them, and is part of the retention."""

    def participants(entry: CatalogEntry) -> holds.People | None:
        document = filing_people.known_of(entry)
        return None if document is None else holds.people_of(document)

    kept = KeptHolds(real.plain_archive, real.archive_inventory, real.removals["archive"])
    return Holding(real.catalog, real.index, kept, participants)


def keeping_of(
    real: RealParts,
    updates: CatalogUpdates,
    holding: Holding,
    people: People,
    jobs: Jobs,
    new_id: Callable[[], uuid.UUID],
) -> Keeping:
    """Put them together; `placing_holds` is the runner of the jobs of holds."""
    settings, index, now = real.settings, real.index, real.now
    classes = settings.retention.classes
    choices = KeptChoices(real.plain_archive, real.archive_inventory)
    moving = Moving(real.catalog, index, real.shelf, classes, now, real.monotonic)
    duties = Duties(real.catalog, index, holding, choices, classes, settings.archive.immutable_days, moving, now)
    blobs = HeldBlobs(real.removals, StandingBlobs(real.inventories))
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
        moving=moving,
        deciding_ends=DecidingEnds(duties, updates, index, now),
    )


def retaining_of(real: RealParts, keeping: Keeping, removing: Removes, jobs: Jobs) -> Retaining:
    """The daily pass of the retention, which removes recordings."""
    settings = real.settings
    return Retaining(
        duties=keeping.duties,
        holding=keeping.holding,
        removing=removing,
        catalog=real.catalog,
        index=real.index,
        topic=real.topic,
        most=settings.retention.most_a_day,
        is_rebuilding=lambda: any(job.kind is JobKind.REBUILD and job.is_running for job in jobs.open()),
        now=real.now,
        monotonic=real.monotonic,
    )
