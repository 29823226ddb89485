"""Saves the chunks of a file event in the catalog, with their blob names, and returns the messages for them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from recording import log, telemetry
from recording.catalog_updates import CatalogUpdates
from recording.chunks.native_containers import NativeContainers
from recording.core.deadlines import due_of, gone_by_of, is_urgent
from recording.core.formats.messages import ChunkMessage
from recording.core.lifecycle import Announced, Announcement, FoundBySweep, knows_documents
from recording.core.model import Actor, AnnouncedChunk, BlobName, Candidate, Door, FileEvent, Output, Recording
from recording.core.naming import Template


@dataclass(frozen=True, slots=True)
class Announcing:
    """Announces the chunks of file events.

    Attributes:
        template: of the names of chunks, unless the recording was started by a rule with a template of its own.
        retention: how long the source keeps a recording.
    """

    updates: CatalogUpdates
    template: Template
    retention: timedelta
    natives: NativeContainers

    def announce(self, event: FileEvent, door: Door, found: str = "", *, by: Actor) -> list[ChunkMessage]:
        """Save the chunks of an event; the messages to put into the queue, one for each chunk with work. Idempotent.

        Args:
            event: with the chunks that could be read.
            door: by which it came.
            found: how the sweep found the event; empty for one that was delivered. A person hears of it if the catalog
                did not have its chunks.
            by: who sent it.

        Raises:
            Transient: the chunks are not saved, or an alert is not published; the event must be delivered again.
            Permanent: the catalog can never store the entry that results.
        """
        with telemetry.announcing(event.recording_id):
            return self._announce(event, door, found, by)

    def _announce(self, event: FileEvent, door: Door, found: str, by: Actor) -> list[ChunkMessage]:
        now = self.updates.now()
        due, entry = due_of(event, now, self.retention), self.updates.load(event.recording_id)
        fact = self.announced(event, door, entry.recording if entry else None, now)
        swept = (FoundBySweep(found),) if found and not knows_documents(entry, event) else ()
        decision = self.updates.apply(event.recording_id, fact, *swept, known=entry, by=by)
        if not decision.steps:  # else the first message publishes the alerts, so that a failing topic delays no copy
            self.updates.tell(decision.entry)
        log.event(
            "recording.announced",
            {
                "recording_id": event.recording_id,
                "event_id": event.event_id,
                "door": door,
                "chunks": len(event.chunks),
                "unread": len(event.unread),
                "owed": len(decision.steps),
                "due": due,
            },
        )
        hurry = is_urgent(min((one.due for one in fact.chunks), default=due), now)
        trace = telemetry.current()
        looks = {chunk.document_id: chunk.look_at for chunk in decision.entry}
        return [
            ChunkMessage(event.recording_id, document_id, looks[document_id] or now, hurry, trace)
            for document_id in decision.steps
        ]

    def announced(self, event: FileEvent, door: Door, recording: Recording | None, at: datetime) -> Announced:
        """The fact that an event came at that moment: the names of its chunks, and when their sources end.

        `recording` is what is known of it; None for one that is not known.
        """
        output = recording.output if recording and recording.output else event.output
        applied = recording.applied if recording else None
        template = Template(applied.template) if applied and applied.template else self.template
        due = due_of(event, at, self.retention)
        chunks = (
            self._announcement(event, one, _name(template, event, one, output, at), due, at) for one in event.chunks
        )
        return Announced(event, door, tuple(chunks))

    def _announcement(
        self, event: FileEvent, chunk: AnnouncedChunk, name: BlobName, due: datetime, now: datetime
    ) -> Announcement:
        """What the event says of a chunk. What lies in native containers does not end: it is waited for as long."""
        gone_by, native = gone_by_of(now, self.retention), self.natives.native(chunk)
        stays = Candidate(chunk, event.event_id, Door.EVENT_GRID, now, native).stays
        return Announcement(chunk, name, gone_by if stays else due, gone_by, native)


def _name(
    template: Template, event: FileEvent, chunk: AnnouncedChunk, output: Output | None, now: datetime
) -> BlobName:
    return template.render(
        recording_id=event.recording_id,
        document_id=chunk.document_id,
        index=chunk.index,
        at=event.started_at or event.at or now,
        format_=output.format if output else None,
        call_id=event.call_id,
    )
