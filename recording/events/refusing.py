"""Reports events and messages that fail permanently: kept in the journal, logged, published as an alert."""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from recording import log
from recording.core.errors import Permanent
from recording.core.formats import notifications
from recording.core.model import BlobName
from recording.core.naming import journal_name
from recording.ports import Journal, Topic


@dataclass(frozen=True, slots=True)
class Refusing:
    """Keep, log and publish. Idempotent: the same text on the same day gives the same blob and the same event id."""

    journal: Journal
    topic: Topic
    now: Callable[[], datetime]

    def keep(self, event_id: str, body: bytes) -> BlobName:
        """Write the body to the journal; the name of its blob.

        Raises:
            Transient: it may not be stored; retry.
        """
        name = journal_name(self.now(), event_id, body)
        self.journal.write(name, body)
        return name

    def tell(self, event_id: str, cause: str, journal: BlobName) -> None:
        """Publish an alert for an event that could not be taken and belongs to no recording in the catalog.

        Raises:
            Transient: the topic is unavailable; retry.
        """
        self.topic.publish(notifications.unreadable(event_id, cause, journal, self.now()))

    def refuse_message(self, message: bytes, error: Permanent) -> None:
        """Report a chunk message that fails permanently, so that it can be acknowledged.

        Raises:
            Transient: it is not kept or not published yet; let the queue retry the message.
        """
        name = f"step-{hashlib.sha256(message).hexdigest()[:16]}"
        journal = self.keep(name, message)
        log.event(
            "step.refused",
            {"step": name, "code": error.code, **error.ids, "cause": error.cause, "journal": journal},
            logging.ERROR,
        )
        self.tell(name, f"{error.operation}: {error.cause}", journal)
