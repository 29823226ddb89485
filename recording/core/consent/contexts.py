"""How an order names itself to the service, and how evidence names a participant."""

import hashlib
import hmac
import re

from recording.core.participants import kind_of

_CONTEXT = re.compile(r"consent\.([0-9]{1,4})\.[0-9a-f]{32}", re.ASCII)
_LENGTH = 32


def context_of(consent_id: str, number: int) -> str:
    """The operation context of an order.

    Only who knows the consent's id can make it, so nobody else can report the order as done; whoever is shown that of
    one order cannot make that of another.
    """
    tag = hmac.digest(consent_id.encode(), str(number).encode(), hashlib.sha256)
    return f"consent.{number}.{tag.hex()[:_LENGTH]}"


def read_context(consent_id: str, context: str | None) -> int | None:
    """The order's number; None if the context is not that of an order of this consent."""
    found = _CONTEXT.fullmatch(context or "")
    number = int(found[1]) if found else 0
    return number if found and hmac.compare_digest(context_of(consent_id, number), found[0]) else None


def pseudonym(secret: str, key: str, raw_id: str) -> str:
    """The name of a participant in evidence: the kind, and a keyed hash of the raw id.

    Args:
        secret: PARTICIPANT_KEY. Without it, whoever reads `key` in the catalog can try telephone numbers.
        key: of this call, so that the names of two calls say nothing about each other.
        raw_id: the service's id of the participant.
    """
    found = hmac.digest(f"{secret}/{key}".encode(), raw_id.encode("utf-8", "surrogatepass"), hashlib.sha256)
    return f"{kind_of(raw_id)}-{found.hex()[:_LENGTH]}"
