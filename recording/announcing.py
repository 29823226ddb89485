"""Takes a file event: journal first, then the catalog, then one step to queue for every chunk that is owed."""

import json
import logging
from dataclasses import dataclass
from datetime import timedelta

from recording import log
from recording.core.errors import MalformedEvent, Permanent
from recording.core.events import FileEvent, event_id_of, parse_event, parse_queued
from recording.core.lifecycle import Announced, ArchiveChunk
from recording.core.model import AnnouncedChunk, BlobName, Chunk, Output
from recording.core.naming import Template, journal_name
from recording.core.steps import Step
from recording.entries import Entries
from recording.ports import Journal


@dataclass(frozen=True, slots=True)
class Announcing:
    """Take events of Event Grid. `retention_hours` is how long the source keeps a recording."""

    entries: Entries
    journal: Journal
    template: Template
    retention_hours: int

    def announce(self, raw: object) -> list[Step]:
        """Keep the event, note its chunks, and say which steps are to be queued. May be repeated at will.

        An event that cannot be understood is a matter for a person: it stands in the journal, an error is logged, and
        Event Grid is not told, because all it could do is to send it again or drop it.

        Raises:
            Transient: the event is not safe yet; Event Grid must send it again.
        """
        # Half a surrogate pair, which no encoding can hold, is written as the escape that it came as.
        body = json.dumps(raw, ensure_ascii=False, sort_keys=True, default=str).encode("utf-8", "backslashreplace")
        event_id = event_id_of(raw)
        name = journal_name(self.entries.now(), event_id, body)
        self.journal.write(name, body)
        try:
            event = parse_event(raw)
        except MalformedEvent as error:
            _refused(event_id, error, name)
            return []
        if not isinstance(event, FileEvent):
            log.event("event.ignored", {"event_id": event_id, "kind": type(event).__name__}, logging.WARNING)
            return []
        try:
            return self._announce(event)
        except Permanent as error:
            _refused(event_id, error, name)  # sending it again would not mend it
            return []

    def announce_queued(self, message: bytes) -> list[Step]:
        """Take all events of a queue's message, each as `announce` does; one that cannot be read is kept as it is.

        Raises:
            Transient: an event is not safe yet; the queue must give the message again.
        """
        try:
            events = parse_queued(message)
        except MalformedEvent as error:
            event_id = event_id_of(None)
            name = journal_name(self.entries.now(), event_id, message)
            self.journal.write(name, message)
            _refused(event_id, error, name)
            return []
        return [step for event in events for step in self.announce(event)]

    def _announce(self, event: FileEvent) -> list[Step]:
        now = self.entries.now()
        entry = self.entries.load(event.recording_id)
        output = entry.recording.output if entry and entry.recording.output else event.output
        fact = Announced(
            event,
            tuple(Chunk(chunk, self._name(event, chunk, output)) for chunk in event.chunks),
            # No event comes before it was made: where its clock is ahead, ours is the one to go by.
            min(event.at or now, now) + timedelta(hours=self.retention_hours),
        )
        decision = self.entries.record(event.recording_id, fact, entry)
        steps = [
            Step(event.recording_id, action.document_id)
            for action in decision.actions
            if isinstance(action, ArchiveChunk)
        ]
        log.event(
            "recording.announced",
            {
                "recording_id": event.recording_id,
                "event_id": event.event_id,
                "chunks": len(event.chunks),
                "owed": len(steps),
                "deadline": decision.entry.recording.deadline,
            },
        )
        return steps

    def _name(self, event: FileEvent, chunk: AnnouncedChunk, output: Output | None) -> BlobName:
        return self.template.render(
            recording_id=event.recording_id,
            document_id=chunk.document_id,
            index=chunk.index,
            at=event.started_at or event.at or self.entries.now(),
            format_=output.format if output else None,
            call_id=event.call_id,
        )


def _refused(event_id: str, error: Permanent, journal: BlobName) -> None:
    log.event("event.refused", {"event_id": event_id, "cause": error.cause, "journal": journal}, logging.ERROR)
