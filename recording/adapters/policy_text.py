"""The text of a policy or of retention classes, YAML or JSON. It can name no object, repeat no part, and not grow."""

import hashlib
import re
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from recording.core.errors import PolicyInvalid
from recording.core.policy import Listing, Node, Policy, Position, Scalar, Table, read_policy
from recording.core.retention import RetentionClasses, read_classes

MOST_TEXT = 512 << 10
"""Bytes of a text: enough for a thousand rules."""
MOST_DEPTH = 10
MOST_VALUES = 50_000
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9+_-]*(?:/[A-Za-z0-9+_-]+){0,2}")
_HINTS = {
    "cannot start any token": "YAML is indented by spaces, not tabs; a text that begins with @, % or ` is in quotes",
    "mapping values are not allowed": "a text in which a space follows a colon is in quotes",
}
_TAGS = frozenset({None, "tag:yaml.org,2002:str", "!"})


def policy_of(text: str) -> Policy:
    """The policy of a text; JSON is read as the YAML that it is.

    Raises:
        PolicyInvalid: names what is wrong, with line and column.
    """
    return read_policy(*_located_tree(text), _zone_of)


def retention_classes_of(text: str) -> RetentionClasses:
    """The retention classes of a text, likewise.

    Raises:
        PolicyInvalid: as for `policy_of`.
    """
    return read_classes(*_located_tree(text))


def _located_tree(text: str) -> tuple[Node, str]:
    """The tree of a text, and the text's digest."""
    try:
        encoded = text.encode()
    except UnicodeEncodeError as error:
        raise PolicyInvalid(("a lone surrogate, which is half a character, stands in it",)) from error
    if len(encoded) > MOST_TEXT:
        raise PolicyInvalid((f"{len(encoded)} bytes, more than {MOST_TEXT}",))
    try:
        root = _Tree(text).root()
    except yaml.MarkedYAMLError as error:
        raise PolicyInvalid(
            (_located(error.problem_mark or error.context_mark, _explained(error.problem or "not YAML")),)
        ) from error
    except yaml.YAMLError as error:  # a character that YAML does not allow
        raise PolicyInvalid(("not YAML: a character that it does not allow",)) from error
    return root, hashlib.sha256(encoded).hexdigest()


def _explained(problem: str) -> str:
    """What the parser says, and what to do about the two mistakes that it does not name."""
    return next((f"{problem}; {hint}" for words, hint in _HINTS.items() if words in problem), problem)


def _zone_of(name: str) -> ZoneInfo | None:
    if not _ZONE.fullmatch(name):  # it becomes part of a path
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # also the folder of several zones
        return None


class _Tree:
    """Builds the tree of a text from the parser's events, each of which is refused as soon as it is too much."""

    def __init__(self, text: str) -> None:
        if text.lstrip().startswith("{"):
            text = text.replace("\t", " ")  # blank in JSON, refused in YAML; neither has one within a text
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # that of C reads a thousand rules 10 times as fast
        self._events: Iterator[yaml.Event] = yaml.parse(text, Loader=loader)
        self._values = 0

    def root(self) -> Node:
        """The one document.

        Raises:
            PolicyInvalid: there is none or another one, or it has what no policy may have.
        """
        found: Node | None = None
        for event in self._events:
            if isinstance(event, yaml.NodeEvent):
                if found is not None:
                    raise _refused(event, "a second document begins")
                found = self._node(event, 1)
        if found is None:
            raise PolicyInvalid(("the text is empty",))
        return found

    def _node(self, event: yaml.Event, depth: int) -> Node:
        self._check(event, depth)
        at = _position(event.start_mark)
        if isinstance(event, yaml.ScalarEvent):
            return Scalar(event.value, bool(event.style), at)
        if isinstance(event, yaml.SequenceStartEvent):
            return Listing(tuple(self._until(yaml.SequenceEndEvent, depth)), at)
        found = tuple(self._until(yaml.MappingEndEvent, depth))
        return Table(tuple(zip(found[::2], found[1::2], strict=True)), at)

    def _until(self, end: type[yaml.Event], depth: int) -> Iterator[Node]:
        for event in self._events:
            if isinstance(event, end):
                return
            yield self._node(event, depth + 1)

    def _check(self, event: yaml.Event, depth: int) -> None:
        self._values += 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise _refused(event, "an anchor or an alias: write out what is repeated")
        if getattr(event, "tag", None) not in _TAGS:
            raise _refused(event, "a tag: it names a type, which no policy needs")
        if depth > MOST_DEPTH:
            raise _refused(event, f"nested deeper than {MOST_DEPTH}")
        if self._values > MOST_VALUES:
            raise _refused(event, f"more than {MOST_VALUES} values")


def _refused(event: yaml.Event, cause: str) -> PolicyInvalid:
    return PolicyInvalid((_located(event.start_mark, cause),))


def _located(mark: Any, cause: str) -> str:
    at = _position(mark)
    return f"line {at.line} column {at.column}: {cause}"


def _position(mark: Any) -> Position:
    """Where a mark is; one of the parser in C is of another class, and both may be None by their types."""
    return Position(1, 1) if mark is None else Position(mark.line + 1, mark.column + 1)
