"""Lists recordings for people: what is owed, by time left, and the recordings of a day.

A page loads at most as many entries as it was asked for, so what it costs does not grow with the archive. It may have
fewer, and none at all: only a page without `next` is the last.
"""

from dataclasses import dataclass
from datetime import datetime

from recording.core.errors import EntryUnreadable, NewerSchema
from recording.core.formats.api import ListRequest, PageRequest
from recording.core.lifecycle import open_at
from recording.core.model import CatalogEntry, Recording, RecordingId
from recording.core.watching import Limits, end_of_source
from recording.ports import Catalog, Directory, OpenRow, OpenWork


@dataclass(frozen=True, slots=True)
class Unlisted:
    """A recording whose entry cannot be read, and why."""

    recording_id: RecordingId
    error: EntryUnreadable | NewerSchema


@dataclass(frozen=True, slots=True)
class Listed:
    """A page, and where the next begins; empty after the last."""

    found: tuple[CatalogEntry | Unlisted, ...]
    next: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """List recordings; changes nothing."""

    catalog: Catalog
    open_work: OpenWork
    directory: Directory
    limits: Limits

    def end_of_source(self, entry: CatalogEntry) -> datetime | None:
        """The earliest moment at which a source that is still needed ends; None if there is none."""
        return end_of_source(entry, self.limits)

    def owed(self, page: PageRequest) -> Listed:
        """Recordings that owe something, those first whose work may end first; within a minute, by page.

        A row that does not stand for its entry is passed over: the sweep removes it, or a save in progress owns it.

        Raises:
            InvalidRequest: `after` is no page's `next`.
        """
        rows = self.open_work.page(page.limit, page.after)
        found = [(row, entry) for row in rows.rows if (entry := self._owing(row)) is not None]
        found.sort(key=lambda one: _order(*one))
        return Listed(tuple(entry for _, entry in found), rows.next)

    def recordings(self, asked: ListRequest) -> Listed:
        """Recordings that the catalog first knew on a day, in that order; only those that fit the state and the call.

        Raises:
            InvalidRequest: `after` is no page's `next`.
        """
        page = self.directory.page(asked.day, asked.page.limit, asked.page.after)
        entries = map(self._load, dict.fromkeys(page.recording_ids))
        return Listed(tuple(entry for entry in entries if entry is not None and _fits(entry, asked)), page.next)

    def _owing(self, row: OpenRow) -> CatalogEntry | Unlisted | None:
        entry = self._load(row.recording_id)
        stands_for_it = not isinstance(entry, CatalogEntry) or entry.recording.opening == row.opening
        return entry if stands_for_it else None

    def _load(self, recording_id: RecordingId) -> CatalogEntry | Unlisted | None:
        """One that cannot be read must not keep the others from being listed."""
        try:
            return self.catalog.load(recording_id)
        except (EntryUnreadable, NewerSchema) as error:
            return Unlisted(recording_id, error)


def _order(row: OpenRow, entry: CatalogEntry | Unlisted) -> tuple[datetime, RecordingId]:
    # Another version of the app may have saved the entry, and see something owed where this one sees nothing.
    at = open_at(entry) if isinstance(entry, CatalogEntry) else None
    return at or row.opening.at or row.since, row.recording_id


def _fits(entry: CatalogEntry | Unlisted, asked: ListRequest) -> bool:
    if isinstance(entry, Unlisted):
        return asked.state is None and not asked.call
    recording = entry.recording
    return (asked.state in {None, recording.state}) and (not asked.call or asked.call in _calls(recording))


def _calls(recording: Recording) -> set[str | None]:
    return {
        recording.call_id,
        recording.server_call_id,
        recording.call_connection_id,
        recording.group_call_id,
        recording.room_id,
    }
