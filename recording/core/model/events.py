"""Events of the service, parsed: a recording can be downloaded, a call can be recorded."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from recording.core.model.calls import CallKind, EventKind, KnownCall, ParticipantKind
from recording.core.model.evidence import AnnouncedChunk, Unread
from recording.core.model.words import CallConnectionId, CallId, Output, RecordingId, ServerCallId


@dataclass(frozen=True, slots=True)
class FileEvent:
    """`RecordingFileStatusUpdated`: chunks of a recording can be downloaded.

    Attributes:
        chunks: those that could be read, by index; may be empty.
        at: the event's own time.
        started_at: when the recording started.
        duration: of the recording; whether pauses are included is not documented.
        notes: doubts about the event that belong into the manifest.
        unread: the chunks that could not be read.
    """

    event_id: str
    recording_id: RecordingId
    chunks: tuple[AnnouncedChunk, ...]
    call_id: CallId | None = None
    server_call_id: ServerCallId | None = None
    at: datetime | None = None
    started_at: datetime | None = None
    duration: timedelta | None = None
    session_end_reason: str = ""
    output: Output | None = None
    notes: tuple[str, ...] = ()
    unread: tuple[Unread, ...] = ()


@dataclass(frozen=True, slots=True)
class ComplianceEvent:
    """A file event of a recording that Teams made for compliance: it belongs to the tenant's policy, not to this app.

    It is noted, and nothing of it is fetched.
    """

    event_id: str
    recording_id: RecordingId | None = None


@dataclass(frozen=True, slots=True)
class CallEndEvent:
    """`CallEnded` or `CallDisconnected`: a call is over, or our connection to it; one of the two ids is set."""

    event_id: str
    server_call_id: ServerCallId | None = None
    call_connection_id: CallConnectionId | None = None


_CONNECTED = KnownCall(EventKind.CALL_CONNECTED, kind=CallKind.CONNECTION)


@dataclass(frozen=True, slots=True)
class CallEvent:
    """`CallConnected` or `CallStarted`: a call that can be recorded; at least one of the two call ids is set.

    `call` is what it says of the call.
    """

    event_id: str
    server_call_id: ServerCallId | None = None
    call_connection_id: CallConnectionId | None = None
    at: datetime | None = None
    call: KnownCall = _CONNECTED


@dataclass(frozen=True, slots=True)
class StateEvent:
    """`RecordingStateChanged`: a recording is said to be active, or not: not begun, paused, or over."""

    event_id: str
    recording_id: RecordingId
    is_active: bool
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StartFailedEvent:
    """`StartRecordingFailed`: a start that was accepted is said to have failed; at least one of the ids is set."""

    event_id: str
    cause: str
    recording_id: RecordingId | None = None
    server_call_id: ServerCallId | None = None
    call_connection_id: CallConnectionId | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ParticipantsEvent:
    """`ParticipantsUpdated`: how many of each kind are in a call; lists with higher numbers are newer."""

    event_id: str
    number: int
    kinds: tuple[tuple[ParticipantKind, int], ...]
    server_call_id: ServerCallId | None = None
    call_connection_id: CallConnectionId | None = None


class PromptResult(StrEnum):
    """What became of a prompt."""

    PLAYED = "played"
    NOT_PLAYED = "not played"
    ANSWERED = "answered"
    """A key was pressed, or none though the service calls it completed."""
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class PromptEvent:
    """`PlayCompleted`, `PlayFailed`, `RecognizeCompleted`, `RecognizeFailed`, or that one of these was cancelled.

    Attributes:
        context: the operation context under which it was ordered; None if there was none.
        tones: the keys that were pressed, as the service names them.
        cause: the service's code and message.
        correlation_id: the service's id for the call.
    """

    event_id: str
    call_connection_id: CallConnectionId
    result: PromptResult
    context: str | None = None
    tones: tuple[str, ...] = ()
    cause: str = ""
    correlation_id: str = ""
