"""Lists for people what is owed, by time left.

A page loads at most as many entries as it was asked for, so what it costs does not grow with the archive. It may have
fewer, and none at all: only a page without `next` is the last.
"""

from dataclasses import dataclass
from datetime import datetime

from recording.core.formats.api import PageRequest
from recording.core.lifecycle import open_at
from recording.core.model import CatalogEntry, RecordingId
from recording.core.watching import Limits, end_of_source
from recording.ports import OpenRow, OpenWork
from recording.records.finding.searching import Listed, Searching, Unlisted


@dataclass(frozen=True, slots=True)
class Listing:
    """List recordings; changes nothing."""

    searching: Searching
    open_work: OpenWork
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

    def _owing(self, row: OpenRow) -> CatalogEntry | Unlisted | None:
        entry = self.searching.load(row.recording_id)
        stands_for_it = not isinstance(entry, CatalogEntry) or entry.recording.opening == row.opening
        return entry if stands_for_it else None


def _order(row: OpenRow, entry: CatalogEntry | Unlisted) -> tuple[datetime, RecordingId]:
    # Another version of the app may have saved the entry, and see something owed where this one sees nothing.
    at = open_at(entry) if isinstance(entry, CatalogEntry) else None
    return at or row.opening.at or row.since, row.recording_id
