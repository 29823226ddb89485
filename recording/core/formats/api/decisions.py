"""A person's decision about a chunk, as a request; and the ETag of the recording for which it is made."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from recording.core.callers import Caller
from recording.core.errors import ConditionMissing, InvalidRequest
from recording.core.formats import reading
from recording.core.formats.api.requests import parse_json
from recording.core.lifecycle.history import DECISIONS
from recording.core.model import Actor, CatalogEntry, Chunk, Ruling

LONGEST_NAME = 200
"""Characters of the name of the person who decides."""
LONGEST_REASON = 500
"""Characters of a reason: the history of a recording keeps hundreds."""
_FIELDS = frozenset({"decision", "reason", "by"})
_CONDITION = "If-Match"
_ETAG = re.compile(r'(?:W/)?"?([0-9a-f]{32})"?')
"""With or without quotes; a gateway that compresses answers marks their ETags as weak."""


@dataclass(frozen=True, slots=True)
class DecisionRequest:
    """A decision, its reason, who decides, and the ETag of the recording that the person has seen."""

    ruling: Ruling
    reason: str
    by: Actor
    etag: str


def etag(entry: CatalogEntry) -> str:
    """The ETag of a recording; empty for one that is not in the catalog.

    It changes with everything that a person decides about: states, copies, doubts, announcements, decisions. It stays
    when a try fails again: such a try, every few minutes, must not make each decision a conflict.
    """
    if not entry.version:
        return ""
    recording = entry.recording
    decisions = [(one.at, one.until) for one in recording.history if one.what in DECISIONS]
    seen = (recording.state, recording.revision, recording.unread, decisions, tuple(map(_decided_about, entry)))
    return f'"{hashlib.sha256(repr(seen).encode("utf-8", "surrogatepass")).hexdigest()[:32]}"'


def _decided_about(chunk: Chunk) -> tuple[object, ...]:
    announced = tuple(candidate.announced for candidate in chunk.candidates)
    copies = (chunk.proof, chunk.apart, chunk.overflow)
    decided = (chunk.is_accepted, chunk.is_given_up, chunk.is_undecided)
    return chunk.document_id, chunk.state, copies, chunk.doubts, decided, announced


def parse_decision(body: bytes, condition: str | None, caller: Caller) -> DecisionRequest:
    """Read a decision.

    Args:
        body: JSON with `decision`, `reason` and, from a caller by key, `by`.
        condition: the caller's If-Match header, if it sent one.
        caller: who was proven; a token says who decides, and no body can say otherwise.

    Raises:
        ConditionMissing: there is no If-Match.
        InvalidRequest: `field` is missing, unknown, or of the wrong type.
    """
    found = parse_json(body)
    if not isinstance(found, Mapping):
        raise InvalidRequest("body", "not a JSON object")
    fields = reading.StrictFields(found, InvalidRequest)
    unknown = sorted(fields.names - _FIELDS)
    if unknown:
        raise InvalidRequest(unknown[0][:80], f"unknown field; known are {', '.join(sorted(_FIELDS))}")
    ruling = fields.need("decision", _ruling, f"missing, or none of {', '.join(Ruling)}")
    reason = fields.need("reason", line(LONGEST_REASON), f"missing, blank, or over {LONGEST_REASON} characters")
    return DecisionRequest(ruling, reason, named_actor(fields, caller), condition_of(condition, "recording"))


def named_actor(fields: reading.StrictFields, caller: Caller) -> Actor:
    """Who acts: as the token says, or by the name in `by` of a caller by key.

    Raises:
        InvalidRequest: `by` is missing, or is there although the token says who acts.
    """
    if not caller.is_by_token:
        by = fields.need("by", line(LONGEST_NAME), f"missing, blank, or over {LONGEST_NAME} characters")
        return Actor(f"{caller.actor}:{by}")
    if "by" in fields.names:
        raise InvalidRequest("by", "leave it out: the caller's token says who acts")
    return caller.actor


def condition_of(condition: str | None, what: str) -> str:
    """The ETag in the If-Match header of a decision about a `what`.

    Raises:
        ConditionMissing: there is none.
        InvalidRequest: it is no ETag of ours.
    """
    if condition is None or not condition.strip():
        raise ConditionMissing(_CONDITION, f"missing; give the ETag of the {what} that you have looked at")
    match = _ETAG.fullmatch(condition.strip())
    if match is None:
        raise InvalidRequest(_CONDITION, f"not the ETag of a {what}; a decision is made for one that was looked at")
    return f'"{match[1]}"'


def _ruling(found: object) -> Ruling | None:
    return Ruling(found) if isinstance(found, str) and found in set(Ruling) else None


def line(longest: int) -> reading.Kind[str]:
    """A text that is not blank, of bounded length."""

    def read(found: object) -> str | None:
        value = found.strip() if isinstance(found, str) else found
        return None if reading.why_no_text(value, longest) else str(value)

    return read
