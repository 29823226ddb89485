"""JSON bodies of the HTTP API to requests."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from recording.core import outputs
from recording.core.errors import InvalidRequest, RequestTooLarge
from recording.core.formats import reading
from recording.core.formats.known_calls import attestation, operation_context
from recording.core.model import (
    Attestation,
    CallConnectionId,
    CallKind,
    Direction,
    EventKind,
    KnownCall,
    Output,
    Participant,
    ServerCallId,
)
from recording.core.participants import participant_of

MOST_BODY = 1 << 20
"""Bytes of a request's body; also the most that Event Grid delivers at once."""

LOCATORS = ("serverCallId", "groupCallId", "roomId", "callConnectionId")
"""The fields that name a call."""
OUTPUT_FIELDS = ("content", "channel", "format")
_KNOWN = frozenset(
    (*LOCATORS, *OUTPUT_FIELDS, "pauseOnStart", "direction", "participants", "operationContext", "consent")
)
_MOST_PARTICIPANTS = 350
"""As many as the service allows in a call."""
_KINDS = {"groupCallId": CallKind.GROUP, "roomId": CallKind.ROOM, "callConnectionId": CallKind.CONNECTION}
_REQUESTED = KnownCall(EventKind.REQUEST)
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True, slots=True)
class StartRequest:
    """A caller's request to record a call: exactly one of the four ids of the call is set.

    An output or a pause that is None is left to the policy. `call` is what the caller says of the call.
    """

    output: Output | None = None
    server_call_id: ServerCallId | None = None
    group_call_id: str | None = None
    room_id: str | None = None
    call_connection_id: CallConnectionId | None = None
    pause_on_start: bool | None = None
    request_id: str = ""
    call: KnownCall = _REQUESTED


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


def parse_start(body: bytes, request_id: str | None) -> StartRequest:
    """Read a request to start a recording.

    Args:
        body: JSON with one id of the call, and either content, channel and format or none of these.
        request_id: the caller's Repeatability-Request-ID header, if it sent one.

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
    pause = found.get("pauseOnStart")
    if pause is not None and not isinstance(pause, bool):
        raise InvalidRequest("pauseOnStart", "neither true nor false")
    if request_id is not None and not _REQUEST_ID.fullmatch(request_id):
        raise InvalidRequest("Repeatability-Request-ID", "not 1 to 64 of letters, digits, '.', '_' and '-'")
    connection = locators.get("callConnectionId")
    server = locators.get("serverCallId")
    kind = next((kind for name, kind in _KINDS.items() if name in locators), None)
    return StartRequest(
        output=parse_output_fields(found),
        server_call_id=ServerCallId(server) if server else None,
        group_call_id=locators.get("groupCallId"),
        room_id=locators.get("roomId"),
        call_connection_id=CallConnectionId(connection) if connection else None,
        pause_on_start=pause,
        request_id=request_id or "",
        call=replace(parse_call(found), kind=kind),
    )


def parse_call(found: Mapping[str, object]) -> KnownCall:
    """What a caller says of a call: its direction, all its participants, an operation context, an attested consent.

    Raises:
        InvalidRequest: `field` makes no sense.
    """
    direction = found.get("direction")
    if direction is not None and direction not in tuple(Direction):
        raise InvalidRequest("direction", f"none of {', '.join(Direction)}")
    given = found.get("operationContext")
    if given is not None and (why := reading.why_no_text(given)):
        raise InvalidRequest("operationContext", why)
    context, attested = operation_context(given)
    participants = _participants(found.get("participants"))
    return KnownCall(
        EventKind.REQUEST,
        direction=Direction(direction) if isinstance(direction, str) else None,
        participants=participants,
        has_all=bool(participants),
        context=context,
        attested=_attested(found.get("consent")) or attested,
    )


def parse_output_fields(found: Mapping[str, object]) -> Output | None:
    """The output that a caller asks for; None if it names none.

    Raises:
        InvalidRequest: one of the three fields is missing or unknown, or they do not go together.
    """
    if not any(name in found for name in OUTPUT_FIELDS):
        return None
    for name in OUTPUT_FIELDS:
        if name not in found:
            raise InvalidRequest(name, "missing; give all of content, channel and format, or none")
    return outputs.parse_output(*(found[name] for name in OUTPUT_FIELDS))


def _participants(given: object) -> tuple[Participant, ...]:
    if given is None:
        return ()
    if not isinstance(given, list) or len(given) > _MOST_PARTICIPANTS:
        raise InvalidRequest("participants", f"not an array of at most {_MOST_PARTICIPANTS} raw ids")
    raw_ids = [raw_id for raw_id in map(reading.identity, given) if raw_id is not None]
    if len(raw_ids) < len(given):
        raise InvalidRequest("participants", "one of them is not a raw id, which is a text")
    return tuple(map(participant_of, raw_ids))


def _attested(found: object) -> Attestation | None:
    if found is None:
        return None
    fields = reading.StrictFields(found, InvalidRequest, "consent")
    attested = attestation(fields)
    if attested is None:
        raise InvalidRequest("consent", "basis, by and at are needed")
    return attested


def _locator(found: Mapping[str, object], name: str) -> str:
    value = found[name]
    if isinstance(value, str) and value and not value.strip():
        raise InvalidRequest(name, "blank")
    if (text := reading.text(value)) is None:
        raise InvalidRequest(name, reading.why_no_text(value))
    return text
