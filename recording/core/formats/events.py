"""Wire JSON to typed facts: the only home of Event Grid's and the callbacks' names.

Both schemas are read (Event Grid and CloudEvents, `specVersion` with a capital V included). What is unknown is
tolerated. Of a file event each chunk is read by itself: one that cannot be read is named beside those that can. Only
what names no recording and has no chunk that can be read is refused. Doubts that do not stop an archive are notes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from recording.core.errors import MalformedEvent
from recording.core.formats import reading
from recording.core.formats.members import Lack, Members, read_members
from recording.core.model import (
    CallConnectionId,
    CallEvent,
    CallId,
    FileEvent,
    RecordingId,
    ServerCallId,
    Unread,
)
from recording.core.outputs import infer_output
from recording.core.times import parse_milliseconds, parse_time

RECORDING_FILE_STATUS_UPDATED = "Microsoft.Communication.RecordingFileStatusUpdated"
RECORDING_STATE_CHANGED = "Microsoft.Communication.RecordingStateChanged"
CALL_STARTED = "Microsoft.Communication.CallStarted"
CALL_CONNECTED = "Microsoft.Communication.CallConnected"
SUBSCRIPTION_VALIDATION = "Microsoft.EventGrid.SubscriptionValidationEvent"

_LONGEST_ID = 256
"""Characters of an event's id; the service's own are UUIDs. An entry keeps many."""
_CHUNKS = "data.recordingStorageInfo.recordingChunks"
_SUBJECT = re.compile(
    # A server call id is base64 and may hold slashes itself, so the keys are anchors and not separators.
    r"/recording/call/(?P<call>.*?)(?:/serverCallId/(?P<server>.*?))?(?:/recordingId/(?P<recording>.*))?",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class ValidationEvent:
    """Event Grid asks whether this endpoint wants its events; the answer is `code`."""

    code: str


@dataclass(frozen=True, slots=True)
class OtherEvent:
    """An event of a type that concerns no one here."""

    event_id: str
    event_type: str


Event = FileEvent | CallEvent | ValidationEvent | OtherEvent


def event_id_of(raw: object) -> str:
    """The id an event carries, for journal, log and entry; `unidentified` where there is none that can be kept."""
    found = reading.text(raw.get("id")) if isinstance(raw, Mapping) else None
    return found if found is not None and len(found) <= _LONGEST_ID else "unidentified"


def event_type_of(raw: object) -> str | None:
    """The type an event names, or shows: only one has `recordingStorageInfo`."""
    if not isinstance(raw, Mapping):
        return None
    named = reading.text(raw.get("eventType")) or reading.text(raw.get("type"))
    if named is None and "recordingStorageInfo" in (_data(raw) or {}):
        return RECORDING_FILE_STATUS_UPDATED
    return named


def parse_event(raw: object) -> Event:
    """Read one event of either schema.

    Raises:
        MalformedEvent: naming the field without which nothing can be made of it.
    """
    event = reading.mapping(raw)
    if event is None:
        raise MalformedEvent("event", "not an object")
    event_id, event_type = event_id_of(event), event_type_of(event)
    if event_type is None:
        raise _malformed(event_id, "eventType", "missing: neither eventType nor type is a text")
    if event_type == RECORDING_FILE_STATUS_UPDATED:
        return _file_event(event, event_id)
    if event_type in {CALL_STARTED, CALL_CONNECTED}:
        return _call_event(event, event_id, event_type)
    if event_type == SUBSCRIPTION_VALIDATION:
        code = reading.text((_data(event) or {}).get("validationCode"))
        if code is None:
            raise _malformed(event_id, "data.validationCode", "missing, empty or not a text")
        return ValidationEvent(code)
    return OtherEvent(event_id, event_type)


def _call_event(event: Mapping[str, object], event_id: str, event_type: str) -> CallEvent:
    data = _data(event)
    if data is None:
        raise _malformed(event_id, "data", "missing or not an object")
    server, connection = reading.text(data.get("serverCallId")), reading.text(data.get("callConnectionId"))
    if server is None and connection is None:
        raise _malformed(event_id, "data.serverCallId", "neither it nor data.callConnectionId is a text")
    return CallEvent(
        event_id,
        event_type,
        ServerCallId(server) if server else None,
        CallConnectionId(connection) if connection else None,
        _at(event),
    )


def _file_event(event: Mapping[str, object], event_id: str) -> FileEvent:
    data = _data(event)
    members = _members(data)
    chunks, notes = members.chunks, list(members.notes)
    subject = _SUBJECT.fullmatch(reading.text(event.get("subject")) or "")
    call, server, recording = subject.group("call", "server", "recording") if subject else (None, None, None)
    data = data or {}
    recording = reading.identity(recording) or reading.identity(data.get("recordingId"))
    if recording is None:
        if not chunks:
            raise _malformed(event_id, members.lacks[0].field, members.lacks[0].reason)
        recording = f"unidentified-{chunks[0].document_id}"
        notes.append("the event names no recording id; the first chunk's document id stands for it")
    started_at = parse_time(data.get("recordingStartTime"))
    if started_at is None:
        notes.append("the event's recordingStartTime is missing or unreadable")
    duration = parse_milliseconds(data.get("recordingDurationMs"))
    if duration is None:
        notes.append("the event's recordingDurationMs is missing or unreadable")
    return FileEvent(
        event_id=event_id,
        recording_id=RecordingId(recording),
        chunks=tuple(chunks),
        call_id=CallId(call) if call else None,
        server_call_id=ServerCallId(server) if server else None,
        at=_at(event),
        started_at=started_at,
        duration=duration,
        session_end_reason=reading.text(data.get("sessionEndReason")) or "",
        output=infer_output(
            data.get(name) for name in ("recordingContentType", "recordingChannelType", "recordingFormatType")
        ),
        notes=tuple(notes),
        unread=tuple(
            Unread(event_id, f"{lack.field}: {lack.reason}", lack.document_id, lack.index) for lack in members.lacks
        ),
    )


def _members(data: Mapping[str, object] | None) -> Members:
    """The event's chunks; the outermost structure that is missing is what cannot be read."""
    if data is None:
        return Members(lacks=[Lack("data", "missing or not an object")])
    storage = reading.mapping(data.get("recordingStorageInfo"))
    if storage is None:
        return Members(lacks=[Lack("data.recordingStorageInfo", "missing or not an object")])
    found = reading.array(storage.get("recordingChunks"))
    if not found:
        return Members(lacks=[Lack(_CHUNKS, "missing, empty or not an array")])
    return read_members(found, _CHUNKS)


def _data(event: Mapping[str, object]) -> Mapping[str, object] | None:
    """What the event tells: an object, its JSON text, or, in a CloudEvent, that text in base64."""
    found = event.get("data")
    return reading.mapping(found if found is not None else reading.base64_json(event.get("data_base64")))


def _at(event: Mapping[str, object]) -> datetime | None:
    return parse_time(event.get("eventTime") or event.get("time"))


def _malformed(event_id: str, field: str, cause: str) -> MalformedEvent:
    return MalformedEvent(field, cause, ids={"event_id": event_id})
