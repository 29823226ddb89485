"""What is seen of a media file, and how looking at one asks for what it needs."""

from collections.abc import Generator
from dataclasses import dataclass
from datetime import timedelta

from recording.core.model import Format


@dataclass(frozen=True, slots=True)
class Need:
    """A range of the file that must be read before more can be said: offset and length in bytes."""

    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """What a file is seen to be.

    `format` is None where it is none of ours; `length` is that of the file in bytes. `duration` is that of the
    media that is there, roughly so where `is_estimate`, 0 where there is none; `claimed` is what a header says
    where it says something else. `sample_rate` is in Hz. `notes` are oddities that players live with,
    `problems` are faults that no expectation can excuse.
    """

    format: Format | None
    length: int
    duration: timedelta | None = None
    sample_rate: int | None = None
    channels: int | None = None
    claimed: timedelta | None = None
    is_estimate: bool = False
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


type Look = Generator[Need, bytes, MediaFacts]
"""A look at one file: yields what it needs, is sent the bytes (fewer if they cannot be had), returns facts.

It asks for one offset with one length only, the start of the file aside, where `kinds` has asked for more.
"""


def unseen(offset: int) -> str:
    """The note that ends a look which could not go on."""
    return f"it was not looked at from byte {offset} on"


def spell(name: bytes) -> str:
    """Show the four bytes that name a part of a file."""
    text = name.decode("latin-1")
    return text if text.isascii() and text.isprintable() else name.hex()


def seconds(count: int, per_second: int) -> timedelta | None:
    """The time that `count` units take; None where that is no time at all."""
    try:
        return timedelta(microseconds=count * 1_000_000 // per_second)
    except (OverflowError, ZeroDivisionError):
        return None


def show(duration: timedelta) -> str:
    """Write a duration for people."""
    return f"{duration.total_seconds():.1f} s"
