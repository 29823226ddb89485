"""Takes messages out of the poison queues: each is driven again, acknowledged, or put before a person.

The host moves a message there when its function has failed too often, or was killed, or could not even be called.
Whether its work is still owed is read in the catalog. Everything is idempotent, and raises transient errors only.
"""

import hashlib
import logging
from dataclasses import dataclass, replace
from datetime import timedelta

from recording import log
from recording.catalog_updates import CatalogUpdates
from recording.chunks.archiving import load_known
from recording.core.deadlines import Waits, is_urgent, next_look
from recording.core.errors import MalformedEvent, Permanent, RecordingErased
from recording.core.formats import reading
from recording.core.formats.deliveries import Member, read_message
from recording.core.formats.events import event_id_of, parse_event
from recording.core.formats.messages import ChunkMessage, parse_chunk_message
from recording.core.lifecycle import Done, Failed, next_step
from recording.core.model import MESSAGE_GIVEN_UP, Chunk, Door, Failure, FileEvent, Subject
from recording.ports import ChunkQueue, Ledger
from recording.refusing import Refusing
from recording.watch.putting_back import PuttingBack

MOST_DRIVEN = 3
"""How often a chunk's message is put again before a person is told; the sweep drives the chunk all the same."""
_SECTION = "poison"


@dataclass(frozen=True, slots=True)
class Draining:
    """Drains the poison queues. The ledger counts what was put again."""

    updates: CatalogUpdates
    queue: ChunkQueue
    putting_back: PuttingBack
    refusing: Refusing
    ledger: Ledger
    waits: Waits

    def drain_chunk(self, message: bytes) -> None:
        """Put the message again if there is work for its chunk; after `MOST_DRIVEN` times a person is told instead.

        The message of a closed chunk, whose manifest is owed, is put again each time: that step counts its failures.
        A message that cannot be read, or of a chunk that the catalog does not have, is put before a person.

        Raises:
            Transient: the outcome is not noted; let the queue retry the message.
        """
        try:
            self._drain_chunk(parse_chunk_message(message))
        except RecordingErased as error:
            log.event("message.drained", {**error.ids, "outcome": "refused: it was erased"}, logging.WARNING)
        except Permanent as error:
            self.refusing.refuse_message(message, error)

    def _drain_chunk(self, message: ChunkMessage) -> None:
        entry, chunk = load_known(self.updates, message)
        key = f"{message.recording_id}/{message.document_id}"
        times = reading.whole(self.ledger.find(_SECTION, key)) or 0
        if isinstance(next_step(entry, message.document_id, self.updates.now()), Done) and not entry.recording.untold:
            outcome = "done already"
        elif chunk.is_closed or times < MOST_DRIVEN:
            hurry = not chunk.is_closed and is_urgent(chunk.due, self.updates.now())
            self.queue.put(replace(message, look_at=None), timedelta(), is_urgent=hurry)
            self.ledger.note(_SECTION, key, str(times + 1))
            outcome = "driven again"
        else:
            self.updates.tell(self.updates.apply(message.recording_id, self._given_up(chunk, times), known=entry).entry)
            outcome = "left to a person"
        ids = {"recording_id": message.recording_id, "document_id": message.document_id}
        log.event("message.drained", {**ids, "driven": times, "outcome": outcome}, logging.WARNING)

    def _given_up(self, chunk: Chunk, times: int) -> Failed:
        now = self.updates.now()
        cause = f"the host has given up its message {times + 1} times: its runs are killed, or fail before they begin"
        failure = Failure(now, "archive chunk", Subject.MEDIA, MESSAGE_GIVEN_UP, cause)
        return Failed(chunk.document_id, failure, next_look(chunk, now, self.waits), needs_a_person=True)

    def drain_events(self, message: bytes) -> None:
        """Put the events of the message again, each in a message of its own; those given up once more are refused.

        So one event of which the runs die does not hold up those that came in one message with it.

        Raises:
            Transient: some are not put; let the queue retry the message.
        """
        try:
            delivery = read_message(message)
        except MalformedEvent as error:
            self.refusing.refuse_events([Member(None, message)], Door.EVENT_GRID, error.cause)
            return
        is_alone = len(delivery.members) == 1
        for member in delivery.members:
            key = hashlib.sha256(member.body).hexdigest()
            if self._is_done(member, delivery.door):
                outcome = "done already"
            elif is_alone and self.ledger.find(_SECTION, key) is not None:
                cause = "the host has given up its message twice: its runs are killed, or fail before they begin"
                self.refusing.refuse_events([member], delivery.door, cause)
                outcome = "left to a person"
            else:
                self.putting_back.put([member], delivery.door, delivery.found, by=delivery.by)
                if is_alone:
                    self.ledger.note(_SECTION, key, "driven again")
                outcome = "driven again"
            log.event("message.drained", {"event_id": event_id_of(member.raw), "outcome": outcome}, logging.WARNING)

    def _is_done(self, member: Member, door: Door) -> bool:
        try:
            event = parse_event(member.raw)
        except MalformedEvent:
            return False
        return isinstance(event, FileEvent) and self.putting_back.is_known(event, door)

    def drop_tick(self) -> None:
        """Drop a tick of the sweep: the next sweep of another driver plants a new one."""
        log.event("message.drained", {"outcome": "dropped"}, logging.WARNING)
