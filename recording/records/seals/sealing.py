"""Seals a recording: reads what is archived of it once more, and writes what that finds beside its manifest.

The lowest of all priorities: one recording at a time in a worker, chunk by chunk, each of which is kept when it is
read. So a long recording, or one that is cut off, goes on with its next chunk.
"""

import logging
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from recording import log
from recording.catalog_updates import CatalogUpdates
from recording.core.errors import BlobExists, NotSealed
from recording.core.formats import notifications
from recording.core.formats.messages import ChunkMessage, RecordMessage, Task
from recording.core.formats.records.seal import is_seal, seal_json
from recording.core.lifecycle import Damaged
from recording.core.model import APP, BlobName, CatalogEntry, Chunk, Proof, RecordingId
from recording.core.naming import sibling_name
from recording.core.records.seals import (
    ChunkSeal,
    NotRead,
    RecordingSeal,
    Sealed,
    damage_of,
    is_to_seal,
    is_too_late,
    proven,
    seal_of,
)
from recording.core.records.silence import shown
from recording.ports import Archive, ChunkQueue, RecordQueue, Topic
from recording.records.late_writes import LateWrites
from recording.records.seals.chunk_seals import ChunkSeals
from recording.records.seals.reading_chunks import ReadingChunks

_SLICE = 120.0
"""Seconds after which a run begins no further chunk. The longest one takes 20 minutes, the host's limit is 30."""
_TURN = timedelta(minutes=1)
"""How long a message waits, in the middle, while another recording is read: not all equally long, else those that come
at once come back at once, and of many short recordings only one is read a minute."""
_AGAIN = timedelta(minutes=5)
"""The wait before a chunk that seems to be damaged is read again."""
_KIND = "seal"
_LONGEST = 64 << 20
"""Bytes of a sidecar that is shown: that of a call of a week has fewer."""
_TIMES = re.compile(rb'"(?:sealedAt|readAt)":"[^"]*"')
_ROOM = 64
"""Bytes by which the times of a chunk may differ in length."""


@dataclass(frozen=True, slots=True)
class Sealing:
    """Seal recordings. `queue` takes their messages, `chunk_queue` those of chunks that are to be copied anew."""

    updates: CatalogUpdates
    archive: Archive
    reading: ReadingChunks
    seals: ChunkSeals
    queue: RecordQueue
    chunk_queue: ChunkQueue
    topic: Topic
    late: LateWrites
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    _one: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def file(self, entry: CatalogEntry) -> None:
        """Put the message of a recording that is to be sealed: a filer, the last of them.

        Raises:
            Transient: it may or may not be put.
        """
        if self.is_owed(entry):
            self.queue.put(RecordMessage(entry.recording.recording_id, Task.SEAL))

    def is_owed(self, entry: CatalogEntry) -> bool:
        """Whether the recording is to be sealed, as its manifest is written, and it is not sealed as that says."""
        return is_to_seal(entry, None) and is_to_seal(entry, self.seals.sealed(entry.recording.recording_id))

    def seal(self, recording_id: RecordingId, put_off: int = 0) -> None:
        """Go on with a recording, unless it is sealed; put its message again if there is more to do.

        How often it was `put_off` stays with it: else copies without a pause would put off each run anew.

        Raises:
            Transient: the message is delivered again.
        """
        message = RecordMessage(recording_id, Task.SEAL, put_off)
        if not self._one.acquire(blocking=False):
            self.queue.put(message, _TURN * (0.5 + self.updates.spread()))
            return
        try:
            self._seal(message)
        finally:
            self._one.release()

    def read(self, entry: CatalogEntry) -> bytes:
        """The seal of a recording, as it was written last.

        Raises:
            NotSealed: there is none.
            Transient: it cannot be read now.
        """
        sealed = self.seals.sealed(entry.recording.recording_id)
        name = None if sealed is None else sibling_name(sealed.manifest, _KIND)
        found = None if name is None else self.archive.find(name)
        body = bytearray(found.length if found is not None and found.length <= _LONGEST else 0)
        count = self.archive.read(name, 0, memoryview(body)) if name is not None and body else 0
        if not is_seal(bytes(body[:count])):
            cause = "it has not been read once more, or nothing of it is archived"
            raise NotSealed("show seal", cause, ids={"recording_id": entry.recording.recording_id})
        return bytes(body[:count])

    def _seal(self, message: RecordMessage) -> None:
        recording_id = message.recording_id
        entry, sealed = self.updates.load(recording_id), self.seals.sealed(recording_id)
        if entry is None or not is_to_seal(entry, sealed):
            self.late.settle(recording_id)
            return
        with self.late.of(entry):
            self._seal_entry(entry, sealed, message)

    def _seal_entry(self, entry: CatalogEntry, sealed: Sealed | None, message: RecordMessage) -> None:
        recording_id = entry.recording.recording_id
        until, found = self.monotonic() + _SLICE, list[ChunkSeal]()
        for chunk, proof in proven(entry):
            known = self.seals.load(recording_id, chunk, proof)
            if known is None or not known.is_sure:
                if self.monotonic() >= until:
                    self.queue.put(message)
                    return
                seal = self._look(chunk, proof, is_second=known is not None)
                latest = self.updates.load(recording_id)
                if latest is None or not is_to_seal(latest, sealed) or latest.chunk(chunk.document_id) != chunk:
                    return  # it was changed meanwhile, such as erased
                entry = latest
                if not seal.is_sure:
                    self.seals.save(recording_id, chunk, seal)
                    self.queue.put(message, _AGAIN)
                    return
                if seal.damage:
                    entry = self._damaged(entry, chunk, seal.damage)
                    if entry.chunk(chunk.document_id) != chunk:
                        return  # it is copied anew, and sealed with the manifest that follows
                self.seals.save(recording_id, chunk, seal)
                known = seal
            found.append(known)
        self._finish(entry, found, sealed)

    def _look(self, chunk: Chunk, proof: Proof, *, is_second: bool) -> ChunkSeal:
        """Read a chunk. What looks damaged is sure only after a second look: the archive, too, is not believed once."""
        read = self.reading.read(proof)
        seal = ChunkSeal(chunk.document_id, chunk.index, proof.name, proof.container, proof.etag, self.now())
        if isinstance(read, NotRead):
            return replace(seal, unread=read.unread, damage=read.damage, is_sure=is_second or not read.damage)
        numbers, damage = self.reading.read_metadata(proof)
        damage = damage_of(proof, read.length, read.digest) or damage
        return replace(seal, read=replace(read, numbers=numbers), damage=damage, is_sure=is_second or not damage)

    def _damaged(self, entry: CatalogEntry, chunk: Chunk, cause: str) -> CatalogEntry:
        """Note damage of a chunk and tell of it; a message if it is to be copied anew. The entry then.

        Raises:
            CatalogConflict: the entry has changed since, as one that was erased meanwhile.
            Transient: try again; an alert that is not published is by the sweep.
        """
        fact = Damaged(chunk.document_id, cause, is_too_late(chunk, self.now()))
        entry = self.updates.apply_once(entry, fact, by=APP).entry
        if not fact.is_too_late:  # without this message the sweep finds it
            self.chunk_queue.put(ChunkMessage(entry.recording.recording_id, chunk.document_id), timedelta())
        return self.updates.tell(entry)

    def _finish(self, entry: CatalogEntry, chunks: list[ChunkSeal], before: Sealed | None) -> None:
        """Write the sidecar, tell what is silent, note both: in this order, so that nothing is left out."""
        recording = entry.recording
        manifest = recording.manifest_name
        if manifest is None:
            raise AssertionError("`is_to_seal` asks for a manifest")
        seal = seal_of(recording.recording_id, manifest, recording.revision, chunks)
        name = self._write(seal)
        told = self._tell(seal, name, before.told if before is not None else ())
        self.seals.save_sealed(recording.recording_id, Sealed(manifest, self.now(), told))
        self.seals.forget(recording.recording_id)
        fields = {"recording_id": recording.recording_id, "chunks": len(chunks), "seal": name}
        log.event("recording.sealed", fields)

    def _write(self, seal: RecordingSeal) -> BlobName:
        """Put the sidecar, or find it there: written by a run that was cut off, or by another worker."""
        name, body = sibling_name(seal.manifest, _KIND), seal_json(seal)
        try:
            self.archive.put(name, memoryview(body), {}, "application/json")
        except BlobExists:
            there = bytearray(len(body) + _ROOM * (1 + len(seal.chunks)))
            count = self.archive.read(name, 0, memoryview(there))
            if _TIMES.sub(b"", bytes(there[:count])) != _TIMES.sub(b"", body):
                fields = {"recording_id": seal.recording_id, "blob": name}
                log.event("recording.seal_differs", fields, logging.ERROR)
        return name

    def _tell(self, seal: RecordingSeal, name: BlobName, told: tuple[str, ...]) -> tuple[str, ...]:
        """Publish what is silent, unless all of it was told; what was told then."""
        keys = seal.silence.keys
        if set(keys) <= set(told):
            return told
        event = notifications.silent(seal, name, self.now())
        fields = {"alert": event.event_type, "recording_id": seal.recording_id, "reason": shown(seal.silence)}
        log.event("recording.silent", fields, logging.ERROR)
        self.topic.publish(event)
        return (*told, *(key for key in keys if key not in told))
