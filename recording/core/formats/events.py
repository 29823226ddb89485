"""Events of the service from JSON: the only place with the field names of Event Grid and Call Automation's callbacks.

Both schemas are read (Event Grid and CloudEvents, also with `specVersion` in Microsoft's samples). Unknown fields are
ignored. Each chunk of a file event is read by itself: one that cannot be read is listed beside those that can. A file
event is refused only if it names no recording and has no chunk that can be read. Doubts that are no reason against
archiving are notes.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from urllib.parse import urlsplit

from recording.core.errors import MalformedEvent
from recording.core.formats import known_calls, reading
from recording.core.formats.members import Lack, Members, read_members
from recording.core.formats.prompts import PROMPT_EVENTS, read_prompt_event
from recording.core.model import (
    CallConnectionId,
    CallEndEvent,
    CallEvent,
    CallId,
    ComplianceEvent,
    FileEvent,
    KnownCall,
    ParticipantsEvent,
    PromptEvent,
    RecordingId,
    ServerCallId,
    StartFailedEvent,
    StateEvent,
    Unread,
)
from recording.core.outputs import infer_output
from recording.core.participants import kinds_of
from recording.core.times import parse_milliseconds, parse_time

RECORDING_FILE_STATUS_UPDATED = "Microsoft.Communication.RecordingFileStatusUpdated"
RECORDING_STATE_CHANGED = "Microsoft.Communication.RecordingStateChanged"
START_RECORDING_FAILED = "Microsoft.Communication.StartRecordingFailed"
PARTICIPANTS_UPDATED = "Microsoft.Communication.ParticipantsUpdated"
CALL_STARTED = "Microsoft.Communication.CallStarted"
CALL_CONNECTED = "Microsoft.Communication.CallConnected"
CALL_ENDED = "Microsoft.Communication.CallEnded"
CALL_DISCONNECTED = "Microsoft.Communication.CallDisconnected"
PARTICIPANTS_UPDATED = "Microsoft.Communication.ParticipantsUpdated"
SUBSCRIPTION_VALIDATION = "Microsoft.EventGrid.SubscriptionValidationEvent"
CALLBACKS = PROMPT_EVENTS | {
    CALL_CONNECTED,
    CALL_DISCONNECTED,
    RECORDING_STATE_CHANGED,
    START_RECORDING_FAILED,
    PARTICIPANTS_UPDATED,
}
"""What only Call Automation sends; Event Grid has no events of these types."""
CALLS_OF_EVENT_GRID = frozenset({CALL_STARTED, CALL_ENDED})
"""What only Event Grid sends of calls."""

_ACTIVE = "active"
_MOST_PARTICIPANTS = 5000
_LONGEST_ID = 256
"""Characters of an event's id; the service's own are UUIDs. An entry stores many."""
_COMPLIANCE = "teamscompliance"
_CHUNKS = "data.recordingStorageInfo.recordingChunks"
_SUBJECT = re.compile(
    # A server call id is base64 and may contain slashes, so the keys are matched and the text is not split at slashes.
    r"/recording/call/(?P<call>.*?)(?:/serverCallId/(?P<server>.*?))?(?:/recordingId/(?P<recording>.*))?",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class ValidationEvent:
    """Event Grid's validation handshake: the endpoint must answer with `code`.

    `origin` is the host of the URL by which a person could answer instead, if it names one.
    """

    code: str
    origin: str | None = None


Event = (
    FileEvent
    | ComplianceEvent
    | CallEvent
    | CallEndEvent
    | PromptEvent
    | StateEvent
    | StartFailedEvent
    | ParticipantsEvent
    | ValidationEvent
)


def event_id_of(raw: object) -> str:
    """The event's id, for journal, log and entry; `unidentified` if it has none, or one that cannot be stored."""
    found = reading.text(raw.get("id")) if isinstance(raw, Mapping) else None
    return found if found is not None and len(found) <= _LONGEST_ID else "unidentified"


def event_type_of(raw: object) -> str | None:
    """The event's type; if it names none, inferred from `recordingStorageInfo`, which only file events have."""
    if not isinstance(raw, Mapping):
        return None
    named = reading.text(raw.get("eventType")) or reading.text(raw.get("type"))
    if named is None and "recordingStorageInfo" in (_data(raw) or {}):
        return RECORDING_FILE_STATUS_UPDATED
    return named


def parse_event(raw: object) -> Event | None:
    """Read one event of either schema; None for a type that this app does nothing with.

    Raises:
        MalformedEvent: a field that is needed is missing or wrong; `field` is its path.
    """
    event = reading.mapping(raw)
    if event is None:
        raise MalformedEvent("event", "not an object")
    event_id, event_type = event_id_of(event), event_type_of(event)
    if event_type is None:
        raise _malformed(event_id, "eventType", "missing: neither eventType nor type is a text")
    if event_type == RECORDING_FILE_STATUS_UPDATED:
        return _compliance_event(event, event_id) or _file_event(event, event_id)
    if event_type in {CALL_STARTED, CALL_CONNECTED}:
        read = known_calls.call_started if event_type == CALL_STARTED else known_calls.call_connected
        return _call_event(event, event_id, read)
    if event_type in {CALL_ENDED, CALL_DISCONNECTED}:
        server, connection = _call_ids(event)
        return CallEndEvent(event_id, server, connection) if server or connection else None
    if event_type in PROMPT_EVENTS:
        return read_prompt_event(event_type, event_id, _data(event))
    if event_type in _OTHERS:
        return _OTHERS[event_type](event, event_id)
    return None


def _validation_event(event: Mapping[str, object], event_id: str) -> ValidationEvent:
    data = reading.StrictFields(_data(event), partial(_malformed, event_id), "data")
    code = data.need("validationCode", reading.text, "missing, empty or not a text")
    return ValidationEvent(code, _host((_data(event) or {}).get("validationUrl")))


def _host(url: object) -> str | None:
    """The host of a URL; empty if it is none."""
    if url is None:
        return None
    try:
        return urlsplit(reading.text(url) or "").hostname or ""
    except ValueError:
        return ""


def _state_event(event: Mapping[str, object], event_id: str) -> StateEvent:
    """Any word but active counts as inactive, as it is only a reason to ask the service.

    Its startDateTime is not read: it is the start of the recording, or the year 1, and never when it was paused.
    """
    data = reading.StrictFields(_data(event), partial(_malformed, event_id), "data")
    recording = data.need("recordingId", reading.identity, "missing, or no id")
    state = data.need("state", reading.text, "missing, empty or not a text")
    return StateEvent(event_id, RecordingId(recording), state.lower() == _ACTIVE, _at(event))


def _start_failed_event(event: Mapping[str, object], event_id: str) -> StartFailedEvent:
    data = _data(event) or {}
    server, connection = _call_ids(event)
    recording = reading.identity(data.get("recordingId"))
    if recording is None and server is None and connection is None:
        raise _malformed(event_id, "data.recordingId", "neither it nor an id of the call is a text")
    found = RecordingId(recording) if recording else None
    return StartFailedEvent(event_id, _result_of(data), found, server, connection, _at(event))


def _result_of(data: Mapping[str, object]) -> str:
    """The codes of the service's result; its message may name people, and is not read."""
    result = reading.mapping(data.get("resultInformation") or data.get("resultInfo")) or {}
    codes = [f"{name} {value}" for name in ("code", "subCode") if type(value := result.get(name)) is int]
    return ", ".join(codes) or "it gave no code"


def _participants_event(event: Mapping[str, object], event_id: str) -> ParticipantsEvent | None:
    data = _data(event) or {}
    server, connection = _call_ids(event)
    found = reading.array(data.get("participants"))
    number = reading.whole(data.get("sequenceNumber"))
    if found is None or number is None or (server is None and connection is None):
        return None  # it is no more than a hint
    people = (reading.mapping(one) or {} for one in found[:_MOST_PARTICIPANTS])
    raw_ids = (reading.text((reading.mapping(one.get("identifier")) or one).get("rawId")) for one in people)
    return ParticipantsEvent(event_id, number, kinds_of(raw_id for raw_id in raw_ids if raw_id), server, connection)


def _call_event(
    event: Mapping[str, object], event_id: str, read: Callable[[Mapping[str, object]], KnownCall]
) -> CallEvent:
    server, connection = _call_ids(event)
    if server is None and connection is None:
        if _data(event) is None:
            raise _malformed(event_id, "data", "missing or not an object")
        raise _malformed(event_id, "data.serverCallId", "neither it nor data.callConnectionId is a text")
    return CallEvent(event_id, server, connection, _at(event), read(_data(event) or {}))


def _call_ids(event: Mapping[str, object]) -> tuple[ServerCallId | None, CallConnectionId | None]:
    data = _data(event) or {}
    server, connection = reading.text(data.get("serverCallId")), reading.text(data.get("callConnectionId"))
    return ServerCallId(server) if server else None, CallConnectionId(connection) if connection else None


def _compliance_event(event: Mapping[str, object], event_id: str) -> ComplianceEvent | None:
    """The event as one of a compliance recording of Teams; None if it does not say that it is."""
    data = _data(event) or {}
    said = (reading.text(data.get(name)) for name in ("recordingKind", "storageType"))
    if not any(one is not None and one.lower() == _COMPLIANCE for one in said):
        return None
    recording = reading.identity(data.get("recordingId"))
    return ComplianceEvent(event_id, RecordingId(recording) if recording else None)


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
    """The event's chunks; if a structure around them is missing, the outermost is named as what cannot be read."""
    if data is None:
        return Members(lacks=[Lack("data", "missing or not an object")])
    storage = reading.mapping(data.get("recordingStorageInfo"))
    if storage is None:
        return Members(lacks=[Lack("data.recordingStorageInfo", "missing or not an object")])
    found = reading.array(storage.get("recordingChunks"))
    if not found:
        return Members(lacks=[Lack(_CHUNKS, "missing, empty or not an array")])
    return read_members(found, _CHUNKS)


def data_of(raw: object) -> Mapping[str, object] | None:
    """What an event says, in whichever form it has it; None if it says nothing that can be read."""
    return _data(raw) if isinstance(raw, Mapping) else None


def _data(event: Mapping[str, object]) -> Mapping[str, object] | None:
    """The event's data: an object, its JSON text, or, in a CloudEvent, that text in base64."""
    found = event.get("data")
    return reading.mapping(found if found is not None else reading.base64_json(event.get("data_base64")))


def _at(event: Mapping[str, object]) -> datetime | None:
    return parse_time(event.get("eventTime") or event.get("time"))


_OTHERS: Mapping[str, Callable[[Mapping[str, object], str], Event | None]] = {
    RECORDING_STATE_CHANGED: _state_event,
    START_RECORDING_FAILED: _start_failed_event,
    PARTICIPANTS_UPDATED: _participants_event,
    SUBSCRIPTION_VALIDATION: _validation_event,
}


def _malformed(event_id: str, field: str, cause: str) -> MalformedEvent:
    return MalformedEvent(field, cause, ids={"event_id": event_id})
