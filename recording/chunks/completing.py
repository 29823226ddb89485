"""Completes a recording that has no open chunk: writes the manifest beside the media, and publishes its event."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count

from recording import log
from recording.chunks.running_chunks import RunningChunks
from recording.core.errors import BlobExists
from recording.core.formats import notifications
from recording.core.formats.manifest import manifest_json, says_the_same
from recording.core.formats.messages import RecordMessage, Task
from recording.core.lifecycle import Completed, lacks
from recording.core.model import BlobName, CatalogEntry
from recording.core.naming import manifest_name
from recording.ports import Archive, Catalog, RecordQueue, Topic

_ROOM = 16
"""Bytes by which the texts of two times may differ in length."""
_UNTIL_SAVED = timedelta(seconds=10)
_AMONG_OTHERS = timedelta(seconds=30)
"""The same while this worker works on other chunks too: a message that came sooner would only be put off."""


@dataclass(frozen=True, slots=True)
class Completing:
    """Completes recordings. `container` is the name of the archive's container, `running` the chunks of this worker."""

    topic: Topic
    archive: Archive
    catalog: Catalog
    filing: RecordQueue
    container: str
    running: RunningChunks
    now: Callable[[], datetime]

    def complete(self, entry: CatalogEntry) -> Completed | None:
        """Write the manifest, publish its event, and queue the recording to be filed; idempotent.

        None if the entry is out of date.

        The event is RecordingArchived for a whole recording, and RecordingIncomplete for any other.

        Raises:
            Transient: try again; the manifest and the event will be the same.
        """
        recording_id = entry.recording.recording_id
        found = self._write(entry)
        if found is None:
            return None
        written, name = found
        missing = lacks(entry)
        event = notifications.completed(written, self.container, name, self.now())
        self.topic.publish(event)
        # Before it is saved, so that it cannot be forgotten; it becomes visible after that.
        wait = _AMONG_OTHERS if len(self.running) > 1 else _UNTIL_SAVED
        self.filing.put(RecordMessage(recording_id, Task.FILE), wait)
        fields = {
            "recording_id": recording_id,
            "chunks": len(entry.chunks),
            "bytes": sum(chunk.proof.length for chunk in entry if chunk.proof),
            "manifest": name,
        }
        if missing:
            alert = {"alert": event.event_type, "lacks": "; ".join(missing)}
            log.event("recording.incomplete", {**fields, **alert}, logging.ERROR)
        else:
            log.event("recording.archived", fields)
        documents = frozenset(chunk.document_id for chunk in entry)
        return Completed(name, written.recording.revision, documents, missing)

    def _write(self, entry: CatalogEntry) -> tuple[CatalogEntry, BlobName] | None:
        """Put the manifest, or find it there. Returns the entry with the manifest's revision, and the manifest's name.

        A manifest with other content is never overwritten: this one gets the next revision, and so another name. But
        if the catalog names that manifest already, this entry is out of date: a higher revision would hide what the
        other worker knew. Then None.
        """
        for revision in count(entry.recording.revision):
            numbered = replace(entry, recording=replace(entry.recording, revision=revision))
            body = manifest_json(numbered)
            name = manifest_name(entry.recording.recording_id, entry.chunks[0].name, revision)
            try:
                self.archive.put(name, memoryview(body), {"manifest": str(revision)}, "application/json")
            except BlobExists:
                if not self._is_there(name, body, len(entry.chunks)):
                    known = self.catalog.load(entry.recording.recording_id)
                    if known is not None and known.recording.manifest_name == name:
                        return None
                    continue
            return numbered, name
        raise AssertionError("there is always a next revision")

    def _is_there(self, name: BlobName, body: bytes, chunks: int) -> bool:
        """Whether the blob of that name is this manifest, written by a run that crashed before it saved that.

        The release times in it may differ: only that run knew when it deleted the source.
        """
        found = bytearray(len(body) + _ROOM * chunks + 1)
        read = self.archive.read(name, 0, memoryview(found))
        return says_the_same(bytes(found[:read]), body)
