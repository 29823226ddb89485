"""The customer's own keys of people: they stand in URLs, which are logged, so they must not be anybody's id."""

import re

from recording.core.errors import InvalidRequest
from recording.core.participants import without_identities

UNKNOWN_KEY = "unknown"
"""Stands where a key stands, for the recordings that may be of anybody."""
LONGEST_KEY = 128
LONGEST_PURPOSE = 200
KEY_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}"
_KEY = re.compile(KEY_PATTERN)
_FORMS = r"(?:acs|dod-acs|gcch-acs|orgid|dod|gcch|spool|teamsvisitor)"
_RAW_ID = re.compile(rf"[0-9]{{1,3}}:.*|(?:8|28)[._-]{_FORMS}[._-].*|{_FORMS}:.*", re.IGNORECASE | re.DOTALL)
_SEPARATORS = re.compile(r"[\s()+./_-]")
_DIGITS = re.compile(r"[0-9]{7,17}")
_LOGGED = "a key stands in URLs, which are logged"
_PURPOSE = re.compile(rf"[^\x00-\x1f\x7f]{{1,{LONGEST_PURPOSE}}}")


def check_key(key: str) -> str:
    """The key, if it can be one.

    Raises:
        InvalidRequest: it names a person in clear, or has other characters; `field` is `key`.
    """
    if "@" in key:
        raise InvalidRequest("key", f"it looks like an address of mail: {_LOGGED}; use a pseudonym, such as crm-4711")
    if _RAW_ID.fullmatch(key):
        raise InvalidRequest("key", f"it looks like a raw id: {_LOGGED}; give raw ids in the body")
    if without_identities(key) != key or _DIGITS.fullmatch(_SEPARATORS.sub("", key)):
        cause = (
            f"it looks like a telephone number: {_LOGGED}; a key of digits alone needs a letter, such as crm-4711000"
        )
        raise InvalidRequest("key", cause)
    if not _KEY.fullmatch(key):
        raise InvalidRequest("key", f"not 1 to {LONGEST_KEY} of letters, digits, '.', '_' and '-'")
    if key.lower() == UNKNOWN_KEY:
        raise InvalidRequest("key", f"`{UNKNOWN_KEY}` stands for the recordings that may be of anybody")
    return key


def check_purpose(purpose: str | None) -> str:
    """What somebody looks at a person's recordings for, such as a file number.

    Raises:
        InvalidRequest: it is missing, too long, or names a person; `field` is `purpose`.
    """
    if purpose is None or not purpose.strip():
        raise InvalidRequest(
            "purpose", "missing: say what for, such as the number of the request; it is kept on record"
        )
    if not _PURPOSE.fullmatch(purpose):
        raise InvalidRequest("purpose", f"not a line of at most {LONGEST_PURPOSE} characters")
    if without_identities(purpose) != purpose:
        raise InvalidRequest("purpose", "it names a person: it is kept on record for good, and may be in a URL")
    return purpose.strip()
