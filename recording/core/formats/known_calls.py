"""What events and requests say of a call and its participants: raw ids, an operation context, an attestation."""

import json
import re
from collections.abc import Mapping

from recording.core.formats import reading
from recording.core.model import Attestation, CallKind, EventKind, KnownCall, Participant, ParticipantKind
from recording.core.times import parse_time

_PHONE = "4:"
_NUMBER = re.compile(r"(\+[1-9][0-9]{0,14})(?:_.*)?", re.DOTALL)
_KINDS = {
    "8:acs:": ParticipantKind.COMMUNICATION_USER,
    "8:spool:": ParticipantKind.COMMUNICATION_USER,
    "8:dod-acs:": ParticipantKind.COMMUNICATION_USER,
    "8:gcch-acs:": ParticipantKind.COMMUNICATION_USER,
    "8:orgid:": ParticipantKind.TEAMS_USER,
    "8:dod:": ParticipantKind.TEAMS_USER,
    "8:gcch:": ParticipantKind.TEAMS_USER,
    "8:teamsvisitor:": ParticipantKind.TEAMS_USER,
    "28:orgid:": ParticipantKind.TEAMS_APP,
    "28:dod:": ParticipantKind.TEAMS_APP,
    "28:gcch:": ParticipantKind.TEAMS_APP,
    "28:": ParticipantKind.BOT,
}
"""By the beginning of the raw id; the first that fits."""
_EXTENSION = 3
"""The parts of an extension user's raw id behind its prefix: resource, tenant and user."""
_LONGEST = 500
_CONSENT = "consent"


def participant_of(raw_id: str) -> Participant:
    """What a raw id says of a participant."""
    if raw_id.startswith(_PHONE):
        found = _NUMBER.fullmatch(raw_id.removeprefix(_PHONE))
        return Participant(ParticipantKind.PHONE_NUMBER, raw_id, found[1] if found else None)
    prefix = next((prefix for prefix in _KINDS if raw_id.startswith(prefix)), "")
    kind = _KINDS.get(prefix, ParticipantKind.UNKNOWN)
    is_extension = not prefix.startswith("8:spool") and len(raw_id.removeprefix(prefix).split("_")) == _EXTENSION
    if kind is ParticipantKind.COMMUNICATION_USER and is_extension:
        kind = ParticipantKind.TEAMS_EXTENSION_USER
    return Participant(kind, raw_id)


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
