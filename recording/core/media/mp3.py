"""Inspects an mp3 file: its first frames, behind its tags, and its duration."""

from collections.abc import Generator
from datetime import timedelta

from recording.core.media.facts import Look, MediaFacts, Need, seconds, unseen
from recording.core.media.frames import Count, Frame, find_frames, read_count
from recording.core.model import Format

WINDOW = 32 * 1024
"""Bytes in which the first frame is looked for; players skip at least as many."""

NEAR = 4096
"""Bytes in which it nearly always is: enough for two frames of the greatest length, 1,441 bytes."""

_PLACES = 12
_ID3_HEADER = 10
_ID3_HAS_FOOTER = 0x10
_APE_MARK = b"APETAGEX"
_APE_HEADER = 32
_APE_IS_HEADER = 0x20
# Bytes that need not be included in the count of bytes: tags at the end.
_UNCOUNTED = 64 * 1024


def is_tag(head: bytes) -> bool:
    """Whether a tag of an mp3 file (ID3 or APE) begins here."""
    return head[:3] == b"ID3" or head[:8] == _APE_MARK


def look_at_mp3(length: int) -> Look:
    """Skip the tags of an mp3 file of `length` bytes, and inspect its first frames."""
    offset = 0
    window = yield from _read_window(offset)
    notes: list[str] = []
    while tag_length := _tag_length(window):
        if not window.startswith(b"ID3"):
            notes.append("an APE tag stands before its first frame")
        offset += tag_length
        window = yield from _read_window(offset)
    if offset >= length:
        return MediaFacts(Format.MP3, length, timedelta(), notes=("there is nothing after its tag",))
    if not window:
        return MediaFacts(Format.MP3, length, notes=(*notes, unseen(offset)))
    if (found := find_frames(window)) is None:
        return MediaFacts(Format.MP3, length, problems=(f"there is no mp3 frame at byte {offset}",))
    start, frames = found
    if start:
        notes.append(f"{start} bytes before its first frame are none")
    count = read_count(frames[0], window[start:])
    return (yield from _measure(length, offset + start, frames, count, notes))


def _read_window(offset: int) -> Generator[Need, bytes, bytes]:
    near = yield Need(offset, NEAR)
    if is_tag(near) or find_frames(near) is not None:
        return near
    return near + (yield Need(offset + NEAR, WINDOW - NEAR))


def _measure(length: int, start: int, frames: list[Frame], count: Count | None, notes: list[str]) -> Look:
    """The duration: by the frame count in the first frame, if its count of bytes is right; else by the bit rates."""
    there = length - start
    duration, claimed, is_estimate = None, None, False
    if count is not None and count.length > there:
        notes.append(f"its first frame counts {count.length} bytes of sound, {there} are there")
        duration, claimed = count.duration * there / count.length, count.duration
    elif count is not None and count.length and there - count.length <= _UNCOUNTED:
        duration = count.duration
    else:
        duration, is_estimate = yield from _by_rates(length, start, frames)
        if count is not None and (is_estimate or not duration):
            duration = max(duration or timedelta(), count.duration)
        elif count is not None:
            claimed = count.duration
    return MediaFacts(
        format=Format.MP3,
        length=length,
        duration=duration,
        claimed=claimed,
        is_estimate=is_estimate,
        sample_rate=frames[0].sample_rate,
        channels=frames[0].channels,
        notes=tuple(notes),
    )


def _by_rates(length: int, start: int, frames: list[Frame]) -> Generator[Need, bytes, tuple[timedelta | None, bool]]:
    """The duration by the bit rates of frames at the start and at places all over the file; and if it is an estimate.

    If the rate is the same everywhere, the duration is certain. If not, it is an estimate: silence takes few bytes and
    much time, so a few places say little.
    """
    there = length - start
    seen = [frames]
    for place in range(1, _PLACES):
        at = start + there * place // _PLACES
        if at - start >= NEAR and length - at >= NEAR:
            found = find_frames((yield Need(at, NEAR)))
            seen.append(found[1] if found else [])
    rates = {frame.bit_rate for run in seen for frame in run}
    if len(rates) == 1 and all(seen):
        return seconds(there * 8, frames[0].bit_rate), False
    bits_per_second = [sum(frame.bit_rate for frame in run) / len(run) for run in seen if run]
    seconds_per_bit = sum(1 / rate for rate in bits_per_second) / len(bits_per_second)
    return seconds(round(there * 8 * seconds_per_bit * 1000), 1000), True


def _tag_length(window: bytes) -> int:
    """The length in bytes of the tag that begins here; 0 if there is none."""
    if window[:3] == b"ID3" and len(window) >= _ID3_HEADER:
        size = 0
        for byte in window[6:_ID3_HEADER]:
            size = size << 7 | byte & 0x7F
        return size + _ID3_HEADER * (2 if window[5] & _ID3_HAS_FOOTER else 1)
    if window[:8] == _APE_MARK and len(window) >= _APE_HEADER:
        is_header = window[23] & _APE_IS_HEADER
        return _APE_HEADER + (int.from_bytes(window[12:16], "little") if is_header else 0)
    return 0
