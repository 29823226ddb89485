"""Checks that every event of the journal was acted upon: replays file events, and tells a person of calls.

An event is written to the journal before it is taken. If its run ends in between, Event Grid or the queue delivers it
again; this check finds the events of which that is not true. It reads each entry once, when it is ten minutes old, and
looks whether the catalog has the chunks that it announces, or the recording of the call that has begun. The ledger has
how far it came: a pass costs a list of the day's names, and two requests for each new entry; some more for a call that
the policy wants recorded.

What is replayed counts as if it came by the function key, so that it brings no authority to delete. An event of a call
is not replayed: the journal does not say by whose token it came, so that to act upon it would let everybody start
recordings whose event was refused for want of one; and nobody knows whether the call goes on, and as it was. Where the
ledger does not say how far the check was, as after the tables were lost, nobody is told of the calls until that moment.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from recording import log
from recording.calls.beginning import Beginning
from recording.core.errors import InvalidRequest, Permanent, Transient
from recording.core.formats.cursors import JournalCursor, parse_journal_cursor
from recording.core.formats.deliveries import Member
from recording.core.formats.notifications import EventName, not_begun
from recording.core.model import APP, CallEvent, Door, FileEvent
from recording.core.naming import journal_folder
from recording.journal import events
from recording.ports import BlobPage, Inventory, Ledger, ListedBlob, Topic
from recording.watch.putting_back import PuttingBack
from recording.watch.replayed import Outcome, Replayed

FOUND = "its event was in the journal only"
_YOUNG = timedelta(minutes=10)
"""The age from which an entry is checked: its event is in the queue, or delivered again, before that."""
_FIRST_LOOK = timedelta(days=1)
_PAGE = 1000
"""Entries of a page: the cursor is saved after each, so a pass checks at least that many, within some ten seconds."""
_MOST_CALLS = 10
"""Events of calls of one entry that are looked at. One that was taken has an entry of its own; those that were ignored
share one, and were told when they came."""
_LONGEST_WAY = timedelta(days=1)
"""Event Grid delivers an event for so long. One that is older in its entry was written anew, as by an erasure."""
_PATIENCE = timedelta(hours=1)
"""So long an entry whose calls cannot be told of holds up those after it: their file events must not wait longer."""
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
    beginning: Beginning
    topic: Topic
    now: Callable[[], datetime]
    monotonic: Callable[[], float]

    def replay(self, until: float) -> Replayed:
        """Check pages of entries until that moment of the monotonic clock; the next pass goes on.

        Raises:
            Transient: container, ledger, catalog, queue, topic or service are not available; the next pass repeats the
                page.
        """
        result = Replayed()
        cursor = self._cursor()
        if cursor.until - cursor.after < _SHORTEST:
            return result
        while not cursor.is_finished:
            if self.monotonic() >= until:
                return result + Replayed(is_finished=False)
            day = datetime.combine(cursor.day, time(), UTC)
            page = self._page(journal_folder(day), cursor.marker)
            failure: Transient | None = None
            for blob in page.blobs:
                if cursor.holds(blob.modified_at):
                    found = tuple(events(self.inventory, blob))
                    result += Replayed(replayed=self._replay(blob, found))
                    if not cursor.tells_of(blob.modified_at):
                        continue
                    try:
                        result += Replayed(unbegun=self._tell(blob, found))
                    except Transient as error:  # what this needs beside the catalog must not keep the chunks waiting
                        if self.now() - blob.modified_at < _PATIENCE:
                            failure = failure or error
                        else:
                            fields = {"journal": blob.name, "code": error.code, "cause": error}
                            log.event("journal.call_left", fields, logging.ERROR)
            if failure is not None:
                raise failure
            cursor = cursor.moved(page.marker)
            self.ledger.note(_SECTION, _CURSOR, cursor.to_text())
        return result

    def _page(self, folder: str, marker: str) -> BlobPage:
        """A page of a day; the first one where the storage does not know the marker any more."""
        try:
            return self.inventory.page(folder, marker, _PAGE)
        except InvalidRequest as error:
            log.event("journal.marker_dropped", {"journal": folder, "cause": error.cause}, logging.WARNING)
            return self.inventory.page(folder, "", _PAGE)

    def _cursor(self) -> JournalCursor:
        """Where the last pass ended; if that was the end of its scan, the begin of the next one."""
        now = self.now()
        found = parse_journal_cursor(self.ledger.find(_SECTION, _CURSOR))
        if found is not None and not found.is_finished:
            return found
        after = found.until if found else now - _FIRST_LOOK
        # The claims of the calls until now may be lost with the ledger, and no blob has them.
        told_from = now if found is None else found.told_from
        return JournalCursor.between(after, max(after, now - _YOUNG), told_from)

    def _replay(self, blob: ListedBlob, found: Iterable[tuple[Member, FileEvent | CallEvent]]) -> int:
        """Replay the file events of an entry that nobody acted upon; their number."""
        owed = [
            (member, event)
            for member, event in found
            if isinstance(event, FileEvent) and not self.putting_back.is_known(event)
        ]
        key = _key(blob)
        if not owed or self.ledger.find(_SECTION, key) is not None:
            return 0
        self.putting_back.put([member for member, _ in owed], Door.FUNCTION_KEY, FOUND, by=APP)
        for _, event in owed:
            fields = {"event_id": event.event_id, "recording_id": event.recording_id, "journal": blob.name}
            log.event("event.replayed", fields, logging.WARNING)
        self.ledger.note(_SECTION, key, Outcome.REPLAYED)
        return len(owed)

    def _tell(self, blob: ListedBlob, found: Iterable[tuple[Member, FileEvent | CallEvent]]) -> int:
        """Tell a person of the calls of an entry that should be recorded and are not; their number."""
        since = blob.modified_at - _LONGEST_WAY
        calls = [event for _, event in found if isinstance(event, CallEvent) and (event.at is None or event.at > since)]
        owed = [(event, why) for event in calls[:_MOST_CALLS] if (why := self._why_owed(event)) is not None]
        key = f"{_key(blob)}.calls"
        if not owed or self.ledger.find(_SECTION, key) is not None:
            return 0
        for event, reason in owed:
            fields: dict[str, object] = {"alert": EventName.NOT_STARTED, "event_id": event.event_id}
            if event.call_connection_id:
                fields["call_connection_id"] = event.call_connection_id
            log.event("call.not_begun", {**fields, "cause": reason, "journal": blob.name}, logging.ERROR)
            self.topic.publish(not_begun(event, reason, blob.name, self.now()))
        self.ledger.note(_SECTION, key, Outcome.TOLD)
        return len(owed)

    def _why_owed(self, event: CallEvent) -> str | None:
        try:
            return self.beginning.why_owed(event)
        except Permanent as error:  # else it would keep all further entries from their turn
            return f"it cannot be said whether its call is recorded: {error.operation}: {error.cause}"


def _key(blob: ListedBlob) -> str:
    """The entry's name in the ledger, without its day and its door.

    An event that is refused again is written to the journal again, as of the door by which it is replayed, and perhaps
    on the next day.
    """
    return f"{blob.name.rpartition('/')[2].partition('.')[0]}.json"
