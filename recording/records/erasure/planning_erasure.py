"""Plans the erasure of a person's recordings: what would go, what is deferred and why, and who else is heard."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from recording.core.errors import EntryUnreadable, NewerSchema
from recording.core.model import CatalogEntry, RecordingId, RecordingState
from recording.core.participants import one_spelling
from recording.core.records.erasing import (
    LOST,
    UNREADABLE,
    Deferral,
    Erase,
    Mode,
    Planned,
    deferrals,
    is_one_of,
    planned,
    planned_unread,
)
from recording.core.records.people import PersonRow
from recording.core.retention import protected_until
from recording.ports import Catalog
from recording.records.keeping.duties import Duties
from recording.records.keeping.holding import Holding
from recording.records.people.filing_people import FilingPeople
from recording.records.people.people import People

_PAGE = 50
"""Some seconds of work: so often a run looks whether its time is over."""


@dataclass(frozen=True, slots=True)
class PlanPage:
    """Recordings of a plan, each with its row, and where the next page begins; empty after the last."""

    recordings: tuple[tuple[PersonRow, Planned], ...]
    next: str


@dataclass(frozen=True, slots=True)
class PlanningErasure:
    """Plan erasures. Nothing is kept but who was looked for."""

    catalog: Catalog
    people: People
    filing_people: FilingPeople
    holding: Holding
    duties: Duties
    is_gone: Callable[[RecordingId], bool]
    why_not_muted: Callable[[CatalogEntry, Erase], tuple[Deferral, ...]]
    now: Callable[[], datetime]

    def page(self, erase: Erase, after: str = "") -> PlanPage:
        """What an erasure would do now with a page of the person's recordings, the earliest first.

        Raises:
            PeopleIndexOff: people are not indexed.
            Transient: it cannot be said now.
        """
        page = self.people.recordings_of(erase.raw_ids, after, _PAGE)
        found = ((row, self.planned_now(row.recording_id, row.at, erase)) for row in page.rows)
        return PlanPage(tuple((row, one) for row, one in found if one is not None), page.next)

    def deferrals(self, entry: CatalogEntry, erase: Erase) -> tuple[Deferral, ...]:
        """Why a recording is not erased now: asked just before it is."""
        recording_id = entry.recording.recording_id
        duty, _ = self.duties.duty_of(entry)
        protected = [protected_until(entry, self.duties.immutable_days)]
        if erase.mode is not Mode.WHOLE:  # what was written anew would stand beside what cannot be removed
            protected.append(self.duties.moving.guarded(recording_id))
        by_all = deferrals(
            entry,
            self.now(),
            holds=self.holding.of(recording_id, entry),
            duty=duty,
            protected=max((day for day in protected if day is not None), default=None),
            overrides_duties=erase.overrides_duties,
            mode=erase.mode,
        )
        return by_all + self.why_not_muted(entry, erase)

    def load(self, recording_id: RecordingId) -> CatalogEntry | None:
        """The recording as it is now."""
        return self.catalog.load(recording_id)

    def planned_now(self, recording_id: RecordingId, at: datetime, erase: Erase) -> Planned | None:
        """A recording of that moment as a plan has it now; None for one that is erased."""
        try:
            entry = self.catalog.load(recording_id)
            if entry is not None:
                return None if entry.recording.state is RecordingState.ERASED else self._planned(entry, erase)
            if self.is_gone(recording_id):
                return None
            why = LOST
        except (EntryUnreadable, NewerSchema):
            why = UNREADABLE
        return planned_unread(recording_id, at, why)

    def _planned(self, entry: CatalogEntry, erase: Erase) -> Planned:
        document = self.filing_people.known_of(entry)
        is_person = is_one_of(erase.raw_ids, one_spelling)
        heard = {one.raw_id for chunk in document.chunks for one in chunk.participants} if document else set[str]()
        others = {one_spelling(raw_id) for raw_id in heard if not is_person(raw_id)}
        is_doubtful = document is None or document.is_unknown
        return planned(entry, len(others), self.deferrals(entry, erase), is_doubtful=is_doubtful)
