"""Proves a chunk that the service has written into a native container of the customer's, where it stands.

It is read there, as a chunk at the service is, and judged by the same rules. Nothing of it is copied, changed or
deleted: the port has no operation for that. A metadata file that is still at the service is archived from there.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from recording import log
from recording.chunks.copying_chunk import archived, look
from recording.chunks.metadata_file import MetadataFile, MetadataRead
from recording.chunks.native_containers import Found, NativeContainers, name_of
from recording.chunks.recopying import is_lost
from recording.chunks.storing import Attempt
from recording.core.deadlines import Waits, another_look, due_by_metadata
from recording.core.errors import HostileLocation, SourceChanged, SourceUnexpected
from recording.core.lifecycle import Archived, Disputed, MetadataArchived, Quarantined, ReadOn, has_taken_out
from recording.core.locations import native_blob
from recording.core.model import Candidate, CatalogEntry, Chunk, MetadataProof, PartlyRead, Place, Proof
from recording.ports import Archive

_OPERATION = "prove in place"
_MOST_SECONDS = 60.0
"""How long one run reads: what it has read is noted then, so that a killed one costs no more than that."""
_MOST_NOTED = 256 << 10
"""Bytes of digests that an entry keeps while a blob is read, those of 8192 blocks. What follows is read at once."""


@dataclass(frozen=True, slots=True)
class ProvingInPlace:
    """Proves chunks in native containers. `archive` takes a metadata file that is still at the service."""

    natives: NativeContainers
    metadata_file: MetadataFile
    archive: Archive
    waits: Waits
    retention: timedelta
    now: Callable[[], datetime]
    monotonic: Callable[[], float]

    def prove(
        self, entry: CatalogEntry, chunk: Chunk, candidate: Candidate, attempt: Attempt
    ) -> Archived | Quarantined | ReadOn:
        """Read the media of a candidate, and its metadata file if that is there; `ReadOn` when the time slice ended.

        Raises:
            Transient: it is not there yet, or cannot be read now.
            HostileLocation: it lies in no native container that the settings name; nothing was asked.
        """
        at = self._find(candidate)
        metadata = self._metadata(candidate, attempt)
        with at.engine.open(at.location) as opened:
            doubts, notes = look(entry, chunk, candidate, metadata, opened)
        proof = self._known(chunk, at)
        if proof is None:
            known = _partly_read(chunk, candidate, at)
            read = at.engine.read_on(at.location, known, self._until(known, attempt))
            if not read.is_whole:
                if len(known) >= _MOST_NOTED:
                    raise SourceUnexpected(
                        _OPERATION, "it is longer than what can be read", hint="raise COPY_BLOCK_MIB"
                    )
                noted = PartlyRead(
                    candidate.announced.content_location, at.etag, read.block_size, read.digests[:_MOST_NOTED]
                )
                return ReadOn(chunk.document_id, noted)
            proof = Proof(
                name=at.name,
                length=read.length,
                digest=read.digest(),
                etag=at.etag,
                verified_at=self.now(),
                place=Place.NATIVE,
                container=at.container,
            )
        if doubts:
            look_at = another_look(chunk, self.now(), self.waits)
            return Quarantined(chunk.document_id, doubts, look_at, proof, attempt.due)
        ids = {"recording_id": entry.recording.recording_id, "document_id": chunk.document_id}
        log.event("recording.proven_in_place", {**ids, "bytes": proof.length, "container": name_of(at.container)})
        proof = replace(proof, metadata=self._stored(entry, chunk, metadata))
        return archived(chunk, proof, candidate, metadata, notes)

    def archive_metadata(
        self, entry: CatalogEntry, chunk: Chunk, candidate: Candidate, attempt: Attempt
    ) -> MetadataArchived | Disputed:
        """Read the metadata file of media that is proven already, and compare the two.

        Raises:
            Transient: the file is not there yet, or the media is no longer what was proven.
            HostileLocation: as in `prove`.
        """
        metadata = self._metadata(candidate, attempt)
        if metadata.error is not None:
            raise metadata.error
        at = self._find(candidate)
        if chunk.proof is None or at.etag != chunk.proof.etag:
            raise SourceChanged(_OPERATION, "the blob is not the one that was proven", hint="restore it")
        with at.engine.open(at.location) as opened:
            doubts, notes = look(entry, chunk, candidate, metadata, opened)
        stored = self._stored(entry, chunk, metadata)
        if stored is None:
            raise AssertionError("a chunk whose event names no metadata file is not asked for it")
        meaning = metadata.meaning
        if doubts:
            look_at = another_look(chunk, self.now(), self.waits) or self.now()
            return Disputed(chunk.document_id, doubts, look_at)
        return MetadataArchived(chunk.document_id, stored, notes, meaning.duration, meaning.paused)

    def accept(self, entry: CatalogEntry, chunk: Chunk, copy: Proof) -> Archived:
        """Take what a person has accepted, if it is still the blob that was read.

        Raises:
            CopyLost: it is gone or has been changed; a person decides anew.
            Transient: try again.
        """
        readable = self.natives.by_url.get(copy.container)
        found = readable.blobs.find(copy.name) if readable else None
        if found is None or (found.etag, found.length) != (copy.etag, copy.length):
            raise is_lost(copy.name)
        candidate = next((one for one in chunk.candidates if self._is_at(one, copy)), chunk.candidate)
        metadata = self.metadata_file.read(candidate.announced.metadata_location)
        proof = replace(copy, metadata=self._stored(entry, chunk, metadata))
        notes = (*chunk.doubts, "a person has accepted it")
        return archived(chunk, proof, candidate, metadata, notes)

    def _find(self, candidate: Candidate) -> Found:
        found = self.natives.find(candidate.announced.content_location)
        if found is None:
            raise HostileLocation(
                _OPERATION,
                "contentLocation lies in no container that NATIVE_CONTAINERS names",
                hint="nothing was asked; name the container if it is yours, and hand the event in again",
                ids={"field": "contentLocation"},
            )
        return found

    def _metadata(self, candidate: Candidate, attempt: Attempt) -> MetadataRead:
        metadata = self.metadata_file.read(candidate.announced.metadata_location)
        if not candidate.stays:
            attempt.due = due_by_metadata(metadata.meaning.ended_at, self.retention)
        return metadata

    def _known(self, chunk: Chunk, at: Found) -> Proof | None:
        """The proof of an earlier look, if the blob is still the same: it need not be read again."""
        apart = chunk.apart
        if apart is None or (apart.container, apart.name, apart.etag) != (at.container, at.name, at.etag):
            return None
        return apart

    def _until(self, known: bytes, attempt: Attempt) -> float:
        """Until when blocks are begun."""
        return min(attempt.until, self.monotonic() + _MOST_SECONDS) if len(known) < _MOST_NOTED else attempt.until

    def _stored(self, entry: CatalogEntry, chunk: Chunk, metadata: MetadataRead) -> MetadataProof | None:
        """The proof of the metadata file: where it stands; one from the service is archived first.

        So is what stands, if somebody was taken out of the recording: as `store` says.
        """
        if metadata.raw is None or metadata.error is not None:
            return None
        if metadata.standing is not None and not has_taken_out(entry):
            return metadata.standing
        return self.metadata_file.store(self.archive, entry, chunk, metadata.raw)

    def _is_at(self, candidate: Candidate, copy: Proof) -> bool:
        blob = native_blob(candidate.announced.content_location, self.natives.by_url)
        return blob is not None and (blob.container, blob.name) == (copy.container, copy.name)


def _partly_read(chunk: Chunk, candidate: Candidate, at: Found) -> bytes:
    """What an earlier try has read of this blob in this state."""
    known = chunk.partly_read
    same = (candidate.announced.content_location, at.etag, at.engine.pool.size)
    if known is None or (known.content_location, known.etag, known.block_size) != same:
        return b""
    return known.digests
