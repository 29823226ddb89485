"""Copies one chunk: what is looked at before it is stored, where it goes, and what stands in its way.

Every step may have been done before, by a try that was cut off or by a rival at this moment. So each is asked of the
world and not of memory.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from recording import log
from recording.copying.destination import Copied, CutOff, Destination, Progress
from recording.copying.engine import Arrival, Engine
from recording.core.deadlines import Waits, another_look, due_by_metadata
from recording.core.errors import BlobExists, ForeignBlocks, SourceGone, StagedBlocksGone
from recording.core.lifecycle import Archived, Disputed, MetadataArchived, Quarantined
from recording.core.locations import object_id
from recording.core.media import Expectation, MediaFacts, judge
from recording.core.metadata import ChunkMetadata, doubts_about_identity, names
from recording.core.model import (
    BlobName,
    Candidate,
    CatalogEntry,
    Chunk,
    MetadataProof,
    Place,
    Proof,
)
from recording.core.naming import encode
from recording.core.outputs import facts_of
from recording.metadata_file import MetadataFile, MetadataRead
from recording.ports import Archive

_PROGRESS_SECONDS = 15.0
_MOST_NAMES_APART = 9
_UNKNOWN_CONTENT = "application/octet-stream"


@dataclass(slots=True)
class Trial:
    """What one try may use and has brought: until when it may copy (monotonic seconds), bytes made safe, a new due."""

    until: float
    has_progressed: bool = False
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class _InTheWay:
    """A blob, a rival's commit or somebody's blocks are where the chunk of that length should go."""

    error: BlobExists | StagedBlocksGone | ForeignBlocks
    length: int


@dataclass(frozen=True, slots=True)
class _InDoubt:
    """What keeps the content of that length out of the archive."""

    reasons: tuple[str, ...]
    length: int


@dataclass(frozen=True, slots=True)
class CopyingChunk:
    """Copy media and metadata into the archive, or apart where something is in doubt."""

    engine: Engine
    archive: Archive
    quarantine: Archive
    metadata_file: MetadataFile
    waits: Waits
    retention: timedelta
    now: Callable[[], datetime]
    monotonic: Callable[[], float]

    def copy(
        self, entry: CatalogEntry, chunk: Chunk, candidate: Candidate, trial: Trial
    ) -> Archived | Quarantined | None:
        """Copy the media of a candidate, with what can be had of its metadata; None when the time was up.

        Raises:
            Transient: it is tried again; what is staged stays staged.
            HostileLocation: nothing was sent there.
        """
        metadata = self.metadata_file.read(candidate)
        trial.due = due_by_metadata(metadata.meaning.ended_at, self.retention)
        try:
            return self._copy(entry, chunk, candidate, metadata, trial)
        except SourceGone:
            copied = self._left_by_an_earlier_try(entry, chunk)
            if copied is None:
                raise
        stored = None if metadata.raw is None else self.metadata_file.store(self.archive, chunk, metadata.raw)
        proof = self._proof(chunk.name, copied, stored, Place.ARCHIVE, by_its_own_word=True)
        note = "the source had ended: the copy of an earlier try was compared with its own blob metadata alone"
        return _archived(chunk, proof, candidate, metadata, (note,))

    def archive_metadata(
        self, entry: CatalogEntry, chunk: Chunk, candidate: Candidate, trial: Trial
    ) -> MetadataArchived | Disputed:
        """Store the metadata file of media that is proven, and hold the two against each other.

        Raises:
            Transient: the file cannot be had yet.
            HostileLocation: nothing was sent there.
        """
        metadata = self.metadata_file.read(candidate)
        trial.due = due_by_metadata(metadata.meaning.ended_at, self.retention)
        stored = None if metadata.raw is None else self.metadata_file.store(self.archive, chunk, metadata.raw)
        if metadata.error is not None:
            raise metadata.error
        if stored is None:
            raise AssertionError("a chunk whose event names no metadata file is not asked for it")
        with self.engine.open(candidate.announced.content_location) as arrival:
            doubts, notes = _look(entry, chunk, candidate, metadata, arrival.facts())
        meaning = metadata.meaning
        if doubts:
            look_at = another_look(chunk, self.now(), self.waits) or self.now()
            return Disputed(chunk.document_id, doubts, look_at)
        return MetadataArchived(chunk.document_id, stored, notes, meaning.duration, meaning.paused)

    def _copy(
        self, entry: CatalogEntry, chunk: Chunk, candidate: Candidate, metadata: MetadataRead, trial: Trial
    ) -> Archived | Quarantined | None:
        to = self._destination(self.archive, chunk.name, entry, chunk, metadata)
        stored: MetadataProof | None = None
        with self.engine.open(candidate.announced.content_location) as arrival:
            doubts, notes = _look(entry, chunk, candidate, metadata, arrival.facts())
            if doubts:
                outcome: Copied | CutOff | _InTheWay | _InDoubt = _InDoubt(doubts, arrival.length)
            else:
                # The metadata stands before the media does, so that whoever sees the blob finds both.
                stored = None if metadata.raw is None else self.metadata_file.store(self.archive, chunk, metadata.raw)
                outcome = self._store(arrival, to, entry, chunk, trial)
            if isinstance(outcome, _InTheWay):
                outcome = self._examine(arrival, to, outcome)
        if isinstance(outcome, _InDoubt):
            return self._set_apart(entry, chunk, candidate, metadata, outcome, trial)
        if isinstance(outcome, CutOff):
            return None
        proof = self._proof(chunk.name, outcome, None if metadata.error else stored, Place.ARCHIVE)
        return _archived(chunk, proof, candidate, metadata, notes)

    def _store(
        self, arrival: Arrival, to: Destination, entry: CatalogEntry, chunk: Chunk, trial: Trial
    ) -> Copied | CutOff | _InTheWay:
        began = self.monotonic()
        try:
            copied = arrival.store(to, trial.until, self._progress(entry, chunk, arrival.length, trial))
        except (BlobExists, StagedBlocksGone, ForeignBlocks) as error:
            return _InTheWay(error, arrival.length)
        if isinstance(copied, CutOff):
            _tell("recording.copy_cut_off", entry, chunk, staged=copied.staged, bytes=arrival.length)
        else:
            seconds = self.monotonic() - began
            rate = arrival.length / max(seconds, 1e-6) / (1 << 20)
            _tell("recording.chunk_copied", entry, chunk, bytes=arrival.length, seconds=seconds, mib_per_second=rate)
        return copied

    def _examine(self, arrival: Arrival, to: Destination, found: _InTheWay) -> Copied | _InDoubt:
        """A conflict: read what is there and compare it with the source. What is not this chunk stays as it is."""
        error = found.error
        if isinstance(error, ForeignBlocks):
            return _InDoubt((f"{error.cause}; {error.hint}",), found.length)
        standing = self.archive.find(to.name)
        if standing is None:
            raise StagedBlocksGone(error.operation, error.cause, hint="they are staged again", ids=error.ids)
        copied = arrival.compare(to, standing)
        return copied or _InDoubt(("the archive holds another blob of this name",), found.length)

    def _left_by_an_earlier_try(self, entry: CatalogEntry, chunk: Chunk) -> Copied | None:
        """Once the source may have ended, what stands in the archive is the only witness left."""
        if self.now() < chunk.due:
            return None
        return self.engine.prove(self._destination(self.archive, chunk.name, entry, chunk))

    # Apart

    def _set_apart(
        self,
        entry: CatalogEntry,
        chunk: Chunk,
        candidate: Candidate,
        metadata: MetadataRead,
        doubt: _InDoubt,
        trial: Trial,
    ) -> Quarantined | None:
        """Keep a copy in the quarantine container, unless the same doubt about as many bytes has one there already."""
        proof: Proof | None = None
        if chunk.apart is None or chunk.doubts != doubt.reasons or chunk.apart.length != doubt.length:
            stored = None if metadata.raw is None else self.metadata_file.store(self.quarantine, chunk, metadata.raw)
            for name in _names_apart(chunk.name):
                to = self._destination(self.quarantine, name, entry, chunk, metadata)
                copied = self._put_apart(entry, chunk, candidate, to, trial)
                if isinstance(copied, CutOff):
                    return None
                if copied is not None:
                    proof = self._proof(name, copied, stored, Place.QUARANTINE)
                    break
        look_at = another_look(chunk, self.now(), self.waits)
        return Quarantined(chunk.document_id, doubt.reasons, look_at, proof, trial.due)

    def _put_apart(
        self, entry: CatalogEntry, chunk: Chunk, candidate: Candidate, to: Destination, trial: Trial
    ) -> Copied | CutOff | None:
        """A copy under that name; None where another blob has it."""
        if self.quarantine.find(to.name) is None:
            with self.engine.open(candidate.announced.content_location) as arrival:
                outcome = self._store(arrival, to, entry, chunk, trial)
            if not isinstance(outcome, _InTheWay):
                return outcome
        return self.engine.prove(to)

    # What is common to both

    def _destination(
        self,
        archive: Archive,
        name: BlobName,
        entry: CatalogEntry,
        chunk: Chunk,
        metadata: MetadataRead | None = None,
    ) -> Destination:
        identity = {
            "acsrecordingid": encode(entry.recording.recording_id),
            "acsdocumentid": encode(chunk.document_id),
            "acschunkindex": str(chunk.index),
        }
        output = entry.recording.output or (metadata.meaning.output if metadata else None)
        return Destination(archive, name, identity, facts_of(output).content_type if output else _UNKNOWN_CONTENT)

    def _proof(
        self,
        name: BlobName,
        copied: Copied,
        metadata: MetadataProof | None,
        place: Place,
        *,
        by_its_own_word: bool = False,
    ) -> Proof:
        return Proof(
            name=name,
            length=copied.length,
            digest=copied.digest,
            etag=copied.etag,
            verified_at=self.now(),
            metadata=metadata,
            place=place,
            by_its_own_word=by_its_own_word,
        )

    def _progress(self, entry: CatalogEntry, chunk: Chunk, length: int, trial: Trial) -> Progress:
        """Log how far a long copy is, now and then; it is told of every block, by one thread at a time."""
        began = last = self.monotonic()
        done = 0

        def progress(more: int) -> None:
            nonlocal done, last
            trial.has_progressed = True
            done += more
            now = self.monotonic()
            if now - last >= _PROGRESS_SECONDS:
                last = now
                rate = done / (now - began) / (1 << 20)
                _tell("recording.copy_progress", entry, chunk, done=done, bytes=length, mib_per_second=rate)

        return progress


def _archived(
    chunk: Chunk, proof: Proof, candidate: Candidate, metadata: MetadataRead, notes: tuple[str, ...]
) -> Archived:
    meaning = metadata.meaning
    return Archived(
        chunk.document_id,
        proof,
        candidate,
        tuple(dict.fromkeys((*meaning.notes, *notes))),
        meaning.duration,
        meaning.paused,
    )


def _look(
    entry: CatalogEntry, chunk: Chunk, candidate: Candidate, metadata: MetadataRead, facts: MediaFacts
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Doubts and notes about the media of a candidate: whose it is, and whether it is what it should be."""
    meaning = metadata.meaning
    doubts, notes = doubts_about_identity(meaning, chunk.document_id, candidate.announced.index)
    names_it = object_id(candidate.announced.content_location) == chunk.document_id
    if not names_it and not names(meaning, chunk.document_id):
        doubts = (*doubts, "neither contentLocation nor the metadata file names this document")
    verdict = judge(facts, _expectation(entry, meaning))
    return (*doubts, *verdict.reasons), (*notes, *facts.notes, *verdict.notes)


def _expectation(entry: CatalogEntry, metadata: ChunkMetadata) -> Expectation:
    # The event's own duration is no measure: whether pauses are in it, and how long they were, it does not say.
    return Expectation(
        output=entry.recording.output or metadata.output,
        duration=metadata.duration,
        paused=metadata.paused,
        channels=metadata.channels,
    )


def _names_apart(name: BlobName) -> Iterator[BlobName]:
    yield name
    for number in range(2, _MOST_NAMES_APART + 1):
        yield BlobName(f"{name}.apart-{number}")


def _tell(name: str, entry: CatalogEntry, chunk: Chunk, **fields: float) -> None:
    ids = {"recording_id": entry.recording.recording_id, "document_id": chunk.document_id}
    log.event(name, {**ids, **fields})
