"""Reads values of a located tree, and collects what is wrong with each place instead of ending at the first."""

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain
from typing import cast

from recording.core.errors import InvalidRequest, PolicyInvalid
from recording.core.policy.tree import Listing, Node, Position, Scalar, Table

MOST_PROBLEMS = 20
"""Problems that are named one by one; the others are counted."""
_MOST_SHOWN = 40
_LONGEST = 500
_NULLS = frozenset({"", "~", "null"})
_PRINTABLE = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_REFUSED = {"include": "no policy includes another: write all rules into this one"}
"""Keys that others know, with a sentence of their own."""


class UnfitError(Exception):
    """A value is not what is needed there; the text says why, and never contains the value."""


@dataclass(slots=True)
class Problems:
    """What is wrong with a policy, and where."""

    found: list[tuple[Position, str]] = field(default_factory=list)

    def add(self, at: Position, path: str, cause: str) -> None:
        """Add a problem of the value at that place."""
        self.found.append((at, f"line {at.line} column {at.column}: {f'{path}: ' if path else ''}{cause}"))

    def raise_any(self) -> None:
        """Raise what was found.

        Raises:
            PolicyInvalid: names every problem, in the order of the lines; at most `MOST_PROBLEMS`.
        """
        if not self.found:
            return
        causes = [cause for _, cause in sorted(self.found, key=lambda one: one[0])]
        more = len(causes) - MOST_PROBLEMS
        raise PolicyInvalid((*causes[:MOST_PROBLEMS], *((f"and {more} more",) if more > 0 else ())))


@dataclass(frozen=True, slots=True)
class Value:
    """A value of the tree, and its path, such as `rules[2].output`."""

    node: Node
    path: str
    problems: Problems

    def text(self, most: int = _LONGEST) -> str:
        """A text of one line.

        Raises:
            UnfitError: it is none, is empty, or has more than `most` characters.
        """
        node = self.node
        if not isinstance(node, Scalar):
            raise UnfitError("not a text")
        text = node.text.strip()  # a folded text of YAML ends with a line break
        if not text or (not node.is_quoted and text in _NULLS):
            raise UnfitError("empty")
        if len(text) > most:
            raise UnfitError(f"{len(text)} characters, more than {most}")
        if not _PRINTABLE.fullmatch(text):
            raise UnfitError("a line break, or another character that is not shown")
        return text

    def fitting(self, pattern: re.Pattern[str], cause: str) -> str:
        """A text that is all of a pattern.

        Raises:
            UnfitError: it is none; `cause` says what is wrong.
        """
        text = self.text()
        if not pattern.fullmatch(text):
            raise UnfitError(cause)
        return text

    def flag(self) -> bool:
        """`true` or `false`.

        Raises:
            UnfitError: it is neither.
        """
        if isinstance(self.node, Scalar) and not self.node.is_quoted and self.node.text in {"true", "false"}:
            return self.node.text == "true"
        raise UnfitError("neither true nor false")

    def whole(self, least: int, most: int) -> int:
        """A whole number.

        Raises:
            UnfitError: it is none, or out of bounds.
        """
        text = self.node.text if isinstance(self.node, Scalar) else ""
        if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
            raise UnfitError(f"not a whole number from {least} to {most}" if least < most else f"not {least}")
        return int(text)

    def one_of[E: StrEnum](self, enum: type[E]) -> E:
        """A member of an enum.

        Raises:
            UnfitError: it is none.
        """
        if isinstance(self.node, Scalar) and self.node.text in tuple(enum):
            return enum(self.node.text)
        raise UnfitError(f"none of {', '.join(enum)}")

    def each[T](self, read: Callable[["Value"], T], most: int) -> tuple[T, ...]:
        """The values of a list; an item that is unfit is a problem of its own, and left out.

        Raises:
            UnfitError: it is no list, is empty, or has more than `most` items.
        """
        if not isinstance(self.node, Listing):
            raise UnfitError("not a list, such as [a, b]")
        if not self.node.items:
            raise UnfitError("an empty list; leave it out")
        if len(self.node.items) > most:
            raise UnfitError(f"{len(self.node.items)} items, more than {most}")
        nothing: tuple[T, ...] = ()
        items = (Value(node, f"{self.path}[{place}]", self.problems) for place, node in enumerate(self.node.items))
        return tuple(chain.from_iterable(item.read(lambda value: (read(value),), nothing) for item in items))

    def read[T](self, kind: Callable[["Value"], T], default: T) -> T:
        """What `kind` makes of the value; the default, after a problem was added, if it is unfit."""
        try:
            return kind(self)
        except UnfitError as error:
            self.report(str(error))
        except InvalidRequest as error:
            self.report(error.cause.removeprefix(f"{error.field}: "))
        return default

    def section(self, *known: str) -> "Section":
        """A table with some of these names, each at most once; another name is a problem.

        Raises:
            UnfitError: it is no table.
        """
        if not isinstance(self.node, Table):
            raise UnfitError(f"not a table of {', '.join(known)}")
        return Section(self, known)

    def report(self, cause: str) -> None:
        """Add a problem of this value."""
        self.problems.add(self.node.at, self.path, cause)


class Section:
    """The values of a table, by name."""

    def __init__(self, value: Value, known: Iterable[str]) -> None:
        self._value = value
        self._known = tuple(known)
        self._found: dict[str, Value] = {}
        for key, node in cast("Table", value.node).entries:
            self._take(key, node)

    def has(self, name: str) -> bool:
        """Whether the table has that name."""
        return name in self._found

    def read[T](self, name: str, kind: Callable[[Value], T], default: T) -> T:
        """A value; the default if the name is absent, or, after a problem was added, if the value is unfit."""
        found = self._found.get(name)
        return default if found is None else found.read(kind, default)

    def need[T](self, name: str, kind: Callable[[Value], T], placeholder: T) -> T:
        """As `read`, for a name that may not be absent: the placeholder is never used, as the problem is raised."""
        if not self.has(name):
            self._value.report(f"{name} is missing")
        return self.read(name, kind, placeholder)

    def report(self, name: str, cause: str) -> None:
        """Add a problem of a value that is there."""
        self._found[name].report(cause)

    def only(self, names: Iterable[str], why: str) -> None:
        """Add a problem of every value with another name."""
        for name in self._found.keys() - set(names):
            self.report(name, why)

    def _take(self, key: Node, node: Node) -> None:
        name = key.text if isinstance(key, Scalar) else None
        shown = name[:_MOST_SHOWN] if name is not None and _PRINTABLE.fullmatch(name) else "a name that is no text"
        path = f"{self._value.path}.{shown}" if self._value.path else shown
        problems = self._value.problems
        if name in self._found:
            problems.add(key.at, path, f"a second time; it stands in line {self._found[name].node.at.line} already")
        elif name in self._known:
            self._found[name] = Value(node, path, problems)
        elif name in _REFUSED:
            problems.add(key.at, path, _REFUSED[name])
        else:
            near = difflib.get_close_matches(shown, self._known, 1)
            meant = f"; is {near[0]} meant?" if near else ""
            problems.add(key.at, path, f"unknown; known are {', '.join(self._known)}{meant}")
