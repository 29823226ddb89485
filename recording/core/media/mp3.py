"""A look at an mp3 file: past its tags to its first frames."""

from dataclasses import dataclass
from datetime import timedelta

from recording.core.media.facts import Look, MediaFacts, Need, seconds, unseen
from recording.core.model import Format

_WINDOW = 4096  # holds at least two of the longest frames, 1,441 bytes
_HEADER = 4
_TAG_HEADER = 10
_TAG_HAS_FOOTER = 0x10
_SYNC = 0x7FF
_LAYER_III = 1
_MPEG_1 = 3
_RESERVED = 1
# By the index in a frame's header; 0 where it means nothing, or a free rate that no recording here has.
_SAMPLE_RATES = {
    3: (44_100, 48_000, 32_000, 0),
    2: (22_050, 24_000, 16_000, 0),
    0: (11_025, 12_000, 8_000, 0),
}
_KBITS_MPEG_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0)
_KBITS_MPEG_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0)
_COUNT_LENGTH = 12  # mark, flags and count of frames
_HAS_COUNT = 1
_MONO = 3


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame's header: rates in bit/s and Hz, its samples per channel, its length in bytes."""

    version: int
    bit_rate: int
    sample_rate: int
    channels: int
    samples: int
    length: int

    @property
    def count_offset(self) -> int:
        """Where a first frame that tells the count of frames has its mark: after the side information."""
        mono = self.channels == 1
        side = (17 if mono else 32) if self.version == _MPEG_1 else (9 if mono else 17)
        return _HEADER + side


def look_at_mp3(length: int) -> Look:
    """Skip the tags of an mp3 file and look at its first frames."""
    offset = 0
    window = yield Need(offset, _WINDOW)
    while window[:3] == b"ID3" and len(window) >= _TAG_HEADER:
        offset += _tag_length(window)
        window = yield Need(offset, _WINDOW)
    if offset >= length:
        return MediaFacts(Format.MP3, length, problems=("it holds no sound after its tag",))
    if not window:
        return MediaFacts(Format.MP3, length, notes=(unseen(offset),))
    if (found := find_frames(window)) is None:
        return MediaFacts(Format.MP3, length, problems=(f"there is no mp3 frame at byte {offset}",))
    start, frames = found
    first = frames[0]
    return MediaFacts(
        format=Format.MP3,
        length=length,
        duration=_duration(frames, window[start:], length - offset - start),
        sample_rate=first.sample_rate,
        channels=first.channels,
        notes=(f"{start} bytes before its first frame are none",) if start else (),
    )


def find_frames(window: bytes) -> tuple[int, list[Frame]] | None:
    """Find the first place where two frames follow each other, and the frames that can be seen from there.

    One frame is enough at the very start of a window that ends before the next.
    """
    start = window.find(b"\xff")
    while start >= 0:
        frames = _frames_from(window, start)
        if len(frames) > 1 or (frames and start == 0 and frames[0].length + _HEADER > len(window)):
            return start, frames
        start = window.find(b"\xff", start + 1)
    return None


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


def _tag_length(window: bytes) -> int:
    size = 0
    for byte in window[6:_TAG_HEADER]:
        size = size << 7 | byte & 0x7F
    return size + _TAG_HEADER * (2 if window[5] & _TAG_HAS_FOOTER else 1)


def _duration(frames: list[Frame], sound: bytes, length: int) -> timedelta | None:
    """How long the sound takes: by the count in its first frame if any, else by a rate that never changes."""
    first = frames[0]
    mark = sound[first.count_offset : first.count_offset + _COUNT_LENGTH]
    if mark[:4] in {b"Xing", b"Info"} and len(mark) == _COUNT_LENGTH and mark[7] & _HAS_COUNT:
        return seconds(int.from_bytes(mark[8:]) * first.samples, first.sample_rate)
    if len({frame.bit_rate for frame in frames}) > 1:
        return None
    return seconds(length * 8, first.bit_rate)
