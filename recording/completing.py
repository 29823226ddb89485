"""Once every chunk of a recording is done: the manifest beside the media, and the event that tells of it."""

from dataclasses import dataclass
from itertools import count

from recording import log
from recording.core import outgoing
from recording.core.errors import BlobExists
from recording.core.lifecycle import Completed
from recording.core.manifest import manifest_of, to_json
from recording.core.model import BlobName, CatalogEntry
from recording.core.naming import manifest_name
from recording.entries import Entries
from recording.ports import Archive


@dataclass(frozen=True, slots=True)
class Completing:
    """Complete a recording in the archive whose container has that name."""

    entries: Entries
    archive: Archive
    container: str

    def complete(self, entry: CatalogEntry) -> CatalogEntry:
        """Write the manifest, publish RecordingArchived, note both; any number of times.

        Raises:
            Transient: the next try begins again; the manifest and the event are the same then.
        """
        recording_id = entry.recording.recording_id
        name = self._write(entry)
        self.entries.topic.publish(outgoing.archived(entry, self.container, name, self.entries.now()))
        log.event(
            "recording.archived",
            {
                "recording_id": recording_id,
                "chunks": len(entry.chunks),
                "bytes": sum(chunk.proof.length for chunk in entry if chunk.proof),
                "manifest": name,
            },
        )
        return self.entries.record(recording_id, Completed(name), entry).entry

    def _write(self, entry: CatalogEntry) -> BlobName:
        """Put the manifest, or find it there; beside one that says something else, the next revision."""
        body = to_json(manifest_of(entry))
        for revision in count(entry.recording.revision):
            name = manifest_name(entry.recording.recording_id, entry.chunks[0].name, revision)
            try:
                self.archive.put(name, memoryview(body), {"manifest": str(revision)}, "application/json")
            except BlobExists:
                if not self._stands(name, body):
                    continue
            return name
        raise AssertionError("there is always a next revision")

    def _stands(self, name: BlobName, body: bytes) -> bool:
        found = bytearray(len(body) + 1)
        read = self.archive.read(name, 0, memoryview(found))
        return bytes(found[:read]) == body
