"""What was seen, as frozen values: proofs, announcements, failures, and what a person is to be told."""

from dataclasses import dataclass
from datetime import datetime

from recording.core.model.words import Alarm, BlobName, DocumentId, Door, Location, Place, Subject


@dataclass(frozen=True, slots=True)
class Digest:
    """The composite digest of a blob: SHA-256 over its blocks' SHA-256 in order.

    `block_size` (bytes) belongs to the value: another block size gives another digest of the same bytes.
    """

    sha256: str
    block_size: int


@dataclass(frozen=True, slots=True)
class MetadataProof:
    """Evidence of a chunk's metadata file in the archive; `sha256` is of its bytes, in hex."""

    name: BlobName
    length: int
    sha256: str
    etag: str


@dataclass(frozen=True, slots=True)
class Proof:
    """Evidence of a verified copy: what is where, its exact length and digest, and when that was seen.

    `metadata` is the metadata file beside it; None while it is owed, or where the event named none.
    `by_its_own_word` says that the source had ended, so that the copy was held against its own blob metadata alone.
    """

    name: BlobName
    length: int
    digest: Digest
    etag: str
    verified_at: datetime
    metadata: MetadataProof | None = None
    place: Place = Place.ARCHIVE
    by_its_own_word: bool = False


@dataclass(frozen=True, slots=True)
class AnnouncedChunk:
    """A chunk as an event announced it: where it is, not yet where it goes."""

    document_id: DocumentId
    index: int
    content_location: Location
    metadata_location: Location | None
    delete_location: Location | None
    end_reason: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One announcement of where a chunk is: by which event, through which door, and when this app saw it."""

    announced: AnnouncedChunk
    event_id: str
    door: Door
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed try: when, at which operation, on what, and what an operator can do."""

    at: datetime
    operation: str
    subject: Subject
    code: str
    cause: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Unread:
    """A member of an event that could not be read: what is known of it, why it could not be, and how it came."""

    event_id: str
    cause: str
    document_id: DocumentId | None = None
    index: int | None = None
    door: Door = Door.EVENT_GRID


@dataclass(frozen=True, slots=True)
class Alert:
    """Tell a person."""

    alarm: Alarm
    reason: str
    document_id: DocumentId | None = None
