"""Two moments of every source, and how long a try waits for the next.

`due` is the earliest moment at which a source may end: it drives urgency, order and alerts. `gone_by` is the latest: a
chunk is lost only after it. Neither is a fact; the service says only that it keeps a recording for some hours.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from recording.core.model import Chunk, FileEvent

MARGIN = timedelta(hours=1)
"""How long a source may outlive its retention before it is believed to be gone: clocks differ, deletions are late."""

_SPREAD = 0.2
_SHARE = 8
_MOST_DOUBLINGS = 30


@dataclass(frozen=True, slots=True)
class Waits:
    """How long a try waits: `first` at first, twice as long after each further failure, `longest` at most."""

    first: timedelta = timedelta(seconds=30)
    longest: timedelta = timedelta(minutes=30)


def due_of(event: FileEvent, now: datetime, retention: timedelta) -> datetime:
    """The earliest moment at which the sources of an event's chunks may end.

    The recording's end, the event's own time and the time it came here are three clocks; the earliest counts.
    """
    return _later(min(now, event.at or now, _end_of(event) or now), retention)


def gone_by_of(now: datetime, retention: timedelta) -> datetime:
    """The latest moment at which a source that is announced now ends."""
    return _later(now, retention + MARGIN)


def due_by_metadata(ended_at: datetime | None, retention: timedelta) -> datetime | None:
    """The same as `due_of` for one chunk, by the end that its metadata file tells."""
    return None if ended_at is None else _later(ended_at, retention)


def next_look(chunk: Chunk, now: datetime, waits: Waits, asked: float | None = None) -> datetime:
    """When a chunk is tried again after a try that failed at `now`, or left a doubt.

    The wait doubles with every round through the chunk's candidates, is spread by a fifth so that chunks that failed
    together do not come back together, and is at most an eighth of what is left until `due` (after that, until
    `gone_by`). The last look before `gone_by` is never skipped.

    Args:
        chunk: as it was before this try.
        now: when the try ended.
        waits: the first and the longest wait.
        asked: seconds that the source asked for (Retry-After).
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
    """When a chunk in doubt is looked at again; None once its source's latest end is over."""
    return None if now >= chunk.gone_by else next_look(chunk, now, waits)


def _spread(chunk: Chunk) -> float:
    """A number from -1 to 1 that is the same for the same try of the same chunk, and different for others."""
    seed = hashlib.sha256(f"{chunk.document_id}/{chunk.tries}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(seed[:4]) / 0x7FFF_FFFF - 1


def _end_of(event: FileEvent) -> datetime | None:
    if event.started_at is None or event.duration is None:
        return None
    return _later(event.started_at, event.duration)


def _later(moment: datetime, by: timedelta) -> datetime:
    """The sum, or the last moment that can be written down, which an event of a wrong clock may reach."""
    try:
        return moment + by
    except OverflowError:
        return datetime.max.replace(tzinfo=moment.tzinfo)
