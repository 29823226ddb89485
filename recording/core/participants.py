"""What a participant is, by the form of the raw id that the service gives them."""

from collections import Counter
from collections.abc import Iterable

from recording.core.model import IdentifierKind

_PREFIXES = (
    ("4:", IdentifierKind.PHONE),
    ("8:teamsvisitor:", IdentifierKind.TEAMS_VISITOR),
    ("8:orgid:", IdentifierKind.TEAMS_USER),
    ("8:dod:", IdentifierKind.TEAMS_USER),
    ("8:gcch:", IdentifierKind.TEAMS_USER),
    ("8:spool:", IdentifierKind.ACS_USER),
    ("8:acs:", IdentifierKind.ACS_USER),
    ("8:dod-acs:", IdentifierKind.ACS_USER),
    ("8:gcch-acs:", IdentifierKind.ACS_USER),
    ("28:orgid:", IdentifierKind.TEAMS_APP),
    ("28:dod:", IdentifierKind.TEAMS_APP),
    ("28:gcch:", IdentifierKind.TEAMS_APP),
    ("28:", IdentifierKind.BOT),
)
"""In the order in which they are tried."""
_MAY_BE_EXTENSION = ("8:acs:", "8:dod-acs:", "8:gcch-acs:")
_PARTS_OF_EXTENSION = 3
"""The id of a Teams Phone extension user is `RESOURCE_TENANT_USER`, that of an ACS user `RESOURCE_USER`."""


def kind_of(raw_id: str) -> IdentifierKind:
    """The kind of a raw id; UNKNOWN for a form that is not known."""
    prefix, kind = next(((prefix, kind) for prefix, kind in _PREFIXES if raw_id.startswith(prefix)), ("", None))
    if kind is None or raw_id == prefix:
        return IdentifierKind.UNKNOWN
    if prefix in _MAY_BE_EXTENSION and len(raw_id.removeprefix(prefix).split("_")) == _PARTS_OF_EXTENSION:
        return IdentifierKind.EXTENSION_USER
    return kind


def kinds_of(raw_ids: Iterable[str]) -> tuple[tuple[IdentifierKind, int], ...]:
    """How many there are of each kind; each raw id counts once."""
    counts = Counter(kind_of(raw_id) for raw_id in set(raw_ids))
    return tuple(sorted(counts.items()))
