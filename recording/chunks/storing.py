"""Stores the content of a chunk as a blob: blob metadata, progress in the log, conflicts, and the proof."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from recording import log
from recording.chunks.metadata_file import MetadataRead
from recording.copying.destination import Copied, CutOff, Destination, Progress
from recording.copying.engine import OpenedChunk
from recording.core.errors import BlobExists, ForeignBlocks, StagedBlocksGone
from recording.core.model import BlobName, CatalogEntry, Chunk, MetadataProof, Place, Proof
from recording.core.naming import encode
from recording.core.outputs import facts_of
from recording.ports import Archive

_PROGRESS_SECONDS = 15.0
_UNKNOWN_CONTENT = "application/octet-stream"


@dataclass(slots=True)
class Attempt:
    """The limit and the results of one try of a step.

    Attributes:
        until: the monotonic time in seconds at which the time slice of the copy ends.
        resumed: bytes that an earlier try has staged.
        has_progressed: whether this try has stored any bytes.
        due: the earliest end of the source by the metadata file, if that says more than the event.
    """

    until: float
    resumed: int = 0
    has_progressed: bool = False
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class InTheWay:
    """A conflict: a blob, or blocks that are not ours, have the name of the chunk; `length` is the chunk's."""

    error: BlobExists | StagedBlocksGone | ForeignBlocks
    length: int


@dataclass(frozen=True, slots=True)
class Storing:
    """Stores content in the archive or in the quarantine container."""

    now: Callable[[], datetime]
    monotonic: Callable[[], float]

    def store(
        self,
        opened: OpenedChunk,
        to: Destination,
        entry: CatalogEntry,
        chunk: Chunk,
        attempt: Attempt,
        place: Place = Place.ARCHIVE,
    ) -> Copied | CutOff | InTheWay:
        """Copy the content to its destination, as far as the time slice allows; or return what is in the way."""
        began = self.monotonic()
        attempt.resumed = 0

        def resumed(length: int) -> None:
            attempt.resumed = length

        try:
            copied = opened.store(to, attempt.until, self._progress(entry, chunk, opened.length, attempt), resumed)
        except (BlobExists, StagedBlocksGone, ForeignBlocks) as error:
            return InTheWay(error, opened.length)
        if isinstance(copied, CutOff):
            _log("recording.copy_cut_off", entry, chunk, staged=copied.staged, bytes=opened.length)
        else:
            seconds = self.monotonic() - began
            rate = (opened.length - attempt.resumed) / max(seconds, 1e-6) / (1 << 20)
            figures = {"bytes": opened.length, "seconds": seconds, "mib_per_second": rate}
            _log("recording.chunk_copied", entry, chunk, place=place, **figures)
        return copied

    def destination(
        self,
        archive: Archive,
        name: BlobName,
        entry: CatalogEntry,
        chunk: Chunk,
        metadata: MetadataRead | None = None,
    ) -> Destination:
        """The destination of a copy, with the blob metadata and content type."""
        identity = {
            "acsrecordingid": encode(entry.recording.recording_id),
            "acsdocumentid": encode(chunk.document_id),
            "acschunkindex": str(chunk.index),
        }
        output = (metadata.meaning.output if metadata else None) or entry.recording.output
        return Destination(archive, name, identity, facts_of(output).content_type if output else _UNKNOWN_CONTENT)

    def proof(
        self,
        name: BlobName,
        copied: Copied,
        metadata: MetadataProof | None,
        place: Place,
        *,
        by_its_own_word: bool = False,
    ) -> Proof:
        """The proof of what was stored."""
        return Proof(
            name=name,
            length=copied.length,
            digest=copied.digest,
            etag=copied.etag,
            verified_at=self.now(),
            metadata=metadata,
            place=place,
            by_its_own_word=by_its_own_word,
        )

    def _progress(self, entry: CatalogEntry, chunk: Chunk, length: int, attempt: Attempt) -> Progress:
        """Log the progress of a long copy every few seconds. Called for every block, by one thread at a time."""
        began = last = self.monotonic()
        done = 0

        def progress(more: int) -> None:
            nonlocal done, last
            attempt.has_progressed = True
            done += more
            now = self.monotonic()
            if now - last >= _PROGRESS_SECONDS:
                last = now
                rate = done / (now - began) / (1 << 20)
                safe = attempt.resumed + done
                _log("recording.copy_progress", entry, chunk, done=safe, bytes=length, mib_per_second=rate)

        return progress


def _log(name: str, entry: CatalogEntry, chunk: Chunk, **fields: float | str) -> None:
    ids = {"recording_id": entry.recording.recording_id, "document_id": chunk.document_id}
    log.event(name, {**ids, **fields})
