"""The words of the domain as frozen values: recordings, chunks, digests, proofs, catalog entries."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
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
    """Proven in the archive; metadata or release are still owed."""
    RELEASED = "released"
    KEPT = "kept"
    """Proven; the source was left alone on purpose, or ended by itself."""
    QUARANTINED = "quarantined"
    """In doubt: the source is left alone and looked at again."""
    LOST = "lost"


class RecordingState(StrEnum):
    """How far a recording has come."""

    STARTED = "started"
    PAUSED = "paused"
    STOPPED = "stopped"
    ANNOUNCED = "announced"
    ARCHIVED = "archived"
    RELEASED = "released"
    QUARANTINED = "quarantined"
    INCOMPLETE = "incomplete"
    LOST = "lost"


class Authority(StrEnum):
    """How much proof is enough to delete at the source: the RELEASE_AT_SOURCE setting."""

    PROVEN = "proven"
    """That the delete location is of the very document whose bytes are proven."""
    EVENT = "event"
    """Also that Event Grid's own door brought the location, unless another chunk owns the object."""
    NEVER = "false"


RUNNING = frozenset({RecordingState.STARTED, RecordingState.PAUSED})
"""The states in which, as far as we know, the service still records."""


class Door(StrEnum):
    """By which way an event came in: with Event Grid's own credential, or with the function key."""

    EVENT_GRID = "eventGrid"
    FUNCTION_KEY = "functionKey"


class Place(StrEnum):
    """In which container a proven copy stands."""

    ARCHIVE = "archive"
    QUARANTINE = "quarantine"


class Subject(StrEnum):
    """What a failure was about: one of a chunk's two files, or the recording's manifest."""

    MEDIA = "media"
    METADATA = "metadata"
    MANIFEST = "manifest"


Actor = NewType("Actor", str)
"""Who brought a fact about: the app itself, or a person by name."""
APP = Actor("app")


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
class Chunk:
    """One chunk of a recording and what became of it.

    `name` is decided once, at the first announcement. A chunk that cannot be (archived without a proof, in doubt with
    neither a next look nor a copy) is refused.

    Attributes:
        candidates: where it may be, the most credible first; never empty.
        due: the earliest moment at which its source may end.
        gone_by: the latest.
        proof: of the copy in the archive.
        proven: the candidate whose bytes the proof is of.
        apart: of a copy that is in doubt, wherever it stands.
        doubts: why it is in doubt.
        is_disputed: whether what stands in the archive under its name was proven once and is in doubt since.
        kept_reason: why a proven chunk was not released.
        failures: failed tries by their error's code; a try that was cut off is not a failure.
        tries: failed tries in a row without progress.
        turn: counts through the candidates: which one is tried next, see `next_candidate`.
        look_at: when it is to be looked at again; None for at once, or, for one in doubt, never.
        duration: how long it lasts by its metadata, pauses included or not; `paused` beside it.
        notes: doubts that a reader of the manifest should know of.
    """

    document_id: DocumentId
    name: BlobName
    candidates: tuple[Candidate, ...]
    due: datetime
    gone_by: datetime
    state: ChunkState = ChunkState.ANNOUNCED
    proof: Proof | None = None
    proven: Candidate | None = None
    apart: Proof | None = None
    doubts: tuple[str, ...] = ()
    is_disputed: bool = False
    released_at: datetime | None = None
    kept_reason: str = ""
    failures: tuple[tuple[str, int], ...] = ()
    last_failure: Failure | None = None
    tries: int = 0
    turn: int = 0
    look_at: datetime | None = None
    duration: timedelta | None = None
    paused: timedelta = timedelta()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises:
            ValueError: saying which promise the values break.
        """
        state = self.state
        is_proven = state in _PROVEN
        broken = {
            "a chunk has a candidate": not self.candidates,
            "proof and proven candidate go together": (self.proof is None) != (self.proven is None),
            f"a chunk that is {state} has {'a' if is_proven else 'no'} proof": (self.proof is None) == is_proven,
            "a proof is of the archive": self.proof is not None and self.proof.place is not Place.ARCHIVE,
            "a moment of release belongs to a release": (self.released_at is None) == (state is ChunkState.RELEASED),
            "a reason to keep belongs to what is kept": bool(self.kept_reason) != (state is ChunkState.KEPT),
            "a doubt has a reason": not self.doubts and state is ChunkState.QUARANTINED,
            "a doubt has a next look or a copy": state is ChunkState.QUARANTINED
            and self.look_at is None
            and self.apart is None,
            "what is closed is not looked at": self.look_at is not None and state in _CLOSED,
        }
        if any(broken.values()):
            raise ValueError("; ".join(promise for promise, is_broken in broken.items() if is_broken))

    @property
    def is_proven(self) -> bool:
        """Whether a verified copy stands in the archive."""
        return self.state in _PROVEN

    @property
    def is_closed(self) -> bool:
        """Whether nothing is done for this chunk any more, unless another event or a person says so."""
        return self.state in _CLOSED or (self.state is ChunkState.QUARANTINED and self.look_at is None)

    @property
    def is_metadata_owed(self) -> bool:
        """Whether the media is proven and its metadata file is still to be had."""
        return (
            self.state is ChunkState.ARCHIVED
            and self.proof is not None
            and self.proof.metadata is None
            and self.announced.metadata_location is not None
        )

    @property
    def candidate(self) -> Candidate:
        """The proven candidate, or the most credible one."""
        return self.proven or self.candidates[0]

    @property
    def next_candidate(self) -> Candidate:
        """Which one is tried next: each in its turn; of the function key's beside others only one in each round."""
        credible, others = self._by_door()
        if not credible or not others:
            found = (credible or others)[self.turn % len(credible or others)]
        else:
            round_, place = divmod(self.turn, len(credible) + 1)
            found = credible[place] if place < len(credible) else others[round_ % len(others)]
        return self._with_metadata(found)

    def _with_metadata(self, candidate: Candidate) -> Candidate:
        """The candidate, with the metadata file that Event Grid names for the same content where it names none.

        Else media that is in doubt by its metadata would be taken without.
        """
        one = candidate.announced
        if one.metadata_location is not None:
            return candidate
        places = (
            other.announced.metadata_location
            for other in self.candidates
            if other.door is Door.EVENT_GRID and other.announced.content_location == one.content_location
        )
        found = next((place for place in places if place is not None), None)
        return replace(candidate, announced=replace(one, metadata_location=found))

    @property
    def rounds(self) -> int:
        """How many rounds through the candidates have failed."""
        credible, others = self._by_door()
        return self.tries // (len(credible) + 1 if credible and others else len(credible or others))

    def _by_door(self) -> tuple[list[Candidate], list[Candidate]]:
        """Event Grid's candidates, and those of the function key whose content is none of theirs.

        Where Event Grid names a content, the function key has nothing to add to it.
        """
        credible = [one for one in self.candidates if one.door is Door.EVENT_GRID]
        named = {one.announced.content_location for one in credible}
        others = (one for one in self.candidates if one.door is Door.FUNCTION_KEY)
        return credible, [one for one in others if one.announced.content_location not in named]

    @property
    def announced(self) -> AnnouncedChunk:
        """What the proven or most credible candidate says of it."""
        return self.candidate.announced

    @property
    def index(self) -> int:
        """The order of this chunk in its recording, from 0."""
        return self.announced.index


_PROVEN = frozenset({ChunkState.ARCHIVED, ChunkState.RELEASED, ChunkState.KEPT})
_CLOSED = frozenset({ChunkState.RELEASED, ChunkState.KEPT, ChunkState.LOST})


@dataclass(frozen=True, slots=True)
class Unread:
    """A member of an event that could not be read: what is known of it, why it could not be, and how it came."""

    event_id: str
    cause: str
    document_id: DocumentId | None = None
    index: int | None = None
    door: Door = Door.EVENT_GRID


class Alarm(StrEnum):
    """What a person must hear of; `core.outgoing` gives each its event name."""

    QUARANTINED = "quarantined"
    LOST = "lost"
    DAMAGED = "damaged"
    CONFLICT = "conflict"
    UNREADABLE = "unreadable"
    STUCK = "stuck"
    IMPOSSIBLE = "impossible"


@dataclass(frozen=True, slots=True)
class Alert:
    """Tell a person."""

    alarm: Alarm
    reason: str
    document_id: DocumentId | None = None


@dataclass(frozen=True, slots=True)
class Recording:
    """All that is known of one recording id, its chunks aside.

    Attributes:
        requested_at: when this app started it; None for a recording that was started by others.
        stopped_at: when the service agreed to stop it; None for one that ended otherwise.
        unread: members of its events that could not be read.
        untold: alerts that are decided and not yet published.
        manifest_name: the last manifest written.
        lacks: what that manifest lacks; empty for a whole recording.
        completed_at: when that manifest was written; None while one is owed.
        revision: counts the manifests: what changes after completion starts the next one.
        changed_by: who brought the last change about.
    """

    recording_id: RecordingId
    state: RecordingState
    output: Output | None = None
    call_id: CallId | None = None
    server_call_id: ServerCallId | None = None
    call_connection_id: CallConnectionId | None = None
    group_call_id: str | None = None
    room_id: str | None = None
    requested_at: datetime | None = None
    stopped_at: datetime | None = None
    started_at: datetime | None = None
    duration: timedelta | None = None
    session_end_reason: str = ""
    announced_at: datetime | None = None
    unread: tuple[Unread, ...] = ()
    untold: tuple[Alert, ...] = ()
    manifest_name: BlobName | None = None
    lacks: tuple[str, ...] = ()
    completed_at: datetime | None = None
    revision: int = 1
    changed_by: Actor = APP


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

    @property
    def due(self) -> datetime | None:
        """The earliest moment at which a source that is still owed may end."""
        return min((chunk.due for chunk in self.chunks if not chunk.is_closed), default=None)

    @property
    def gone_by(self) -> datetime | None:
        """The latest moment at which any of its sources ends."""
        return max((chunk.gone_by for chunk in self.chunks), default=None)
