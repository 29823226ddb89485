"""Chunks of recordings that no call made: durations and pauses, from arguments and from the files' headers."""

from collections.abc import Sequence
from pathlib import Path

from local.acs.outputs import SAMPLE_RATE
from local.acs.timeline import PlannedChunk, PlannedPause
from local.acs.wavs import wav_shape

UNKNOWN_DURATION_MS = 60_000


def lay_out(
    paths: Sequence[Path],
    duration_ms: int | Sequence[int] | None,
    pauses: Sequence[Sequence[tuple[int, int]]],
) -> tuple[list[tuple[PlannedChunk, Path]], int]:
    """Chunks with their durations and pauses, and the channels of the first one if it is a wav."""
    files = []
    start = 0
    shape = wav_shape(paths[0]) if paths else None
    for index, path in enumerate(paths):
        mine = pauses[index] if index < len(pauses) else ()
        skipped = sum(duration for _, duration in mine)
        if duration_ms is None:
            media = _media_ms(path)
        else:
            media = (duration_ms if isinstance(duration_ms, int) else duration_ms[index]) - skipped
        chunk = PlannedChunk(index, start, media, tuple(PlannedPause(start + at, length) for at, length in mine))
        files.append((chunk, path))
        start += chunk.duration_ms
    return files, shape[0] if shape else 1


def _media_ms(path: Path) -> int:
    shape = wav_shape(path)
    if shape is None:
        return UNKNOWN_DURATION_MS
    channels, size = shape
    return size * 1000 // (SAMPLE_RATE * 2 * channels)
