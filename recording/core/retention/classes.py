"""Retention classes as frozen values, and how they are read from a located tree."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from recording.core.policy import Node
from recording.core.policy.values import Problems, UnfitError, Value

MOST_CLASSES = 200
MOST_DAYS = 36_500
_MOST_MOVES = 3
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


class Afterwards(StrEnum):
    """What comes after the days of a class."""

    DELETE = "delete"
    ASK = "ask"
    """A person decides."""


class Tier(StrEnum):
    """An access tier into which blobs are moved, the cheapest to keep last."""

    COOL = "Cool"
    COLD = "Cold"
    ARCHIVE = "Archive"
    """Offline: it takes hours until the blob can be read."""


@dataclass(frozen=True, slots=True)
class TierMove:
    """Into which tier the media are moved, so many days after the end of the recording."""

    after_days: int
    tier: Tier


@dataclass(frozen=True, slots=True)
class RetentionClass:
    """For how long recordings of a class are kept, and how.

    Attributes:
        name: as rules of the policy name it.
        days: counted from the end of the recording.
        afterwards: what comes then.
        moves: in the order of their days.
        worm_days: for so many days, counted likewise, nobody can change or delete its blobs.
    """

    name: str
    days: int
    afterwards: Afterwards
    moves: tuple[TierMove, ...] = ()
    worm_days: int = 0


@dataclass(frozen=True, slots=True)
class RetentionClasses:
    """The classes that are declared.

    Attributes:
        default: the name of the class of recordings that no rule gives one; empty: these are kept.
        digest: the SHA-256, in hex, of the text; empty if there is none.
        are_known: False if there is a text, and it cannot be read: then nothing is said of any recording.
    """

    classes: tuple[RetentionClass, ...] = ()
    default: str = ""
    digest: str = ""
    are_known: bool = True

    def find(self, name: str) -> RetentionClass | None:
        """The class of that name."""
        return next((one for one in self.classes if one.name == name), None)


def read_classes(root: Node, digest: str) -> RetentionClasses:
    """The classes that a tree describes.

    Args:
        root: the whole text.
        digest: its SHA-256, in hex.

    Raises:
        PolicyInvalid: names everything that is wrong, with line and column.
    """
    problems = Problems()
    whole = Value(root, "", problems)
    none_named: tuple[RetentionClass, ...] = ()
    default = ""
    try:
        top = whole.section("version", "default", "classes")
        top.need("version", lambda value: value.whole(1, 1), 1)
        classes = top.need("classes", lambda value: value.each(_classes(), MOST_CLASSES), none_named)
        default = top.read("default", lambda value: _one_of(value, classes), "")
    except UnfitError as error:
        whole.report(str(error))
        classes = none_named
    problems.raise_any()
    return RetentionClasses(classes, default, digest)


def _classes() -> Callable[[Value], RetentionClass]:
    """Reads one class after the other; each name is there once."""
    names: set[str] = set()
    return lambda value: _class(value, names)


def _class(value: Value, names: set[str]) -> RetentionClass:
    section = value.section("name", "days", "afterwards", "tiers", "wormDays")
    no_moves: tuple[TierMove, ...] = ()
    days = section.need("days", lambda one: one.whole(1, MOST_DAYS), MOST_DAYS)
    worm_days = section.read("wormDays", lambda one: one.whole(0, MOST_DAYS), 0)
    if worm_days > days:
        section.report("wormDays", "more than its days: nothing could be deleted when they end")
    moves = section.read("tiers", lambda one: one.each(_move, _MOST_MOVES), no_moves)
    order = list(Tier)
    if any(
        one.after_days >= other.after_days or order.index(one.tier) >= order.index(other.tier)
        for one, other in pairwise(moves)
    ):
        section.report("tiers", "not in order: each later move is into a cheaper tier, after more days")
    if any(move.after_days >= days for move in moves):
        section.report("tiers", "a move at or after the end of its days")
    return RetentionClass(
        name=section.need("name", lambda one: _name(one, names), ""),
        days=days,
        afterwards=section.need("afterwards", lambda one: one.one_of(Afterwards), Afterwards.ASK),
        moves=moves,
        worm_days=worm_days,
    )


def _name(value: Value, names: set[str]) -> str:
    name = value.fitting(_NAME, "not 1 to 40 of a-z, 0-9 and -")
    if name in names:
        message = f"a class above has {name} already"
        raise UnfitError(message)
    names.add(name)
    return name


def _move(value: Value) -> TierMove:
    section = value.section("afterDays", "tier")
    return TierMove(
        section.need("afterDays", lambda one: one.whole(1, MOST_DAYS), 1),
        section.need("tier", lambda one: one.one_of(Tier), Tier.COOL),
    )


def _one_of(value: Value, classes: tuple[RetentionClass, ...]) -> str:
    name = value.text()
    if name not in {one.name for one in classes}:
        raise UnfitError("none of the classes")
    return name
