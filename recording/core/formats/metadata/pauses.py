"""Compares the pauses of a metadata file with those that the catalog knows: differences are notes, never doubts."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from recording.core.formats.metadata.meaning import ChunkMetadata
from recording.core.model import Recording
from recording.core.times import format_time

TOLERANCE = timedelta(seconds=5)
"""Between a request, or a callback, and what the service has recorded."""
_MOST = 10
"""Differences that are named for one chunk."""

type _Interval = tuple[datetime, datetime]


def notes_on_pauses(metadata: ChunkMetadata, recording: Recording) -> tuple[str, ...]:
    """What differs by more than the tolerance; nothing for a recording that this app has not started.

    Only the part of a pause that lies in the chunk counts. Whether the chunk's duration includes its pauses is not
    documented: the longer reading is taken.
    """
    began, ended = metadata.started_at, metadata.ended_at
    if recording.requested_at is None or began is None or ended is None:
        return ()
    chunk = (began, min(ended + metadata.paused, datetime.max.replace(tzinfo=ended.tzinfo) - timedelta(days=1)))
    found = [(pause.since, _later(pause.since, pause.length)) for pause in metadata.pauses]
    end = max([ended, *(until for _, until in found)])  # of a pause that lasted until the end
    known = [part for pause in recording.pauses if (part := _common(chunk, (pause.since, pause.until or end)))]
    return tuple(_differences(known, [one for one in found if _length(one) > TOLERANCE]))[:_MOST]


def _differences(known: Sequence[_Interval], found: Sequence[_Interval]) -> Iterator[str]:
    for pause in known:
        paused = sum((_length(part) for one in found if (part := _common(pause, one))), timedelta())
        if _length(pause) > TOLERANCE and _length(pause) - paused > 2 * TOLERANCE:
            yield f"paused {_shown(pause)} by the catalog, {_seconds(paused)} s of it by the metadata file"
    for one in found:
        paused = sum((_length(part) for pause in known if (part := _common(pause, one))), timedelta())
        if _length(one) - paused > 2 * TOLERANCE:
            yield f"paused {_shown(one)} by the metadata file, {_seconds(paused)} s of it by the catalog"


def _common(one: _Interval, other: _Interval) -> _Interval | None:
    since, until = max(one[0], other[0]), min(one[1], other[1])
    return (since, until) if since < until else None


def _length(interval: _Interval) -> timedelta:
    return interval[1] - interval[0]


def _later(moment: datetime, by: timedelta) -> datetime:
    try:
        return moment + by
    except OverflowError:
        return moment


def _shown(interval: _Interval) -> str:
    return f"from {format_time(interval[0])} for {_seconds(_length(interval))} s"


def _seconds(length: timedelta) -> int:
    return round(length.total_seconds())
