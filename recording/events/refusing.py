"""Puts what can never be taken before a person: it is kept in the journal, logged once, and told on the topic."""

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
    """Keep, log and tell. May be repeated at will: the same text of the same day is one blob and one event."""

    journal: Journal
    topic: Topic
    now: Callable[[], datetime]

    def keep(self, event_id: str, body: bytes) -> BlobName:
        """Write the journal's copy; its name.

        Raises:
            Transient: it is not safe yet.
        """
        name = journal_name(self.now(), event_id, body)
        self.journal.write(name, body)
        return name

    def tell(self, event_id: str, cause: str, journal: BlobName) -> None:
        """Tell a person of an event that could not be taken, and that no recording knows of.

        Raises:
            Transient: the topic cannot be had; tell it again.
        """
        self.topic.publish(notifications.unreadable(event_id, cause, journal, self.now()))

    def refuse_step(self, message: bytes, error: Permanent) -> None:
        """Put a step that can never work before a person, so that its message can be acknowledged.

        Raises:
            Transient: the message is not safe yet, or not told; let the queue give it again.
        """
        name = f"step-{hashlib.sha256(message).hexdigest()[:16]}"
        journal = self.keep(name, message)
        log.event(
            "step.refused",
            {"step": name, "code": error.code, **error.ids, "cause": error.cause, "journal": journal},
            logging.ERROR,
        )
        self.tell(name, f"{error.operation}: {error.cause}", journal)
