"""Copies one chunk: what is looked at before it is stored, and what stands in its way.

Every step may have been done before, by a try that was cut off or by a rival at this moment. So each is asked of the
world and not of memory.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from recording.chunks.metadata_file import MetadataFile, MetadataRead
from recording.chunks.setting_apart import InDoubt, SettingApart
from recording.chunks.storing import InTheWay, Storing, Trial
from recording.copying.destination import Copied, CutOff, Destination
from recording.copying.engine import Engine, OpenedChunk
from recording.core.deadlines import Waits, another_look, due_by_metadata
from recording.core.errors import ForeignBlocks, SourceGone, StagedBlocksGone
from recording.core.formats.metadata import ChunkMetadata, doubts_about_identity, names
from recording.core.lifecycle import Archived, Disputed, MetadataArchived, Quarantined
from recording.core.locations import object_id
from recording.core.media import Expectation, judge
from recording.core.model import (
    Candidate,
    CatalogEntry,
    Chunk,
    Door,
    MetadataProof,
    Place,
    Proof,
)
from recording.ports import Archive, Catalog

_ANOTHER_STANDS = "the archive holds another blob of this name"


@dataclass(frozen=True, slots=True)
class CopyingChunk:
    """Copy media and metadata into the archive, or apart where something is in doubt."""

    engine: Engine
    archive: Archive
    setting_apart: SettingApart
    metadata_file: MetadataFile
    storing: Storing
    catalog: Catalog
    waits: Waits
    retention: timedelta
    now: Callable[[], datetime]

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
        except SourceGone as error:
            copied = self._left_by_an_earlier_try(entry, chunk)
            if copied is None:
                error.cause += self._taken_by(entry, chunk, candidate)
                raise
        stored: MetadataProof | None = None
        is_its_own = not doubts_about_identity(metadata.meaning, chunk.document_id, candidate.announced.index)[0]
        if metadata.raw is not None and metadata.error is None and is_its_own:
            stored = self.metadata_file.store(self.archive, chunk, metadata.raw)
        proof = self.storing.proof(chunk.name, copied, stored, Place.ARCHIVE, by_its_own_word=True)
        note = "the source had ended: the copy of an earlier try was compared with its own blob metadata alone"
        return _archived(chunk, proof, candidate, metadata, (note,))

    def archive_metadata(
        self, entry: CatalogEntry, chunk: Chunk, candidate: Candidate, trial: Trial
    ) -> MetadataArchived | Disputed:
        """Store the metadata file of media that is proven, and hold the two against each other.

        It is held against what the source serves now; so that must be what was archived before the file came.

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
        with self.engine.open(candidate.announced.content_location) as opened:
            doubts, notes = _look(entry, chunk, candidate, metadata, opened)
            to = self.storing.destination(self.archive, chunk.name, entry, chunk)
            standing = self.archive.find(to.name)
            if standing is not None and not opened.resembles(to, standing):
                doubts = (*doubts, "the source serves something else than was archived before its metadata file came")
        meaning = metadata.meaning
        if doubts:
            look_at = another_look(chunk, self.now(), self.waits) or self.now()
            return Disputed(chunk.document_id, doubts, look_at)
        return MetadataArchived(chunk.document_id, stored, notes, meaning.duration, meaning.paused)

    def _copy(
        self, entry: CatalogEntry, chunk: Chunk, candidate: Candidate, metadata: MetadataRead, trial: Trial
    ) -> Archived | Quarantined | None:
        to = self.storing.destination(self.archive, chunk.name, entry, chunk, metadata)
        stored: MetadataProof | None = None
        with self.engine.open(candidate.announced.content_location) as opened:
            doubts, notes = _look(entry, chunk, candidate, metadata, opened)
            if doubts:
                outcome: Copied | CutOff | InTheWay | InDoubt = InDoubt(doubts, opened.length)
            else:
                # The metadata stands before the media does, so that whoever sees the blob finds both.
                stored = None if metadata.raw is None else self.metadata_file.store(self.archive, chunk, metadata.raw)
                outcome = self.storing.store(opened, to, entry, chunk, trial)
            if isinstance(outcome, InTheWay):
                outcome = self._examine(opened, to, outcome)
        if isinstance(outcome, InDoubt):
            return self.setting_apart.set_apart(entry, chunk, candidate, metadata, outcome, trial)
        if isinstance(outcome, CutOff):
            return None
        proof = self.storing.proof(chunk.name, outcome, None if metadata.error else stored, Place.ARCHIVE)
        return _archived(chunk, proof, candidate, metadata, notes)

    def _examine(self, opened: OpenedChunk, to: Destination, found: InTheWay) -> Copied | InDoubt:
        """A conflict: read what is there and compare it with the source. What is not this chunk stays as it is."""
        error = found.error
        if isinstance(error, ForeignBlocks):
            return InDoubt((f"{error.cause}; {error.hint}",), found.length)
        standing = self.archive.find(to.name)
        if standing is None:
            raise StagedBlocksGone(error.operation, error.cause, hint="they are staged again", ids=error.ids)
        return opened.compare(to, standing) or InDoubt((_ANOTHER_STANDS,), found.length)

    def _left_by_an_earlier_try(self, entry: CatalogEntry, chunk: Chunk) -> Copied | None:
        """What stands in the archive, once the source must have ended: the only witness left, unless it is in doubt.

        It is so where it was put in doubt itself, or was seen to be something else than the source.
        """
        if self.now() < chunk.gone_by or chunk.is_disputed or _ANOTHER_STANDS in (*chunk.doubts, *chunk.notes):
            return None
        return self.engine.prove(self.storing.destination(self.archive, chunk.name, entry, chunk))

    def _taken_by(self, entry: CatalogEntry, chunk: Chunk, candidate: Candidate) -> str:
        """Of a source that must have ended: under whose name it was released, if another announcement was quicker."""
        key = object_id(candidate.announced.content_location)
        # Whoever asks first becomes the owner; what came by the function key alone must not.
        if key is None or self.now() < chunk.gone_by or candidate.door is Door.FUNCTION_KEY:
            return ""
        owner = self.catalog.own(key, entry.recording.recording_id, chunk.document_id)
        if owner == (entry.recording.recording_id, chunk.document_id):
            return ""
        return f"; its source object was archived as recording {owner[0]}, document {owner[1]}"


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
    entry: CatalogEntry, chunk: Chunk, candidate: Candidate, metadata: MetadataRead, opened: OpenedChunk
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Doubts and notes about the media of a candidate: whose it is, and whether it is what it should be."""
    meaning = metadata.meaning
    doubts, notes = doubts_about_identity(meaning, chunk.document_id, candidate.announced.index)
    facts = opened.facts()
    # A redirect to another object is evidence of what the content is; one to a place without an object's id is none.
    names_it = (object_id(opened.location) or object_id(candidate.announced.content_location)) == chunk.document_id
    if not names_it and not names(meaning, chunk.document_id):
        doubts = (*doubts, "neither the content's location nor the metadata file names this document")
    said = entry.recording.output
    if said is not None and meaning.output is not None and said != meaning.output:
        notes = (*notes, f"the metadata file says {meaning.output}, the order or the event {said}")
    verdict = judge(facts, _expectation(entry, meaning))
    return (*doubts, *verdict.reasons), (*notes, *facts.notes, *verdict.notes)


def _expectation(entry: CatalogEntry, metadata: ChunkMetadata) -> Expectation:
    # The event's own duration is no measure: whether pauses are in it, and how long they were, it does not say. Of the
    # output the metadata file knows more than the event, whose fields are a text that came with nothing to prove it.
    return Expectation(
        output=metadata.output or entry.recording.output,
        duration=metadata.duration,
        paused=metadata.paused,
        channels=metadata.channels,
    )
