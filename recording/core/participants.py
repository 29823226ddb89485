"""What a participant is, by the form of the raw id that the service gives them: the only place that reads one."""

import re
from collections import Counter
from collections.abc import Iterable

from recording.core.model import Participant, ParticipantKind

TAKEN_OUT = "taken-out:"
"""Begins what stands in a metadata file in place of the raw id of somebody who was taken out of it."""

_PREFIXES = (
    ("4:", ParticipantKind.PHONE_NUMBER),
    ("8:teamsvisitor:", ParticipantKind.TEAMS_VISITOR),
    ("8:orgid:", ParticipantKind.TEAMS_USER),
    ("8:dod:", ParticipantKind.TEAMS_USER),
    ("8:gcch:", ParticipantKind.TEAMS_USER),
    ("8:spool:", ParticipantKind.COMMUNICATION_USER),
    ("8:acs:", ParticipantKind.COMMUNICATION_USER),
    ("8:dod-acs:", ParticipantKind.COMMUNICATION_USER),
    ("8:gcch-acs:", ParticipantKind.COMMUNICATION_USER),
    ("28:orgid:", ParticipantKind.TEAMS_APP),
    ("28:dod:", ParticipantKind.TEAMS_APP),
    ("28:gcch:", ParticipantKind.TEAMS_APP),
    ("28:", ParticipantKind.BOT),
)
"""In the order in which they are tried."""
_MAY_BE_EXTENSION = ("8:acs:", "8:dod-acs:", "8:gcch-acs:")
_PARTS_OF_EXTENSION = 3
"""The id of a Teams Phone extension user is `RESOURCE_TENANT_USER`, that of an ACS user `RESOURCE_USER`."""
_PHONE = "4:"
_NUMBER = re.compile(r"(\+[1-9][0-9]{0,14})(?:_.*)?", re.DOTALL)
_IDENTITY = re.compile(
    r"(?<![\w.])(?:4|8|28|48):[^\s\"'<>,;)\]]+"  # a raw id
    r"|\+[1-9][0-9 ().-]{4,24}[0-9]"  # a telephone number
    r"|[^\s\"'<>@:]{1,80}@[^\s\"'<>@]+"  # an address of mail or SIP
)
_PROGRAMS = frozenset({ParticipantKind.TEAMS_APP, ParticipantKind.BOT})
_URI = "tel:"
_SEPARATORS = re.compile(r"[\s().\-/\u2010-\u2015]+")
_TRUNK = "(0)"
"""The zero that is dialled within the country only, as it is often written: `+49 (0)30`."""
_DIALLED = re.compile(r"(?:\+|00)?([1-9][0-9]{0,14})", re.ASCII)
_INTERNATIONAL = ("+", "00")
_LIKE_NUMBER = re.compile(r"[+(]?[0-9][0-9\s().\-/\u2010-\u2015]{2,30}")


def kind_of(raw_id: str) -> ParticipantKind:
    """The kind of a raw id; UNKNOWN for a form that is not known."""
    prefix, kind = next(((prefix, kind) for prefix, kind in _PREFIXES if raw_id.startswith(prefix)), ("", None))
    if kind is None or raw_id == prefix:
        return ParticipantKind.UNKNOWN
    if prefix in _MAY_BE_EXTENSION and len(raw_id.removeprefix(prefix).split("_")) == _PARTS_OF_EXTENSION:
        return ParticipantKind.TEAMS_EXTENSION_USER
    return kind


def is_program(raw_id: str) -> bool:
    """Whether it is an application, which is told and asked nothing."""
    return kind_of(raw_id) in _PROGRAMS


def participant_of(raw_id: str) -> Participant:
    """What a raw id says of a participant: the kind, and of a telephone its number."""
    kind = kind_of(raw_id)
    found = _NUMBER.fullmatch(raw_id.removeprefix(_PHONE)) if kind is ParticipantKind.PHONE_NUMBER else None
    return Participant(kind, raw_id, found[1] if found else None)


def without_identities(text: str) -> str:
    """A text of the service without the participants whom it may name: raw ids, telephone numbers and addresses."""
    return _IDENTITY.sub("(a participant)", text)


def kinds_of(raw_ids: Iterable[str]) -> tuple[tuple[ParticipantKind, int], ...]:
    """How many there are of each kind; each raw id counts once."""
    counts = Counter(kind_of(raw_id) for raw_id in set(raw_ids))
    return tuple(sorted(counts.items()))


def one_spelling(given: str) -> str:
    """The spelling that stands for all spellings of a raw id or a telephone number.

    Of a telephone number, `4:+NUMBER`. The other forms that are known hold GUIDs, whose case does not matter; what is
    of no known form stays as it is.
    """
    text = given.strip()
    if (number := _number_of(text)) is not None:
        return f"{_PHONE}+{number}"
    lower = text.lower()
    return text if kind_of(lower) is ParticipantKind.UNKNOWN else lower


def names_nobody(raw_id: str) -> bool:
    """Whether it stands for nobody: such as `4:anonymous`, for all who withhold theirs, or for who was taken out."""
    spelling = one_spelling(raw_id)
    if spelling.startswith(TAKEN_OUT):
        return True
    return kind_of(spelling) is ParticipantKind.PHONE_NUMBER and participant_of(spelling).number is None


def lacks_country(given: str) -> bool:
    """Whether it is a telephone number as it is dialled within a country: which country, cannot be known."""
    return _number_of(given) is None and _LIKE_NUMBER.fullmatch(given.strip()) is not None


def _number_of(given: str) -> str | None:
    """The digits of a telephone number with its country; None for anything else."""
    text, is_raw = given.strip(), False
    if text.startswith(_PHONE):
        text, is_raw = text.removeprefix(_PHONE).partition("_")[0], True
    elif text[: len(_URI)].lower() == _URI:
        text = text[len(_URI) :].partition(";")[0]
    text = _SEPARATORS.sub("", text.replace(_TRUNK, ""))
    if not is_raw and not text.startswith(_INTERNATIONAL):
        return None
    found = _DIALLED.fullmatch(text)
    return found[1] if found else None
