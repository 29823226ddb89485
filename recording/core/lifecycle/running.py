"""A recording while it runs: what was ordered, when it was paused and by whom, and what the service says of it.

A callback of the service is evidence: it may be late, repeated, or out of order. Where it contradicts the entry the
service is asked, and only its answer (`Checked`, `Denied`) changes the entry.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from recording.core.lifecycle.changes import alerted, with_fields, with_state
from recording.core.lifecycle.facts import (
    Checked,
    Continued,
    Interrupted,
    Joined,
    Ordered,
    ParticipantsSeen,
    Paused,
    Resumed,
    StartFailed,
)
from recording.core.lifecycle.wholeness import FULL
from recording.core.model import (
    APP,
    OUTSIDE,
    RUNNING,
    Actor,
    Alarm,
    Alert,
    CatalogEntry,
    Continuation,
    Order,
    Pause,
    Recording,
    RecordingState,
)
from recording.core.times import format_time

SETTLES = timedelta(seconds=30)
"""For so long after an order, or after its start, the service may still say what was true before."""
_PAUSES_WITHIN = timedelta(minutes=2)
"""For so long after an order to pause it is no news that it does not record."""
_FILE_FIRST = timedelta(minutes=10)
"""For so long after its file event a callback may still tell that a recording has ended in mid-call."""
MOST_PAUSES = 500
"""Of one recording; of more, the oldest are dropped."""


def runs(entry: CatalogEntry) -> bool:
    """Whether the service still records or pauses it, as far as is known.

    A recording of many hours has chunks already while it runs: the last of them is full.
    """
    if not entry.chunks:
        return entry.recording.state in RUNNING
    return is_last_full(entry) and not _is_stop_ordered(entry.recording)


def may_record(entry: CatalogEntry) -> bool:
    """Whether the service may still record: unlike `runs`, also after a stop that was ordered and not answered."""
    if not entry.chunks:
        return entry.recording.state in RUNNING
    is_stopped = _is_stop_ordered(entry.recording) and entry.recording.stopped_at is not None
    return is_last_full(entry) and not is_stopped


def may_revive(entry: CatalogEntry) -> bool:
    """Whether only the service's word says that it is over, which may be wrong: no file, and no stop of ours, does."""
    return entry.recording.denied_at is not None and not entry.chunks and not _is_stop_ordered(entry.recording)


def is_last_full(entry: CatalogEntry) -> bool:
    """Whether the last chunk ended only because it was full, so that another follows."""
    last = max(entry.chunks, key=lambda chunk: chunk.index, default=None)
    return last is not None and last.announced.end_reason.lower() == FULL.lower()


def _is_stop_ordered(recording: Recording) -> bool:
    return recording.ordered is not None and recording.ordered.state is RecordingState.STOPPED


def is_paused(recording: Recording) -> bool:
    """Whether it is paused, as far as is known."""
    return recording.state is RecordingState.PAUSED or recording.open_pause is not None


def is_paused_by_others(recording: Recording) -> bool:
    """Whether anybody but this app itself wants the pause that lasts."""
    return paused_by(recording) != APP


def paused_by(recording: Recording) -> Actor:
    """Who wants the pause that lasts: who has ordered it last, or began it; the app if nobody else does."""
    pause, ordered = recording.open_pause, recording.ordered
    if pause is None:
        return APP
    is_ordered = ordered is not None and ordered.state is RecordingState.PAUSED
    return ordered.by if ordered is not None and is_ordered and ordered.by != APP else pause.by


def contradicts(entry: CatalogEntry, now: datetime, *, is_active: bool) -> bool:
    """Whether a callback that says that it records, or does not, is a reason to ask the service."""
    recording = entry.recording
    if not runs(entry):
        is_revived = recording.denied_at is not None and not entry.chunks
        return is_revived if is_active else is_unasked_end(entry, now)
    if is_active:
        is_news = recording.active_at is None or recording.interrupted_at is not None
        return is_news or recording.denied_at is not None or is_paused(recording)
    return not is_paused(recording) and not is_expected_to_stop(recording, now)


def is_unasked_end(entry: CatalogEntry, now: datetime) -> bool:
    """Whether it is news that the service has no such recording: unless it is stopped, has just begun, or was told.

    Just after a start the service may not know the recording yet; if it has ended, the next answer says so. The file
    event may come first.
    """
    recording = entry.recording
    announced = recording.announced_at
    is_recent = bool(entry.chunks) and announced is not None and now - announced < _FILE_FIRST
    if not (runs(entry) or is_recent) or recording.interrupted_at is not None or recording.has_recorded_nothing:
        return False
    begun = recording.requested_at
    has_begun = recording.active_at is not None or begun is None or now - begun >= SETTLES
    return has_begun and not is_expected_to_stop(recording, now)


def is_expected_to_stop(recording: Recording, now: datetime) -> bool:
    """Whether a stop, or a moment ago a pause, was ordered here, so that it is no news that it does not record."""
    ordered = recording.ordered
    if ordered is None or ordered.state is RecordingState.STARTED:
        return False
    return ordered.state is RecordingState.STOPPED or now - ordered.at < _PAUSES_WITHIN


def noted(
    entry: CatalogEntry, fact: Ordered | Joined | Continued | StartFailed | ParticipantsSeen, now: datetime, by: Actor
) -> CatalogEntry:
    """The entry after a fact of this module that moves no state."""
    recording = entry.recording
    match fact:
        case Ordered():
            is_resume = fact.state is RecordingState.STARTED
            was_resumed = recording.was_resumed or is_resume  # its answer may be lost
            # With chunks the state does not say whether the stop was answered; this does.
            stopped_at = None if entry.chunks and is_last_full(entry) else recording.stopped_at
            # Whoever wants it already still does when the app orders it for its own reasons, and then undoes that.
            ordered = Order(fact.state, _wanted_by(recording, fact.state) if by == APP else by, now)
            return with_fields(entry, ordered=ordered, was_resumed=was_resumed, stopped_at=stopped_at)
        case Joined() if recording.continues is None and fact.earlier != recording.recording_id:
            return with_fields(entry, continues=Continuation(fact.earlier, fact.since), attempt=fact.attempt)
        case Continued() if fact.later != recording.recording_id:
            return with_fields(entry, continued_by=recording.continued_by or fact.later)
        case ParticipantsSeen() if fact.number > recording.participants_number:
            return with_fields(entry, participants=fact.kinds, participants_number=fact.number)
        case StartFailed():
            return _start_failed(entry, fact, now)
    return entry


def _wanted_by(recording: Recording, state: RecordingState) -> Actor:
    """Who wants a pause or stop that the app orders: whoever has wanted it before; the app if nobody has."""
    if state is RecordingState.PAUSED:
        return paused_by(recording)
    ordered = recording.ordered
    return ordered.by if ordered is not None and ordered.state is state is RecordingState.STOPPED else APP


def with_start(entry: CatalogEntry, found: CatalogEntry) -> CatalogEntry:
    """The entry with the rule by which it was started, if it knows nothing of a start: that says how long it is kept.

    It was made by an event, after the catalog had lost the one that knew it. A manifest that does not say it is
    followed by another one.
    """
    known, start = entry.recording, found.recording
    if known.requested_at is not None or known.applied is not None or start.applied is None:
        return entry
    after = with_fields(
        entry,
        output=known.output or start.output,
        applied=start.applied,
        requested_at=start.requested_at,
        consent=known.consent or start.consent,
    )
    if known.completed_at is None:
        return after
    return with_state(with_fields(after, completed_at=None, revision=known.revision + 1))


def _start_failed(entry: CatalogEntry, fact: StartFailed, now: datetime) -> CatalogEntry:
    recording = entry.recording
    if entry.chunks or recording.state not in RUNNING or recording.active_at is not None or recording.failed_at:
        return entry
    reason = f"the service accepted the start, and says that it failed: {fact.cause}"
    return alerted(with_fields(entry, failed_at=now), Alert(Alarm.NOT_STARTED, reason))


def interrupted(entry: CatalogEntry, fact: Interrupted, now: datetime) -> CatalogEntry:
    """The entry of a recording that is over while its call goes on."""
    recording = entry.recording
    if not is_unasked_end(entry, now):
        return entry
    since = _moment(recording, fact.since, now)
    reason = f"it does not record since {format_time(since)}, its call goes on, and nobody has stopped it here"
    return alerted(with_fields(entry, interrupted_at=since), Alert(Alarm.INTERRUPTED, reason))


def paused_or_resumed(entry: CatalogEntry, fact: Paused | Resumed, now: datetime, by: Actor) -> CatalogEntry:
    """The entry with the pause that begins, or ends, with an answer of the service to our request."""
    if isinstance(fact, Paused):
        return _with_pause(entry, now, by)
    # What the service resumes has begun, whatever a callback said of its start.
    return _without_pause(with_fields(entry, was_resumed=True, failed_at=None), now, by)


def agreed(entry: CatalogEntry, fact: Checked, now: datetime) -> CatalogEntry:
    """The entry of a running recording as the service's answer wants it: paused, or resumed, whoever did it.

    An answer within `SETTLES` of an order to the contrary may be from before the order, and changes nothing.
    """
    recording = entry.recording
    if fact.is_active:
        entry = with_fields(entry, interrupted_at=None, failed_at=None)
    if fact.is_active is not is_paused(recording) or _is_settling(recording, now, is_active=fact.is_active):
        return entry
    at = _moment(recording, fact.since, now)
    if fact.is_active:
        return _found_resumed(entry, at)
    return entry if recording.active_at is None else _found_paused(entry, at)


def _found_paused(entry: CatalogEntry, at: datetime) -> CatalogEntry:
    by = _who(entry.recording, RecordingState.PAUSED)
    after = _with_pause(_in_state(entry, RecordingState.PAUSED), at, by)
    if by != OUTSIDE:
        return after
    reason = f"it does not record since {format_time(at)}, and nobody has paused it here"
    return alerted(with_fields(after, ordered=None), Alert(Alarm.INTERRUPTED, reason))


def _found_resumed(entry: CatalogEntry, at: datetime) -> CatalogEntry:
    recording = entry.recording
    by = _who(recording, RecordingState.STARTED)
    after = _without_pause(_in_state(entry, RecordingState.STARTED), at, by)
    pause = recording.open_pause
    if by != OUTSIDE:
        return after
    after = with_fields(after, ordered=None)
    if pause is None or pause.by == OUTSIDE:
        return after
    reason = f"it was paused here, and records again since {format_time(at)}: nobody has resumed it here"
    return alerted(after, Alert(Alarm.AT_RISK, reason))


def _in_state(entry: CatalogEntry, state: RecordingState) -> CatalogEntry:
    return with_fields(entry, state=state) if entry.recording.state in RUNNING else entry


def _who(recording: Recording, state: RecordingState) -> Actor:
    """Who brought a change about: whoever ordered it last, if that was not confirmed; else somebody outside."""
    ordered = recording.ordered
    return ordered.by if ordered is not None and ordered.state is state else OUTSIDE


def _is_settling(recording: Recording, now: datetime, *, is_active: bool) -> bool:
    ordered = recording.ordered
    if ordered is None or now - ordered.at >= SETTLES:
        return False
    return (ordered.state is RecordingState.STARTED) is not is_active


def _moment(recording: Recording, told: datetime | None, now: datetime) -> datetime:
    """When a change happened: as a callback told, if that can be."""
    last = recording.pauses[-1] if recording.pauses else None
    earliest = (last.until or last.since) if last is not None else recording.requested_at
    return told if told is not None and earliest is not None and earliest <= told <= now else now


def _with_pause(entry: CatalogEntry, since: datetime, by: Actor) -> CatalogEntry:
    if entry.recording.open_pause is not None:
        return entry
    return with_fields(entry, pauses=(*entry.recording.pauses, Pause(since, by))[-MOST_PAUSES:])


def _without_pause(entry: CatalogEntry, until: datetime, by: Actor) -> CatalogEntry:
    pause = entry.recording.open_pause
    if pause is None:
        return entry
    return with_fields(entry, pauses=(*entry.recording.pauses[:-1], replace(pause, until=until, until_by=by)))
