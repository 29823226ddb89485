"""Stores the content of a chunk under a name: what its blob says of itself, how far it is, and what proves it."""

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
class Trial:
    """What one try may use and has brought: until when it may copy (monotonic seconds), bytes made safe, a new due.

    `resumed` are bytes that an earlier try has made safe.
    """

    until: float
    resumed: int = 0
    has_progressed: bool = False
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class InTheWay:
    """A blob, a rival's commit or somebody's blocks are where the chunk of that length should go."""

    error: BlobExists | StagedBlocksGone | ForeignBlocks
    length: int


@dataclass(frozen=True, slots=True)
class Storing:
    """Store what arrives; for the archive and for the quarantine alike."""

    now: Callable[[], datetime]
    monotonic: Callable[[], float]

    def store(
        self, opened: OpenedChunk, to: Destination, entry: CatalogEntry, chunk: Chunk, trial: Trial
    ) -> Copied | CutOff | InTheWay:
        """Carry the content to its destination, as far as the time of this try allows; or say what is in the way."""
        began = self.monotonic()
        trial.resumed = 0

        def resumed(length: int) -> None:
            trial.resumed = length

        try:
            copied = opened.store(to, trial.until, self._progress(entry, chunk, opened.length, trial), resumed)
        except (BlobExists, StagedBlocksGone, ForeignBlocks) as error:
            return InTheWay(error, opened.length)
        if isinstance(copied, CutOff):
            _tell("recording.copy_cut_off", entry, chunk, staged=copied.staged, bytes=opened.length)
        else:
            seconds = self.monotonic() - began
            rate = (opened.length - trial.resumed) / max(seconds, 1e-6) / (1 << 20)
            _tell("recording.chunk_copied", entry, chunk, bytes=opened.length, seconds=seconds, mib_per_second=rate)
        return copied

    def destination(
        self,
        archive: Archive,
        name: BlobName,
        entry: CatalogEntry,
        chunk: Chunk,
        metadata: MetadataRead | None = None,
    ) -> Destination:
        """Where it goes, and what its blob says of itself."""
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
        """The evidence of what was stored."""
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

    def _progress(self, entry: CatalogEntry, chunk: Chunk, length: int, trial: Trial) -> Progress:
        """Log how far a long copy is, now and then; it is told of every block, by one thread at a time."""
        began = last = self.monotonic()
        done = 0

        def progress(more: int) -> None:
            nonlocal done, last
            trial.has_progressed = True
            done += more
            now = self.monotonic()
            if now - last >= _PROGRESS_SECONDS:
                last = now
                rate = done / (now - began) / (1 << 20)
                safe = trial.resumed + done
                _tell("recording.copy_progress", entry, chunk, done=safe, bytes=length, mib_per_second=rate)

        return progress


def _tell(name: str, entry: CatalogEntry, chunk: Chunk, **fields: float) -> None:
    ids = {"recording_id": entry.recording.recording_id, "document_id": chunk.document_id}
    log.event(name, {**ids, **fields})
