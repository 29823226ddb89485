"""Reports events and messages that fail permanently: kept in the journal, logged, published as an alert."""

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from recording import log
from recording.core.errors import Permanent
from recording.core.formats import notifications
from recording.core.formats.deliveries import Member, kept
from recording.core.formats.events import event_id_of
from recording.core.model import BlobName, Door
from recording.core.naming import journal_name
from recording.ports import Journal, Topic


@dataclass(frozen=True, slots=True)
class Refusing:
    """Keep, log and publish. Idempotent: the same text on the same day gives the same blob and the same event id."""

    journal: Journal
    topic: Topic
    now: Callable[[], datetime]

    def keep(self, event_id: str, body: bytes, door: Door | None = None) -> BlobName:
        """Write the body, which came by that door, to the journal; the name of its blob.

        Raises:
            Transient: it may not be stored; retry.
        """
        name = journal_name(self.now(), event_id, body, door)
        self.journal.write(name, body)
        return name

    def keep_events(self, members: Sequence[Member], door: Door) -> BlobName:
        """Write events to the journal as one blob, of each what may be kept; its name has the id of the first.

        Raises:
            Transient: they may not be stored; retry.
        """
        bodies = [kept(member, door) for member in members]
        body = bodies[0] if len(bodies) == 1 else b"[" + b",".join(bodies) + b"]"
        return self.keep(event_id_of(members[0].raw), body, door)

    def tell(self, event_id: str, cause: str, journal: BlobName) -> None:
        """Publish an alert for an event that could not be taken and belongs to no recording in the catalog.

        Raises:
            Transient: the topic is unavailable; retry.
        """
        self.topic.publish(notifications.unreadable(event_id, cause, journal, self.now()))

    def refuse_events(self, members: Sequence[Member], door: Door, cause: str) -> None:
        """Keep, log and publish events that could not be taken, all of them as one.

        Raises:
            Transient: they are not kept or not published yet; retry.
        """
        journal = self.keep_events(members, door)
        event_id = event_id_of(members[0].raw)
        fields = {"event_id": event_id, "events": len(members), "cause": cause, "journal": journal}
        log.event("event.refused", {"alert": notifications.EventName.UNREADABLE, **fields}, logging.ERROR)
        self.tell(event_id, cause, journal)

    def refuse_message(self, message: bytes, error: Permanent) -> None:
        """Report a chunk message that fails permanently, so that it can be acknowledged.

        Raises:
            Transient: it is not kept or not published yet; let the queue retry the message.
        """
        name = f"step-{hashlib.sha256(message).hexdigest()[:16]}"
        journal = self.keep(name, message)
        log.event(
            "step.refused",
            {
                "alert": notifications.EventName.UNREADABLE,
                "step": name,
                "code": error.code,
                **error.ids,
                "cause": error.cause,
                "journal": journal,
            },
            logging.ERROR,
        )
        self.tell(name, f"{error.operation}: {error.cause}", journal)
