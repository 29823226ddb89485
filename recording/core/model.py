"""The words of the domain as frozen values: recordings, chunks, digests, proofs, catalog entries."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

RecordingId = NewType("RecordingId", str)
DocumentId = NewType("DocumentId", str)
"""The id of a chunk in the source storage."""
CallId = NewType("CallId", str)
CallConnectionId = NewType("CallConnectionId", str)
ServerCallId = NewType("ServerCallId", str)
BlobName = NewType("BlobName", str)
Location = NewType("Location", str)
"""An absolute URL that came in an event; trusted for nothing until `core.locations` has checked it."""


class Content(StrEnum):
    """What is recorded, in the service's own spelling."""

    AUDIO = "audio"
    AUDIO_VIDEO = "audioVideo"


class Channel(StrEnum):
    """Whether participants share one channel."""

    MIXED = "mixed"
    UNMIXED = "unmixed"


class Format(StrEnum):
    """The media container of a chunk; also the extension of its blob."""

    WAV = "wav"
    MP3 = "mp3"
    MP4 = "mp4"


@dataclass(frozen=True, slots=True)
class Output:
    """One combination of content, channel and format; `core.outputs` knows the valid ones."""

    content: Content
    channel: Channel
    format: Format

    def __str__(self) -> str:
        """`audio-mixed-wav`, the spelling of the RECORDING_OUTPUT setting."""
        return f"{self.content}-{self.channel}-{self.format}"


class ChunkState(StrEnum):
    """How far a chunk has come; see `core.lifecycle` for the transitions."""

    ANNOUNCED = "announced"
    ARCHIVED = "archived"
    RELEASED = "released"
    QUARANTINED = "quarantined"
    LOST = "lost"


class RecordingState(StrEnum):
    """How far a recording has come."""

    STARTED = "started"
    PAUSED = "paused"
    STOPPED = "stopped"
    ANNOUNCED = "announced"
    ARCHIVED = "archived"
    RELEASED = "released"
    MISSING = "missing"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Digest:
    """The composite digest of a blob: SHA-256 over its blocks' SHA-256 in order.

    `block_size` (bytes) belongs to the value: another block size gives another digest of the same bytes.
    """

    sha256: str
    block_size: int


@dataclass(frozen=True, slots=True)
class Proof:
    """Evidence of a verified copy: what is where, its exact length and digest, and when that was seen.

    `metadata_name` is the blob that holds the chunk's metadata file; None where the event named none.
    `in_quarantine` says that the copy stands in the quarantine container.
    """

    name: BlobName
    length: int
    digest: Digest
    etag: str
    verified_at: datetime
    metadata_name: BlobName | None = None
    metadata_length: int = 0
    metadata_etag: str = ""
    in_quarantine: bool = False


@dataclass(frozen=True, slots=True)
class AnnouncedChunk:
    """A chunk as the service announced it: where it is, not yet where it goes."""

    document_id: DocumentId
    index: int
    content_location: Location
    metadata_location: Location | None
    delete_location: Location | None
    end_reason: str = ""


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk of a recording and what became of it.

    `name` is decided once, at the announcement. `failures` counts failed tries by their error's code; a try that was
    cut off is not a failure. `notes` are doubts that a reader of the manifest should know of.
    """

    announced: AnnouncedChunk
    name: BlobName
    state: ChunkState = ChunkState.ANNOUNCED
    proof: Proof | None = None
    released_at: datetime | None = None
    failures: tuple[tuple[str, int], ...] = ()
    last_failure: str = ""
    notes: tuple[str, ...] = ()
    kept_at_source: str = ""
    """Why nothing is left to release although the source was not asked to delete; empty while it is owed."""

    @property
    def is_done(self) -> bool:
        """Whether nothing is owed for this chunk any more: proven, and released or knowingly kept."""
        return self.state is ChunkState.RELEASED or (self.state is ChunkState.ARCHIVED and bool(self.kept_at_source))

    @property
    def document_id(self) -> DocumentId:
        """The id of this chunk in the source storage."""
        return self.announced.document_id

    @property
    def index(self) -> int:
        """The order of this chunk in its recording, from 0."""
        return self.announced.index

    @property
    def metadata_name(self) -> BlobName:
        """The blob beside the media that holds the chunk's metadata file."""
        return BlobName(f"{self.name}.metadata.json")


@dataclass(frozen=True, slots=True)
class Recording:
    """All that the service published for one recording id, its chunks aside.

    `revision` counts the manifests: a chunk announced after completion starts the next one.
    """

    recording_id: RecordingId
    state: RecordingState
    output: Output | None = None
    call_id: CallId | None = None
    server_call_id: ServerCallId | None = None
    requested_at: datetime | None = None
    started_at: datetime | None = None
    duration: timedelta | None = None
    session_end_reason: str = ""
    announced_at: datetime | None = None
    deadline: datetime | None = None
    manifest_name: BlobName | None = None
    completed_at: datetime | None = None
    revision: int = 1


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """What we know of one recording: itself and its chunks, in the order of their index.

    `version` is the catalog's own mark of what was read, handed back on save; empty for an entry never saved.
    """

    recording: Recording
    chunks: tuple[Chunk, ...] = ()
    version: str = field(default="", compare=False)

    def __iter__(self) -> Iterator[Chunk]:
        """Walk over the chunks."""
        return iter(self.chunks)

    def chunk(self, document_id: DocumentId) -> Chunk | None:
        """The chunk of that document id, if the recording has it."""
        return next((chunk for chunk in self.chunks if chunk.document_id == document_id), None)
