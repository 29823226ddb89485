"""Whether a file is the wav, mp3 or mp4 that it should be, with the length that it should have.

`inspect` examines a few ranges of the file and returns what it is; `judge` compares that with what was expected. If
`inspect` needs a range that it was not given, it returns a `Need` (sans I/O): nothing here reads, waits or raises.
"""

from collections.abc import Mapping
from types import MappingProxyType

from recording.core.media.expectation import Expectation
from recording.core.media.facts import Look, MediaFacts, Need, Pcm
from recording.core.media.judging import Verdict, judge
from recording.core.media.kinds import (
    LONGEST_START,
    START_LENGTH,
    describe_start,
    identify,
    is_error_page,
    is_page,
    may_be_media,
)
from recording.core.media.mp3 import look_at_mp3
from recording.core.media.mp4 import look_at_mp4
from recording.core.media.wav import look_at_wav
from recording.core.model import Format

__all__ = [
    "HEAD_LENGTH",
    "MAX_NEEDS",
    "Expectation",
    "MediaFacts",
    "Need",
    "Pcm",
    "Verdict",
    "identify",
    "inspect",
    "is_error_page",
    "is_page",
    "judge",
    "may_be_media",
]

HEAD_LENGTH = 64 * 1024
"""Bytes from the start of a file with which most files need no further range."""

MAX_NEEDS = 32
"""The most ranges that are asked for; what would need more is noted as not looked at."""

_LOOKS = {Format.WAV: look_at_wav, Format.MP3: look_at_mp3, Format.MP4: look_at_mp4}


def inspect(head: bytes, length: int, more: Mapping[int, bytes] = MappingProxyType({})) -> MediaFacts | Need:
    """What a file is, or which range of it is needed next.

    Call it again with that range added to `more`, until it returns facts. It asks for no offset twice, and for at most
    `MAX_NEEDS` ranges. A range shorter than asked for counts as unreadable.

    Args:
        head: the first bytes of the file, `HEAD_LENGTH` or all of it.
        length: bytes of the whole file.
        more: the ranges fetched so far, by offset.

    Returns:
        The facts, with faults of the file in `problems`; or the range to fetch.
    """
    looking = _look(length)
    need = next(looking)
    asked = 0
    try:
        while True:
            size = max(0, min(need.length, length - need.offset))
            if size == 0:  # behind the end, or nothing asked for
                found = b""
            elif need.offset + size <= len(head):
                found = head[need.offset : need.offset + size]
            elif asked >= MAX_NEEDS:
                found = b""
            elif need.offset in more:
                found = more[need.offset][:size]
                asked += 1
            else:
                return Need(need.offset, size)
            need = looking.send(found)
    except StopIteration as done:
        facts: MediaFacts = done.value
        return facts


def _look(length: int) -> Look:
    start = yield Need(0, START_LENGTH)
    format_ = identify(start)
    if format_ is None:
        start += yield Need(START_LENGTH, LONGEST_START - START_LENGTH)
        format_ = identify(start)
    if format_ is None:
        problem = f"it is not wav, mp3 or mp4: it {describe_start(start)}"
        return MediaFacts(format=None, length=length, problems=(problem,))
    return (yield from _LOOKS[format_](length))
