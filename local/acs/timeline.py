"""Plans the chunks of a recording: how long each is, and where its pauses are.

Decided here and nowhere else: a chunk's duration is wall time and **includes** its pauses; its media does not. So a
wav's bytes are (chunkDuration - sum of its pauses) x rate x channels x 2, and recordingDurationMs
is the sum of the chunks' durations.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

DOCUMENTED_MAX_CHUNK_MS = 4 * 60 * 60 * 1000
SHORTEST_MEDIA_MS = 1_000


@dataclass(frozen=True, slots=True)
class PlannedPause:
    """A pause inside a chunk, in ms; `start_ms` counts from the start of the recording."""

    start_ms: int
    duration_ms: int


@dataclass(frozen=True, slots=True)
class PlannedChunk:
    """One chunk to be made; `start_ms` counts from the recording's start, `media_ms` is in its file."""

    index: int
    start_ms: int
    media_ms: int
    pauses: tuple[PlannedPause, ...]

    @property
    def duration_ms(self) -> int:
        """Wall time of the chunk: its media and its pauses."""
        return self.media_ms + sum(pause.duration_ms for pause in self.pauses)


def plan_chunks(
    wall_ms: float,
    pauses: Sequence[tuple[float, float]],
    *,
    speed: float = 1.0,
    max_chunk_ms: int = DOCUMENTED_MAX_CHUNK_MS,
    chunk_ms: Sequence[int] | None = None,
) -> tuple[PlannedChunk, ...]:
    """Cut a recording into chunks.

    Args:
        wall_ms: how long the recording lasted here, pauses included.
        pauses: (start, end) of each pause in ms from the start, ordered, not overlapping.
        speed: media milliseconds per millisecond that passed here.
        max_chunk_ms: media of one chunk at most; what is longer becomes several chunks.
        chunk_ms: the media durations wanted, one per chunk; they replace `speed` and `max_chunk_ms`, and
            scale the pauses by the same factor.

    Returns:
        No chunk at all when nothing was recorded (paused from start to end).
    """
    active = wall_ms - sum(end - start for start, end in pauses)
    if active <= 0:
        return ()
    if chunk_ms is None:
        total = max(round(active * speed), SHORTEST_MEDIA_MS)
        whole, rest = divmod(total, max_chunk_ms)
        chunk_ms = [max_chunk_ms] * whole + ([rest] if rest else [])
    factor = sum(chunk_ms) / active
    cuts = list(accumulate(chunk_ms))
    placed = _place(pauses, factor, cuts)
    chunks = []
    start = 0
    for index, media in enumerate(chunk_ms):
        before = cuts[index] - media
        mine = []
        elapsed = 0
        for at, duration in placed[index]:
            mine.append(PlannedPause(start + (at - before) + elapsed, duration))
            elapsed += duration
        chunk = PlannedChunk(index, start, media, tuple(mine))
        chunks.append(chunk)
        start += chunk.duration_ms
    return tuple(chunks)


def _place(pauses: Sequence[tuple[float, float]], factor: float, cuts: Sequence[int]) -> list[list[tuple[int, int]]]:
    """Per chunk, its pauses as (media position, duration) in scaled ms."""
    placed: list[list[tuple[int, int]]] = [[] for _ in cuts]
    paused = 0.0
    for begin, end in pauses:
        position = round((begin - paused) * factor)
        paused += end - begin
        index = next((number for number, cut in enumerate(cuts) if position < cut), len(cuts) - 1)
        placed[index].append((min(position, cuts[index]), max(1, round((end - begin) * factor))))
    return placed
