"""Copies a chunk; while the archive cannot be written and the chunk is nearly due, into a second account instead.

The copy there is proven, but it is no authority to release the source, and the chunk stays open: each later try copies
it from the source into the archive. Once the source has ended, it is brought home from the second account.
"""

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from recording import log
from recording.chunks.copying_chunk import CopyingChunk, look
from recording.chunks.recopying import Recopying
from recording.chunks.setting_apart import SettingApart
from recording.chunks.storing import Attempt
from recording.copying.destination import CutOff
from recording.core.deadlines import next_look
from recording.core.errors import ArchiveBusy, ArchiveDamaged, ArchiveRefused, RecordingError, SourceGone
from recording.core.lifecycle import Archived, Overflowed, Quarantined
from recording.core.model import Candidate, CatalogEntry, Chunk, Place, Proof
from recording.ports import Archive

_NOT_WRITTEN = (ArchiveBusy, ArchiveRefused, ArchiveDamaged)
_BROUGHT_HOME = "the source had ended: the chunk was archived from its copy in the overflow"


@dataclass(frozen=True, slots=True)
class Overflow:
    """The second account.

    Attributes:
        putting: copies into its container.
        recopying: reads that.
        before_due: with less time left than this it is used.
    """

    putting: SettingApart
    recopying: Recopying
    before_due: timedelta


@dataclass(frozen=True, slots=True)
class Overflowing:
    """Copies chunks, with an `overflow` if there is one."""

    copying: CopyingChunk
    quarantine: Archive
    overflow: Overflow | None

    def copy(
        self, entry: CatalogEntry, chunk: Chunk, candidate: Candidate, attempt: Attempt
    ) -> Archived | Quarantined | Overflowed | None:
        """Copy the media of a candidate, see `CopyingChunk.copy`.

        Raises:
            RecordingError: as there. Where a copy stands in the overflow, it is tried again until that is home.
        """
        try:
            return self.copying.copy(entry, chunk, candidate, attempt)
        except RecordingError as error:
            now, overflow = self.copying.now(), self.overflow
            if overflow is None:
                raise
            if isinstance(error, _NOT_WRITTEN):
                if chunk.due - now >= overflow.before_due:
                    raise
                return self._put(overflow, entry, chunk, candidate, attempt, error)
            if chunk.overflow is None or not _has_ended(chunk, error, now):
                raise
            return self._bring_home(overflow, entry, chunk, chunk.overflow, candidate, attempt)

    def _put(
        self,
        overflow: Overflow,
        entry: CatalogEntry,
        chunk: Chunk,
        candidate: Candidate,
        attempt: Attempt,
        error: RecordingError,
    ) -> Overflowed | None:
        """Copy into the overflow, once.

        Raises:
            RecordingError: that of the archive, if the copy stands there already, or cannot be made.
        """
        try:
            if chunk.overflow is not None and self._stands(overflow, chunk.overflow):
                raise error
            metadata = self.copying.metadata_file.read(candidate.announced.metadata_location)
            with self.copying.engine.open(candidate.announced.content_location) as opened:
                doubts, _ = look(entry, chunk, candidate, metadata, opened)
            if doubts and chunk.apart is not None:
                raise error  # a copy of what is in doubt stands apart already
            proof = overflow.putting.put(entry, chunk, candidate, metadata, attempt)
        except RecordingError as second:
            if second is error:
                raise
            fields = {**_ids(entry, chunk), "code": second.code, "cause": second}
            log.event("recording.overflow_failed", fields, logging.ERROR)
            raise error from second
        if isinstance(proof, CutOff):
            return None
        if proof is None:
            raise error
        fields = {**_ids(entry, chunk), "bytes": proof.length, "due": chunk.due, "cause": error}
        log.event("recording.overflowed", fields, logging.WARNING)
        look_at = next_look(chunk, self.copying.now(), self.copying.waits)
        return Overflowed(chunk.document_id, proof, doubts, look_at)

    def _stands(self, overflow: Overflow, proof: Proof) -> bool:
        found = overflow.putting.apart.find(proof.name)
        return found is not None and found.etag == proof.etag

    def _bring_home(
        self,
        overflow: Overflow,
        entry: CatalogEntry,
        chunk: Chunk,
        copy: Proof,
        candidate: Candidate,
        attempt: Attempt,
    ) -> Archived | Quarantined | None:
        """Copy from the overflow into the archive; into quarantine what was in doubt when it was copied there."""
        storing, metadata_file = self.copying.storing, self.copying.metadata_file
        archive, place = (
            (self.quarantine, Place.QUARANTINE) if chunk.overflow_doubts else (self.copying.archive, Place.ARCHIVE)
        )
        metadata = overflow.recopying.read_metadata(copy)
        to = storing.destination(archive, chunk.name, entry, chunk, metadata)
        stored = None if metadata.raw is None else metadata_file.store(archive, entry, chunk, metadata.raw)
        copied = overflow.recopying.copy(entry, chunk, copy, to, attempt)
        if copied is None:
            return None
        proof = storing.proof(to.name, copied, stored, place)
        log.event("recording.brought_home", {**_ids(entry, chunk), "bytes": copied.length, "place": place})
        if chunk.overflow_doubts:
            return Quarantined(chunk.document_id, chunk.overflow_doubts, None, proof)
        meaning = metadata.meaning
        return Archived(
            chunk.document_id,
            replace(proof, by_its_own_word=True),
            candidate,
            (*meaning.notes, _BROUGHT_HOME),
            meaning.duration,
            meaning.paused,
        )


def _has_ended(chunk: Chunk, error: RecordingError, now: datetime) -> bool:
    """Whether the source need not be waited for: it is gone and was due, or must have ended."""
    return now >= (chunk.due if isinstance(error, SourceGone) else chunk.gone_by)


def _ids(entry: CatalogEntry, chunk: Chunk) -> dict[str, object]:
    return {"recording_id": entry.recording.recording_id, "document_id": chunk.document_id}
