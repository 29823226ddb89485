"""Requests about consent: to withdraw it, and to attest it for those who have joined later."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from recording.core.errors import InvalidRequest
from recording.core.formats import reading
from recording.core.formats.api.decisions import LONGEST_NAME, LONGEST_REASON, line
from recording.core.formats.api.requests import parse_json
from recording.core.model import Actor


@dataclass(frozen=True, slots=True)
class ConsentRequest:
    """Why consent is withdrawn, or on which basis it is attested; and by whom."""

    reason: str
    by: Actor = field(repr=False)


def parse_withdrawal(body: bytes) -> ConsentRequest:
    """Read a withdrawal: JSON with `reason` and `by`.

    Raises:
        InvalidRequest: `field` is missing, unknown, or of the wrong type.
    """
    return _parse(body, "reason")


def parse_attestation(body: bytes) -> ConsentRequest:
    """Read an attestation: JSON with `basis` and `by`.

    Raises:
        InvalidRequest: `field` is missing, unknown, or of the wrong type.
    """
    return _parse(body, "basis")


def _parse(body: bytes, why: str) -> ConsentRequest:
    found = parse_json(body)
    if not isinstance(found, Mapping):
        raise InvalidRequest("body", "not a JSON object")
    fields = reading.StrictFields(found, InvalidRequest)
    unknown = sorted(fields.names - {why, "by"})
    if unknown:
        raise InvalidRequest(unknown[0][:80], f"unknown field; known are by, {why}")
    reason = fields.need(why, line(LONGEST_REASON), f"missing, blank, or over {LONGEST_REASON} characters")
    by = fields.need("by", line(LONGEST_NAME), f"missing, blank, or over {LONGEST_NAME} characters")
    return ConsentRequest(reason, Actor(f"person:{by}"))
