"""What can have happened to a recording or a chunk, as frozen values."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from recording.core.model import (
    Alert,
    AnnouncedChunk,
    BlobName,
    CallConnectionId,
    Candidate,
    DocumentId,
    Door,
    Failure,
    FileEvent,
    MetadataProof,
    Output,
    Proof,
    RecordingId,
    ServerCallId,
)


@dataclass(frozen=True, slots=True)
class Started:
    """The service records the call, by our order; which of the call's ids are known."""

    recording_id: RecordingId
    output: Output
    server_call_id: ServerCallId | None = None
    call_connection_id: CallConnectionId | None = None
    group_call_id: str | None = None
    room_id: str | None = None
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Paused:
    """The service was told to pause, and agreed."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """The service was told to resume, and agreed."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """The service was told to stop, and agreed."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """A chunk that an event names: the name it shall have, and when its source ends at the earliest and the latest."""

    announced: AnnouncedChunk
    name: BlobName
    due: datetime
    gone_by: datetime


@dataclass(frozen=True, slots=True)
class Announced:
    """A file event came through a door. `chunks` are those of its members that could be read."""

    event: FileEvent
    door: Door
    chunks: tuple[Announcement, ...]


@dataclass(frozen=True, slots=True)
class Archived:
    """The media of a candidate is committed and verified; `notes` are doubts that did not stop it."""

    document_id: DocumentId
    proof: Proof
    candidate: Candidate
    notes: tuple[str, ...] = ()
    duration: timedelta | None = None
    paused: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class MetadataArchived:
    """The metadata file of a proven chunk is committed and verified too."""

    document_id: DocumentId
    metadata: MetadataProof
    notes: tuple[str, ...] = ()
    duration: timedelta | None = None
    paused: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Quarantined:
    """The chunk is in doubt.

    `apart` tells where a copy stands, where one could be made. `look_at` is when to look again; None once its
    `gone_by` is over. `due` is the end of the source by the chunk's own metadata, where that is known.
    """

    document_id: DocumentId
    reasons: tuple[str, ...]
    look_at: datetime | None
    apart: Proof | None = None
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Disputed:
    """What came to light after the proof contradicts it: what stands in the archive is in doubt."""

    document_id: DocumentId
    reasons: tuple[str, ...]
    look_at: datetime


@dataclass(frozen=True, slots=True)
class Damaged:
    """The archive no longer holds what was proven, as seen just before the release."""

    document_id: DocumentId
    cause: str


@dataclass(frozen=True, slots=True)
class Released:
    """The source was deleted, on a proof."""

    document_id: DocumentId


@dataclass(frozen=True, slots=True)
class Kept:
    """The source is left alone on purpose. `is_conflict`: another claim to the same source stands in the way."""

    document_id: DocumentId
    reason: str
    is_conflict: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """A try failed, and comes again at `look_at`.

    `progressed`: it brought bytes that count. `needs_a_person`: it is not expected to pass by itself. `due`: as in
    `Quarantined`.
    """

    document_id: DocumentId
    failure: Failure
    look_at: datetime
    progressed: bool = False
    needs_a_person: bool = False
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Expired:
    """A try failed, and the source's latest end is over."""

    document_id: DocumentId
    failure: Failure


@dataclass(frozen=True, slots=True)
class Completed:
    """The manifest of these chunks is written and its event published; `lacks` is what it lacks."""

    manifest_name: BlobName
    revision: int
    documents: frozenset[DocumentId]
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """These alerts have been published."""

    alerts: tuple[Alert, ...]


ChunkFact = Archived | MetadataArchived | Quarantined | Disputed | Damaged | Released | Kept | Failed | Expired
RecordingFact = Started | Paused | Resumed | Stopped | Announced | Completed | Told
Fact = ChunkFact | RecordingFact
