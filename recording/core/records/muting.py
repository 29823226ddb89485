"""Makes single channels of a wav file silent, piece by piece; every other byte stays as it is."""

from collections.abc import Collection
from dataclasses import dataclass

from recording.core.media import MediaFacts, Pcm
from recording.core.model import CatalogEntry, Channel, Format
from recording.core.records.exporting import Channels, own_channels

_WIDTH = 2
"""Bytes of a sample: what the service writes has 16 bits, of which zero is silence."""


@dataclass(frozen=True, slots=True)
class Muted:
    """What is to be silent of a file: these channels, counted from 0, of these samples."""

    pcm: Pcm
    channels: tuple[int, ...]

    def silence(self, offset: int, piece: bytearray) -> None:
        """Make it silent in the bytes of the file that begin at that offset."""
        for first, last in self._bytes(offset, len(piece)):
            piece[first : last : self.pcm.frame] = bytes(len(range(first, last, self.pcm.frame)))

    def is_silent(self, offset: int, piece: bytes | bytearray) -> bool:
        """Whether it is silent in the bytes of the file that begin at that offset."""
        return not any(any(piece[first : last : self.pcm.frame]) for first, last in self._bytes(offset, len(piece)))

    def _bytes(self, offset: int, length: int) -> list[tuple[int, int]]:
        """Where the bytes begin and end, each a frame after the one before, that are of these channels."""
        pcm = self.pcm
        begin, end = max(0, pcm.offset - offset), min(length, pcm.offset + pcm.length - offset)
        at = (offset + begin - pcm.offset) % pcm.frame
        places = (channel * pcm.width + byte for channel in self.channels for byte in range(pcm.width))
        found = ((begin + (place - at) % pcm.frame, end) for place in places)
        return [(first, last) for first, last in found if first < last]


def why_never_muted(entry: CatalogEntry) -> str:
    """Why no channel of a recording can be muted, whoever is in it; empty if one can."""
    output = entry.recording.output
    if output is None:
        return "which output it is is not known"
    if output.channel is not Channel.UNMIXED:
        return "its audio is mixed: no channel is one person's alone"
    return "" if output.format is Format.WAV else f"it is {output.format}: a channel of it cannot be muted"


def muted(facts: MediaFacts, said: Channels) -> Muted | str:
    """What is to be silent of a file; or why that is not certain.

    Args:
        facts: of the file.
        said: which channels its metadata file gives to the person, and to others.
    """
    pcm = facts.sound
    if facts.format is not Format.WAV or pcm is None or pcm.width != _WIDTH:
        return "its samples are not plain ones of 16 bits"
    found = own_channels(said, pcm.channels)
    return found if isinstance(found, str) else Muted(pcm, found)


def is_nobodys(said: Channels, heard: Collection[bool]) -> bool:
    """Whether it is certain that the person is not heard: others are, and nothing is in doubt."""
    return bool(heard) and not any(heard) and not said.notes
