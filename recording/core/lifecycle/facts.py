"""The facts: what can have happened to a recording or a chunk, as frozen values."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from recording.core.lifecycle.records_facts import (
    EndDecided,
    Erased,
    ErasureBegun,
    Exported,
    Held,
    HoldEnded,
    Rebuilt,
    Rewritten,
    UnlinkBegun,
    Unlinked,
    UnlinkGivenUp,
)
from recording.core.model import (
    Alarm,
    Alert,
    AnnouncedChunk,
    AppliedRule,
    BlobName,
    CallConnectionId,
    Candidate,
    Comparison,
    ConsentEvidence,
    DocumentId,
    Door,
    Failure,
    FileEvent,
    MetadataProof,
    Output,
    ParticipantKind,
    PartlyRead,
    Proof,
    RecordingId,
    RecordingState,
    Ruling,
    ServerCallId,
    Subject,
    View,
)


@dataclass(frozen=True, slots=True)
class Started:
    """The service records a call at our request; set are the ids of the call that are known.

    `applied` is the rule that allowed it, `consent` the evidence; both were kept before the service was asked.
    """

    recording_id: RecordingId
    output: Output
    server_call_id: ServerCallId | None = None
    call_connection_id: CallConnectionId | None = None
    group_call_id: str | None = None
    room_id: str | None = None
    paused: bool = False
    applied: AppliedRule | None = None
    consent: ConsentEvidence | None = None


@dataclass(frozen=True, slots=True)
class Joined:
    """It was started because the recording `earlier` of its call did not record any more, `since` that moment.

    `attempt`: which try this is to record the call.
    """

    earlier: RecordingId
    since: datetime
    attempt: int


@dataclass(frozen=True, slots=True)
class Continued:
    """The recording `later` of the same call was started in its place."""

    later: RecordingId


@dataclass(frozen=True, slots=True)
class Ordered:
    """A pause, a resume or a stop is about to be asked of the service; `state` is the one it leads to.

    Noted before the request: the service may tell of the change before it answers.
    """

    state: RecordingState


@dataclass(frozen=True, slots=True)
class Consented:
    """Consent was extended to participants who joined later; `evidence` is all of it."""

    evidence: ConsentEvidence


@dataclass(frozen=True, slots=True)
class ConsentWithdrawn:
    """Somebody said that consent is withdrawn: what lies before stood on it, nothing may follow."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Paused:
    """The service accepted our request to pause."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """The service accepted our request to resume."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """The service accepted our request to stop."""


@dataclass(frozen=True, slots=True)
class Denied:
    """The service answered that it has no such recording; `how` it came to be asked, in words.

    One such answer is not believed: the recording is over if a second one, minutes later, says the same.
    """

    how: str


@dataclass(frozen=True, slots=True)
class Checked:
    """The service answered that it has the recording; `is_active`: it records.

    `since`: when that began, if a callback told; it may be wrong.
    """

    is_active: bool
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The service has no such recording any more, its call goes on, and nobody has stopped it here."""

    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class StartFailed:
    """The service said that the start, which it had accepted, failed."""

    cause: str


@dataclass(frozen=True, slots=True)
class ParticipantsSeen:
    """The service said how many of each kind are in the call; a list with a lower `number` is older."""

    number: int
    kinds: tuple[tuple[ParticipantKind, int], ...]


@dataclass(frozen=True, slots=True)
class Missed:
    """The recording is over, and its file event is overdue."""

    reason: str


@dataclass(frozen=True, slots=True)
class NeverCame:
    """No file event came, or none that could be read, and every source must have ended."""

    reason: str


@dataclass(frozen=True, slots=True)
class Warned:
    """A person is to be warned of a danger to the recording, once for each `stage`."""

    stage: str
    reason: str
    alarm: Alarm = Alarm.AT_RISK


@dataclass(frozen=True, slots=True)
class FoundBySweep:
    """The sweep found work of this recording that an event or a message should have brought; `what` is that."""

    what: str


@dataclass(frozen=True, slots=True)
class Announcement:
    """A chunk of an event, the name for its blob, and when its source ends at the earliest and at the latest.

    `native` as in `Candidate`.
    """

    announced: AnnouncedChunk
    name: BlobName
    due: datetime
    gone_by: datetime
    native: tuple[Subject, ...] = ()


@dataclass(frozen=True, slots=True)
class Announced:
    """A file event came by a door; `chunks` are those that could be read."""

    event: FileEvent
    door: Door
    chunks: tuple[Announcement, ...]


@dataclass(frozen=True, slots=True)
class Archived:
    """The media of a candidate is committed and verified; `notes` are doubts that were no reason against it.

    `duration` and `paused` are those of its metadata file, where that was read.
    """

    document_id: DocumentId
    proof: Proof
    candidate: Candidate
    notes: tuple[str, ...] = ()
    duration: timedelta | None = None
    paused: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Compared:
    """The copy that a person accepted is in the archive, and its source was compared with it, so far."""

    document_id: DocumentId
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class ReadOn:
    """The blob of a chunk in a native container was read so far."""

    document_id: DocumentId
    partly_read: PartlyRead


@dataclass(frozen=True, slots=True)
class MetadataArchived:
    """The metadata file of a proven chunk is committed and verified."""

    document_id: DocumentId
    metadata: MetadataProof
    notes: tuple[str, ...] = ()
    duration: timedelta | None = None
    paused: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A copy or its metadata was looked at, and is in doubt for these `reasons`.

    `apart` is the proof of the copy in quarantine, if one could be made. `look_at` is when to look again; None after
    `gone_by`. `due` is the earliest end of the source by the chunk's own metadata, if that is known.
    """

    document_id: DocumentId
    reasons: tuple[str, ...]
    look_at: datetime | None
    apart: Proof | None = None
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Disputed:
    """The metadata file came after the proof and contradicts the media: the copy in the archive is in doubt."""

    document_id: DocumentId
    reasons: tuple[str, ...]
    look_at: datetime


@dataclass(frozen=True, slots=True)
class Damaged:
    """The archive no longer has what was proven, as the check just before the release found, or reading it once more.

    `is_too_late`: nothing can be copied anew. Then the proof stays, as the evidence of what was there, and a person is
    told.
    """

    document_id: DocumentId
    cause: str
    is_too_late: bool = False


@dataclass(frozen=True, slots=True)
class Released:
    """The source was deleted, on a proof."""

    document_id: DocumentId
    at: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """The source is left alone on purpose, or stays where it is. `is_conflict`: another chunk claims the same one."""

    document_id: DocumentId
    reason: str
    is_conflict: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """A try failed; the next one is at `look_at`.

    `progressed`: blocks were staged that the next try need not read again. `needs_a_person`: the cause is not expected
    to pass by itself. `due`: as in `Quarantined`.
    """

    document_id: DocumentId
    failure: Failure
    look_at: datetime
    progressed: bool = False
    needs_a_person: bool = False
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Overflowed:
    """The archive could not be written, and the copy was made in the overflow; the next try is at `look_at`.

    `doubts` are those about that copy: it is brought home into quarantine then.
    """

    document_id: DocumentId
    proof: Proof
    doubts: tuple[str, ...]
    look_at: datetime


@dataclass(frozen=True, slots=True)
class OverflowClosed:
    """Nothing more is done about the copy in the overflow: it was removed; or left there, for the reason `left`."""

    document_id: DocumentId
    left: str = ""


@dataclass(frozen=True, slots=True)
class Expired:
    """A try failed after the chunk's `gone_by`."""

    document_id: DocumentId
    failure: Failure


@dataclass(frozen=True, slots=True)
class Decided:
    """A person has decided about a chunk, for a reason."""

    document_id: DocumentId
    ruling: Ruling
    reason: str


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A person has given up a recording of which only the function key has brought events, none of them readable."""

    reason: str


@dataclass(frozen=True, slots=True)
class Completed:
    """The manifest of these chunks is written, and its event published; `lacks` is what it names as missing."""

    manifest_name: BlobName
    revision: int
    documents: frozenset[DocumentId]
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """These alerts have been published."""

    alerts: tuple[Alert, ...]


@dataclass(frozen=True, slots=True)
class Looked:
    """A person looked at the recording."""

    view: View


@dataclass(frozen=True, slots=True)
class Written:
    """All acts of the audit trail up to this number stand as blobs; `hash` is that of the last of them."""

    number: int
    hash: str


ChunkFact = (
    Archived
    | Compared
    | ReadOn
    | MetadataArchived
    | Quarantined
    | Disputed
    | Damaged
    | Released
    | Kept
    | Failed
    | Overflowed
    | OverflowClosed
    | Expired
)
RecordingFact = (
    Started
    | Joined
    | Continued
    | Ordered
    | Consented
    | ConsentWithdrawn
    | Paused
    | Resumed
    | Stopped
    | Denied
    | Checked
    | Interrupted
    | StartFailed
    | ParticipantsSeen
    | Missed
    | NeverCame
    | Warned
    | FoundBySweep
    | Announced
    | Decided
    | GivenUp
    | Completed
    | Told
    | Looked
    | Written
    | ErasureBegun
    | Erased
    | Held
    | HoldEnded
    | EndDecided
    | Exported
    | Rebuilt
    | UnlinkBegun
    | UnlinkGivenUp
    | Rewritten
    | Unlinked
)
Fact = ChunkFact | RecordingFact
