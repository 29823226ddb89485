"""Puts together what erases."""

from collections.abc import Sequence

from recording.bootstrap.real_parts import RealParts
from recording.calls.forgetting import ForgettingCall
from recording.catalog_updates import CatalogUpdates
from recording.records.erasing_events import ErasingEvents
from recording.records.erasing_exports import ErasingExports
from recording.records.jobs import Jobs
from recording.records.removing import Forget, Removing
from recording.refusing import Refusing
from recording.writing_trail import WritingTrail


def removing_of(
    real: RealParts,
    updates: CatalogUpdates,
    writing_trail: WritingTrail,
    refusing: Refusing,
    jobs: Jobs,
    forgets: Sequence[Forget],
) -> Removing:
    """What removes recordings; `forgets` remove what the other use cases have written about one."""
    exports = ErasingExports(jobs, real.index, real.removals["exports"])
    call = ForgettingCall(real.catalog, real.consents)
    return Removing(
        updates=updates,
        writing_trail=writing_trail,
        tombstones=real.tombstones,
        index=real.index,
        removals=real.removals,
        inventories=real.inventories,
        events=ErasingEvents(real.journal_inventory, real.removals["journal"], refusing),
        forgets=(exports.erase, call.forget, *forgets),
    )
