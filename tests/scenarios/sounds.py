"""Small real media for scenarios. No two seeds share a block, so a mixed-up block is detected."""

import io
import random
import wave
from functools import cache

RATE = 16_000
MEBIBYTE = 1 << 20
BLOCKS = 3
"""The number of 1 MiB blocks of `long_wav`; the last is not full."""
LONG_MS = 80_000


@cache
def wav(milliseconds: int, seed: int, channels: int = 1) -> bytes:
    """A wav of 16-bit noise at 16 kHz."""
    return _written(random.Random(seed).randbytes(milliseconds * RATE // 1000 * channels * 2), channels)


def silent_wav(milliseconds: int, channels: int = 1) -> bytes:
    """A wav of nothing at 16 kHz."""
    return _written(bytes(milliseconds * RATE // 1000 * channels * 2), channels)


def _written(frames: bytes, channels: int) -> bytes:
    found = io.BytesIO()
    with wave.open(found, "wb") as writer:
        writer.setnchannels(channels)
        writer.setsampwidth(2)
        writer.setframerate(RATE)
        writer.writeframes(frames)
    return found.getvalue()


def short_wav(seed: int) -> bytes:
    """A wav of one block."""
    return wav(1_000, seed)


def long_wav(seed: int) -> bytes:
    """A wav of several blocks: 2.56 MB."""
    return wav(LONG_MS, seed)
