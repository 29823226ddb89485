"""Copies one chunk: inspects the content before it is stored, and resolves conflicts after.

An earlier try that crashed, or another worker at this moment, may have done any part of this already. So what is done
is read from source and archive each time, and never remembered.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from recording.chunks.metadata_file import MetadataFile, MetadataRead
from recording.chunks.setting_apart import InDoubt, SettingApart
from recording.chunks.storing import Attempt, InTheWay, Storing
from recording.copying.destination import Copied, CutOff, Destination
from recording.copying.engine import Engine, OpenedChunk
from recording.core.deadlines import Waits, another_look, due_by_metadata
from recording.core.errors import (
    ARCHIVE_FAILURES,
    ForeignBlocks,
    RecordingError,
    SourceChanged,
    SourceGone,
    StagedBlocksGone,
)
from recording.core.formats.metadata import ChunkMetadata, doubts_about_identity, names, notes_on_pauses
from recording.core.lifecycle import Archived, Disputed, MetadataArchived, Quarantined
from recording.core.locations import names_document, object_id
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
    """Copies media and metadata into the archive, or into the quarantine container if something is in doubt."""

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
        self, entry: CatalogEntry, chunk: Chunk, candidate: Candidate, attempt: Attempt
    ) -> Archived | Quarantined | None:
        """Copy the media of a candidate, and its metadata file if that is available; None when the time slice ended.

        Raises:
            Transient: try again; staged blocks stay staged.
            HostileLocation: nothing was sent there.
        """
        metadata = self.metadata_file.read(candidate.announced.metadata_location)
        attempt.due = due_by_metadata(metadata.meaning.ended_at, self.retention)
        try:
            return self._copy(entry, chunk, candidate, metadata, attempt)
        except RecordingError as error:
            # Whatever the source answers after `gone_by`, such as 503: a copy that stands already is not lost.
            copied = None if isinstance(error, ARCHIVE_FAILURES) else self._left_by_an_earlier_try(entry, chunk)
            if copied is None:
                error.cause += self._taken_by(entry, chunk, candidate) if isinstance(error, SourceGone) else ""
                raise
        if metadata.raw is None and metadata.error is not None:  # that try has stored its metadata file first
            standing = self.metadata_file.standing(self.archive, chunk)
            metadata = metadata if standing.raw is None else standing
        stored: MetadataProof | None = None
        is_its_own = not doubts_about_identity(metadata.meaning, chunk.document_id, candidate.announced.index)[0]
        if metadata.raw is not None and metadata.error is None and is_its_own:
            stored = self.metadata_file.store(self.archive, entry, chunk, metadata.raw)
        proof = self.storing.proof(chunk.name, copied, stored, Place.ARCHIVE, by_its_own_word=True)
        note = "the source had ended: the copy of an earlier try was compared with its own blob metadata alone"
        return archived(chunk, proof, candidate, metadata, (note,))

    def archive_metadata(
        self, entry: CatalogEntry, chunk: Chunk, candidate: Candidate, attempt: Attempt
    ) -> MetadataArchived | Disputed:
        """Store the metadata file of proven media, and compare the two.

        The file is compared with what the source serves now, which must be what was archived before the file came. A
        doubt counts when it is seen twice in a row, or nothing better can come: a single reply of the source may be
        wrong, and must not put a proven copy in doubt.

        Raises:
            Transient: the file is not available yet, or the doubt is to be seen again.
            HostileLocation: nothing was sent there.
        """
        metadata = self.metadata_file.read(candidate.announced.metadata_location)
        attempt.due = due_by_metadata(metadata.meaning.ended_at, self.retention)
        stored = None if metadata.raw is None else self.metadata_file.store(self.archive, entry, chunk, metadata.raw)
        if metadata.error is not None:
            raise metadata.error
        if stored is None:
            raise AssertionError("a chunk whose event names no metadata file is not asked for it")
        with self.engine.open(candidate.announced.content_location) as opened:
            doubts, notes = look(entry, chunk, candidate, metadata, opened)
            to = self.storing.destination(self.archive, chunk.name, entry, chunk)
            existing = self.archive.find(to.name)
            if existing is not None and not opened.resembles(to, existing):
                doubts = (*doubts, "the source serves something else than was archived before its metadata file came")
        meaning = metadata.meaning
        if doubts:
            self._confirm(doubts, chunk)
            look_at = another_look(chunk, self.now(), self.waits) or self.now()
            return Disputed(chunk.document_id, doubts, look_at)
        return MetadataArchived(chunk.document_id, stored, notes, meaning.duration, meaning.paused)

    def _confirm(self, doubts: tuple[str, ...], chunk: Chunk) -> None:
        """Do nothing if these doubts about a proven copy are seen for the second time, or its source has ended.

        Raises:
            SourceChanged: they are seen for the first time.
        """
        seen = SourceChanged("read source", f"in doubt, to be seen again: {'; '.join(doubts)}")
        last = chunk.last_failure
        is_seen_again = last is not None and (last.code, last.cause) == (seen.code, seen.cause)
        if not is_seen_again and self.now() < chunk.gone_by:
            raise seen

    def _copy(
        self, entry: CatalogEntry, chunk: Chunk, candidate: Candidate, metadata: MetadataRead, attempt: Attempt
    ) -> Archived | Quarantined | None:
        to = self.storing.destination(self.archive, chunk.name, entry, chunk, metadata)
        stored: MetadataProof | None = None
        with self.engine.open(candidate.announced.content_location) as opened:
            doubts, notes = look(entry, chunk, candidate, metadata, opened)
            if doubts:
                outcome: Copied | CutOff | InTheWay | InDoubt = InDoubt(doubts, opened.length)
            else:
                # The metadata file first: a reader who finds the media finds both.
                stored = (
                    None if metadata.raw is None else self.metadata_file.store(self.archive, entry, chunk, metadata.raw)
                )
                outcome = self.storing.store(opened, to, entry, chunk, attempt)
            if isinstance(outcome, InTheWay):
                outcome = self._resolve(opened, to, outcome)
        if isinstance(outcome, InDoubt):
            return self.setting_apart.set_apart(entry, chunk, candidate, metadata, outcome, attempt)
        if isinstance(outcome, CutOff):
            return None
        proof = self.storing.proof(chunk.name, outcome, None if metadata.error else stored, Place.ARCHIVE)
        return archived(chunk, proof, candidate, metadata, notes)

    def _resolve(self, opened: OpenedChunk, to: Destination, found: InTheWay) -> Copied | InDoubt:
        """On conflict, read what is there and compare it with the source. A blob of other content is left alone."""
        error = found.error
        if isinstance(error, ForeignBlocks):
            return InDoubt((f"{error.cause}; {error.hint}",), found.length)
        existing = self.archive.find(to.name)
        if existing is None:
            raise StagedBlocksGone(error.operation, error.cause, hint="they are staged again", ids=error.ids)
        return opened.compare(to, existing) or InDoubt((_ANOTHER_STANDS,), found.length)

    def _left_by_an_earlier_try(self, entry: CatalogEntry, chunk: Chunk) -> Copied | None:
        """After `gone_by`: the copy of an earlier try, verified by its own metadata, as the source is gone.

        None if that copy was disputed, or was seen to differ from the source.
        """
        if self.now() < chunk.gone_by or chunk.is_disputed or _ANOTHER_STANDS in (*chunk.doubts, *chunk.notes):
            return None
        return self.engine.prove(self.storing.destination(self.archive, chunk.name, entry, chunk))

    def _taken_by(self, entry: CatalogEntry, chunk: Chunk, candidate: Candidate) -> str:
        """After `gone_by`: text that names the other chunk as which the source was archived, if there is one."""
        key = object_id(candidate.announced.content_location)
        # The first to ask becomes the owner; a candidate that came by the function key alone must not.
        if key is None or self.now() < chunk.gone_by or candidate.door is Door.FUNCTION_KEY:
            return ""
        owner = self.catalog.own(key, entry.recording.recording_id, chunk.document_id)
        if owner == (entry.recording.recording_id, chunk.document_id):
            return ""
        return f"; its source object was archived as recording {owner[0]}, document {owner[1]}"


def archived(
    chunk: Chunk, proof: Proof, candidate: Candidate, metadata: MetadataRead, notes: tuple[str, ...]
) -> Archived:
    """The fact: the media of a candidate is proven, with what its metadata file says."""
    meaning = metadata.meaning
    return Archived(
        chunk.document_id,
        proof,
        candidate,
        tuple(dict.fromkeys((*meaning.notes, *notes))),
        meaning.duration,
        meaning.paused,
    )


def look(
    entry: CatalogEntry, chunk: Chunk, candidate: Candidate, metadata: MetadataRead, opened: OpenedChunk
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Doubts and notes about the media of a candidate: whether it is this chunk's, and in the expected format."""
    meaning = metadata.meaning
    doubts, notes = doubts_about_identity(meaning, chunk.document_id, candidate.announced.index)
    facts = opened.facts()
    # A redirect to another object says which object the content is; a location without an object id says nothing.
    content = candidate.announced.content_location
    names_it = (object_id(opened.location) or object_id(content)) == chunk.document_id
    names_it = names_it or (candidate.is_native and names_document(content, chunk.document_id))
    if not names_it and not (_is_beside(candidate) and names(meaning, chunk.document_id)):
        doubts = (*doubts, "neither the content's location nor the metadata file names this document")
    said = entry.recording.output
    if said is not None and meaning.output is not None and said != meaning.output:
        notes = (*notes, f"the metadata file says {meaning.output}, the order or the event {said}")
    notes = (*notes, *notes_on_pauses(meaning, entry.recording))
    verdict = judge(facts, _expectation(entry, meaning))
    return (*doubts, *verdict.reasons), (*notes, *facts.notes, *verdict.notes)


def _is_beside(candidate: Candidate) -> bool:
    """Whether the metadata file says something about the content, and not about what it belongs to itself.

    Whoever has the function key can name a chunk's own metadata file beside another chunk's content: they must be parts
    of one object. Of a native blob by that key only its own name says which document it is.
    """
    one = candidate.announced
    if candidate.door is Door.EVENT_GRID or one.metadata_location is None:
        return True
    if candidate.native:
        return False
    return object_id(one.metadata_location) == object_id(one.content_location)


def _expectation(entry: CatalogEntry, metadata: ChunkMetadata) -> Expectation:
    # The event's duration is not used: it is unknown whether it includes pauses, and how long they were. For the output
    # the metadata file is more reliable than the event.
    return Expectation(
        output=metadata.output or entry.recording.output,
        duration=metadata.duration,
        paused=metadata.paused,
        channels=metadata.channels,
    )
