"""What was found out about a media file, and how an inspection asks for the ranges that it needs."""

from collections.abc import Generator
from dataclasses import dataclass
from datetime import timedelta

from recording.core.model import Format


@dataclass(frozen=True, slots=True)
class Need:
    """A range of the file that the inspection needs next: offset and length in bytes."""

    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Pcm:
    """The samples in a file: `length` bytes from `offset`, whole frames of a sample of `width` bytes per channel.

    Samples are little-endian; those of one byte have no sign.
    """

    offset: int
    length: int
    channels: int
    sample_rate: int
    width: int

    @property
    def frame(self) -> int:
        """Bytes of one sample, all channels together."""
        return self.channels * self.width

    @property
    def frames(self) -> int:
        """How many samples each channel has."""
        return self.length // self.frame


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """What was found out about a file; None for what is not known.

    Attributes:
        format: None for a file that is not wav, mp3 or mp4.
        length: of the file, in bytes.
        duration: of the media that is in the file; approximate if `is_estimate`, 0 if there is no media.
        sample_rate: in Hz.
        claimed: the duration by the file's header, if that is another one.
        sound: where its samples are; None if it holds none that are plain numbers.
        notes: faults that players tolerate.
        problems: faults that are wrong whatever was expected.
    """

    format: Format | None
    length: int
    duration: timedelta | None = None
    sample_rate: int | None = None
    channels: int | None = None
    claimed: timedelta | None = None
    is_estimate: bool = False
    sound: Pcm | None = None
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


type Look = Generator[Need, bytes, MediaFacts]
"""The inspection of a file: yields each range needed, is sent its bytes (fewer if they cannot be read), returns facts.

It asks for each offset with one length only, except for the start of the file, of which `kinds` may need more.
"""


def unseen(offset: int) -> str:
    """The note of an inspection that had to stop at that offset."""
    return f"it was not looked at from byte {offset} on"


def spell(name: bytes) -> str:
    """The four-byte name of a box or chunk as text; in hex if it is not printable ASCII."""
    text = name.decode("latin-1")
    return text if text.isascii() and text.isprintable() else name.hex()


def seconds(count: int, per_second: int) -> timedelta | None:
    """The duration of `count` units; None if `per_second` is 0 or the result is too large."""
    try:
        return timedelta(microseconds=count * 1_000_000 // per_second)
    except (OverflowError, ZeroDivisionError):
        return None


def show(duration: timedelta) -> str:
    """A duration for people, in seconds."""
    return f"{duration.total_seconds():.1f} s"
