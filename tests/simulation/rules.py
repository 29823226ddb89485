"""What must be true at every step, whatever goes wrong."""

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Never

from recording.core.errors import Permanent, Transient
from recording.core.lifecycle import Decided, Done, LookAgain, next_step
from recording.core.model import (
    Act,
    BlobName,
    CatalogEntry,
    Chunk,
    ChunkState,
    DocumentId,
    Door,
    Location,
    Recording,
    RecordingId,
    RecordingState,
    StartOrder,
)
from recording.core.naming import encode
from recording.core.trail import folder_of
from tests.simulation.consent_rules import BrokenRule, ConsentRules
from tests.simulation.locations import document_in
from tests.simulation.queues import recording_in
from tests.simulation.truth import Document, whom_of

if TYPE_CHECKING:
    from tests.simulation.processes import Process
    from tests.simulation.queues import Message
    from tests.simulation.world import World


class Rules:
    """Called wherever something took effect; raises BrokenRule."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.consents = ConsentRules(world)
        self.entries: dict[RecordingId, CatalogEntry] = {}
        self.acts: defaultdict[RecordingId, dict[int, Act]] = defaultdict(dict)
        self.lost_messages: set[str] = set()
        self.lost_events: set[RecordingId] = set()
        self.denied: set[str] = set()
        self.room_made: dict[str, int] = {}
        """For which documents a person has made room, and how often it had been decided about them until then."""
        self._journal: set[str] = set()
        self._written: dict[str, tuple[str, bytes]] = {}

    # What the app does

    def written(self, name: BlobName, *_: object) -> None:
        """A blob was committed: nothing is overwritten."""
        blob = self.world.archive.blobs[name]
        before = self._written.get(name)
        if before is not None and before[0] != blob.etag:
            self._break(f"the blob {name} was overwritten")
        self._written[name] = (blob.etag, blob.content)

    def journalled(self, name: BlobName, *_: object) -> None:
        """An event was written into the journal."""
        self._journal.add(name.rpartition("/")[2].rpartition("-")[0])

    def forget(self, name: str) -> None:
        """Somebody else has removed a blob."""
        self._written.pop(name, None)

    def started(self, order: StartOrder, recording_id: RecordingId) -> None:
        """A recording was started: a call has one that runs.

        After a refusal the order gets another id, and an order sent at that moment may have succeeded: the service
        must then refuse the second one itself.
        """
        service = self.world.service
        service.began(recording_id, is_ours=True)
        self.consents.started(order, recording_id)
        call = service.by_call[whom_of(recording_id)]
        running = [one for one in call.recordings if service.calls.recordings[one] != "over"]
        if len(running) > 1 and whom_of(recording_id) not in service.calls.refused:
            self._break(f"{running} run for one call")

    def saved(self, process: "Process", after: CatalogEntry) -> None:
        """An entry was saved."""
        recording_id = after.recording.recording_id
        before = self.entries.get(recording_id)
        self.entries[recording_id] = after
        self._has_row(recording_id)
        self._goes_on_in_trail(after.recording)
        self.consents.entry_saved(after)
        if after.recording.state is RecordingState.LOST and not after.chunks:
            self._recording_lost(after)
        for chunk in after:
            was = before.chunk(chunk.document_id) if before else None
            if chunk is not was:
                self._changed(process, was, chunk, after)

    def row_removed(self, recording_id: RecordingId, *_: object) -> None:
        """A row of open work was removed: it was not the one that stands for the recording."""
        self._has_row(recording_id)

    def deleted(self, process: "Process", location: Location, before: dict[Location, bytes]) -> None:
        """Something was deleted at the source: media and metadata are in the archive, byte for byte."""
        for place in sorted(before.keys() - self.world.source.contents.keys()):
            document = self.world.service.documents.get(document_in(place))
            if document is None:
                continue
            document.deleted_at = self.world.clockwork.now
            self.world.story.tell(process.name, "has deleted {}", place)
            is_metadata = place == document.metadata_location
            if not self._is_archived(document, before[place], is_metadata=is_metadata):
                self._break(f"{place} was deleted, and its bytes are not in the archive as {document.document_id}")

    def copy_removed(self, _whom: str, name: BlobName, etag: str, *_: object) -> None:
        """A copy in the overflow is to be removed: the archive has the same bytes, of the same document."""
        copy = self.world.overflow.blobs.get(name)
        if copy is None or copy.etag != etag:
            return
        self.world.story.tell("the app", "removes {} from the overflow", name)
        mark = copy.blob_metadata.get("acsdocumentid")
        if not any(
            blob.content == copy.content and blob.blob_metadata.get("acsdocumentid") == mark
            for blob in self.world.archive.blobs.values()
        ):
            self._break(f"the copy {name} was removed from the overflow, and the archive does not have it")

    # What the host sees

    def acknowledged(self, process: "Process", message: "Message") -> None:
        """A chunk message is gone for good: nothing is owed, or another message is there.

        Or an event that was begun, and comes again as its worker died: it puts the message, and then that is checked.
        """
        found, host = json.loads(message.text), self.world.host
        entry = self.entries.get(RecordingId(found["recordingId"]))
        if entry is not None:
            others = [*host.messages_about(message.whom), *host.events.concerning(message.whom)]
            self._goes_on(process, entry, found["documentId"], others)

    def taken(self, process: "Process", event: dict[str, object], door: Door, whom: str) -> None:
        """An event was answered with success, and does not come again: its chunks are known, and have messages."""
        if encode(str(event["id"])) not in self._journal:
            self._break(f"event {event['id']} was taken, and is not in the journal")
        self.consents.taken(event)
        data = event.get("data")
        if not isinstance(data, dict) or "recordingStorageInfo" not in data:
            return
        recording_id = recording_in(event)
        entry = self.entries.get(recording_id)
        for member in data["recordingStorageInfo"]["recordingChunks"]:
            if not isinstance(member.get("contentLocation"), str):
                continue
            chunk = entry.chunk(member["documentId"]) if entry else None
            if entry is None or chunk is None:
                self._break(f"event {event['id']} was taken, and {member['documentId']} is not in the catalog")
            document = self.world.service.documents.get(member["documentId"])
            if (
                document is not None
                and member == document.member()
                and recording_id == self.world.service.recording_of(document.document_id)
            ):
                document.by_event_grid = document.by_event_grid or door is Door.EVENT_GRID
                if document.taken_at is None:
                    document.taken_at = self.world.clockwork.now
            self._goes_on(process, entry, chunk.document_id, self.world.host.messages_about(whom))

    def failed(self, process: "Process", what: str, failure: BaseException) -> None:
        """A function failed: only errors that pass leave it."""
        if not isinstance(failure, Transient):
            raise BrokenRule(f"{process.name}: {what} failed with {failure!r}") from failure

    def refused(self, process: "Process", message: "Message", error: Permanent) -> None:
        """A message of ours was refused for good."""
        self._break(f"message {message.number} of {message.whom} was refused: {error!r}")

    # Single rules

    def _goes_on_in_trail(self, recording: Recording) -> None:
        """An act that was saved stays what it is, under its number; what is said to be written stands as a blob."""
        trail, known = recording.trail, self.acts[recording.recording_id]
        for number, act in enumerate(trail.unwritten, trail.number + 1):
            if known.setdefault(number, act) != act:
                self._break(f"act {number} of {recording.recording_id} was {known[number]}, and is {act}")
        if trail.number + len(trail.unwritten) != len(known):
            self._break(f"{recording.recording_id} had {len(known)} acts, and has {trail.number} and {trail.unwritten}")
        name = f"{folder_of(recording.recording_id)}{trail.number:09d}-{trail.hash}.json"
        if trail.number and name not in self.world.trail.archive.blobs:
            self._break(f"{name} is said to be written, and does not stand")

    def _has_row(self, recording_id: RecordingId) -> None:
        """What owes something has a row of open work."""
        entry = self.entries.get(recording_id)
        opening = entry.recording.opening if entry else None
        if entry is None or opening is None:
            return
        if opening.at is None:
            if not all(chunk.is_closed for chunk in entry):
                self._break(f"{recording_id} has an open chunk, and no opening")
            return
        rows = self.world.open_work.rows
        if not any(row.recording_id == recording_id and row.opening == opening for row in rows.values()):
            self._break(f"{recording_id} owes something, and has no row")

    def _recording_lost(self, entry: CatalogEntry) -> None:
        recording_id = entry.recording.recording_id
        self.world.told.lost.add((recording_id, ""))
        truth = self.world.service.recordings.get(recording_id)
        there = [one for one in truth.documents if one.content_location in self.world.source.contents] if truth else []
        if there:
            self._break(f"{recording_id} is lost, and {there[0].document_id} is at the source")

    def _changed(self, process: "Process", was: Chunk | None, chunk: Chunk, entry: CatalogEntry) -> None:
        is_credible = chunk.candidate.door is Door.EVENT_GRID
        # By the function key alone a chunk may come under another recording's name: that is no authority for anything.
        document = self._document(chunk, entry) if is_credible else self.world.service.documents.get(chunk.document_id)
        self._proven(was, chunk, document, is_credible=is_credible)
        state = chunk.state
        if was is not None and was.state is state:
            return
        self.world.story.tell(process.name, "{} is {} now, at {}", chunk.document_id, state, entry.version)
        is_there = document is not None and document.content_location in self.world.source.contents
        if state is ChunkState.RELEASED and is_there and chunk.document_id not in self.denied:
            self._break(f"{chunk.document_id} is released, and its source is there")
        if state is ChunkState.LOST:
            self.world.told.lost.add((entry.recording.recording_id, chunk.document_id))
            if chunk.is_given_up:
                return
            if process.now() < chunk.gone_by:
                self._break(f"{chunk.document_id} is lost before {chunk.gone_by}")
            if is_there and document is not None and document.taken_at is not None:
                self._break(f"{chunk.document_id} is lost, and its source is there")

    def _proven(self, was: Chunk | None, chunk: Chunk, document: Document | None, *, is_credible: bool) -> None:
        """A proof is of what the archive holds, and that is the chunk."""
        proof, before = chunk.proof, was.proof if was else None
        if proof is not None and document is None:
            self._break(f"{chunk.document_id} is proven, and does not exist")
        if proof is not None and document is not None and (before is None or before.etag != proof.etag):
            blob = self.world.archive.blobs.get(proof.name)
            is_it = blob is not None and blob.content == document.content and proof.length == len(blob.content)
            if is_credible and not is_it:  # what the function key announced is overruled by Event Grid
                self._break(f"{chunk.document_id} is proven, and the blob {proof.name} is not it")
        file = proof.metadata if proof else None
        if file is not None and document is not None and (before is None or before.metadata != file):
            blob = self.world.archive.blobs.get(file.name)
            if blob is None or blob.content != document.metadata:
                self._break(f"the metadata of {chunk.document_id} is proven, and {file.name} is not it")

    def _goes_on(self, process: "Process", entry: CatalogEntry, document_id: str, others: "list[Message]") -> None:
        """Whatever is owed for a chunk has a message."""
        chunk = entry.chunk(DocumentId(document_id))
        if chunk is None or whom_of(entry.recording.recording_id) in self.lost_messages:
            return
        step = next_step(entry, chunk.document_id, process.now())
        if isinstance(step, Done) or (chunk.is_closed and isinstance(step, LookAgain)):
            return  # a manifest that is owed later is left to the sweep, where the message for it was lost
        if not any(f'"{document_id}"' in one.text for one in others) and not (chunk.is_closed and others):
            self._break(f"{document_id} is {chunk.state} and owes something, and no message is left for it")

    def _document(self, chunk: Chunk, entry: CatalogEntry) -> Document | None:
        truth = self.world.service.recordings.get(entry.recording.recording_id)
        found = self.world.service.documents.get(chunk.document_id)
        return found if truth is not None and found in truth.documents else None

    def _is_archived(self, document: Document, content: bytes, *, is_metadata: bool) -> bool:
        mark = encode(document.document_id)
        return any(
            blob.content == content
            and blob.blob_metadata.get("acsdocumentid") == mark
            and (".metadata" in name) == is_metadata
            for name, blob in self.world.archive.blobs.items()
        )

    def _break(self, what: str) -> Never:
        raise BrokenRule(what)


def decisions_about(entry: CatalogEntry, document_id: DocumentId) -> int:
    """How often a person has decided about a chunk."""
    return sum(
        one.times for one in entry.recording.history if (one.what, one.document_id) == (Decided.__name__, document_id)
    )
