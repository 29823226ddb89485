"""Deletes a chunk at the source, on a proof that is looked at once more just before."""

from dataclasses import dataclass

from recording import log
from recording.core.errors import ArchiveDamaged, HostileLocation
from recording.core.lifecycle import Damaged, Kept, Released
from recording.core.model import BlobName, CatalogEntry, Chunk, Proof
from recording.entries import Entries
from recording.ports import Archive, Source


@dataclass(frozen=True, slots=True)
class Releasing:
    """Release at the source; `enabled` is the RELEASE_AT_SOURCE setting."""

    entries: Entries
    source: Source
    archive: Archive
    enabled: bool

    def release(self, entry: CatalogEntry, chunk: Chunk, proof: Proof) -> CatalogEntry:
        """Release one archived chunk, or note why nothing is released; the entry as it is then.

        Raises:
            ArchiveDamaged: the archive no longer holds what was proven. The chunk is announced again and a person
                alerted; the next try copies it anew.
            Transient: the source may or may not be deleted; the next try finds out.
        """
        recording_id = entry.recording.recording_id
        if not self.enabled:
            return self._keep(entry, chunk, "RELEASE_AT_SOURCE is false")
        location = chunk.announced.delete_location
        if location is None:
            return self._keep(entry, chunk, "the event named no deleteLocation")
        damage = self._damage(proof)
        if damage:
            self.entries.record(recording_id, Damaged(chunk.document_id, damage), entry)
            raise ArchiveDamaged(
                "release chunk",
                damage,
                hint="something deletes or rewrites archived blobs; the chunk is copied again",
                ids={"recording_id": recording_id, "document_id": chunk.document_id, "blob": proof.name},
            )
        try:
            was_there = self.source.delete(location, proof)
        except HostileLocation as error:
            return self._keep(entry, chunk, f"deleteLocation: {error.cause}")
        log.event(
            "recording.chunk_released",
            {
                "recording_id": recording_id,
                "document_id": chunk.document_id,
                "found": "yes" if was_there else "gone already",
            },
        )
        return self.entries.record(recording_id, Released(chunk.document_id), entry).entry

    def _keep(self, entry: CatalogEntry, chunk: Chunk, reason: str) -> CatalogEntry:
        log.event(
            "recording.chunk_kept_at_source",
            {
                "recording_id": entry.recording.recording_id,
                "document_id": chunk.document_id,
                "reason": reason,
            },
        )
        return self.entries.record(entry.recording.recording_id, Kept(chunk.document_id, reason), entry).entry

    def _damage(self, proof: Proof) -> str:
        """What the archive lacks of what the proof says, or nothing."""
        media = self._differs(proof.name, proof.length, proof.etag)
        if media or proof.metadata_name is None:
            return media
        return self._differs(proof.metadata_name, proof.metadata_length, proof.metadata_etag)

    def _differs(self, name: BlobName, length: int, etag: str) -> str:
        found = self.archive.find(name)
        if found is None:
            return "a proven blob is gone"
        if (found.length, found.etag) != (length, etag):
            return "a proven blob has been changed"
        return ""
