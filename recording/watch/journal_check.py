"""Checks that every file event of the journal was acted upon, and replays those that were not.

An event is written to the journal before it is taken. If its run ends in between, Event Grid or the queue delivers it
again; this check finds the events of which that is not true. It reads each entry once, when it is ten minutes old, and
looks whether the catalog has the chunks that it announces. The ledger has how far it came: a pass costs a list of the
day's names, and two requests for each new entry.

What is replayed counts as if it came by the function key, so that it brings no authority to delete.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from recording import log
from recording.core.formats.cursors import JournalCursor, parse_journal_cursor
from recording.core.model import APP, Door
from recording.core.naming import journal_folder
from recording.journal import file_events
from recording.ports import Inventory, Ledger, ListedBlob
from recording.watch.putting_back import PuttingBack
from recording.watch.replayed import Outcome, Replayed

FOUND = "its event was in the journal only"
_YOUNG = timedelta(minutes=10)
"""The age from which an entry is checked: its event is in the queue, or delivered again, before that."""
_FIRST_LOOK = timedelta(days=1)
_PAGE = 1000
"""Entries of a page: the cursor is saved after each, so a pass checks at least that many, within some ten seconds."""
_SHORTEST = timedelta(minutes=1)
"""A pass that comes sooner after the one before lists nothing."""
_SECTION = "journal"
_CURSOR = "cursor"


@dataclass(frozen=True, slots=True)
class JournalCheck:
    """The journal of events; `inventory` lists and reads its container."""

    inventory: Inventory
    ledger: Ledger
    putting_back: PuttingBack
    now: Callable[[], datetime]
    monotonic: Callable[[], float]

    def replay(self, until: float) -> Replayed:
        """Check pages of entries until that moment of the monotonic clock; the next pass goes on.

        Raises:
            Transient: container, ledger, catalog or queue are not available; the next pass repeats the page.
        """
        result = Replayed()
        cursor = self._cursor()
        if cursor.until - cursor.after < _SHORTEST:
            return result
        while not cursor.is_finished:
            if self.monotonic() >= until:
                return result + Replayed(is_finished=False)
            day = datetime.combine(cursor.day, time(), UTC)
            page = self.inventory.page(journal_folder(day), cursor.marker, _PAGE)
            for blob in page.blobs:
                if cursor.holds(blob.modified_at):
                    result += Replayed(replayed=self._check(blob))
            cursor = cursor.moved(page.marker)
            self.ledger.note(_SECTION, _CURSOR, cursor.to_text())
        return result

    def _cursor(self) -> JournalCursor:
        """Where the last pass ended; if that was the end of its scan, the begin of the next one."""
        now = self.now()
        found = parse_journal_cursor(self.ledger.find(_SECTION, _CURSOR))
        if found is not None and not found.is_finished:
            return found
        after = found.until if found else now - _FIRST_LOOK
        return JournalCursor.between(after, max(after, now - _YOUNG))

    def _check(self, blob: ListedBlob) -> int:
        """Replay the events of an entry that nobody acted upon; their number."""
        # Without its day and its door: an event that is refused again is written to the journal again, as of the door
        # by which it is replayed, and perhaps on the next day.
        key = f"{blob.name.rpartition('/')[2].partition('.')[0]}.json"
        owed = [
            (member, event)
            for member, event in file_events(self.inventory, blob)
            if not self.putting_back.is_known(event)
        ]
        if not owed or self.ledger.find(_SECTION, key) is not None:
            return 0
        self.putting_back.put([member for member, _ in owed], Door.FUNCTION_KEY, FOUND, by=APP)
        for _, event in owed:
            fields = {"event_id": event.event_id, "recording_id": event.recording_id, "journal": blob.name}
            log.event("event.replayed", fields, logging.WARNING)
        self.ledger.note(_SECTION, key, Outcome.REPLAYED)
        return len(owed)
