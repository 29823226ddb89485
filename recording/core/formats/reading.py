"""The one reader of JSON that came from elsewhere: bytes to JSON, an object to its fields, a field to a value.

A *kind* is a function from any JSON value to the value it means, or None: `text`, `whole`, `mapping`, `parse_time`. A
value spelt in another way that can mean only one thing is read: a number as text, an object as the JSON text of one.

The fields of an object are read by name and kind, in one of two modes:

- tolerant, `Fields`: a value of another kind is None, and `fault` is called with its path and what is wrong;
- strict, `StrictFields`: it is refused with an error of the caller's choice, made from the same path and cause.
"""

import base64
import binascii
import codecs
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Never, Self, cast

LONGEST_TEXT = 4096
"""Characters of a text that the catalog can store; the service's own texts have some hundreds."""

LONGEST_ID = 1024
"""Characters of an id: two of them fit into a queue message, even if every character is escaped."""

_SURROGATE = re.compile("[\ud800-\udfff]")
"""A lone surrogate: a valid JSON escape that UTF-8 cannot encode."""
_WHOLE = re.compile(r"[+-]?\d{1,18}(?:\.0*)?", re.ASCII)

type Kind[T] = Callable[[object], T | None]
"""Reads a JSON value; None where it is not of the kind."""


class Fields:
    """The fields of a JSON object, read tolerantly; a field is named by its path, such as `info.audio.channels`.

    Args:
        found: the object. None counts as one without fields; anything else is a fault.
        fault: is called with the path and what is wrong there, for each value that is not of its kind.
        path: of the object; empty for the outermost.
        any_case: whether names are compared without regard to upper and lower case.
    """

    def __init__(
        self, found: object, fault: Callable[[str, str], None], path: str = "", *, any_case: bool = False
    ) -> None:
        self._fault = fault
        self._path = path
        self._any_case = any_case
        self._values: Mapping[str, object] = {}
        if isinstance(found, Mapping):
            self._values = {self._key(name): value for name, value in found.items()}
        elif found is not None:
            fault(path, "is no object")

    @property
    def names(self) -> frozenset[str]:
        """The names of its fields; in lower case where the case does not matter."""
        return frozenset(self._values)

    def get(self, name: str) -> object:
        """The JSON value of a field; None if it is absent or null."""
        return self._values.get(self._key(name))

    def read[T](self, name: str, kind: Kind[T], cause: str = "makes no sense") -> T | None:
        """The value of a field; None if it is absent or null, or, after `fault` was called, of another kind."""
        found = self.get(name)
        value = None if found is None else kind(found)
        if value is None and found is not None:
            self.report(name, cause)
        return value

    def part(self, name: str) -> Self:
        """The object that a field holds; one without fields if it is absent or null."""
        return self._inner(self.get(name), self._path_of(name))

    def each(self, name: str) -> Iterator[Self]:
        """The objects of the array that a field holds; none if it is absent or null."""
        found = self.get(name)
        if isinstance(found, list):
            for position, item in enumerate(found):
                yield self._inner(item, self._path_of(f"{name}[{position}]"))
        elif found is not None:
            self.report(name, "is no list")

    def report(self, name: str, cause: str) -> None:
        """Call `fault` for a field."""
        self._fault(self._path_of(name), cause)

    def _inner(self, found: object, path: str) -> Self:
        return type(self)(found, self._fault, path, any_case=self._any_case)

    def _key(self, name: str) -> str:
        return name.lower() if self._any_case else name

    def _path_of(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name


class StrictFields(Fields):
    """The fields of a JSON object, read strictly: a fault is raised, and `need` refuses an absent field too.

    Args:
        found: as for `Fields`.
        error: makes the exception to raise from the path and what is wrong there, such as `InvalidRequest`.
        path: as for `Fields`.
        any_case: as for `Fields`.
    """

    def __init__(
        self, found: object, error: Callable[[str, str], Exception], path: str = "", *, any_case: bool = False
    ) -> None:
        self._error = error
        super().__init__(found, self._refuse, path, any_case=any_case)

    def need[T](self, name: str, kind: Kind[T], cause: str) -> T:
        """The value of a field; `cause` says what is wrong if it is absent, null or of another kind."""
        value = kind(self.get(name))
        if value is None:
            self._refuse(self._path_of(name), cause)
        return value

    def _inner(self, found: object, path: str) -> Self:
        return type(self)(found, self._error, path, any_case=self._any_case)

    def _refuse(self, path: str, cause: str) -> Never:
        raise self._error(path, cause)


def why_no_text(found: object, longest: int = LONGEST_TEXT) -> str:
    """Why a value is no text that can be stored unchanged; empty if it is one."""
    if not isinstance(found, str):
        return "not a text"
    if not found:
        return "empty"
    if len(found) > longest:
        return f"{len(found)} characters, more than {longest}"
    return "it holds a lone surrogate, which is half a character" if _SURROGATE.search(found) else ""


def text(found: object) -> str | None:
    """A text that can be stored unchanged: not empty, of bounded length, encodable as UTF-8."""
    return found if isinstance(found, str) and not why_no_text(found) else None


def identity(found: object) -> str | None:
    """An id: a text of at most `LONGEST_ID` characters."""
    return found if isinstance(found, str) and not why_no_text(found, LONGEST_ID) else None


def whole(found: object) -> int | None:
    """A whole number of either sign, from a number or its text: `0`, `0.0`, `"0"` and `"0.0"` are equal."""
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
    """An array, the JSON text of one, or a single object in place of an array of one."""
    value = _unpacked(found)
    if isinstance(value, Mapping):
        return [value]
    return value if isinstance(value, list) else None


def base64_json(found: object) -> object:
    """The value of JSON in base64; None for anything else."""
    if not isinstance(found, str):
        return None
    try:
        return _said(base64.b64decode(found, validate=True))
    except ValueError:
        return None


def json_body(body: bytes) -> tuple[str, object]:
    """The text of a body, and its value as JSON.

    Raises:
        ValueError: it is not JSON; the message names line and column of the error.
    """
    if not body.strip():
        raise ValueError("empty where JSON should be")
    try:
        text = body.decode(json.detect_encoding(body), "surrogatepass")
        return text, json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at line {error.lineno} column {error.colno}") from error
    except (ValueError, RecursionError) as error:  # bytes that are not UTF-8, a number with thousands of digits
        raise ValueError("not JSON in UTF-8, or nested too deep") from error


def message_text(message: bytes) -> bytes:
    """The JSON of a queue message, which may be in base64, as tools for queues write it by default.

    Raises:
        ValueError: it begins neither an object nor an array, and is not base64.
    """
    plain = message.removeprefix(codecs.BOM_UTF8).strip()
    if plain.startswith((b"{", b"[")):  # neither occurs in base64
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
