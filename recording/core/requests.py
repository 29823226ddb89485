"""The app's own HTTP language: JSON bodies to requests, entries and errors to JSON."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from recording.core import outputs
from recording.core.errors import (
    CallRefused,
    InvalidRequest,
    MalformedEvent,
    RecordingError,
    SettingsInvalid,
    Transient,
    UnknownRecording,
)
from recording.core.model import CallConnectionId, CatalogEntry, Chunk, Output, ServerCallId
from recording.core.times import format_time, in_milliseconds

MOST_BODY = 1 << 20
"""Bytes; Event Grid delivers at most this much at once."""

_LOCATORS = ("serverCallId", "groupCallId", "roomId", "callConnectionId")
_OUTPUT_FIELDS = ("content", "channel", "format")
_KNOWN = frozenset((*_LOCATORS, *_OUTPUT_FIELDS, "pauseOnStart"))
_LONGEST_ID = 4096
_SURROGATE = re.compile("[\ud800-\udfff]")  # half a pair, which JSON can escape and nothing can write down
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True, slots=True)
class StartRequest:
    """A person's or a program's wish to record a call: exactly one locator is set."""

    output: Output
    server_call_id: ServerCallId | None = None
    group_call_id: str | None = None
    room_id: str | None = None
    call_connection_id: CallConnectionId | None = None
    pause_on_start: bool = False
    request_id: str = ""


def parse_json(body: bytes) -> object:
    """Read a request's body.

    Raises:
        InvalidRequest: it is too large, empty or not JSON; the message says where it stops being so.
    """
    if len(body) > MOST_BODY:
        raise InvalidRequest("body", f"{len(body)} bytes, more than {MOST_BODY}")
    if not body.strip():
        raise InvalidRequest("body", "empty where JSON should be")
    try:
        return json.loads(body)
    except json.JSONDecodeError as error:
        raise InvalidRequest("body", f"not JSON: {error.msg} at line {error.lineno} column {error.colno}") from error
    except (ValueError, RecursionError) as error:  # wrong bytes, a number of thousands of digits
        raise InvalidRequest("body", "not JSON in UTF-8, or nested too deep") from error


def parse_start(body: bytes, request_id: str | None, usual: Output) -> StartRequest:
    """Read a request to start a recording.

    Args:
        body: JSON, with one locator; content, channel and format, or none of the three.
        request_id: the caller's Repeatability-Request-ID, if it sent one.
        usual: the output where the request names none.

    Raises:
        InvalidRequest: naming the field that is missing, unknown, or of the wrong type.
    """
    found = parse_json(body)
    if not isinstance(found, Mapping):
        raise InvalidRequest("body", "not a JSON object")
    unknown = sorted(set(found) - _KNOWN)
    if unknown:
        raise InvalidRequest(unknown[0][:80], f"unknown field; known are {', '.join(sorted(_KNOWN))}")
    locators = {name: _locator(found, name) for name in _LOCATORS if found.get(name) is not None}
    if len(locators) != 1:
        raise InvalidRequest(" | ".join(_LOCATORS), f"exactly one must be given, not {len(locators)}")
    pause = found.get("pauseOnStart", False)
    if not isinstance(pause, bool):
        raise InvalidRequest("pauseOnStart", "neither true nor false")
    if request_id is not None and not _REQUEST_ID.fullmatch(request_id):
        raise InvalidRequest("Repeatability-Request-ID", "not 1 to 64 of letters, digits, '.', '_' and '-'")
    connection = locators.get("callConnectionId")
    server = locators.get("serverCallId")
    return StartRequest(
        output=_output(found, usual),
        server_call_id=ServerCallId(server) if server else None,
        group_call_id=locators.get("groupCallId"),
        room_id=locators.get("roomId"),
        call_connection_id=CallConnectionId(connection) if connection else None,
        pause_on_start=pause,
        request_id=request_id or "",
    )


def _output(found: Mapping[str, object], usual: Output) -> Output:
    if not any(name in found for name in _OUTPUT_FIELDS):
        return usual
    for name in _OUTPUT_FIELDS:
        if name not in found:
            raise InvalidRequest(name, "missing; give all of content, channel and format, or none")
    return outputs.parse_output(*(found[name] for name in _OUTPUT_FIELDS))


def _locator(found: Mapping[str, object], name: str) -> str:
    value = found[name]
    if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST_ID or _SURROGATE.search(value):
        raise InvalidRequest(name, f"not a text of 1 to {_LONGEST_ID} characters")
    return value


def recording_view(entry: CatalogEntry, now: datetime, service_state: str | None = None) -> dict[str, object]:
    """What the API tells of a recording; times in UTC, durations in seconds, lengths in bytes."""
    recording = entry.recording
    left = entry.due - now if entry.due else None
    return {
        "recordingId": recording.recording_id,
        "state": str(recording.state),
        "serviceState": service_state,
        "output": _output_view(recording.output),
        "startedAt": _moment(recording.started_at or recording.requested_at),
        "durationMs": in_milliseconds(recording.duration) if recording.duration is not None else None,
        "announcedAt": _moment(recording.announced_at),
        "due": _moment(entry.due),
        "secondsLeft": int(left.total_seconds()) if left is not None else None,
        "completedAt": _moment(recording.completed_at),
        "manifest": recording.manifest_name,
        "chunks": [_chunk_view(chunk) for chunk in entry],
    }


def _chunk_view(chunk: Chunk) -> dict[str, object]:
    proof = chunk.proof
    return {
        "index": chunk.index,
        "documentId": chunk.document_id,
        "state": str(chunk.state),
        "blob": proof.name if proof else None,
        "length": proof.length if proof else None,
        "digest": {"sha256OfBlocks": proof.digest.sha256, "blockSize": proof.digest.block_size} if proof else None,
        "verifiedAt": _moment(proof.verified_at) if proof else None,
        "releasedAt": _moment(chunk.released_at),
        "keptReason": chunk.kept_reason or None,
        "failures": dict(chunk.failures),
        "lastFailure": chunk.last_failure.cause if chunk.last_failure else None,
        "notes": list(chunk.notes),
    }


def _output_view(output: Output | None) -> dict[str, str] | None:
    if output is None:
        return None
    return {"content": str(output.content), "channel": str(output.channel), "format": str(output.format)}


def _moment(moment: datetime | None) -> str | None:
    return format_time(moment) if moment else None


def problem(error: RecordingError) -> tuple[int, dict[str, object]]:
    """An error as HTTP status and RFC 9457 problem details; nothing in it that the caller may not see."""
    status = _status(error)
    details: dict[str, object] = {
        "type": f"urn:recording:problem:{error.code.replace('_', '-')}",
        "title": _TITLES[status],
        "status": status,
        "detail": str(error),
    }
    if isinstance(error, InvalidRequest | MalformedEvent):
        details["field"] = error.field
        if error.field in {*_OUTPUT_FIELDS, "output"}:
            details["validOutputs"] = outputs.table()
    if isinstance(error, SettingsInvalid):
        details["problems"] = list(error.problems)
    if isinstance(error, Transient) and error.retry_after is not None:
        details["retryAfterSeconds"] = error.retry_after
    return status, details


_TITLES = {
    400: "Bad Request",
    404: "Not Found",
    409: "Conflict",
    503: "Service Unavailable",
}


def _status(error: RecordingError) -> int:
    match error:
        case InvalidRequest() | MalformedEvent():
            return 400
        case UnknownRecording():
            return 404
        case CallRefused():
            return 404 if error.status == 404 else 409  # noqa: PLR2004 - the service's own 404
        case SettingsInvalid() | Transient():
            return 503
    return 409
