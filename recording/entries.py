"""Tells the catalog a fact: read the entry, decide, alert, save; and decide again when someone else was quicker."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from recording import log
from recording.core import outgoing
from recording.core.errors import CatalogConflict
from recording.core.lifecycle import Alert, Decision, Fact, decide
from recording.core.model import CatalogEntry, RecordingId
from recording.ports import Catalog, Topic

_TRIES = 8
"""Rivals are the other chunks of the same recording; each loss means that one of them has moved on."""


@dataclass(frozen=True, slots=True)
class Entries:
    """The catalog's entries, changed by facts alone."""

    catalog: Catalog
    topic: Topic
    now: Callable[[], datetime]

    def load(self, recording_id: RecordingId) -> CatalogEntry | None:
        """The entry as it stands."""
        return self.catalog.load(recording_id)

    def record(self, recording_id: RecordingId, fact: Fact, known: CatalogEntry | None = None) -> Decision:
        """Save what the fact makes of the entry; what it is now, and what is to be done.

        Alerts go out before the entry is saved: whoever is cut off between the two alerts twice, never not at all.

        Args:
            recording_id: whose entry.
            fact: what has happened.
            known: the entry as just loaded or saved, which spares a request if nobody has changed it since.

        Raises:
            CatalogConflict: rivals were quicker every time.
            Transient: the catalog or the topic cannot be had.
        """
        entry = known
        for left in reversed(range(_TRIES)):
            if entry is None:
                entry = self.catalog.load(recording_id)
            decision = decide(entry, fact, self.now())
            for action in decision.actions:
                if isinstance(action, Alert):
                    self._alert(recording_id, action)
            if decision.entry == entry:
                return decision
            try:
                return Decision(self.catalog.save(decision.entry), decision.actions)
            except CatalogConflict:
                if not left:
                    raise
                entry = None
        raise AssertionError("the last try either returns or raises")

    def _alert(self, recording_id: RecordingId, found: Alert) -> None:
        event = outgoing.alert(recording_id, found, self.now())
        log.event(
            f"recording.{found.alarm}",
            {
                "alert": event.event_type,
                "recording_id": recording_id,
                "document_id": found.document_id,
                "reason": found.reason,
            },
            logging.ERROR,
        )
        self.topic.publish(event)
