"""One tolerant reader of what stands in JSON from elsewhere: a value, or None where it is not of the kind asked for.

What is spelt in another way, but can mean only one thing, is read: a number as text, an object as the JSON text of one.
"""

import base64
import binascii
import codecs
import json
import re
from collections.abc import Mapping
from typing import cast

LONGEST_TEXT = 4096
"""Characters of a text that the catalog can hold; the service's own have some hundreds."""

LONGEST_ID = 1024
"""Characters of an id: two of them fit into a message of a queue, however they are escaped there."""

SURROGATE = re.compile("[\ud800-\udfff]")
"""Half of a pair, which JSON can escape, and which is in no encoding of Unicode."""
_WHOLE = re.compile(r"[+-]?\d{1,18}(?:\.0*)?", re.ASCII)


def text(found: object) -> str | None:
    """A text that can be written down, whole."""
    if not isinstance(found, str) or not 0 < len(found) <= LONGEST_TEXT or SURROGATE.search(found):
        return None
    return found


def identity(found: object) -> str | None:
    """An id that can be written down, whole."""
    return text(found) if isinstance(found, str) and len(found) <= LONGEST_ID else None


def whole(found: object) -> int | None:
    """A whole number of either sign, from a number or its text: `0`, `0.0`, `"0"` and `"0.0"` are the same."""
    if isinstance(found, bool):
        return None
    if isinstance(found, int):
        return found
    if isinstance(found, float):
        return int(found) if found.is_integer() else None
    if isinstance(found, str) and len(found) <= LONGEST_TEXT and _WHOLE.fullmatch(found.strip()):
        return int(found.strip().partition(".")[0])
    return None


def mapping(found: object) -> Mapping[str, object] | None:
    """An object, or the JSON text of one."""
    value = _unpacked(found)
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else None


def array(found: object) -> list[object] | None:
    """An array, the JSON text of one, or a lone object in place of an array of one."""
    value = _unpacked(found)
    if isinstance(value, Mapping):
        return [value]
    return value if isinstance(value, list) else None


def base64_json(found: object) -> object:
    """What JSON in base64 holds; None where it is no such text."""
    if not isinstance(found, str):
        return None
    try:
        return _said(base64.b64decode(found, validate=True))
    except ValueError:
        return None


def json_body(body: bytes) -> tuple[str, object]:
    """The text of a body, and what it says.

    Raises:
        ValueError: it is not JSON; the message says where it stops being so.
    """
    if not body.strip():
        raise ValueError("empty where JSON should be")
    try:
        text = body.decode(json.detect_encoding(body), "surrogatepass")
        return text, json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at line {error.lineno} column {error.colno}") from error
    except (ValueError, RecursionError) as error:  # wrong bytes, a number of thousands of digits
        raise ValueError("not JSON in UTF-8, or nested too deep") from error


def message_text(message: bytes) -> bytes:
    """The JSON of a queue's message: as it is, or in base64, as tools for queues write it by default.

    Raises:
        ValueError: it is neither an object nor an array, and no base64.
    """
    plain = message.removeprefix(codecs.BOM_UTF8).strip()
    if plain.startswith((b"{", b"[")):  # base64 has neither
        return plain
    try:
        decoded = base64.b64decode(b"".join(plain.split()), validate=True)
    except binascii.Error as error:
        raise ValueError("neither JSON nor base64") from error
    return decoded.removeprefix(codecs.BOM_UTF8).strip()


def _unpacked(found: object) -> object:
    return _said(found) if isinstance(found, str) else found


def _said(text: str | bytes) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
