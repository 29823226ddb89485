"""Finds recordings: those of a day, those of a person, and those that may be of anybody.

A page loads at most as many entries as it was asked for, and asks at most once for the holds of each; by a person, it
asks for one page of rows of each raw id under each key, and counts what may be of anybody in one request. So what a
page costs does not grow with the archive. It may have fewer recordings, and none at all: only a page without `next` is
the last.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from recording.core.errors import EntryUnreadable, NewerSchema
from recording.core.formats.api import ListRequest, PersonSearch
from recording.core.model import Actor, CatalogEntry, RecordingId
from recording.core.records.filters import Filters
from recording.core.records.people import PersonRow
from recording.ports import Catalog, Directory, Index
from recording.records.filing import about
from recording.records.index_rows import rows_in
from recording.records.people.lookups import Lookups
from recording.records.people.people_index import PeopleIndex, PersonPage


@dataclass(frozen=True, slots=True)
class Unlisted:
    """A recording whose entry cannot be read, and why."""

    recording_id: RecordingId
    error: EntryUnreadable | NewerSchema


@dataclass(frozen=True, slots=True)
class Listed:
    """A page, and where the next begins; empty after the last.

    Attributes:
        found: the recordings.
        next: where the next page begins.
        heard: of a search by person, how each recording is of that person.
        unknown: of a search by person, how many recordings of that time may be of anybody.
    """

    found: tuple[CatalogEntry | Unlisted, ...]
    next: str = ""
    heard: tuple[PersonRow, ...] = ()
    unknown: int | None = None


@dataclass(frozen=True, slots=True)
class Searching:
    """Find recordings; every search by person is an act on record.

    `is_held` says whether a hold keeps a recording.
    """

    catalog: Catalog
    directory: Directory
    people: PeopleIndex
    lookups: Lookups
    is_held: Callable[[RecordingId], bool]

    def of_day(self, asked: ListRequest) -> Listed:
        """Recordings that the catalog first knew on a day, or in an hour of it, in that order.

        Raises:
            InvalidRequest: `after` is no page's `next`.
        """
        page = self.directory.page(asked.day, asked.page.limit, asked.page.after, asked.hour)
        entries = map(self.load, dict.fromkeys(page.recording_ids))
        fitting = (entry for entry in entries if entry is not None and self._fits(entry, asked.filters))
        return Listed(tuple(fitting), page.next)

    def of_person(self, raw_ids: Collection[str], asked: PersonSearch, *, by: Actor) -> Listed:
        """Recordings in which somebody is heard who has these raw ids, in any spelling; the earliest first.

        Raises:
            InvalidRequest: `after` is no page's `next`.
            PeopleIndexOff: people are not indexed.
            Transient: it cannot be read, or not be put on record; nothing is shown.
        """
        period = asked.period
        page = self.people.recordings_of(raw_ids, asked.page.after, asked.page.limit, period.since, period.until)
        unknown = self.people.count_unknown(period.since, period.until)
        listed = self._listed(page, asked, unknown)
        self.lookups.note("find recordings", asked.purpose, raw_ids, count=len(listed.found), by=by)
        return listed

    def of_anybody(self, asked: PersonSearch, *, by: Actor) -> Listed:
        """Recordings in which somebody may be heard whom they are not filed under, the earliest first.

        Raises:
            InvalidRequest, Transient: as for `of_person`.
        """
        period = asked.period
        page = self.people.unknown(asked.page.after, asked.page.limit, period.since, period.until)
        listed = self._listed(page, asked, None)
        self.lookups.note("find recordings of anybody", asked.purpose, count=len(listed.found), by=by)
        return listed

    def load(self, recording_id: RecordingId) -> CatalogEntry | Unlisted | None:
        """The entry. One that cannot be read must not keep the others from being listed."""
        try:
            return self.catalog.load(recording_id)
        except (EntryUnreadable, NewerSchema) as error:
            return Unlisted(recording_id, error)

    def _listed(self, page: PersonPage, asked: PersonSearch, unknown: int | None) -> Listed:
        rows = [(row, self.load(row.recording_id)) for row in page.rows]
        found = [(row, entry) for row, entry in rows if entry is not None and self._fits(entry, asked.filters)]
        return Listed(tuple(entry for _, entry in found), page.next, tuple(row for row, _ in found), unknown)

    def _fits(self, entry: CatalogEntry | Unlisted, filters: Filters) -> bool:
        if isinstance(entry, Unlisted):
            return filters.is_empty
        if not filters.fits(entry):
            return False
        return filters.is_held is None or filters.is_held == self.is_held(entry.recording.recording_id)


def has_hold(index: Index, recording_id: RecordingId) -> bool:
    """Whether a row about the recording says that a hold keeps it."""
    return any(rows_in(index, about(recording_id), "hold~", "hold~~", limit=1))
