"""Once no chunk of a recording is open: the manifest beside the media, and the event that tells of it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count

from recording import log
from recording.core.errors import BlobExists
from recording.core.formats import notifications
from recording.core.formats.manifest import manifest_json, says_the_same
from recording.core.lifecycle import Completed, lacks
from recording.core.model import BlobName, CatalogEntry
from recording.core.naming import manifest_name
from recording.ports import Archive, Topic

_ROOM = 16
"""Bytes by which the text of a time may be longer than that of another."""


@dataclass(frozen=True, slots=True)
class Completing:
    """Complete a recording in the archive whose container has that name."""

    topic: Topic
    archive: Archive
    container: str
    now: Callable[[], datetime]

    def complete(self, entry: CatalogEntry) -> Completed:
        """Write the manifest, and publish that it is there; idempotent.

        A whole recording is told as RecordingArchived, one that is not as RecordingIncomplete.

        Raises:
            Transient: the next try begins again; the manifest and the event are the same then.
        """
        recording_id = entry.recording.recording_id
        written, name = self._write(entry)
        missing = lacks(entry)
        event = notifications.completed(written, self.container, name, self.now())
        self.topic.publish(event)
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

    def _write(self, entry: CatalogEntry) -> tuple[CatalogEntry, BlobName]:
        """Put the manifest, or find it there; the entry with the manifest's revision, and its name.

        One that stands and says something else is left: the next takes a new number and name.
        """
        for revision in count(entry.recording.revision):
            numbered = replace(entry, recording=replace(entry.recording, revision=revision))
            body = manifest_json(numbered)
            name = manifest_name(entry.recording.recording_id, entry.chunks[0].name, revision)
            try:
                self.archive.put(name, memoryview(body), {"manifest": str(revision)}, "application/json")
            except BlobExists:
                if not self._stands(name, body, len(entry.chunks)):
                    continue
            return numbered, name
        raise AssertionError("there is always a next revision")

    def _stands(self, name: BlobName, body: bytes, chunks: int) -> bool:
        """Whether the blob of that name is this manifest, written by a try that was cut off before it noted so.

        Only that try knew when it had released the source.
        """
        found = bytearray(len(body) + _ROOM * chunks + 1)
        read = self.archive.read(name, 0, memoryview(found))
        return says_the_same(bytes(found[:read]), body)
