"""Archives the copy that stands apart, once a person has accepted it.

A copy in quarantine is copied into the archive by the engine that copies chunks, with a source over that container. A
disputed copy, which is in the archive already, is read back. The person decides what the archive holds, not what is
deleted: the source is released only if it holds the same bytes.
"""

import hashlib
from dataclasses import dataclass

from recording.chunks.metadata_file import MetadataFile, MetadataRead
from recording.chunks.storing import Attempt, InTheWay, Storing
from recording.copying.destination import Copied, CutOff, Destination
from recording.copying.engine import OpenedChunk
from recording.core.errors import (
    ArchiveDamaged,
    ForeignBlocks,
    NotAcceptable,
    RecordingError,
    SourceChanged,
    SourceGone,
    StagedBlocksGone,
)
from recording.core.formats.metadata import ChunkMetadata
from recording.core.lifecycle import Archived
from recording.core.locations import of_blob
from recording.core.model import Candidate, CatalogEntry, Chunk, MetadataProof, Place, Proof
from recording.ports import Archive

_OPERATION = "accept copy"


@dataclass(frozen=True, slots=True)
class Accepting:
    """Archives copies that were accepted.

    Attributes:
        metadata_file: of the source.
        apart: the same of the quarantine container; its engine reads the copies there.
    """

    metadata_file: MetadataFile
    apart: MetadataFile
    archive: Archive
    storing: Storing

    def accept(self, entry: CatalogEntry, chunk: Chunk, attempt: Attempt) -> Archived | None:
        """Archive the copy that stands apart, and verify it; None when the time slice ended.

        Raises:
            NotAcceptable: the copy is gone or has been changed, or another blob has its name; a person decides anew.
            Transient: try again; staged blocks stay staged.
        """
        copy = chunk.apart
        if copy is None:
            raise _refusal(chunk, "no copy of it stands apart")
        if copy.place is Place.QUARANTINE:
            metadata = self._metadata_apart(chunk, copy.metadata)
            to = self.storing.destination(self.archive, chunk.name, entry, chunk, metadata)
            copied = self._copy(entry, chunk, copy, to, attempt)
        else:
            metadata = self.metadata_file.standing(self.archive, chunk)
            to = self.storing.destination(self.archive, copy.name, entry, chunk, metadata)
            copied = self._read_again(chunk, copy, to)
        if copied is None:
            return None
        stored = None if metadata.raw is None else self.metadata_file.store(self.archive, chunk, metadata.raw)
        return self._archived(chunk, copied, metadata.meaning, stored, to)

    def _metadata_apart(self, chunk: Chunk, proof: MetadataProof | None) -> MetadataRead:
        """The metadata file that was set apart with the copy."""
        if proof is None:
            return MetadataRead(None, ChunkMetadata())
        found = self.apart.read(of_blob(proof.name, proof.etag))
        if isinstance(found.error, SourceGone | SourceChanged):
            raise _is_changed(chunk, proof.name) from found.error
        if found.raw is None and found.error is not None:
            raise found.error
        if found.raw is None or hashlib.sha256(found.raw).hexdigest() != proof.sha256:
            raise _is_changed(chunk, proof.name)
        return found

    def _copy(self, entry: CatalogEntry, chunk: Chunk, copy: Proof, to: Destination, attempt: Attempt) -> Copied | None:
        """Copy from quarantine, and compare with the proof of the copy there."""
        try:
            with self.apart.engine.open(of_blob(copy.name, copy.etag)) as opened:
                outcome = self.storing.store(opened, to, entry, chunk, attempt)
                if isinstance(outcome, InTheWay):
                    outcome = self._compare(chunk, opened, to, outcome)
        except (SourceGone, SourceChanged) as error:
            raise _is_changed(chunk, copy.name) from error
        if isinstance(outcome, CutOff):
            return None
        self._check_same(copy, outcome, to)
        return outcome

    def _compare(self, chunk: Chunk, opened: OpenedChunk, to: Destination, found: InTheWay) -> Copied:
        """The blob that has the name already, if it is the same; it is left alone in any case."""
        if isinstance(found.error, ForeignBlocks):
            raise _refusal(chunk, found.error.cause, found.error.hint)
        standing = self.archive.find(to.name)
        if standing is None:
            raise StagedBlocksGone(_OPERATION, found.error.cause, hint="they are staged again", ids={"blob": to.name})
        copied = opened.compare(to, standing)
        if copied is None:
            raise _refusal(chunk, "the archive holds another blob of this name", "compare the two, and remove one")
        return copied

    def _read_again(self, chunk: Chunk, copy: Proof, to: Destination) -> Copied:
        """The disputed copy in the archive, read back whole."""
        found = self.archive.find(to.name)
        if found is None or (found.length, found.etag) != (copy.length, copy.etag):
            raise _is_changed(chunk, copy.name)
        digest = self.metadata_file.engine.read_back(to, copy.length, copy.digest.block_size)
        copied = Copied(copy.length, digest, found.etag)
        self._check_same(copy, copied, to)
        return copied

    def _check_same(self, copy: Proof, copied: Copied, to: Destination) -> None:
        digest, block_size = copied.digest, copy.digest.block_size
        if digest.block_size != block_size:
            digest = self.metadata_file.engine.read_back(to, copied.length, block_size)
        if (copied.length, digest) != (copy.length, copy.digest):
            raise ArchiveDamaged(
                _OPERATION,
                "the archive does not return the bytes of the copy that was accepted",
                hint="compare the two blobs",
                ids={"blob": to.name, "copy": copy.name},
            )

    def _archived(
        self,
        chunk: Chunk,
        copied: Copied,
        meaning: ChunkMetadata,
        metadata: MetadataProof | None,
        to: Destination,
    ) -> Archived:
        found, note = self._at_source(chunk, copied, to)
        proof = self.storing.proof(to.name, copied, metadata, Place.ARCHIVE, by_its_own_word=found is None)
        notes = (*meaning.notes, *chunk.doubts, "a person has accepted this copy", *([note] if note else []))
        candidate = found or chunk.candidate
        return Archived(chunk.document_id, proof, candidate, notes, meaning.duration, meaning.paused)

    def _at_source(self, chunk: Chunk, copied: Copied, to: Destination) -> tuple[Candidate | None, str]:
        """The candidate whose source holds exactly these bytes; if none does, why: for the manifest."""
        engine, why = self.metadata_file.engine, ""
        mine = copied.digest
        if mine.block_size != engine.pool.size:
            mine = engine.read_back(to, copied.length, engine.pool.size)
        for candidate in chunk.candidates:
            try:
                if engine.hash_source(candidate.announced.content_location) == mine:
                    return candidate, ""
                why = "the source holds something else than the copy that was accepted"
            except RecordingError as error:
                why = f"the source could not be compared with the copy that was accepted: {error.cause}"
        return None, why


def _is_changed(chunk: Chunk, name: str) -> NotAcceptable:
    return _refusal(chunk, f"the copy {name} is gone, or was changed after it was made")


def _refusal(
    chunk: Chunk, cause: str, hint: str = "retry the chunk while its source lives, or give it up"
) -> NotAcceptable:
    return NotAcceptable(_OPERATION, cause, hint=hint, ids={"document_id": chunk.document_id, "blob": chunk.name})
