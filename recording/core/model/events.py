"""What has been told, as typed facts: that a recording can be fetched, that a call can be recorded."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from recording.core.model.evidence import AnnouncedChunk, Unread
from recording.core.model.words import CallConnectionId, CallId, Output, RecordingId, ServerCallId


@dataclass(frozen=True, slots=True)
class FileEvent:
    """`RecordingFileStatusUpdated`: the chunks of a recording can be fetched.

    `notes` are doubts about the event that its archive should remember, `unread` the members that could not be read.
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
class CallEvent:
    """`CallConnected` or `CallStarted`: a call that can be recorded; at least one of its two ids is known."""

    event_id: str
    event_type: str
    server_call_id: ServerCallId | None = None
    call_connection_id: CallConnectionId | None = None
    at: datetime | None = None
