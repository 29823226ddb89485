"""Puts together what erases."""

from collections.abc import Sequence

from recording.bootstrap.keeping import Keeping
from recording.bootstrap.real_parts import RealParts
from recording.calls.forgetting import ForgettingCall
from recording.catalog_updates import CatalogUpdates
from recording.chunks.completing import Completing
from recording.core.model import Door
from recording.records.erasure.erased_of_late import ErasedOfLate, Forget
from recording.records.erasure.erasing import Erasing
from recording.records.erasure.erasing_events import ErasingEvents
from recording.records.erasure.erasing_exports import ErasingExports
from recording.records.erasure.erasure_run import RunParts
from recording.records.erasure.muting import Muting
from recording.records.erasure.planning_erasure import PlanningErasure
from recording.records.erasure.removing import Removing
from recording.records.erasure.removing_rest import RemovingRest
from recording.records.erasure.rewriting import Rewriting
from recording.records.erasure.unlinking import UnlinkingPeople
from recording.records.jobs import Jobs
from recording.records.keeping.holding import Holding
from recording.records.people.filing_people import FilingPeople
from recording.records.people.lookups import Lookups
from recording.records.people.people import People
from recording.records.standing_blobs import StandingBlobs
from recording.refusing import Refusing
from recording.writing_trail import WritingTrail


def removing_of(
    real: RealParts,
    updates: CatalogUpdates,
    writing_trail: WritingTrail,
    refusing: Refusing,
    jobs: Jobs,
    holding: Holding,
    forgets: Sequence[Forget],
) -> Removing:
    """What removes recordings; `forgets` remove what the other use cases have written about one."""
    blobs, all_forgets = StandingBlobs(real.inventories), (*_of_others(real, jobs), *forgets)
    return Removing(
        updates=updates,
        writing_trail=writing_trail,
        tombstones=real.tombstones,
        index=real.index,
        holding=holding,
        removals=real.removals,
        blobs=blobs,
        events=ErasingEvents(real.journal_inventory, real.removals["journal"], refusing, real.index, real.now),
        forgets=all_forgets,
        of_late=ErasedOfLate(updates, real.index, holding, real.removals, blobs, all_forgets),
    )


def _of_others(real: RealParts, jobs: Jobs) -> tuple[Forget, ...]:
    """Remove what other use cases have written of who takes part."""
    exports = ErasingExports(jobs, real.index, real.removals["exports"])
    return exports.erase, ForgettingCall(real.catalog, real.consents, real.now).forget


def unlinking_of(
    real: RealParts,
    updates: CatalogUpdates,
    writing_trail: WritingTrail,
    completing: Completing,
    jobs: Jobs,
    holding: Holding,
    filing_people: FilingPeople,
) -> UnlinkingPeople:
    """What takes people out of recordings."""
    return UnlinkingPeople(
        updates=updates,
        writing_trail=writing_trail,
        complete=completing.complete,
        filing_people=filing_people,
        index=real.index,
        rewriting=Rewriting(real.archive, real.inventories["archive"], Muting(real.archive, real.index, real.now)),
        rest=RemovingRest(real.archive, real.catalog, holding, real.removals, real.inventories),
        forgets=_of_others(real, jobs),
        forget_call=ForgettingCall(real.catalog, real.consents, real.now).forget,
        is_known=jobs.is_known,
    )


def erasing_of(
    real: RealParts,
    removing: Removing,
    unlinking: UnlinkingPeople,
    refusing: Refusing,
    jobs: Jobs,
    people: People,
    keeping: Keeping,
    lookups: Lookups,
) -> Erasing:
    """What erases people's recordings; it is the runner of those jobs too."""
    planning = PlanningErasure(
        catalog=real.catalog,
        people=people,
        filing_people=unlinking.filing_people,
        holding=keeping.holding,
        duties=keeping.duties,
        is_gone=removing.is_gone,
        why_not_muted=unlinking.rewriting.why_not,
        now=real.now,
    )
    parts = RunParts(
        planning=planning,
        removing=removing,
        unlinking=unlinking,
        index=real.index,
        trail=real.trail,
        events={
            "journal": removing.events,
            "deadletters": ErasingEvents(
                real.dead_letters, real.removals["deadletters"], refusing, real.index, real.now, Door.EVENT_GRID
            ),
        },
        forget=people.forget,
        key=people.index.first_key,
        now=real.now,
    )
    return Erasing(jobs, planning, lookups, parts, real.monotonic, real.now)
