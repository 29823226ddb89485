"""The text of a policy as a tree, in which every value knows its line and column; made outside of the core."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """Where a value begins; lines and columns count from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text as it is written; `is_quoted`: so that it is no number, no true and no null."""

    text: str
    is_quoted: bool
    at: Position


@dataclass(frozen=True, slots=True)
class Listing:
    """A list."""

    items: tuple["Node", ...]
    at: Position


@dataclass(frozen=True, slots=True)
class Table:
    """Names and values in order; a name may stand in it twice."""

    entries: tuple[tuple["Node", "Node"], ...]
    at: Position


type Node = Scalar | Listing | Table
