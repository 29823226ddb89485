"""What was observed, as frozen values: proofs, announcements, failures and alerts."""

from dataclasses import dataclass
from datetime import datetime

from recording.core.model.words import Actor, Alarm, BlobName, DocumentId, Door, Location, Place, Subject


@dataclass(frozen=True, slots=True)
class Digest:
    """The composite digest of a blob: the SHA-256, in hex, over the SHA-256 digests of its blocks in order.

    `block_size` (bytes) is part of the value: another block size gives another digest of the same bytes.
    """

    sha256: str
    block_size: int


@dataclass(frozen=True, slots=True)
class MetadataProof:
    """Evidence that a chunk's metadata file is in the archive: `length` in bytes, `sha256` of its bytes in hex.

    `container` is the URL of the native container that has it instead; else empty.
    """

    name: BlobName
    length: int
    sha256: str
    etag: str
    container: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """Evidence of a verified copy: the blob `name` in `place`, its exact length in bytes, digest and ETag, and when.

    `metadata` is the proof of the metadata file; None while that is owed, or if the event named none.
    `by_its_own_word` is set where no source holds these bytes, as far as is known: the copy was compared with its own
    blob metadata, or with the copy that it was made from.
    """

    name: BlobName
    length: int
    digest: Digest
    etag: str
    verified_at: datetime
    metadata: MetadataProof | None = None
    place: Place = Place.ARCHIVE
    by_its_own_word: bool = False
    container: str = ""


@dataclass(frozen=True, slots=True)
class AnnouncedChunk:
    """A chunk as an event announced it; `index` is its position in the recording, from 0."""

    document_id: DocumentId
    index: int
    content_location: Location
    metadata_location: Location | None
    delete_location: Location | None
    end_reason: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One announcement of a chunk: what it said, in which event, by which door, and when this app first saw it.

    `native` are those of its two blobs whose locations lie in a native container.
    """

    announced: AnnouncedChunk
    event_id: str
    door: Door
    seen_at: datetime
    native: tuple[Subject, ...] = ()

    @property
    def is_native(self) -> bool:
        """Whether the service has written the media into a native container, as far as the event says."""
        return Subject.MEDIA in self.native

    @property
    def stays(self) -> bool:
        """Whether nothing that it names ends by itself."""
        return self.is_native and (self.announced.metadata_location is None or Subject.METADATA in self.native)


MESSAGE_GIVEN_UP = "message_given_up"
"""The code of a failure that no run has noted: the host gave the message up, as its runs are killed or cannot begin."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed try, as it is kept: the fields of the `RecordingError` (`code`, `cause`, `hint`), when, and on what."""

    at: datetime
    operation: str
    subject: Subject
    code: str
    cause: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """How far a source was found to be what a person accepted, for the next try to go on.

    Attributes:
        accepted: SHA-256 over the blocks of the copy that was accepted; a later decision may be about another one.
        etag: of the blob in the archive; it was verified to be the accepted copy.
        content_location: of the source.
        source: the fingerprint of the source's state, in hex.
        length: so many bytes from the beginning are the same.
    """

    accepted: str
    etag: str
    content_location: Location
    source: str
    length: int


@dataclass(frozen=True, slots=True)
class PartlyRead:
    """How far a native blob was read, for the next try to go on: the SHA-256 digests of its first blocks, in order.

    They count only for the same blob with the same ETag, and for blocks of the same size.
    """

    content_location: Location
    etag: str
    block_size: int
    digests: bytes


@dataclass(frozen=True, slots=True)
class Unread:
    """A chunk of an event that could not be read: the cause, and what is known of the chunk nevertheless."""

    event_id: str
    cause: str
    document_id: DocumentId | None = None
    index: int | None = None
    door: Door = Door.EVENT_GRID


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that a person must be told; `document_id` is None where it concerns the whole recording."""

    alarm: Alarm
    reason: str
    document_id: DocumentId | None = None


@dataclass(frozen=True, slots=True)
class Happened:
    """Something that happened to a recording, for its history.

    `what` is the name of a fact. `times` counts repetitions in a row, of which `at` is the first and `until` the last.
    """

    at: datetime
    what: str
    by: Actor
    detail: str = ""
    document_id: DocumentId | None = None
    times: int = 1
    until: datetime | None = None
