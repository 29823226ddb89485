"""Takes single channels out of an unmixed wav file, piece by piece: what one person said, without the others."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

_FILE = 12
_HEADER = 8
_FORMAT = struct.Struct("<HHLLHH")
_PCM, _EXTENSIBLE = 1, 0xFFFE
_SAMPLE = 2
"""Bytes: what the service writes has 16 bits."""
MOST_HEADER = 64 << 10
"""Bytes at the beginning of a file within which its sound must begin."""
_OWN_HEADER = 44
_MOST = 0xFFFF_FFFF - _OWN_HEADER


@dataclass(frozen=True, slots=True)
class Sound:
    """Where the sound of a wav file is: its first byte, its end, its channels and samples a second."""

    begin: int
    end: int
    channels: int
    rate: int

    @property
    def frames(self) -> int:
        """The samples of each channel; what is left over at the end is none."""
        return (self.end - self.begin) // (_SAMPLE * self.channels)


def find_sound(beginning: bytes, length: int) -> Sound | str:
    """The sound of a wav file, or why its channels cannot be told apart.

    Args:
        beginning: of the file, at most `MOST_HEADER` bytes.
        length: of the whole file.
    """
    if beginning[:4] not in {b"RIFF", b"RF64", b"BW64"} or beginning[8:12] != b"WAVE":
        return "it is no wav file"
    at, channels, rate = _FILE, 0, 0
    while at + _HEADER <= len(beginning):
        name, size = beginning[at : at + 4], int.from_bytes(beginning[at + 4 : at + _HEADER], "little")
        body = at + _HEADER
        if name == b"fmt " and body + _FORMAT.size <= len(beginning):
            codec, channels, rate, _, _, bits = _FORMAT.unpack_from(beginning, body)
            if codec not in {_PCM, _EXTENSIBLE} or bits != 8 * _SAMPLE or not channels:
                return "its samples are not plain ones of 16 bits"
        if name == b"data":
            # A size that was never filled in, or cannot be, stands for all that follows.
            there = length - body
            return Sound(body, body + (size if 0 < size <= there else there), channels, rate) if channels else _LATE
        at = body + size + size % 2
    return "its sound does not begin within the first bytes"


_LATE = "its sound comes before its format"


def why_not(sound: Sound, wanted: Sequence[int]) -> str:
    """Why these channels cannot be taken out; empty if they can."""
    if not wanted or max(wanted) >= sound.channels:
        return f"it has {sound.channels} channels, and not the person's"
    if sound.frames * _SAMPLE * len(wanted) > _MOST:
        return "the channel alone is too long for a wav file"
    return ""


def header_of(sound: Sound, wanted: Sequence[int]) -> bytes:
    """The header of a wav file with so many channels, as long as that sound."""
    frame = _SAMPLE * len(wanted)
    size = sound.frames * frame
    form = _FORMAT.pack(_PCM, len(wanted), sound.rate, sound.rate * frame, frame, 8 * _SAMPLE)
    return (
        struct.pack("<4sL4s4sL", b"RIFF", 36 + size, b"WAVE", b"fmt ", 16) + form + struct.pack("<4sL", b"data", size)
    )


def length_of(sound: Sound, wanted: Sequence[int]) -> int:
    """Bytes of that file, with its header."""
    return _OWN_HEADER + sound.frames * _SAMPLE * len(wanted)


class Taking:
    """Takes channels out of the bytes of a file that come in order."""

    def __init__(self, sound: Sound, wanted: Sequence[int]) -> None:
        self._sound = sound
        self._wanted = wanted
        self._at = 0
        self._rest = b""

    def take(self, piece: memoryview) -> bytes:
        """What the next bytes of the file hold of those channels."""
        begin, self._at = self._at, self._at + len(piece)
        first, end = self._sound.begin, self._sound.begin + self._sound.frames * _SAMPLE * self._sound.channels
        sound = self._rest + bytes(piece[max(0, first - begin) : max(0, end - begin)])
        frame = _SAMPLE * self._sound.channels
        whole = len(sound) // frame * frame
        self._rest = sound[whole:]
        samples = memoryview(sound)[:whole].cast("H")
        count = len(self._wanted)
        if count == 1:
            return samples[self._wanted[0] :: self._sound.channels].tobytes()
        taken = memoryview(bytearray(whole // frame * _SAMPLE * count)).cast("H")
        for place, channel in enumerate(self._wanted):
            taken[place::count] = samples[channel :: self._sound.channels]
        return taken.tobytes()
