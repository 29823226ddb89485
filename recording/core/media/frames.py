"""The frames of an mp3 file: finding them, their headers, and the frame count in the first one (Xing, Info)."""

from dataclasses import dataclass
from datetime import timedelta

from recording.core.media.facts import seconds

_HEADER = 4
_SYNC = 0x7FF
_LAYER_III = 1
_MPEG_1 = 3
_RESERVED = 1
# By the index in a frame's header; 0 for a reserved index, and for the free rate, which no recording here has.
_SAMPLE_RATES = {
    3: (44_100, 48_000, 32_000, 0),
    2: (22_050, 24_000, 16_000, 0),
    0: (11_025, 12_000, 8_000, 0),
}
_KBITS_MPEG_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0)
_KBITS_MPEG_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0)
_MONO = 3
_COUNT_MARKS = (b"Xing", b"Info")
_COUNT_LENGTH = 16  # mark, flags, count of frames, count of bytes
_HAS_FRAMES = 1
_HAS_BYTES = 2
# In 64 KiB of random bytes two matching headers in a row do occur; four do not.
_RUN = 2
_RUN_FAR_IN = 4
_NEAR = 4096


@dataclass(frozen=True, slots=True)
class Frame:
    """The header of a frame: rates in bit/s and Hz, samples per channel, length of the frame in bytes."""

    version: int
    bit_rate: int
    sample_rate: int
    channels: int
    samples: int
    length: int

    @property
    def count_offset(self) -> int:
        """The offset in a first frame of the mark of its frame count, if it has one: after the side information."""
        mono = self.channels == 1
        side = (17 if mono else 32) if self.version == _MPEG_1 else (9 if mono else 17)
        return _HEADER + side


@dataclass(frozen=True, slots=True)
class Count:
    """What the first frame says of all frames: their duration, and their length in bytes, 0 if it does not say."""

    duration: timedelta
    length: int


def find_frames(window: bytes) -> tuple[int, list[Frame]] | None:
    """Find the first offset at which two frames follow each other, and the frames from there on.

    One frame is enough at offset 0 if the window ends before the next; from offset 4096 on, four are needed.
    """
    start = window.find(b"\xff")
    while start >= 0:
        frames = _frames_from(window, start)
        if len(frames) >= (_RUN if start < _NEAR else _RUN_FAR_IN):
            return start, frames
        if frames and start == 0 and frames[0].length + _HEADER > len(window):
            return start, frames
        start = window.find(b"\xff", start + 1)
    return None


def read_count(first: Frame, sound: bytes) -> Count | None:
    """Read the frame count in the first frame; `sound` begins with that frame. None if it has none."""
    mark = sound[first.count_offset : first.count_offset + _COUNT_LENGTH]
    if mark[:4] not in _COUNT_MARKS or len(mark) < _COUNT_LENGTH or not mark[7] & _HAS_FRAMES:
        return None
    duration = seconds(int.from_bytes(mark[8:12]) * first.samples, first.sample_rate)
    length = int.from_bytes(mark[12:16]) if mark[7] & _HAS_BYTES else 0
    return Count(duration, length) if duration else None


def _frames_from(window: bytes, offset: int) -> list[Frame]:
    frames: list[Frame] = []
    while (frame := _frame(window[offset : offset + _HEADER])) is not None:
        if frames and (frame.version, frame.sample_rate) != (frames[0].version, frames[0].sample_rate):
            break
        frames.append(frame)
        offset += frame.length
    return frames


def _frame(header: bytes) -> Frame | None:
    if len(header) < _HEADER:
        return None
    bits = int.from_bytes(header)
    version, layer = bits >> 19 & 3, bits >> 17 & 3
    if bits >> 21 != _SYNC or version == _RESERVED or layer != _LAYER_III:
        return None
    is_mpeg_1 = version == _MPEG_1
    bit_rate = (_KBITS_MPEG_1 if is_mpeg_1 else _KBITS_MPEG_2)[bits >> 12 & 15] * 1000
    sample_rate = _SAMPLE_RATES[version][bits >> 10 & 3]
    if not bit_rate or not sample_rate:
        return None
    samples = 1152 if is_mpeg_1 else 576
    padding = bits >> 9 & 1
    return Frame(
        version=version,
        bit_rate=bit_rate,
        sample_rate=sample_rate,
        channels=1 if bits >> 6 & 3 == _MONO else 2,
        samples=samples,
        length=samples // 8 * bit_rate // sample_rate + padding,
    )
