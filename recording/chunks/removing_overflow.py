"""Removes the copy of a chunk in the overflow, once the archive holds the same.

A copy that is left by mistake costs a little. One that is removed by mistake may be the only one.
"""

import logging
from dataclasses import dataclass

from recording import log
from recording.chunks.still_archived import damage_of
from recording.core.lifecycle import Damaged, OverflowClosed, not_in_archive
from recording.core.model import CatalogEntry, Chunk, MetadataProof, Proof
from recording.ports import Archive, OverflowCopies

_OFF = "OVERFLOW_STORAGE is not set any more"
_CHANGED = "it was changed after it was proven"


@dataclass(frozen=True, slots=True)
class RemovingOverflow:
    """Removes copies from the overflow; `copies` is None where there is none."""

    archive: Archive
    copies: OverflowCopies | None

    def remove(self, entry: CatalogEntry, chunk: Chunk, copy: Proof, proof: Proof) -> OverflowClosed | Damaged:
        """Remove media and metadata of `copy`; or return why they are left, or what is damaged in the archive.

        Raises:
            Transient: the copy may or may not be removed; try again.
        """
        why = not_in_archive(chunk) or ("" if self.copies else _OFF)
        if not why and (damage := damage_of(self.archive, proof)):
            return Damaged(chunk.document_id, damage)
        if not why and self.copies is not None:
            blobs: list[Proof | MetadataProof] = [copy, *([copy.metadata] if copy.metadata else [])]
            why = "" if all(self.copies.remove(blob.name, blob.etag, proof) for blob in blobs) else _CHANGED
        _log(entry, chunk, why)
        return OverflowClosed(chunk.document_id, why)


def _log(entry: CatalogEntry, chunk: Chunk, why: str) -> None:
    ids = {"recording_id": entry.recording.recording_id, "document_id": chunk.document_id}
    if why:
        log.event("recording.overflow_left", {**ids, "cause": why}, logging.WARNING)
    else:
        log.event("recording.overflow_removed", ids)
