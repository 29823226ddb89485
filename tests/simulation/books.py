"""The books at the end of a run: where every chunk of every recording ended, and that nothing is left open."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from recording.core.formats.notifications import EventName
from recording.core.lifecycle import Done, lacks, next_step
from recording.core.model import CatalogEntry, Chunk, ChunkState, RecordingId, RecordingState
from recording.core.naming import encode
from recording.core.times import format_time
from recording.core.trail import Verifying, folder_of
from tests.fakes.service import FakeCall
from tests.simulation.consent_rules import BrokenRule
from tests.simulation.rules import decisions_about
from tests.simulation.truth import Document, TrueRecording

if TYPE_CHECKING:
    from tests.simulation.world import World

_HOUR = 3600.0
_ENOUGH = 8 * _HOUR
"""Time in which a chunk whose location is known must reach the archive, whatever else goes wrong."""
_LONG_CALL = 6 * _HOUR
_ALARMS = {EventName.MISSING, EventName.LOST}
_MOST_TICKS = 2
"""One, and one that was put twice."""


class Books:
    """Closes the books: raises BrokenRule with everything that is wrong."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.outcomes: Counter[str] = Counter()
        self.consents: Counter[str] = Counter()

    def is_owed(self) -> bool:
        """Whether any recording owes something that no person must decide, or any consent goes on."""
        return any(map(self._is_owed, self.world.rules.entries.values())) or self.world.rules.consents.is_owed()

    def close(self, *, is_quiet: bool) -> None:
        """Check everything; `is_quiet` says that nothing would happen any more."""
        found = list(self._all())
        if not is_quiet:
            found.append("it does not come to rest")
        if found:
            raise BrokenRule("\n".join(found))

    def _is_owed(self, entry: CatalogEntry) -> bool:
        if entry.recording.opening.at is None:
            return False
        undecided = any(chunk.is_undecided for chunk in entry)
        return not undecided or not all(chunk.is_closed for chunk in entry) or bool(entry.recording.untold)

    def _all(self) -> Iterator[str]:
        for truth in self.world.service.recordings.values():
            yield from self._recording(truth)
        yield from self._rows()
        ticks = len(self.world.host.ticks.messages)
        if ticks > _MOST_TICKS:
            yield f"{ticks} ticks are in the queue: there is more than one chain"
        for whom, call in self.world.service.by_call.items():
            if whom not in self.world.participants.calls:
                yield from self._call(whom, call)
        yield from self.world.rules.consents.books()
        for recording_id, entry in self.world.rules.entries.items():
            yield from self._entry(recording_id, entry)

    def _rows(self) -> Iterator[str]:
        """What owes something has its one row of open work, and nothing else has one."""
        entries = self.world.rules.entries.values()
        owed = {(entry.recording.recording_id, entry.recording.opening) for entry in entries}
        rows = {(row.recording_id, row.opening) for row in self.world.open_work.rows.values()}
        expected = {(recording_id, opening) for recording_id, opening in owed if opening.at is not None}
        for recording_id, opening in sorted(rows ^ expected, key=str):
            yield f"the row {opening} of {recording_id} is {'left' if (recording_id, opening) in rows else 'missing'}"

    def _call(self, whom: str, call: FakeCall) -> Iterator[str]:
        """A call that lasted for long is recorded, if an event told of it."""
        lasted = self.world.service.lasted.get(whom, 0.0)
        closed = sum(end - start for start, end in self.world.outages.values())
        if not self.world.service.is_asked[whom] and not call.recordings and lasted > _LONG_CALL + closed:
            yield f"the call {whom} lasted {lasted / _HOUR:.1f} h, and was never recorded"

    def _recording(self, truth: TrueRecording) -> Iterator[str]:
        entry = self.world.rules.entries.get(truth.recording_id)
        if entry is not None and not entry.chunks and truth.ended_at is not None:
            told = {event.event_type for event in self.world.told.events.get(truth.recording_id, [])}
            self.outcomes["no file event"] += 1
            if entry.recording.state is RecordingState.EMPTY and not truth.has_file and not told & _ALARMS:
                return
            expected = {EventName.LOST} if entry.recording.announced_at else {EventName.MISSING, EventName.LOST}
            if entry.recording.state is not RecordingState.LOST or not expected <= told:
                yield f"{truth.recording_id} is {entry.recording.state} without a chunk, told: {sorted(told)}"
        for document in truth.documents:
            chunk = entry.chunk(document.document_id) if entry else None
            self.outcomes[str(chunk.state) if chunk else "never known"] += 1
            if chunk is None:
                if truth.recording_id not in self.world.rules.lost_events:
                    yield f"{document.document_id} is not in the catalog, though its event was not lost"
                continue
            yield from self._chunk(truth, document, chunk, decisions_about(entry, chunk.document_id) if entry else 0)

    def _chunk(self, truth: TrueRecording, document: Document, chunk: Chunk, decisions: int) -> Iterator[str]:
        is_safe = chunk.state in {ChunkState.RELEASED, ChunkState.KEPT}
        if self._is_apart(document, chunk, decisions) and self._is_told(
            truth.recording_id, EventName.QUARANTINED, chunk
        ):
            self.outcomes["apart, for a person"] += 1
            return
        mark, of = encode(document.document_id), encode(truth.recording_id)
        copies = [
            name
            for name, blob in self.world.archive.blobs.items()
            if (blob.blob_metadata.get("acsdocumentid"), blob.blob_metadata.get("acsrecordingid")) == (mark, of)
        ]
        standing = self.world.archive.blobs.get(chunk.name)
        is_credible = document.by_event_grid
        if is_safe and is_credible and (standing is None or standing.content != document.content):
            yield f"{document.document_id} is {chunk.state}, and its blob is not it"
        if is_safe and is_credible and chunk.index != document.index:
            yield f"{document.document_id} is chunk {document.index}, and archived as chunk {chunk.index}"
        if is_safe and len(copies) != 1:
            yield f"{document.document_id} is {chunk.state}, and stands in the archive as {copies}"
        if not is_safe and not chunk.is_given_up and self._was_possible(document):
            hours = (document.ends_at - (document.taken_at or 0)) / _HOUR
            failures = dict(chunk.failures)
            yield f"{document.document_id} is {chunk.state}, though there were {hours:.1f} h to copy it: {failures}"
        if chunk.state is ChunkState.LOST and not self._is_told(truth.recording_id, EventName.LOST, chunk):
            yield f"{document.document_id} is lost, and nobody was told"

    def _entry(self, recording_id: RecordingId, entry: CatalogEntry) -> Iterator[str]:
        for chunk in entry:
            if not chunk.is_closed:
                yield f"{chunk.document_id} is still {chunk.state}"
            elif not isinstance(next_step(entry, chunk.document_id, self.world.host.latest()), Done):
                yield f"{chunk.document_id} is {chunk.state}, and its recording owes something"
            if chunk.state is ChunkState.QUARANTINED and not self._is_told(recording_id, EventName.QUARANTINED, chunk):
                yield f"{chunk.document_id} is in doubt, and nobody was told"
        if entry.recording.untold:
            yield f"{recording_id} has untold alerts: {entry.recording.untold}"
        yield from self._trail(recording_id, entry)
        if any(chunk.is_proven for chunk in entry):
            missing = lacks(entry)
            name = EventName.INCOMPLETE if missing else EventName.ARCHIVED
            last = [one for one in self.world.told.events.get(recording_id, []) if "manifest" in one.body]
            if not last or max(last, key=lambda one: int(str(one.body["revision"]))).event_type is not name:
                yield f"{recording_id} ended {name}, and that was not told: {[one.event_type for one in last]}"

    def _trail(self, recording_id: RecordingId, entry: CatalogEntry) -> Iterator[str]:
        """Every act that was ever saved stands as a blob, in one chain, and nothing else does."""
        folder = folder_of(recording_id)
        blobs = self.world.trail.archive.blobs
        found = {name: blob.content for name, blob in sorted(blobs.items()) if name.startswith(folder)}
        verifying = Verifying(recording_id)
        for name, content in found.items():
            verifying.take(name, content)
        for one in verifying.verified(entry, entry).breaks:
            yield f"the trail of {recording_id} is broken at {one.number}: {one.fault}: {one.name}"
        acts = [act for _, act in sorted(self.world.rules.acts[recording_id].items())]
        written = [json.loads(content) for content in found.values()]
        if [(act.what, format_time(act.at)) for act in acts] != [(act["what"], act["at"]) for act in written]:
            yield f"the trail of {recording_id} has {len(written)} acts, and {len(acts)} were saved"

    def _is_told(self, recording_id: RecordingId, name: EventName, chunk: Chunk) -> bool:
        return any(
            event.event_type is name and event.body.get("documentId") == chunk.document_id
            for event in self.world.told.events.get(recording_id, [])
        )

    def _is_apart(self, document: Document, chunk: Chunk, decisions: int) -> bool:
        """Whether its name in the archive is taken by something else, and a copy of it stands elsewhere.

        So too if a person has made room since, and nothing has come of their decision: the app was cut off each time.
        """
        standing = self.world.archive.blobs.get(chunk.name)
        is_taken = standing is not None and standing.content != document.content
        containers = (self.world.quarantine, self.world.overflow)
        copies = (blob.content for container in containers for blob in container.blobs.values())
        is_undecided = standing is None and self.world.rules.room_made.get(chunk.document_id) == decisions
        return (is_taken or is_undecided) and document.content in copies

    def _was_possible(self, document: Document) -> bool:
        """Whether the app knew where it was, for long enough."""
        if document.taken_at is None:
            return False
        closed = sum(
            max(0.0, min(end, document.ends_at) - max(start, document.taken_at))
            for start, end in self.world.outages.values()
        )
        return document.taken_at + _ENOUGH + closed < document.ends_at
