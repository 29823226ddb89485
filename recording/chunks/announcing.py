"""Saves the chunks of a file event in the catalog, with their blob names, and returns the messages for them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from recording import log, telemetry
from recording.catalog_updates import CatalogUpdates
from recording.chunks.native_containers import NativeContainers
from recording.core.deadlines import due_of, gone_by_of, is_urgent
from recording.core.errors import RecordingErased
from recording.core.formats.messages import ChunkMessage
from recording.core.lifecycle import Announced, Announcement, ErasureBegun, FoundBySweep, knows_documents
from recording.core.model import (
    Actor,
    AnnouncedChunk,
    BlobName,
    Candidate,
    CatalogEntry,
    Door,
    FileEvent,
    Output,
    Recording,
    RecordingId,
    RecordingState,
)
from recording.core.naming import Template
from recording.ports import Tombstones


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
    tombstones: Tombstones

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
            RecordingErased: the recording was erased; that its event came is noted, and nothing of it is copied.
            Permanent: the catalog can never store the entry that results.
        """
        with telemetry.announcing(event.recording_id):
            return self._announce(event, door, found, by)

    def _announce(self, event: FileEvent, door: Door, found: str, by: Actor) -> list[ChunkMessage]:
        now = self.updates.now()
        entry = self.updates.load(event.recording_id) or self._erased_before(event.recording_id)
        self._refuse_erased(entry, event, door, by)
        due = due_of(event, now, self.retention)
        fact = self.announced(event, door, entry.recording if entry else None, now)
        swept = (FoundBySweep(found),) if found and not knows_documents(entry, event) else ()
        decision = self.updates.apply(event.recording_id, fact, *swept, known=entry, by=by)
        _check_erased(decision.entry)
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

    def _erased_before(self, recording_id: RecordingId) -> CatalogEntry | None:
        """The entry of a recording of which the catalog has lost that it was erased; None if it was not erased."""
        tombstone = self.tombstones.find(recording_id)
        if tombstone is None:
            return None
        return self.updates.apply(recording_id, ErasureBegun(recording_id, tombstone.reason), by=tombstone.by).entry

    def _refuse_erased(self, entry: CatalogEntry | None, event: FileEvent, door: Door, by: Actor) -> None:
        """Note the event of an erased recording, and refuse it.

        Its source is left, as there is no proof by which it could be deleted; it ends by itself within a day.
        """
        if entry is not None and entry.recording.state is RecordingState.ERASED:
            _check_erased(self.updates.apply(event.recording_id, Announced(event, door, ()), known=entry, by=by).entry)

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


def _check_erased(entry: CatalogEntry) -> None:
    if entry.recording.state is RecordingState.ERASED:
        raise RecordingErased(
            "announce chunks",
            "the recording was erased: its event is noted, and nothing of it is copied",
            hint="its source ends by itself within a day",
            ids={"recording_id": entry.recording.recording_id},
        )


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
