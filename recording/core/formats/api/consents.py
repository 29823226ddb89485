"""Consent over HTTP: requests to withdraw it and to attest it, and a consent that is being asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from recording.core.callers import Caller
from recording.core.consent import Consent, OperationKind
from recording.core.errors import InvalidRequest
from recording.core.formats import reading
from recording.core.formats.api.decisions import LONGEST_REASON, line, named_actor
from recording.core.formats.api.requests import parse_json
from recording.core.formats.api.shapes import PendingConsent
from recording.core.model import Actor
from recording.core.times import format_time


@dataclass(frozen=True, slots=True)
class ConsentRequest:
    """Why consent is withdrawn, or on which basis it is attested; and by whom."""

    reason: str
    by: Actor = field(repr=False)


def parse_withdrawal(body: bytes, caller: Caller) -> ConsentRequest:
    """Read a withdrawal: JSON with `reason` and, from a caller by key, `by`.

    Raises:
        InvalidRequest: `field` is missing, unknown, or of the wrong type.
    """
    return _parse(body, "reason", caller)


def parse_attestation(body: bytes, caller: Caller) -> ConsentRequest:
    """Read an attestation: JSON with `basis` and, from a caller by key, `by`.

    Raises:
        InvalidRequest: `field` is missing, unknown, or of the wrong type.
    """
    return _parse(body, "basis", caller)


def _parse(body: bytes, why: str, caller: Caller) -> ConsentRequest:
    found = parse_json(body)
    if not isinstance(found, Mapping):
        raise InvalidRequest("body", "not a JSON object")
    fields = reading.StrictFields(found, InvalidRequest)
    unknown = sorted(fields.names - {why, "by"})
    if unknown:
        raise InvalidRequest(unknown[0][:80], f"unknown field; known are by, {why}")
    reason = fields.need(why, line(LONGEST_REASON), f"missing, blank, or over {LONGEST_REASON} characters")
    return ConsentRequest(reason, named_actor(fields, caller))


def pending_view(consent: Consent) -> PendingConsent:
    """A consent that is being asked for; nobody is named."""
    operation, applied = consent.operation, consent.wanted.applied
    return {
        "state": "asking",
        "callConnectionId": consent.connection_id,
        "rule": applied.rule if applied else None,
        "consent": consent.terms.kind,
        "begunAt": format_time(consent.begun_at),
        "prompts": consent.number,
        "waitsFor": None if operation is None else _WAITS[operation.kind],
        "lastFailure": consent.failure or None,
    }


_WAITS = {
    OperationKind.PLAY: "the end of the prompt",
    OperationKind.ASK: "a key",
    OperationKind.SAY: "the end of the prompt",
}
