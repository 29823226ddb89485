"""Asks a draft of a policy about the call events that the journal has kept, and shows what would change.

The journal has the events of calls as they came; what is answered contains no participant. Requests are not in it.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace

from recording import log
from recording.core.errors import MalformedEvent, Permanent
from recording.core.formats.api import MOST_BODY, Replayed, ReplayRequest
from recording.core.formats.deliveries import read_body
from recording.core.formats.events import parse_event
from recording.core.model import CallEvent
from recording.core.naming import journal_folder
from recording.core.policy import Policy, verdict_of
from recording.ports import Inventory, ListedBlob


@dataclass(frozen=True, slots=True)
class PolicyReplay:
    """Replay call events of the journal; changes nothing. `policy` is the one that decides now."""

    journal: Inventory
    policy: Policy

    def replay(self, draft: Policy, asked: ReplayRequest) -> tuple[tuple[Replayed, ...], str]:
        """The call events of a page of the journal, with what both policies say; and the mark of the next page.

        A page has at most `limit` entries of the journal, of which each is read; it may have no call event.

        Raises:
            InvalidRequest: `after` is no page's `next`.
            ArchiveBusy, ArchiveRefused: the journal cannot be read.
        """
        page = self.journal.page(journal_folder(asked.day), asked.page.after, asked.page.limit)
        events = [event for blob in page.blobs for event in self._events(blob)]
        return tuple(self._replayed(event, draft) for event in events), page.marker

    def _replayed(self, event: CallEvent, draft: Policy) -> Replayed:
        return Replayed(event, verdict_of(self.policy, event.call), verdict_of(draft, event.call))

    def _events(self, blob: ListedBlob) -> Iterator[CallEvent]:
        """The call events of an entry; what cannot be read was reported when it came."""
        if blob.length > 2 * MOST_BODY:
            return
        try:
            members = read_body(self.journal.read(blob))
        except MalformedEvent:
            return
        except Permanent as error:  # such as a blob that was moved to the archive tier
            log.event("journal.not_read", {"journal": blob.name, "cause": error}, logging.WARNING)
            return
        for member in members:
            try:
                event = parse_event(member.raw)
            except MalformedEvent:
                continue
            if isinstance(event, CallEvent):  # one without a time is decided by when it came
                at = event.at or blob.modified_at
                yield replace(event, at=at, call=replace(event.call, at=at))
