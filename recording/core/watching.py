"""What the sweep does about one recording that owes something: the only place that decides it.

The sweep does not do the work. It puts the message again that a step waits for, tells a person what is at risk, and
notes what the service says about a recording whose file event has not come.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from types import MappingProxyType

from recording.core.deadlines import MARGIN
from recording.core.errors import ArchiveOnly, ArchiveRefused, ServiceRefused, SourceRefused
from recording.core.lifecycle import (
    CONFIRMED_AFTER,
    Done,
    Fact,
    FoundBySweep,
    LookAgain,
    Missed,
    NeverCame,
    Warned,
    life_of,
    next_step,
    runs,
    withdrawal_owed,
)
from recording.core.model import RUNNING, Alarm, CatalogEntry, Chunk, DocumentId, Reaction, RecordingState
from recording.core.reactions import NEVER_ACTIVE, NO_REACTION, is_never_active, paused_too_long
from recording.core.times import format_time
from recording.core.trail import LATE

STAGES = (timedelta(hours=12), timedelta(hours=6), timedelta(hours=1))
"""With no more time left than each of these, a person is warned."""
_LATE = timedelta(hours=6)
"""For so long acts may wait to be written, before a person is told."""
_ASKED_EVERY = timedelta(hours=1)
_SILENT = timedelta(hours=6)
"""For so long nobody may know whether a recording still runs, before a person is told."""
LONGEST = timedelta(hours=6)
"""No look is later than this after the one before."""
_SHARE = 8
_NOT_AWAITED = frozenset({RecordingState.LOST, RecordingState.EMPTY, RecordingState.ERASED})
_MAY_REVIVE = frozenset({RecordingState.STOPPED, RecordingState.MISSING})
_REFUSED = "refused"
_REFUSALS = frozenset(error.code for error in (ArchiveOnly, ArchiveRefused, ServiceRefused, SourceRefused))
_MANY_REFUSALS = 5
"""Failed tries in a row, the last of them a refusal: with the usual waits a quarter of an hour."""
_NO_LIVES: Mapping[str, datetime] = MappingProxyType({})


def stage_of(left: timedelta) -> str:
    """The stage in which so much time is left, as the log line of the sweep names it."""
    reached = [stage for stage in STAGES if left <= stage]
    return f"due_in_{min(reached) // timedelta(hours=1)}h" if reached else "due_later"


ALL_STAGES = tuple(dict.fromkeys(stage_of(stage) for stage in (timedelta.max, *STAGES)))
"""From the latest to the nearest."""


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


def look(
    entry: CatalogEntry,
    since: datetime,
    now: datetime,
    limits: Limits,
    lives: Mapping[str, datetime] = _NO_LIVES,
    reaction: Reaction = NO_REACTION,
) -> Look:
    """What the sweep does about an entry that owes something.

    Args:
        entry: as loaded.
        since: when there was the last sign that its work goes on; see `ports.OpenRow`.
        now: the time of the look.
        limits: after what time something is overdue.
        lives: when there was the last sign of a long copy; see `ports.OpenRow`.
        reaction: how long it may be paused.
    """
    if since > now:  # by a clock that was wrong: it says nothing
        since = now - limits.step
    signs = {chunk.document_id: _last_sign(chunk, since, now, lives) for chunk in _stepping(entry)}
    drive = tuple(chunk.document_id for chunk in _stepping(entry) if _is_overdue(entry, chunk, signs, now, limits))
    facts: list[Fact] = [*_without_chunk(entry, now, limits), *_silence(entry, now)]
    facts += [*_warnings(entry, now, limits), *_refusals(entry), *_long_pause(entry, now, reaction)]
    if drive:
        facts.append(FoundBySweep("a step is overdue: its message was lost, or waits in a backlog"))
    asks = _is_to_be_asked(entry, now)
    looks = (*_next_looks(entry, signs, now, limits), *_end_of_pause(entry, now, reaction))
    return Look(tuple(facts), drive, asks, min(looks))


def never_active(entry: CatalogEntry, now: datetime) -> Warned | None:
    """The warning for a recording that the service accepted, and of which it has not said that it records."""
    recording = entry.recording
    if recording.state is not RecordingState.STARTED or not is_never_active(recording, now):
        return None
    return Warned("never active", "the service accepted the start, but does not record", Alarm.NOT_STARTED)


def late_trail(entry: CatalogEntry, now: datetime) -> Warned | None:
    """The warning for acts that could not be written for long, also now."""
    unwritten = entry.recording.trail.unwritten
    if not unwritten or now - unwritten[0].at < _LATE or LATE in entry.recording.warned:
        return None
    return Warned(LATE, f"its audit trail cannot be written since {format_time(unwritten[0].at)}")


def end_of_source(entry: CatalogEntry, limits: Limits) -> datetime | None:
    """The earliest moment at which a source that is still needed ends; None if there is none."""
    ending = (chunk for chunk in entry if not chunk.is_closed and not chunk.stays)
    needed = [chunk.due for chunk in ending if not chunk.is_proven or chunk.is_metadata_owed]
    if entry.chunks:
        return min(needed, default=None)
    ended = _ended(entry)
    return None if ended is None else ended + limits.retention


def _ended(entry: CatalogEntry) -> datetime | None:
    """When a recording without a chunk ended, as far as is known; None while it runs, and once it is lost."""
    recording = entry.recording
    if entry.chunks or recording.state in {*RUNNING, *_NOT_AWAITED}:
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


def _silence(entry: CatalogEntry, now: datetime) -> Iterator[Fact]:
    """The warning that nobody would notice the end of a recording: the service has not answered for long."""
    recording = entry.recording
    heard = recording.checked_at or recording.requested_at
    if recording.state in RUNNING and not entry.chunks and heard is not None and now - heard >= _SILENT:
        yield Warned("not known", f"the service has not said since {format_time(heard)} whether it still records")


def _long_pause(entry: CatalogEntry, now: datetime, reaction: Reaction) -> Iterator[Fact]:
    """The warning that a pause is longer than its limit; where it is resumed then, only if that does not succeed."""
    recording, limit = entry.recording, reaction.pause_limit
    pause = recording.open_pause
    if not runs(entry) or pause is None or limit is None:
        return
    most = replace(reaction, pause_limit=2 * limit) if reaction.resumes_at_limit else reaction
    if paused_too_long(recording, most, now):
        reason = f"it is paused since {format_time(pause.since)}, longer than {int(limit.total_seconds())} seconds"
        yield Warned(f"paused since {format_time(pause.since)}", reason, Alarm.PAUSED_LONG)


def _end_of_pause(entry: CatalogEntry, now: datetime, reaction: Reaction) -> Iterator[datetime]:
    pause, limit = entry.recording.open_pause, reaction.pause_limit
    if runs(entry) and pause is not None and limit is not None:
        yield from (at for at in (pause.since + limit, pause.since + 2 * limit) if at > now)


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


def _refusals(entry: CatalogEntry) -> Iterator[Fact]:
    """The warning that tries fail for a right that is missing, given once: few of these pass without a person."""
    if _REFUSED in entry.recording.warned:
        return
    failures = (chunk.last_failure for chunk in entry if not chunk.is_closed and chunk.tries >= _MANY_REFUSALS)
    refusal = next((one for one in failures if one is not None and one.code in _REFUSALS), None)
    if refusal is not None:
        hint = f" ({refusal.hint})" if refusal.hint else ""
        yield Warned(_REFUSED, f"it is refused again and again: {refusal.operation}: {refusal.cause}{hint}")


def _name_of(stage: timedelta) -> str:
    return f"{stage // timedelta(hours=1)} h"


def _stepping(entry: CatalogEntry) -> Iterator[Chunk]:
    """The chunks whose steps are to be looked at: the open ones, and of the closed ones the first.

    The step of every closed chunk is that of the recording, such as its manifest, to which one message leads.
    """
    yield from (chunk for chunk in entry if not chunk.is_closed)
    yield from islice((chunk for chunk in entry if chunk.is_closed), 1)


def _is_overdue(
    entry: CatalogEntry, chunk: Chunk, signs: Mapping[DocumentId, datetime], now: datetime, limits: Limits
) -> bool:
    step = next_step(entry, chunk.document_id, now)
    if isinstance(step, Done | LookAgain):
        return False
    return now - signs[chunk.document_id] >= limits.step


def _last_sign(chunk: Chunk, since: datetime, now: datetime, lives: Mapping[str, datetime]) -> datetime:
    """The last sign that the chunk's work goes on, or the next look that it waits for."""
    alive_at = lives.get(life_of(chunk.document_id), since)
    return max(since, chunk.look_at or since, since if alive_at > now else alive_at)


def _is_to_be_asked(entry: CatalogEntry, now: datetime) -> bool:
    recording = entry.recording
    if not _is_asked_for(entry):
        return False
    asked = recording.checked_at
    return asked is None or now - asked >= _wait_to_ask(entry, now)


def _is_asked_for(entry: CatalogEntry) -> bool:
    """Whether the service may still say something new: of what runs, and of what it alone has said to be over."""
    recording = entry.recording
    if entry.chunks:
        return False
    return recording.state in RUNNING or (recording.state in _MAY_REVIVE and recording.denied_at is not None)


def _wait_to_ask(entry: CatalogEntry, now: datetime) -> timedelta:
    """How long after one answer to ask again: soon while it may not have begun, or was said to be over just now."""
    recording = entry.recording
    if recording.denied_at is not None:
        return CONFIRMED_AFTER if now - recording.denied_at < _ASKED_EVERY else _ASKED_EVERY
    return _ASKED_EVERY if recording.active_at is not None else NEVER_ACTIVE


def _next_looks(
    entry: CatalogEntry, signs: Mapping[DocumentId, datetime], now: datetime, limits: Limits
) -> Iterator[datetime]:
    """Moments at which there may be something to do again; the wait grows with the age of what is not done."""
    yield now + LONGEST
    if withdrawal_owed(entry) is not None:
        yield now
    ends = end_of_source(entry, limits)
    if ends is not None:
        yield from (ends - stage for stage in STAGES if ends - stage > now)
    ended = _ended(entry)
    if ended is not None:
        yield from (moment for moment in (ended + limits.file_event, ended + limits.retention + MARGIN) if moment > now)
    unwritten = entry.recording.trail.unwritten
    if unwritten:
        yield now + max(limits.step, now - unwritten[0].at)
    if _is_asked_for(entry):
        asked = entry.recording.checked_at
        last = now if asked is None or _is_to_be_asked(entry, now) else min(asked, now)
        yield last + _wait_to_ask(entry, now)
    for chunk in _stepping(entry):
        step = next_step(entry, chunk.document_id, now)
        if isinstance(step, LookAgain):
            yield step.at + limits.step
        elif not isinstance(step, Done):
            sign = signs[chunk.document_id]
            yield sign + limits.step if now - sign < limits.step else now + _patience(chunk, sign, now, limits)


def _patience(chunk: Chunk, sign: datetime, now: datetime, limits: Limits) -> timedelta:
    """How long to wait after a message was put again: longer each time, but not long if little time is left."""
    left = max(chunk.due - now, timedelta()) / _SHARE
    return max(limits.step, min(2 * (now - sign), left))
