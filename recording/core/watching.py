"""What the sweep does about one recording that owes something: the only place that decides it.

The sweep does not do the work. It puts the message again that a step waits for, tells a person what is at risk, and
notes what the service says about a recording whose file event has not come.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from recording.core.deadlines import MARGIN
from recording.core.lifecycle import Done, Fact, FoundBySweep, LookAgain, Missed, NeverCame, Warned, next_step
from recording.core.model import RUNNING, CatalogEntry, Chunk, DocumentId, RecordingState

STAGES = (timedelta(hours=12), timedelta(hours=6), timedelta(hours=1))
"""With no more time left than each of these, a person is warned."""
NEVER_ACTIVE = timedelta(minutes=5)
"""By then a recording that the service accepted must have begun."""
_ASKED_EVERY = timedelta(hours=1)
_LONGEST = timedelta(hours=6)
_SHARE = 8


@dataclass(frozen=True, slots=True)
class Limits:
    """After what time something is overdue.

    Attributes:
        retention: how long the source keeps a recording.
        file_event: how long after its end the file event of a recording may take.
        step: how long a step may wait or run without a sign, longer than the slice of a copy.
    """

    retention: timedelta
    file_event: timedelta
    step: timedelta


@dataclass(frozen=True, slots=True)
class Look:
    """What is to be done now.

    Attributes:
        facts: to apply, in order.
        drive: chunks whose message is to be put again.
        asks: whether to ask the service for the state of the recording.
        again_at: when to look again.
    """

    facts: tuple[Fact, ...]
    drive: tuple[DocumentId, ...]
    asks: bool
    again_at: datetime


def look(entry: CatalogEntry, since: datetime, now: datetime, limits: Limits) -> Look:
    """What the sweep does about an entry that owes something.

    Args:
        entry: as loaded.
        since: when there was the last sign that its work goes on; see `ports.OpenRow`.
        now: the time of the look.
        limits: after what time something is overdue.
    """
    drive = tuple(chunk.document_id for chunk in entry if _is_overdue(entry, chunk, since, now, limits))
    if entry.chunks and all(chunk.is_closed for chunk in entry):
        drive = drive[:1]  # the manifest is owed: a message of any chunk leads to it
    facts: list[Fact] = [*_without_chunk(entry, now, limits), *_warnings(entry, now, limits)]
    if drive:
        facts.append(FoundBySweep("a step is overdue: its message was lost, or waits in a backlog"))
    asks = _is_to_be_asked(entry, now)
    return Look(tuple(facts), drive, asks, min(_next_looks(entry, since, now, limits)))


def never_active(entry: CatalogEntry, now: datetime) -> Warned | None:
    """The warning for a recording that the service accepted, and of which it has not said that it records."""
    recording = entry.recording
    if recording.state is not RecordingState.STARTED or recording.active_at is not None:
        return None
    begun = recording.requested_at
    if begun is None or now - begun < NEVER_ACTIVE:
        return None
    return Warned("never active", "the service accepted the start, but does not record")


def end_of_source(entry: CatalogEntry, limits: Limits) -> datetime | None:
    """The earliest moment at which a source that is still needed ends; None if there is none."""
    needed = [chunk.due for chunk in entry if not chunk.is_closed and (not chunk.is_proven or chunk.is_metadata_owed)]
    if entry.chunks:
        return min(needed, default=None)
    ended = _ended(entry)
    return None if ended is None else ended + limits.retention


def _ended(entry: CatalogEntry) -> datetime | None:
    """When a recording without a chunk ended, as far as is known; None while it runs, and once it is lost."""
    recording = entry.recording
    if entry.chunks or recording.state in {*RUNNING, RecordingState.LOST}:
        return None
    return recording.stopped_at or recording.announced_at


def _without_chunk(entry: CatalogEntry, now: datetime, limits: Limits) -> Iterator[Fact]:
    ended = _ended(entry)
    if ended is None:
        return
    if now >= ended + limits.retention + MARGIN:
        unread = "none of its events names a chunk that can be read" if entry.recording.unread else "no file event came"
        yield NeverCame(f"{unread}, and its source has ended")
    elif entry.recording.state is RecordingState.STOPPED and now >= ended + limits.file_event:
        minutes = int((now - ended) / timedelta(minutes=1))
        yield Missed(f"it has been over for {minutes} minutes, and its file event has not come")


def _warnings(entry: CatalogEntry, now: datetime, limits: Limits) -> Iterator[Fact]:
    ends = end_of_source(entry, limits)
    stage = min((stage for stage in STAGES if ends is not None and ends - now <= stage), default=None)
    if stage is None:
        return
    name = _name_of(stage)
    if name in entry.recording.warned:
        return
    last = next((chunk.last_failure for chunk in entry if not chunk.is_closed and chunk.last_failure), None)
    why = f"; the last failure: {last.operation}: {last.cause}" if last else ""
    yield Warned(name, f"no more than {name} until the source may end{why}")


def _name_of(stage: timedelta) -> str:
    return f"{stage // timedelta(hours=1)} h"


def _is_overdue(entry: CatalogEntry, chunk: Chunk, since: datetime, now: datetime, limits: Limits) -> bool:
    step = next_step(entry, chunk.document_id, now)
    if isinstance(step, Done | LookAgain):
        return False
    return now - _last_sign(chunk, since) >= limits.step


def _last_sign(chunk: Chunk, since: datetime) -> datetime:
    """The last sign that the chunk's work goes on, or the next look that it waits for."""
    return max(since, chunk.look_at or since)


def _is_to_be_asked(entry: CatalogEntry, now: datetime) -> bool:
    recording = entry.recording
    if entry.chunks or recording.state not in RUNNING:
        return False
    asked = recording.checked_at
    wait = _ASKED_EVERY if recording.active_at is not None else NEVER_ACTIVE
    return asked is None or now - asked >= wait


def _next_looks(entry: CatalogEntry, since: datetime, now: datetime, limits: Limits) -> Iterator[datetime]:
    """Moments at which there may be something to do again; the wait grows with the age of what is not done."""
    yield now + _LONGEST
    ends = end_of_source(entry, limits)
    if ends is not None:
        yield from (ends - stage for stage in STAGES if ends - stage > now)
    ended = _ended(entry)
    if ended is not None:
        yield from (moment for moment in (ended + limits.file_event, ended + limits.retention + MARGIN) if moment > now)
    if entry.recording.state in RUNNING and not entry.chunks:
        yield now + (_ASKED_EVERY if entry.recording.active_at is not None else NEVER_ACTIVE)
    for chunk in entry:
        step = next_step(entry, chunk.document_id, now)
        if isinstance(step, LookAgain):
            yield step.at + limits.step
        elif not isinstance(step, Done):
            sign = _last_sign(chunk, since)
            yield sign + limits.step if now - sign < limits.step else now + _patience(chunk, sign, now, limits)


def _patience(chunk: Chunk, sign: datetime, now: datetime, limits: Limits) -> timedelta:
    """How long to wait after a message was put again: longer each time, but not long if little time is left."""
    left = max(chunk.due - now, timedelta()) / _SHARE
    return max(limits.step, min(2 * (now - sign), left))
