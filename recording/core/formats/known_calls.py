"""What events and requests say of a call and its participants: raw ids, an operation context, an attestation."""

import json
from collections.abc import Mapping

from recording.core.formats import reading
from recording.core.model import Attestation, CallKind, EventKind, KnownCall
from recording.core.participants import participant_of
from recording.core.times import parse_time

_LONGEST = 500
_CONSENT = "consent"


def call_started(data: Mapping[str, object]) -> KnownCall:
    """What `CallStarted` says of its call: who started it, and what it is."""
    started_by = reading.mapping(data.get("startedBy")) or {}
    inner = reading.mapping(started_by.get("communicationIdentifier")) or started_by  # as older events have it
    raw_id = reading.identity(inner.get("rawId"))
    return KnownCall(
        EventKind.CALL_STARTED,
        kind=_kind(data),
        participants=(participant_of(raw_id),) if raw_id else (),
    )


def call_connected(data: Mapping[str, object]) -> KnownCall:
    """What `CallConnected` says of its call: that it is one of our connections, and the operation context."""
    context, attested = operation_context(data.get("operationContext"))
    return KnownCall(EventKind.CALL_CONNECTED, kind=CallKind.CONNECTION, context=context, attested=attested)


def operation_context(found: object) -> tuple[str | None, Attestation | None]:
    """The context that rules match, and the attestation in it.

    The context is the text itself, or, if that is a JSON object, its `context`; `consent` in it is an attestation.
    """
    text = reading.text(found)
    if text is None:
        return None, None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text, None
    if not isinstance(value, dict):
        return text, None
    fields = reading.Fields(value.get(_CONSENT), _ignore, _CONSENT)
    return reading.text(value.get("context")), attestation(fields)


def attestation(fields: reading.Fields) -> Attestation | None:
    """An attestation: what it rests on, who says it, and when the participants consented; None if one is missing."""
    basis = fields.read("basis", _short, "not a text of at most 500 characters")
    by = fields.read("by", _short, "not a text of at most 500 characters")
    at = fields.read("at", parse_time, "not a time such as 2026-03-01T12:00:00Z")
    return None if basis is None or by is None or at is None else Attestation(basis, by, at)


def _kind(data: Mapping[str, object]) -> CallKind | None:
    room, group = (reading.mapping(data.get(name)) or {} for name in ("room", "group"))
    if data.get("isRoomsCall") is True or reading.text(room.get("id")):
        return CallKind.ROOM
    if reading.text(group.get("id")):
        return CallKind.GROUP
    return CallKind.TWO_PARTY if data.get("isTwoParty") is True else None


def _short(found: object) -> str | None:
    return (
        found.strip() if isinstance(found, str) and found.strip() and not reading.why_no_text(found, _LONGEST) else None
    )


def _ignore(_path: str, _cause: str) -> None:
    """A context that is not about consent is no fault."""
