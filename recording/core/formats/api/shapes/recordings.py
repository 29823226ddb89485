"""A recording and its chunks as the API answers them."""

from typing import Annotated, TypedDict

from recording.core.formats.applied import AppliedFields
from recording.core.formats.consents import ConsentView
from recording.core.formats.joined import Joined, PauseView
from recording.core.formats.schema import Count, Moment, Schema
from recording.core.model import ChunkState, RecordingState, Subject
from recording.core.outputs import OutputFields


class Digest(TypedDict):
    """The digest of a copy: SHA-256 over the SHA-256 of its blocks of `blockSize` bytes."""

    sha256OfBlocks: str
    blockSize: Count


class MetadataCopy(TypedDict):
    """A verified copy of a metadata file."""

    blob: str
    length: Count
    sha256: str


class Copy(TypedDict):
    """A verified copy of a chunk; nulls if there is none."""

    container: str | None
    blob: str | None
    length: Count | None
    digest: Digest | None
    verifiedAt: Moment | None
    metadata: MetadataCopy | None


class DoubtfulCopy(Copy):
    """A copy that stands apart, and why."""

    reasons: list[str]


class Failure(TypedDict):
    """A failed try."""

    at: Moment
    operation: str
    subject: Subject
    code: str
    cause: str
    hint: str | None


class Chunk(Copy):
    """A chunk: its verified copy, the copies that stand apart, what it lacks, and its tries."""

    index: int | None
    documentId: str
    state: ChunkState
    apart: Annotated[DoubtfulCopy | None, Schema(description="A doubtful copy, or only the doubts.")]
    overflow: Annotated[DoubtfulCopy | None, Schema(description="A copy in the second account.")]
    lacks: Annotated[list[str], Schema(description="Which of its two files are not archived.")]
    candidates: Annotated[Count, Schema(description="How often it was announced at different places.")]
    due: Annotated[Moment | None, Schema(description="The earliest end of its source.")]
    goneBy: Annotated[Moment | None, Schema(description="The latest end of its source.")]
    nextLookAt: Annotated[Moment | None, Schema(description="The next try.")]
    tries: Count
    failures: Annotated[dict[str, int], Schema(description="How many tries failed, by cause.")]
    lastFailure: Failure | None
    releasedAt: Annotated[Moment | None, Schema(description="When its source was deleted.")]
    keptReason: Annotated[str | None, Schema(description="Why its source was left alone.")]
    notes: list[str]


class UnreadMember(TypedDict):
    """A member of a file event that could not be read."""

    eventId: str
    cause: str
    documentId: str | None
    index: int | None


class Known(TypedDict):
    """What is known of a recording: its state, its call, its output, and when it was."""

    recordingId: str
    callId: str | None
    serverCallId: str | None
    callConnectionId: str | None
    groupCallId: str | None
    roomId: str | None
    output: OutputFields | None
    startedAt: Moment | None
    durationMs: Count | None
    announcedAt: Annotated[Moment | None, Schema(description="When its file event came.")]
    lacks: Annotated[list[str], Schema(description="What is missing for it to be whole.")]
    completedAt: Moment | None
    manifest: Annotated[str | None, Schema(description="The name of its manifest in the archive.")]


class Recording(Known, Joined):
    """A recording and its chunks. Times are in UTC, durations in milliseconds; null is what is not known."""

    state: RecordingState
    serviceState: Annotated[
        str | None,
        Schema(description="`active`, `inactive`, `unknown` while the service does not say; null if it is over."),
    ]
    startedByThisApp: bool
    consent: ConsentView | None
    rule: AppliedFields | None
    fileExpected: Annotated[bool, Schema(description="False if it has recorded nothing, and so no file will come.")]
    pauses: list[PauseView]
    interruptedAt: Annotated[Moment | None, Schema(description="When the service ended it in mid-call, unasked.")]
    attempt: Annotated[Count, Schema(description="How often it was started.")]
    participants: Annotated[dict[str, int], Schema(description="How many of each kind are in the call.")]
    due: Annotated[Moment | None, Schema(description="The earliest end of a source of what is still to be done.")]
    goneBy: Annotated[Moment | None, Schema(description="The latest end of all its sources.")]
    secondsLeft: Annotated[int | None, Schema(description="Until `due`.")]
    doubts: Annotated[list[str], Schema(description="What is doubtful about it as a whole.")]
    unread: list[UnreadMember]
    container: Annotated[str | None, Schema(description="The container of the manifest.")]
    revision: Annotated[Count, Schema(description="Of the manifest.")]
    chunks: list[Chunk]
