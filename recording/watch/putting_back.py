"""Gives events to the app again, through the queue of events; those that no message can hold are taken at once."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from recording import log
from recording.catalog_updates import CatalogUpdates
from recording.chunks.announcing import Announcing
from recording.core.errors import NewerSchema, Permanent
from recording.core.formats.deliveries import Member, can_wait, messages
from recording.core.formats.events import event_id_of, event_type_of, parse_event
from recording.core.lifecycle import knows_documents, knows_event
from recording.core.model import Actor, Door, FileEvent
from recording.ports import ChunkQueue, EventQueue
from recording.refusing import Refusing


@dataclass(frozen=True, slots=True)
class PuttingBack:
    """Puts events into their queue, at least once: to take an event is idempotent."""

    updates: CatalogUpdates
    announcing: Announcing
    refusing: Refusing
    events: EventQueue
    chunks: ChunkQueue

    def put(self, members: Sequence[Member], door: Door, found: str = "", *, by: Actor) -> None:
        """Queue the events; `found` says how the app found them, and `by` who sent them: see `deliveries.messages`.

        Raises:
            Transient: some may not be queued; put all of them again.
        """
        for text in messages(filter(can_wait, members), door, found, by=by):
            self.events.put(text)
        for member in members:
            if not can_wait(member):
                self._take(member, door, found, by)

    def is_known(self, event: FileEvent, door: Door | None = None) -> bool:
        """Whether the catalog has every chunk of the event; with a door, as the event announces it by that door.

        Raises:
            Transient: the catalog is unavailable.
        """
        try:
            entry = self.updates.load(event.recording_id)
        except NewerSchema:
            return True  # a newer version of the app has it, and the sweep of that version
        except Permanent:
            return False  # whoever takes the event again reports that
        return knows_documents(entry, event) if door is None else knows_event(entry, event, door)

    def _take(self, member: Member, door: Door, found: str, by: Actor) -> None:
        """Take an event of more than 60,000 characters: Event Grid delivers it, and no message can hold it."""
        try:
            event = parse_event(member.raw)
            if not isinstance(event, FileEvent):
                fields = {"event_id": event_id_of(member.raw), "event_type": event_type_of(member.raw)}
                log.event("event.ignored", fields, logging.WARNING)
                return
            self.refusing.keep_events([member], door)
            for message in self.announcing.announce(event, door, found, by=by):
                self.chunks.put(message, timedelta(), is_urgent=message.is_urgent)
        except Permanent as error:
            self.refusing.refuse_events([member], door, error.cause)
