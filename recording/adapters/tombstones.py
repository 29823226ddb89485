"""The tombstones of erased recordings, as blobs beside the audit trails."""

from recording.adapters.archive import BlobArchive
from recording.core.errors import BlobExists, EntryUnreadable
from recording.core.formats.records.tombstones import (
    MOST_TOMBSTONE,
    Tombstone,
    read_tombstone,
    tombstone_json,
    tombstone_name,
)
from recording.core.model import RecordingId


class BlobTombstones:
    """`Tombstones` over one container, which must exist; `archive` creates and reads its blobs."""

    def __init__(self, archive: BlobArchive) -> None:
        self._archive = archive

    def put(self, tombstone: Tombstone) -> None:
        """See `ports.Tombstones.put`."""
        name, body = tombstone_name(tombstone.recording_id), tombstone_json(tombstone)
        try:
            self._archive.put(name, memoryview(body), {}, "application/json")
        except BlobExists:
            return

    def find(self, recording_id: RecordingId) -> Tombstone | None:
        """See `ports.Tombstones.find`."""
        name = tombstone_name(recording_id)
        blob = self._archive.find(name)
        if blob is None:
            return None
        view = memoryview(bytearray(min(blob.length, MOST_TOMBSTONE)))
        read = self._archive.read(name, 0, view) if view else 0
        found = read_tombstone(bytes(view[:read]))
        if found is None or found.recording_id != recording_id:
            raise EntryUnreadable(
                "find tombstone",
                "a blob has the name of its tombstone, and is none",
                hint="find out who wrote the blob, and move it away if the recording was not erased",
                ids={"container": self._archive.container, "blob": name, "recording_id": recording_id},
            )
        return found
