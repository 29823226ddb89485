"""The answers of the HTTP API as types, with their names on the wire; the OpenAPI document is made from them."""

from typing import Annotated, Literal, NotRequired, TypedDict

from recording.core.formats.api.schema import Count, Moment, Schema
from recording.core.model import ChunkState, RecordingState, Subject
from recording.core.outputs import OutputFields, OutputLine


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


class Recording(Known):
    """A recording and its chunks. Times are in UTC, durations in milliseconds; null is what is not known."""

    state: RecordingState
    serviceState: Annotated[
        str | None,
        Schema(description="`active`, `inactive`, `unknown` while the service does not say; null if it is over."),
    ]
    startedByThisApp: bool
    due: Annotated[Moment | None, Schema(description="The earliest end of a source of what is still to be done.")]
    goneBy: Annotated[Moment | None, Schema(description="The latest end of all its sources.")]
    secondsLeft: Annotated[int | None, Schema(description="Until `due`.")]
    doubts: Annotated[list[str], Schema(description="What is doubtful about it as a whole.")]
    unread: list[UnreadMember]
    container: Annotated[str | None, Schema(description="The container of the manifest.")]
    revision: Annotated[Count, Schema(description="Of the manifest.")]
    chunks: list[Chunk]


class Summary(Known):
    """A recording in a list; `error` says why its entry cannot be read, and then little else is known."""

    state: RecordingState | None
    chunks: Count | None
    error: str | None


class Owed(TypedDict):
    """What a recording owes, why, how long is left, what a person is to do, and the chapter of the runbook."""

    recordingId: str
    state: RecordingState | None
    due: Moment | None
    goneBy: Moment | None
    secondsLeft: int | None
    owed: Annotated[list[str], Schema(description="The first 20 things, and how many more.")]
    tries: Count
    lastError: Annotated[str | None, Schema(description="What holds it up.")]
    toDo: str
    see: Annotated[str | None, Schema(description="The chapter of docs/runbook.md.")]


class Happening(TypedDict):
    """Something that happened, once or several times from `at` to `until`; `by` is who did it."""

    at: Moment
    until: Moment | None
    times: Count
    what: str
    by: str
    detail: str | None
    documentId: str | None
    index: int | None


class History(TypedDict):
    """All that happened to a recording, in order."""

    recordingId: str
    history: list[Happening]


class SummaryPage(TypedDict):
    """A page of recordings; `next` is given as `after` for the next page, and null after the last."""

    recordings: list[Summary]
    next: str | None


class OwedPage(TypedDict):
    """A page of what is owed; `next` is given as `after` for the next page, and null after the last."""

    owed: list[Owed]
    next: str | None


type Outcome = Literal["again", "announced", "ended", "ignored", "recording", "refused", "validated", "waiting"]


class OutcomeMore(TypedDict, total=False):
    """What more is said of an event: the recording that it started, or why it was refused, and by which field."""

    recordingId: str
    field: str
    reason: str


class EventOutcome(OutcomeMore):
    """What became of one event of a request."""

    id: str
    outcome: Outcome


class EventsAnswer(TypedDict):
    """What became of each event of a request, or the answer to the handshake of Event Grid."""

    events: NotRequired[list[EventOutcome]]
    validationResponse: NotRequired[str]


class HealthCheck(TypedDict):
    """One check of the deep health check; `problem` says what is wrong."""

    name: str
    ok: bool
    problem: NotRequired[str]
    milliseconds: Count


class Health(TypedDict):
    """That the app can run; with `deep=true`, each check."""

    status: Literal["ok"]
    checks: NotRequired[list[HealthCheck]]


class ProblemMembers(TypedDict, total=False):
    """What a problem may say beyond its cause: the field to correct, ids, and lists of what is wrong or valid."""

    field: str
    recordingId: str
    documentId: str
    eventId: str
    serverCallId: str
    groupCallId: str
    roomId: str
    callConnectionId: str
    serviceCode: str
    validOutputs: list[OutputLine]
    problems: list[str]
    checks: list[HealthCheck]


type ShownId = Literal[
    "recordingId",
    "documentId",
    "eventId",
    "serverCallId",
    "groupCallId",
    "roomId",
    "callConnectionId",
    "serviceCode",
]


class Problem(ProblemMembers):
    """An error, as problem details (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
