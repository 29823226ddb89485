"""JSON bodies of the HTTP API to requests."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from recording.core import outputs
from recording.core.errors import InvalidRequest, RequestTooLarge
from recording.core.formats import reading
from recording.core.model import CallConnectionId, Output, ServerCallId

MOST_BODY = 1 << 20
"""Bytes of a request's body; also the most that Event Grid delivers at once."""

LOCATORS = ("serverCallId", "groupCallId", "roomId", "callConnectionId")
"""The fields that name a call."""
OUTPUT_FIELDS = ("content", "channel", "format")
_KNOWN = frozenset((*LOCATORS, *OUTPUT_FIELDS, "pauseOnStart"))
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True, slots=True)
class StartRequest:
    """A caller's request to record a call: exactly one of the four ids of the call is set."""

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
        RequestTooLarge: it has more than `MOST_BODY` bytes.
        InvalidRequest: it is empty or not JSON; the cause names line and column of the error.
    """
    if len(body) > MOST_BODY:
        raise RequestTooLarge("body", f"{len(body)} bytes, more than {MOST_BODY}")
    try:
        return reading.json_body(body)[1]
    except ValueError as error:
        raise InvalidRequest("body", str(error)) from error


def parse_start(body: bytes, request_id: str | None, usual: Output) -> StartRequest:
    """Read a request to start a recording.

    Args:
        body: JSON with one id of the call, and either content, channel and format or none of these.
        request_id: the caller's Repeatability-Request-ID header, if it sent one.
        usual: the output if the request names none.

    Raises:
        InvalidRequest: `field` is missing, unknown, or of the wrong type.
    """
    found = parse_json(body)
    if not isinstance(found, Mapping):
        raise InvalidRequest("body", "not a JSON object")
    unknown = sorted(set(found) - _KNOWN)
    if unknown:
        raise InvalidRequest(unknown[0][:80], f"unknown field; known are {', '.join(sorted(_KNOWN))}")
    locators = {name: _locator(found, name) for name in LOCATORS if found.get(name) is not None}
    if len(locators) != 1:
        raise InvalidRequest(" | ".join(LOCATORS), f"exactly one must be given, not {len(locators)}")
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
    if not any(name in found for name in OUTPUT_FIELDS):
        return usual
    for name in OUTPUT_FIELDS:
        if name not in found:
            raise InvalidRequest(name, "missing; give all of content, channel and format, or none")
    return outputs.parse_output(*(found[name] for name in OUTPUT_FIELDS))


def _locator(found: Mapping[str, object], name: str) -> str:
    value = found[name]
    if isinstance(value, str) and value and not value.strip():
        raise InvalidRequest(name, "blank")
    if (text := reading.text(value)) is None:
        raise InvalidRequest(name, reading.why_no_text(value))
    return text
