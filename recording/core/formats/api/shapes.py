"""The answers of the HTTP API as types, with their names on the wire; the OpenAPI document is made from them."""

from typing import Literal, NotRequired, TypedDict

from recording.core.formats.api.schema import Count, Moment
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
    apart: DoubtfulCopy | None
    overflow: DoubtfulCopy | None
    lacks: list[str]
    candidates: Count
    due: Moment | None
    goneBy: Moment | None
    nextLookAt: Moment | None
    tries: Count
    failures: dict[str, int]
    lastFailure: Failure | None
    releasedAt: Moment | None
    keptReason: str | None
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
    announcedAt: Moment | None
    lacks: list[str]
    completedAt: Moment | None
    manifest: str | None


class Recording(Known):
    """A recording and its chunks. Times are in UTC, durations in milliseconds; null is what is not known."""

    state: RecordingState
    serviceState: str | None
    startedByThisApp: bool
    due: Moment | None
    goneBy: Moment | None
    secondsLeft: int | None
    doubts: list[str]
    unread: list[UnreadMember]
    container: str | None
    revision: Count
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
    owed: list[str]
    tries: Count
    lastError: str | None
    toDo: str
    see: str | None


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
