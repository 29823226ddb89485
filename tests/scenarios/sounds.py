"""Small real media for scenarios: sound that no two seeds share, so that a mixed-up block cannot go unseen."""

import io
import random
import wave
from functools import cache

RATE = 16_000
MEBIBYTE = 1 << 20
BLOCKS = 3
"""How many blocks of one mebibyte the sound of `long_wav` fills, the last of them not wholly."""
LONG_MS = 80_000


@cache
def wav(milliseconds: int, seed: int, channels: int = 1) -> bytes:
    """A wav of 16-bit noise at 16 kHz."""
    samples = milliseconds * RATE // 1000
    found = io.BytesIO()
    with wave.open(found, "wb") as writer:
        writer.setnchannels(channels)
        writer.setsampwidth(2)
        writer.setframerate(RATE)
        writer.writeframes(random.Random(seed).randbytes(samples * channels * 2))
    return found.getvalue()


def short_wav(seed: int) -> bytes:
    """One block."""
    return wav(1_000, seed)


def long_wav(seed: int) -> bytes:
    """Several blocks: 2.56 MB."""
    return wav(LONG_MS, seed)
