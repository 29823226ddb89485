"""When a source ends at the earliest (`due`) and at the latest (`gone_by`), and when a failed try is repeated.

`due` decides urgency, order and alerts; a chunk is lost only after `gone_by`. Both are estimates: the service documents
only for how many hours it keeps a recording (`retention`).
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from recording.core.model import Chunk, FileEvent

MARGIN = timedelta(hours=1)
"""How much longer than its retention a source may exist: clocks differ, and the service deletes late."""

URGENT = timedelta(hours=4)
"""With less time left than this until `due`, a chunk does not wait in a queue behind others that have more."""

_SPREAD = 0.2
_SHARE = 8
_MOST_DOUBLINGS = 30


@dataclass(frozen=True, slots=True)
class Waits:
    """The wait before the next try: `first`, doubled after each further failure, at most `longest`."""

    first: timedelta = timedelta(seconds=30)
    longest: timedelta = timedelta(minutes=30)


def due_of(event: FileEvent, now: datetime, retention: timedelta) -> datetime:
    """The earliest moment at which the sources of an event's chunks may end.

    The retention is counted from the earliest of three moments, which come from different clocks: the end of the
    recording, the event's own time, and `now`, when it came.
    """
    return _later(min(now, event.at or now, _end_of(event) or now), retention)


def gone_by_of(now: datetime, retention: timedelta) -> datetime:
    """The latest moment at which a source that is announced at `now` ends."""
    return _later(now, retention + MARGIN)


def due_by_metadata(ended_at: datetime | None, retention: timedelta) -> datetime | None:
    """As `due_of`, for one chunk, from the end of the chunk that its metadata file gives; None if it gives none."""
    return None if ended_at is None else _later(ended_at, retention)


def is_urgent(due: datetime, now: datetime) -> bool:
    """Whether so little time is left that the chunk must not wait behind others."""
    return due - now < URGENT


def next_look(chunk: Chunk, now: datetime, waits: Waits, asked: float | None = None) -> datetime:
    """When a chunk is tried again after a try that failed at `now`, or ended in doubt.

    The wait doubles with every round through the chunk's candidates. It varies by up to a fifth, so that chunks that
    failed together are not repeated together. It is at most an eighth of the time that is left until `due` (after that,
    until `gone_by`), but not less than `waits.first`. A look that would be after `gone_by` is at `gone_by`.

    Args:
        chunk: as it was before this try.
        now: when the try ended.
        waits: the first and the longest wait.
        asked: seconds that the source asked us to wait (Retry-After); at most `waits.longest` is used.
    """
    rounds = min(chunk.rounds, _MOST_DOUBLINGS)
    usual = waits.first * 2**rounds * (1 + _SPREAD * _spread(chunk))
    if asked is not None:
        usual = max(usual, timedelta(seconds=min(asked, waits.longest.total_seconds())))
    left = (chunk.due if chunk.due > now else chunk.gone_by) - now
    wait = min(usual, waits.longest)
    if left > timedelta():
        wait = min(wait, max(left / _SHARE, waits.first))
    at = now + wait
    return chunk.gone_by if now < chunk.gone_by < at else at


def another_look(chunk: Chunk, now: datetime, waits: Waits) -> datetime | None:
    """When a chunk in doubt is looked at again; None from its `gone_by` on."""
    return None if now >= chunk.gone_by else next_look(chunk, now, waits)


def _spread(chunk: Chunk) -> float:
    """A pseudo-random number from -1 to 1, always the same for the same try of the same chunk."""
    seed = hashlib.sha256(f"{chunk.document_id}/{chunk.tries}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(seed[:4]) / 0x7FFF_FFFF - 1


def _end_of(event: FileEvent) -> datetime | None:
    if event.started_at is None or event.duration is None:
        return None
    return _later(event.started_at, event.duration)


def _later(moment: datetime, by: timedelta) -> datetime:
    """The sum, or the latest moment that a `datetime` can hold, which an event with a wrong time may exceed."""
    try:
        return moment + by
    except OverflowError:
        return datetime.max.replace(tzinfo=moment.tzinfo)
