"""What can be heard in a wav file, computed as its bytes come: a waveform and the level of each channel.

In plain Python, of every third sample: all of them take three times as long, and tell no more about whether somebody
can be heard. Samples of more than 16 bits count by their upper 16.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, log10, sumprod

from recording.core.media import MediaFacts, Pcm
from recording.core.model import Format

STRIDE = 3
"""Of so many samples one is measured. No tone of a voice stays at its zero crossings at a third of the usual rates."""
MOST_PEAKS = 4000
"""Of a channel: as many as a wide screen shows."""
SILENT_BELOW = 60
"""dB below full scale. Speech is 15 to 40 below, a live microphone in a quiet room 45 to 55, a dead one holds zeros."""
NOTHING = 100
"""The level of zeros, and the lowest that is told."""

_TICKS = 10
"""Of a second: what is measured at once, and the shortest interval that has a peak."""
_FULL = 32_768
_SIGN = bytes(value ^ 0x80 for value in range(256))
_MOST_CHANNELS = 16
_RATES = range(1_000, 192_001)
_MOST_SECONDS = 40_000
"""Eleven hours. The service's chunks last four at most; the levels of more do not fit into a row of the index."""


@dataclass(frozen=True, slots=True)
class ChannelSound:
    """What one channel sounds like.

    Attributes:
        peaks: the greatest magnitude in each interval, from 0 to 255.
        levels: of each second, in dB below full scale, from 0 to `NOTHING`.
    """

    peaks: bytes
    levels: bytes

    @property
    def loud(self) -> int:
        """How many seconds are not silent."""
        return sum(level < SILENT_BELOW for level in self.levels)


@dataclass(frozen=True, slots=True)
class Sound:
    """What a file sounds like; `peak_ms` is the interval of its peaks in milliseconds."""

    sample_rate: int
    peak_ms: int
    channels: tuple[ChannelSound, ...]

    @property
    def seconds(self) -> int:
        """How many seconds have a level; the last may be a shorter one."""
        return len(self.channels[0].levels)


def why_not_measured(facts: MediaFacts) -> str:
    """Why nothing is said about the sound of a file; empty for one that `Meter` can measure."""
    if facts.format is not Format.WAV:
        return f"its sound is not decoded: it is {facts.format or 'no known format'}, and only wav is measured"
    sound = facts.sound
    if sound is None:
        return "its samples are no plain numbers (PCM)"
    if not sound.frames:
        return "it has no sound"
    if sound.width not in _READERS or sound.channels > _MOST_CHANNELS or sound.sample_rate not in _RATES:
        return f"{sound.channels} channels of {sound.width} bytes at {sound.sample_rate} Hz are not measured"
    if sound.frames > _MOST_SECONDS * sound.sample_rate:
        return f"it lasts longer than the {_MOST_SECONDS} s that are measured"
    return ""


class _Channel:
    """One channel, while it is measured."""

    def __init__(self) -> None:
        self.peaks = bytearray()
        self.levels = bytearray()
        self._peak = 0
        self._energy = 0.0
        self._count = 0

    def add(self, samples: list[int]) -> None:
        """Measure the samples of a tick."""
        highest, lowest = max(samples), min(samples)
        self._count += len(samples)
        if highest or lowest:
            self._peak = max(self._peak, highest, -lowest)
            self._energy += sumprod(samples, samples)

    def end_peak(self) -> None:
        """End the interval of a peak."""
        self.peaks.append(min(self._peak >> 7, 255))
        self._peak = 0

    def end_second(self) -> None:
        """End the second of a level."""
        mean = self._energy / self._count
        self.levels.append(min(NOTHING, round(-10 * log10(mean / _FULL**2))) if mean else NOTHING)
        self._energy, self._count = 0.0, 0


class Meter:
    """Measures the samples of a file whose bytes come in order, in pieces of any size."""

    def __init__(self, sound: Pcm) -> None:
        """Measure these samples, for which `why_not_measured` has no reason."""
        self._pcm = sound
        self._read = _READERS[sound.width]
        self._channels = [_Channel() for _ in range(sound.channels)]
        self._ticks_per_peak = ceil(_TICKS * sound.frames / sound.sample_rate / MOST_PEAKS)
        self._tick = 0
        self._rest = bytearray()

    def update(self, offset: int, piece: memoryview) -> None:
        """Add the next bytes of the file, which begin at that offset."""
        pcm = self._pcm
        sound = piece[max(0, pcm.offset - offset) : max(0, pcm.offset + pcm.length - offset)]
        for tick in self._ticks(sound):
            self._measure(tick)

    def sound(self) -> Sound:
        """What was measured; call it once, at the end."""
        if self._rest:
            self._measure(bytes(self._rest))
        for channel in self._channels:
            if self._tick % self._ticks_per_peak:
                channel.end_peak()
            if self._tick % _TICKS:
                channel.end_second()
        measured = tuple(ChannelSound(bytes(one.peaks), bytes(one.levels)) for one in self._channels)
        return Sound(self._pcm.sample_rate, self._ticks_per_peak * 1000 // _TICKS, measured)

    def _ticks(self, sound: memoryview) -> Iterator[bytes | memoryview]:
        while len(self._rest) + len(sound) >= (size := self._size_of_tick()):
            missing = size - len(self._rest)
            if self._rest:
                tick = bytes(self._rest) + sound[:missing]
                self._rest.clear()
                yield tick
            else:
                yield sound[:missing]
            sound = sound[missing:]
        self._rest += sound

    def _size_of_tick(self) -> int:
        """Bytes of the next tick. So that ten of them are a second, they differ by a frame at some rates."""
        rate = self._pcm.sample_rate
        return ((self._tick + 1) * rate // _TICKS - self._tick * rate // _TICKS) * self._pcm.frame

    def _measure(self, tick: bytes | memoryview) -> None:
        samples, count = self._read(tick), self._pcm.channels
        self._tick += 1
        for number, channel in enumerate(self._channels):
            channel.add(samples[number :: count * STRIDE].tolist())
            if not self._tick % self._ticks_per_peak:
                channel.end_peak()
            if not self._tick % _TICKS:
                channel.end_second()


def _of_one_byte(tick: bytes | memoryview) -> "memoryview[int]":
    wide = bytearray(2 * len(tick))
    wide[1::2] = bytes(tick).translate(_SIGN)
    return memoryview(wide).cast("h")


def _of_two_bytes(tick: bytes | memoryview) -> "memoryview[int]":
    return memoryview(tick).cast("h")  # little-endian, as every machine that this runs on


def _of_three_bytes(tick: bytes | memoryview) -> "memoryview[int]":
    upper = bytearray(len(tick) // 3 * 2)
    upper[0::2], upper[1::2] = tick[1::3], tick[2::3]
    return memoryview(upper).cast("h")


def _of_four_bytes(tick: bytes | memoryview) -> "memoryview[int]":
    return memoryview(tick).cast("h")[1::2]


_READERS = {1: _of_one_byte, 2: _of_two_bytes, 3: _of_three_bytes, 4: _of_four_bytes}
