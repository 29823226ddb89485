"""Chooses the recordings of an export, page by page, and keeps each page: a run after a kill goes on with the same."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

import msgspec

from recording.core.errors import EntryUnreadable, JobRefused
from recording.core.formats.api.paging import filters_of
from recording.core.model import RecordingId
from recording.core.participants import one_spelling
from recording.core.records.exporting import MOST_RECORDINGS, Days, Person, Wanted
from recording.ports import Catalog, Directory, Index, IndexRow
from recording.records.index_rows import rows_in

PREFIX = "chosen"
_PAGE = 40
"""Recordings of a row, which has at most 60 KiB: their ids may be long."""


class Heard(Protocol):
    """A recording in which somebody is heard."""

    @property
    def recording_id(self) -> RecordingId:
        """Which."""


class HeardPage(Protocol):
    """A page of them, and where the next begins; empty after the last."""

    @property
    def rows(self) -> Collection[Heard]:
        """In order of time."""

    @property
    def next(self) -> str:
        """As in every page."""


class Finding(Protocol):
    """Finds people and their recordings (`records.people.people.People`)."""

    def raw_ids(self, key: str) -> tuple[str, ...]:
        """The raw ids of the customer's own key."""

    def recordings_of(self, raw_ids: Collection[str], after: str = "", limit: int = 100) -> HeardPage:
        """Recordings in which one of these raw ids is heard."""


@dataclass(frozen=True, slots=True)
class _Row:
    """Some of the recordings, and where it goes on; None: these are the last."""

    recording_ids: tuple[RecordingId, ...]
    next: str | None = None


_DECODER = msgspec.json.Decoder(_Row)


@dataclass(frozen=True, slots=True)
class Choosing:
    """Choose recordings; `is_held` says whether a hold keeps a recording."""

    index: Index
    catalog: Catalog
    directory: Directory
    people: Finding
    is_held: Callable[[RecordingId], bool]

    def own(self, person: Person) -> frozenset[str]:
        """The raw ids of a person, each in one spelling.

        Raises:
            Permanent: nothing is known of the key, or people are not indexed.
        """
        if person.raw_ids:
            return frozenset(person.raw_ids)
        raw_ids = (person.raw_id,) if person.raw_id else self.people.raw_ids(person.key)
        return frozenset(map(one_spelling, raw_ids))

    def choose(self, partition: str, wanted: Wanted, is_over: Callable[[], bool]) -> tuple[RecordingId, ...] | None:
        """All recordings of the export, each once; None if the time of this run ended before all were found.

        Raises:
            JobRefused: there are too many.
            Transient: they cannot be found now.
        """
        found: dict[RecordingId, None] = {}
        number, following = 0, ""
        for row in self._rows(partition):
            found |= dict.fromkeys(row.recording_ids)
            number += 1
            if row.next is None:
                return tuple(found)
            following = row.next
        while True:
            row = self._find(wanted, following)
            found |= dict.fromkeys(row.recording_ids)
            if len(found) > MOST_RECORDINGS:
                cause = f"it would have more than {MOST_RECORDINGS} recordings"
                raise JobRefused("choose recordings", cause, hint="export fewer days at once")
            self.index.put(IndexRow(partition, f"{PREFIX}~{number:08d}", msgspec.json.encode(row)))
            if row.next is None:
                return tuple(found)
            number, following = number + 1, row.next
            if is_over():
                return None

    def _rows(self, partition: str) -> list[_Row]:
        return [_DECODER.decode(row.body) for row in rows_in(self.index, partition, f"{PREFIX}~", f"{PREFIX}~~")]

    def _find(self, wanted: Wanted, after: str) -> _Row:
        if wanted.person is not None:
            page = self.people.recordings_of(self.own(wanted.person), after, _PAGE)
            return _Row(tuple(row.recording_id for row in page.rows), page.next or None)
        if wanted.days is not None:
            return self._of_days(wanted.days, after)
        begin = int(after or 0)
        end = begin + _PAGE
        return _Row(wanted.recording_ids[begin:end], str(end) if end < len(wanted.recording_ids) else None)

    def _of_days(self, days: Days, after: str) -> _Row:
        day_text, _, mark = after.partition(" ")
        day = date.fromisoformat(day_text) if day_text else days.first
        page = self.directory.page(datetime(day.year, day.month, day.day, tzinfo=UTC), _PAGE, mark)
        fitting = tuple(one for one in dict.fromkeys(page.recording_ids) if self._is_wanted(one, days))
        if page.next:
            return _Row(fitting, f"{day.isoformat()} {page.next}")
        tomorrow = day + timedelta(days=1)
        return _Row(fitting, tomorrow.isoformat() if tomorrow <= days.last else None)

    def _is_wanted(self, recording_id: RecordingId, days: Days) -> bool:
        """Whether it fits; one whose entry cannot be read may, and the package tells of it."""
        try:
            entry = self.catalog.load(recording_id)
        except EntryUnreadable:
            return True
        filters = filters_of(days.filters)
        if entry is None or not filters.fits(entry):
            return False
        return filters.is_held is None or filters.is_held == self.is_held(recording_id)
