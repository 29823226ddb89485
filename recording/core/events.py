"""Wire JSON to typed facts: the only home of Event Grid's and the callbacks' names.

Both schemas are read (Event Grid and CloudEvents, `specVersion` with a capital V included). What is unknown is
tolerated, what is missing is refused by its path. Doubts that do not stop an archive are kept as notes.
"""

import base64
import binascii
import codecs
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from recording.core.errors import MalformedEvent
from recording.core.locations import MAX_LENGTH
from recording.core.model import (
    AnnouncedChunk,
    CallConnectionId,
    CallId,
    DocumentId,
    Location,
    Output,
    RecordingId,
    ServerCallId,
    Unread,
)
from recording.core.naming import MAX_INDEX
from recording.core.outputs import infer_output
from recording.core.times import parse_milliseconds, parse_time

RECORDING_FILE_STATUS_UPDATED = "Microsoft.Communication.RecordingFileStatusUpdated"
CALL_STARTED = "Microsoft.Communication.CallStarted"
CALL_CONNECTED = "Microsoft.Communication.CallConnected"
SUBSCRIPTION_VALIDATION = "Microsoft.EventGrid.SubscriptionValidationEvent"

_SUBJECT = re.compile(
    # A server call id is base64 and may hold slashes itself, so the keys are anchors and not separators.
    r"/recording/call/(?P<call>.*?)(?:/serverCallId/(?P<server>.*?))?(?:/recordingId/(?P<recording>.*))?",
    re.IGNORECASE | re.DOTALL,
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_LONGEST = 4096
"""Characters of a text that the catalog can hold; the service's own have some hundreds."""


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
    """`CallConnected` or `CallStarted`: a call that can be recorded."""

    event_id: str
    event_type: str
    server_call_id: ServerCallId
    call_connection_id: CallConnectionId | None = None


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
    """The id an event carries, for journal and log; `unidentified` where there is none."""
    found = raw.get("id") if isinstance(raw, Mapping) else None
    return _optional_text(found) or "unidentified"


def parse_events(raw: object) -> list[object]:
    """The single events of a delivery: an array of them, or one.

    Raises:
        MalformedEvent: when it is neither, or an element is not an object.
    """
    events = raw if isinstance(raw, list) else [raw]
    for position, event in enumerate(events):
        if not isinstance(event, Mapping):
            field = f"[{position}]" if isinstance(raw, list) else "body"
            raise MalformedEvent(field, "an event is a JSON object")
    return list(events)


def parse_queued(message: bytes) -> list[object]:
    """The single events of a queue's message: JSON as it is or in base64, an array of them or one.

    Whether they are events is for `parse_event` to say: one that is none must not take the others with it.

    Raises:
        MalformedEvent: it is no JSON either way, or neither an array nor an object.
    """
    text = message.removeprefix(codecs.BOM_UTF8).strip()
    try:
        if not text.startswith((b"{", b"[")):  # base64 has neither
            text = base64.b64decode(b"".join(text.split()), validate=True)
        raw = json.loads(text)
    except binascii.Error as error:
        raise MalformedEvent("message", "neither JSON nor base64") from error
    except (ValueError, RecursionError) as error:
        raise MalformedEvent("message", "not JSON, or nested too deep") from error
    if not isinstance(raw, list | dict):
        raise MalformedEvent("message", "neither an array nor an object")
    return raw if isinstance(raw, list) else [raw]


def parse_event(raw: object) -> Event:
    """Read one event of either schema.

    Raises:
        MalformedEvent: naming the field that is missing or of the wrong type.
    """
    event = _mapping(raw, "event")
    event_type = event.get("eventType") or event.get("type")
    found = event.get("data")
    if event_type is None and isinstance(found, Mapping) and "recordingStorageInfo" in found:
        # The Functions binding knows CloudEvents by `specversion` alone: of one that spells it `specVersion`, as
        # Microsoft's own samples do, it drops the type. Only one event has this field.
        event_type = RECORDING_FILE_STATUS_UPDATED
    event_type = _optional_text(event_type)
    if event_type is None:
        raise MalformedEvent("eventType", "missing: neither eventType nor type is a text", ids=_ids(event))
    match event_type:
        case str() if event_type == RECORDING_FILE_STATUS_UPDATED:
            return _file_event(event)
        case str() if event_type in {CALL_STARTED, CALL_CONNECTED}:
            data = _mapping(found, "data", event)
            connection = _optional_text(data.get("callConnectionId"))
            return CallEvent(
                event_id_of(event),
                event_type,
                ServerCallId(_text(data, "data", "serverCallId", event)),
                CallConnectionId(connection) if connection else None,
            )
        case str() if event_type == SUBSCRIPTION_VALIDATION:
            return ValidationEvent(_text(_mapping(found, "data", event), "data", "validationCode", event))
    return OtherEvent(event_id_of(event), event_type)


def _file_event(event: Mapping[str, object]) -> FileEvent:
    data = _mapping(event.get("data"), "data", event)
    storage = _mapping(data.get("recordingStorageInfo"), "data.recordingStorageInfo", event)
    chunks = _chunks(storage.get("recordingChunks"), event)
    notes: list[str] = []
    subject = _SUBJECT.fullmatch(_optional_text(event.get("subject")) or "")
    call, server, recording = subject.group("call", "server", "recording") if subject else (None, None, None)
    recording = recording or _optional_text(data.get("recordingId"))
    if recording is None:
        recording = f"unidentified-{chunks[0].document_id}"
        notes.append("the event names no recording id; the first chunk's document id stands for it")
    started_at = parse_time(data.get("recordingStartTime"))
    if started_at is None:
        notes.append("the event's recordingStartTime is missing or unreadable")
    duration = parse_milliseconds(data.get("recordingDurationMs"))
    if duration is None:
        notes.append("the event's recordingDurationMs is missing or unreadable")
    return FileEvent(
        event_id=event_id_of(event),
        recording_id=RecordingId(recording),
        chunks=chunks,
        call_id=CallId(call) if call else None,
        server_call_id=ServerCallId(server) if server else None,
        at=parse_time(event.get("eventTime") or event.get("time")),
        started_at=started_at,
        duration=duration,
        session_end_reason=_optional_text(data.get("sessionEndReason")) or "",
        output=infer_output(
            data.get(name) for name in ("recordingContentType", "recordingChannelType", "recordingFormatType")
        ),
        notes=tuple(notes),
    )


def _chunks(found: object, event: Mapping[str, object]) -> tuple[AnnouncedChunk, ...]:
    where = "data.recordingStorageInfo.recordingChunks"
    if not isinstance(found, Sequence) or isinstance(found, str) or not found:
        raise MalformedEvent(where, "missing, empty or not an array", ids=_ids(event))
    chunks: dict[str, AnnouncedChunk] = {}
    for position, raw in enumerate(found):
        here = f"{where}[{position}]"
        chunk = _mapping(raw, here, event)
        document_id = _text(chunk, here, "documentId", event)
        index = chunk.get("index")
        if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index <= MAX_INDEX:
            raise MalformedEvent(f"{here}.index", f"not a whole number from 0 to {MAX_INDEX}", ids=_ids(event))
        content = _location(chunk.get("contentLocation"))
        if content is None:
            raise _missing(f"{here}.contentLocation", event)
        chunks[document_id] = AnnouncedChunk(
            document_id=DocumentId(document_id),
            index=index,
            content_location=content,
            metadata_location=_location(chunk.get("metadataLocation")),
            delete_location=_location(chunk.get("deleteLocation")),
            end_reason=_optional_text(chunk.get("endReason")) or "",
        )
    return tuple(sorted(chunks.values(), key=lambda chunk: (chunk.index, chunk.document_id)))


def _mapping(found: object, field: str, event: Mapping[str, object] | None = None) -> Mapping[str, object]:
    if not isinstance(found, Mapping):
        raise MalformedEvent(field, "missing or not an object", ids=_ids(event or {}))
    return cast("Mapping[str, object]", found)


def _text(parent: Mapping[str, object], where: str, name: str, event: Mapping[str, object]) -> str:
    found = _optional_text(parent.get(name))
    if found is None:
        raise _missing(f"{where}.{name}", event)
    return found


def _missing(field: str, event: Mapping[str, object]) -> MalformedEvent:
    return MalformedEvent(field, f"missing, empty or not a text of at most {_LONGEST} characters", ids=_ids(event))


def _optional_text(found: object) -> str | None:
    """A text that can be written down: half a surrogate pair, which JSON can escape, is in no encoding of Unicode."""
    if not isinstance(found, str) or not 0 < len(found) <= _LONGEST or _SURROGATE.search(found):
        return None
    return found


def _location(found: object) -> Location | None:
    """A location, cut where it is longer than any that may be asked: it is refused all the same, and can be noted."""
    text = _optional_text(found[: MAX_LENGTH + 1]) if isinstance(found, str) else None
    return Location(text) if text else None


def _ids(event: Mapping[str, object]) -> dict[str, str]:
    return {"event_id": event_id_of(event)}
