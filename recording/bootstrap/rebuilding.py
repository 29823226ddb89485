"""Puts together what rebuilds the catalog."""

from collections.abc import Callable

from recording.bootstrap.keeping import Keeping
from recording.bootstrap.real_parts import RealParts
from recording.catalog_updates import CatalogUpdates
from recording.chunks.announcing import Announcing
from recording.core.model import CatalogEntry
from recording.records.erasure.removing import Removing
from recording.records.erasure.unlinking import UnlinkingPeople
from recording.records.jobs import Jobs
from recording.records.rebuild.gathering import Gathering
from recording.records.rebuild.rebuild_job import RebuildJob
from recording.records.rebuild.rebuilding import Rebuilding


def rebuild_job_of(
    real: RealParts,
    updates: CatalogUpdates,
    announcing: Announcing,
    removing: Removing,
    unlinking: UnlinkingPeople,
    jobs: Jobs,
    keeping: Keeping,
    is_to_file: Callable[[CatalogEntry], bool],
) -> RebuildJob:
    """Runs the jobs that rebuild."""
    gathering = Gathering(
        names=announcing,
        archive=real.archive,
        archived=real.archive_inventory,
        trails=real.trail_inventory,
        quarantine=real.quarantine,
        overflow=real.overflow if real.settings.overflow.is_set else None,
        now=real.now,
    )
    rebuilding = Rebuilding(
        updates=updates,
        announcing=announcing,
        gathering=gathering,
        tombstones=real.tombstones,
        removing=removing,
        unlinking=unlinking,
        chunks=real.queue,
        filing=real.record_queue,
        is_to_file=is_to_file,
        now=real.now,
    )
    retention = real.settings.recordings.retention
    return RebuildJob(
        rebuilding, jobs, keeping.holding, keeping.duties, real.journal_inventory, retention, real.monotonic
    )
