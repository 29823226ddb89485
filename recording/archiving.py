"""Archives one chunk: copy, metadata, commit, verify, proof; then release, and complete what that was the last of.

Every step may have been done before, by a try that was cut off or by a rival at this moment. So each is asked of the
world and not of memory, and a blob that is there already is a question: is it this chunk, proven?
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from recording import log
from recording.completing import Completing
from recording.copying.destination import Copied, CutOff, Destination, Progress
from recording.copying.engine import Engine
from recording.core.errors import (
    BlobExists,
    ForeignBlocks,
    HostileLocation,
    Permanent,
    SourceGone,
    SourceNotReady,
    SourceUnexpected,
    StagedBlocksGone,
    Transient,
    UnknownRecording,
)
from recording.core.lifecycle import (
    Archived,
    Expired,
    Failed,
    Quarantined,
    complete_is_owed,
    is_overdue,
)
from recording.core.media import Expectation, judge
from recording.core.metadata import ChunkMetadata, parse_metadata
from recording.core.model import CatalogEntry, Chunk, ChunkState, DocumentId, Output, Proof, RecordingId
from recording.core.naming import encode
from recording.core.outputs import facts_of
from recording.entries import Entries
from recording.ports import Archive, ArchivedBlob
from recording.releasing import Releasing

_OPERATION = "archive chunk"
_MOST_METADATA = 4 << 20
"""Bytes; a metadata file lists participants and pauses and has a few kilobytes."""

_PROGRESS_SECONDS = 15.0

_MAYBE_GONE = (SourceGone, SourceNotReady, SourceUnexpected)
"""What a source that is gone may have said."""


class Outcome(StrEnum):
    """How a step ended that did not fail."""

    DONE = "done"
    CONTINUES = "continues"
    QUARANTINED = "quarantined"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class _Metadata:
    """A chunk's metadata file: its bytes and meaning, or why it is not here, in which case the release must wait."""

    raw: bytes | None
    meaning: ChunkMetadata
    missing: Transient | None = None
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Archiving:
    """The way of one chunk. `slice_seconds` bounds how long one call copies before it hands on to the next."""

    entries: Entries
    engine: Engine
    archive: Archive
    quarantine: Archive
    releasing: Releasing
    completing: Completing
    monotonic: Callable[[], float]
    slice_seconds: float

    def archive_chunk(self, recording_id: RecordingId, document_id: DocumentId) -> Outcome:
        """Drive the chunk on as far as it goes.

        Raises:
            Transient: it is tried again; the failure is counted in the catalog.
            UnknownRecording: the catalog has no such chunk.
        """
        entry = self.entries.load(recording_id)
        chunk = entry.chunk(document_id) if entry else None
        if entry is None or chunk is None:
            raise UnknownRecording(
                _OPERATION,
                "the catalog does not know it",
                hint="its event is in the journal container",
                ids={"recording_id": recording_id, "document_id": document_id},
            )
        try:
            return self._drive(entry, chunk)
        except Transient as error:
            error.ids = {"recording_id": recording_id, "document_id": document_id, **error.ids}
            return self._failed(entry, chunk, error)

    def _drive(self, entry: CatalogEntry, chunk: Chunk) -> Outcome:
        if chunk.state in {ChunkState.ANNOUNCED, ChunkState.LOST} or (
            chunk.state is ChunkState.QUARANTINED and chunk.proof is None
        ):
            fact = self._copy(entry, chunk)
            if fact is None:
                return Outcome.CONTINUES
            entry = self.entries.record(entry.recording.recording_id, fact, entry).entry
            chunk = entry.chunk(chunk.document_id) or chunk
        if chunk.state is ChunkState.QUARANTINED:
            return Outcome.QUARANTINED
        if not chunk.is_done and chunk.proof is not None:
            entry = self.releasing.release(entry, chunk, chunk.proof)
        if complete_is_owed(entry):
            self.completing.complete(entry)
        return Outcome.DONE

    def _failed(self, entry: CatalogEntry, chunk: Chunk, error: Transient) -> Outcome:
        recording_id = entry.recording.recording_id
        lost = isinstance(error, _MAYBE_GONE) and is_overdue(entry, self.entries.now())
        fact = Expired(chunk.document_id) if lost else Failed(chunk.document_id, error.code, error.cause)
        try:
            self.entries.record(recording_id, fact)
        except Transient as second:
            error.add_note(f"and the failure could not be counted: {second}")
            raise error from second
        if lost:
            return Outcome.LOST
        raise error

    # The copy

    def _copy(self, entry: CatalogEntry, chunk: Chunk) -> Archived | Quarantined | None:
        """What became of the copy; None when the time was up."""
        try:
            metadata = self._read_metadata(chunk)
            doubts = (metadata.doubt,) if metadata.doubt else ()
            try:
                return self._carry(entry, chunk, metadata, doubts)
            except (BlobExists, StagedBlocksGone) as error:
                return self._examine(entry, chunk, metadata, error)
            except ForeignBlocks as error:
                return self._carry(entry, chunk, metadata, (f"{error.cause}; {error.hint}",))
            except _MAYBE_GONE:
                # The source may be gone because an earlier try has done its work: then the blob is the witness.
                copied = self.engine.prove(self._destination(self.archive, entry, chunk))
                if copied is None:
                    raise
                return self._archived(entry, chunk, copied, metadata)
        except Permanent as error:
            return Quarantined(chunk.document_id, (f"{error.operation}: {error.cause}",))

    def _carry(
        self, entry: CatalogEntry, chunk: Chunk, metadata: _Metadata, doubts: tuple[str, ...]
    ) -> Archived | Quarantined | None:
        """Copy the chunk: into the archive, or, where something is doubtful, into the quarantine container."""
        with self.engine.open(chunk.announced.content_location) as arrival:
            facts = arrival.facts()
            expected = _expectation(entry, metadata.meaning)
            verdict = judge(facts, expected)
            doubts = doubts or verdict.reasons
            archive = self.quarantine if doubts else self.archive
            # The metadata stands before the media does, so that whoever sees the blob finds both.
            stored = self._store_metadata(archive, chunk, metadata)
            to = self._destination(archive, entry, chunk, expected.output)
            began = self.monotonic()
            copied: Copied | CutOff | None
            try:
                copied = arrival.store(to, began + self.slice_seconds, self._progress(entry, chunk, arrival.length))
            except BlobExists:
                if not doubts:
                    raise
                copied = self.engine.prove(to)
            length = arrival.length
        if isinstance(copied, CutOff):
            _tell("recording.copy_cut_off", entry, chunk, staged=copied.staged, bytes=length)
            return None
        if doubts:
            proof = self._proof(chunk, copied, self.quarantine, stored) if copied else None
            return Quarantined(chunk.document_id, doubts, proof)
        seconds = self.monotonic() - began
        rate = length / max(seconds, 1e-6) / (1 << 20)
        _tell("recording.chunk_copied", entry, chunk, bytes=length, seconds=seconds, mib_per_second=rate)
        assert copied is not None  # noqa: S101 - only a doubtful copy can be None here
        return self._archived(entry, chunk, copied, metadata, (*facts.notes, *verdict.notes), stored)

    def _examine(
        self, entry: CatalogEntry, chunk: Chunk, metadata: _Metadata, error: BlobExists | StagedBlocksGone
    ) -> Archived | Quarantined | None:
        """A blob stands in the way. If it is this chunk the work is done; if not, it stays, and ours is kept apart."""
        to = self._destination(self.archive, entry, chunk)
        copied = self.engine.prove(to)
        if copied is None:
            found = self.archive.find(to.name)
            if found is None:
                raise StagedBlocksGone(error.operation, error.cause, ids=error.ids)
            digest = self.engine.measure(chunk.announced.content_location)
            if self.engine.read_back(to, found.length) == digest:
                copied = Copied(found.length, digest, found.etag)
        if copied is None:
            return self._carry(entry, chunk, metadata, ("the archive holds another blob of this name",))
        return self._archived(entry, chunk, copied, metadata)

    def _archived(
        self,
        entry: CatalogEntry,
        chunk: Chunk,
        copied: Copied,
        metadata: _Metadata,
        notes: tuple[str, ...] = (),
        stored: ArchivedBlob | None = None,
    ) -> Archived:
        proof = self._proof(chunk, copied, self.archive, stored)
        if metadata.missing is not None and proof.metadata_name is None:
            if not is_overdue(entry, self.entries.now()):
                raise metadata.missing  # the media is safe; the release waits for the metadata
            notes = (*notes, f"the metadata never came: {metadata.missing.cause}")
        return Archived(chunk.document_id, proof, (*metadata.meaning.notes, *notes))

    def _proof(self, chunk: Chunk, copied: Copied, archive: Archive, stored: ArchivedBlob | None) -> Proof:
        """The proof of a copy; `stored` is the metadata's blob if it was put just now, else it is looked for."""
        if stored is None and chunk.announced.metadata_location:
            stored = archive.find(chunk.metadata_name)
        return Proof(
            name=chunk.name,
            length=copied.length,
            digest=copied.digest,
            etag=copied.etag,
            verified_at=self.entries.now(),
            metadata_name=chunk.metadata_name if stored else None,
            metadata_length=stored.length if stored else 0,
            metadata_etag=stored.etag if stored else "",
            in_quarantine=archive is self.quarantine,
        )

    def _progress(self, entry: CatalogEntry, chunk: Chunk, length: int) -> Progress:
        """Log how far a long copy is, now and then; it is told of every block, by one thread at a time."""
        began = last = self.monotonic()
        done = 0

        def progress(more: int) -> None:
            nonlocal done, last
            done += more
            now = self.monotonic()
            if now - last >= _PROGRESS_SECONDS:
                last = now
                rate = done / (now - began) / (1 << 20)
                _tell("recording.copy_progress", entry, chunk, done=done, bytes=length, mib_per_second=rate)

        return progress

    # The metadata

    def _read_metadata(self, chunk: Chunk) -> _Metadata:
        """Read the chunk's metadata file. Media goes first: whatever is wrong here, the copy begins."""
        location = chunk.announced.metadata_location
        if location is None:
            return _Metadata(None, ChunkMetadata(notes=("the event named no metadataLocation",)))
        try:
            raw = self.engine.read_small(location, _MOST_METADATA)
            return _Metadata(raw, parse_metadata(raw))
        except HostileLocation as error:
            return _Metadata(None, ChunkMetadata(), doubt=f"metadataLocation: {error.cause}")
        except Transient as error:
            return _Metadata(None, ChunkMetadata(), missing=error)

    def _store_metadata(self, archive: Archive, chunk: Chunk, metadata: _Metadata) -> ArchivedBlob | None:
        """Put the metadata file; None where there is none, or an earlier try has put it, which then stands."""
        if metadata.raw is None:
            return None
        labels = {"acsdocumentid": encode(chunk.document_id)}
        try:
            etag = archive.put(chunk.metadata_name, memoryview(metadata.raw), labels, "application/json")
        except BlobExists:
            return None
        return ArchivedBlob(len(metadata.raw), etag)

    def _destination(
        self, archive: Archive, entry: CatalogEntry, chunk: Chunk, output: Output | None = None
    ) -> Destination:
        identity = {
            "acsrecordingid": encode(entry.recording.recording_id),
            "acsdocumentid": encode(chunk.document_id),
            "acschunkindex": str(chunk.index),
        }
        return Destination(
            archive, chunk.name, identity, facts_of(output).content_type if output else "application/octet-stream"
        )


def _expectation(entry: CatalogEntry, metadata: ChunkMetadata) -> Expectation:
    # The event's own duration is no measure: whether pauses are in it, and how long they were, it does not say.
    return Expectation(
        output=entry.recording.output or metadata.output,
        duration=metadata.duration,
        paused=metadata.paused,
        channels=metadata.channels,
    )


def _tell(name: str, entry: CatalogEntry, chunk: Chunk, **fields: float) -> None:
    ids = {"recording_id": entry.recording.recording_id, "document_id": chunk.document_id}
    log.event(name, {**ids, **fields})
