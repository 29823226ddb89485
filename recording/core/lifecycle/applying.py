"""Applies facts: `decide` gives the entry after one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from recording.core.lifecycle.acts import with_act
from recording.core.lifecycle.announced import announced, owed_steps
from recording.core.lifecycle.changes import alerted, with_fields, with_state
from recording.core.lifecycle.chunks import chunk_decided
from recording.core.lifecycle.erasing import after_erasure, erasure_begun
from recording.core.lifecycle.facts import (
    Announced,
    Checked,
    Completed,
    Consented,
    ConsentWithdrawn,
    Continued,
    Decided,
    Denied,
    Fact,
    FoundBySweep,
    GivenUp,
    Interrupted,
    Joined,
    Looked,
    Missed,
    NeverCame,
    Ordered,
    ParticipantsSeen,
    Paused,
    Resumed,
    Started,
    StartFailed,
    Stopped,
    Told,
    Warned,
    Written,
)
from recording.core.lifecycle.history import with_history
from recording.core.lifecycle.records_facts import (
    EndDecided,
    Erased,
    ErasureBegun,
    Exported,
    Held,
    HoldEnded,
    Rebuilt,
    Rewritten,
    UnlinkBegun,
    Unlinked,
    UnlinkGivenUp,
)
from recording.core.lifecycle.rulings import refusal_of_giving_up, ruled
from recording.core.lifecycle.running import (
    agreed,
    interrupted,
    is_last_full,
    noted,
    paused_or_resumed,
    runs,
    with_start,
)
from recording.core.lifecycle.tables import RECORDING_TRANSITIONS
from recording.core.lifecycle.unlinking import (
    rewritten_by,
    unlink_begun,
    unlink_given_up,
    unlinked,
    with_rewritten,
    written_since,
)
from recording.core.lifecycle.wholeness import completion_at, lacks
from recording.core.model import (
    APP,
    RUNNING,
    Actor,
    Alarm,
    Alert,
    CatalogEntry,
    DocumentId,
    Pause,
    Recording,
    RecordingState,
    WithdrawnConsent,
)
from recording.core.trail import written

_SWEPT = "sweep"
CONFIRMED_AFTER = timedelta(minutes=5)
"""So long the service must have denied a recording before it is over."""
_REVIVED = "records after all"
_OVER = frozenset({RecordingState.STOPPED, RecordingState.MISSING, RecordingState.LOST, RecordingState.EMPTY})


_Outside = Told | Written | Looked | Erased | Exported
"""What others have seen or done, which changes little or nothing of an entry."""
_Kept = Held | HoldEnded | EndDecided | UnlinkBegun | UnlinkGivenUp | Rewritten | Unlinked
_Making = Started | Announced | ErasureBegun | Rebuilt
_Noted = Completed | _Outside | Denied | Checked | Warned | FoundBySweep


@dataclass(frozen=True, slots=True)
class Decision:
    """The entry after the fact, and the chunks for which a message is to be queued."""

    entry: CatalogEntry
    steps: tuple[DocumentId, ...] = ()


def decide(entry: CatalogEntry | None, fact: Fact, now: datetime, by: Actor = APP) -> Decision:
    """Apply a fact to an entry; the page in `core.lifecycle` explains the rules.

    Args:
        entry: before the fact; None for a recording that is not known yet.
        fact: what has happened.
        now: the current time, aware.
        by: who caused it.

    Raises:
        KeyError: the entry has no such recording or chunk: a programming error.
    """
    if entry is not None and entry.recording.state is RecordingState.ERASED:
        return Decision(after_erasure(entry, fact, now, by))
    decision = _decided(entry, fact, now, by)
    after = decision.entry
    is_new = after != entry or (isinstance(fact, Decided) and bool(decision.steps))  # a decision is kept in any case
    if is_new and not isinstance(fact, Written):
        after = with_fields(with_history(entry, after, fact, now, by), changed_by=by)
    return replace(decision, entry=with_act(entry, after, fact, now, by, is_new=is_new))


def decide_all(entry: CatalogEntry | None, facts: Sequence[Fact], now: datetime, by: Actor = APP) -> Decision:
    """What the entry becomes by one fact after the other, of one at least; and the steps that they bring about."""
    first, *rest = facts
    decision = decide(entry, first, now, by)
    for fact in rest:
        after = decide(decision.entry, fact, now, by)
        decision = Decision(after.entry, (*decision.steps, *after.steps))
    return decision


def makes_entry(fact: Fact) -> bool:
    """Whether a fact makes an entry if there is none."""
    return isinstance(fact, _Making)


def _decided(entry: CatalogEntry | None, fact: Fact, now: datetime, by: Actor) -> Decision:  # noqa: PLR0911 - one for each
    if isinstance(fact, _Making):
        return _made(entry, fact, now, by)
    if entry is None:
        raise KeyError(fact)
    if isinstance(fact, Decided):
        return Decision(*ruled(entry, fact))
    if isinstance(fact, Paused | Resumed | Stopped | Missed | NeverCame | GivenUp):
        return Decision(_moved(entry, fact, now, by))
    if isinstance(fact, Ordered | Joined | Continued | StartFailed | ParticipantsSeen):
        return Decision(noted(entry, fact, now, by))
    if isinstance(fact, Interrupted):
        return Decision(interrupted(entry, fact, now))
    if isinstance(fact, _Noted):
        return Decision(_noted(entry, fact, now))
    if isinstance(fact, _Kept):
        return Decision(_kept(entry, fact, now, by))
    if isinstance(fact, Consented | ConsentWithdrawn):
        after = _consent_changed(entry, fact, now, by)
    else:
        after = written_since(entry, chunk_decided(entry, fact), fact)
    return Decision(after)


def _kept(entry: CatalogEntry, fact: _Kept, now: datetime, by: Actor) -> CatalogEntry:
    """The entry after a fact about a recording that is kept; its holds and its end are in the trail alone."""
    match fact:
        case UnlinkBegun():
            return unlink_begun(entry, fact, now, by)
        case UnlinkGivenUp():
            return unlink_given_up(entry, fact)
        case Rewritten():
            return rewritten_by(entry, fact, now)
        case Unlinked():
            return unlinked(entry, fact, now)
    return entry


def _made(entry: CatalogEntry | None, fact: _Making, now: datetime, by: Actor) -> Decision:
    """The entry after a fact that makes one if there is none."""
    if isinstance(fact, Started):
        return Decision(_started(entry, fact, now, by))
    if isinstance(fact, Announced):
        return Decision(*announced(entry, fact, now))
    if isinstance(fact, ErasureBegun):
        return Decision(erasure_begun(entry, fact, now, by))
    if entry is not None:  # nothing is rebuilt over an entry that is there, but what it cannot find out by itself
        after = with_start(with_rewritten(entry, fact.entry), fact.entry)
        return Decision(after, () if after == entry else owed_steps(after, now))
    return Decision(fact.entry, owed_steps(fact.entry, now))


def _noted(
    entry: CatalogEntry,
    fact: _Noted,
    now: datetime,
) -> CatalogEntry:
    """The entry after a fact about the recording that moves no state by itself."""
    if isinstance(fact, Completed):
        return _completed(entry, fact, now)
    if isinstance(fact, _Outside):
        return _known_outside(entry, fact)
    if isinstance(fact, Denied):
        return _denied(entry, now)
    if isinstance(fact, Checked):
        return _checked(entry, fact, now)
    if isinstance(fact, Warned):
        return _warned(entry, fact.stage, Alert(fact.alarm, fact.reason))
    return _warned(entry, f"{_SWEPT}: {fact.what}", Alert(Alarm.FOUND_BY_SWEEP, fact.what))


def _known_outside(entry: CatalogEntry, fact: _Outside) -> CatalogEntry:
    """The entry after others have seen something of it; that a person looked is in the trail alone.

    That it is `Erased` means nothing before its erasure has begun.
    """
    if isinstance(fact, Told):
        untold = tuple(alert for alert in entry.recording.untold if alert not in fact.alerts)
        return with_fields(entry, untold=untold)
    if isinstance(fact, Written):
        return with_fields(entry, trail=written(entry.recording.trail, fact.number, fact.hash))
    return entry


def _moved(
    entry: CatalogEntry, fact: Paused | Resumed | Stopped | Missed | NeverCame | GivenUp, now: datetime, by: Actor
) -> CatalogEntry:
    """The entry after a fact that moves the state of a recording without a chunk."""
    before = entry.recording
    if isinstance(fact, Paused | Resumed) and before.state in RUNNING:  # the service has it: it did what was asked
        entry = with_fields(entry, denied_at=None)
    if isinstance(fact, Paused | Resumed) and runs(entry):
        entry = paused_or_resumed(entry, fact, now, by)
    if isinstance(fact, Stopped) and is_last_full(entry):  # a recording of many hours, whose state its chunks make
        entry = with_fields(entry, stopped_at=now)
    state = RECORDING_TRANSITIONS.get(before.state, {}).get(type(fact), before.state)
    if state is before.state or (entry.chunks and isinstance(fact, NeverCame)):
        return entry
    if isinstance(fact, GivenUp) and refusal_of_giving_up(entry):
        return entry
    after = with_fields(entry, state=state)
    if isinstance(fact, Stopped):
        return _over(with_fields(after, stopped_at=now, denied_at=None))
    if isinstance(fact, GivenUp):
        return alerted(after, Alert(Alarm.LOST, f"given up by a person: {fact.reason}"))
    if isinstance(fact, Missed | NeverCame):
        alarm = Alarm.MISSING if isinstance(fact, Missed) else Alarm.LOST
        return alerted(after, Alert(alarm, fact.reason))
    return after


def _denied(entry: CatalogEntry, now: datetime) -> CatalogEntry:
    """The entry after an answer that there is no such recording; repeated after a while, it is over since the first."""
    before = entry.recording
    if entry.chunks:
        return entry
    since = before.denied_at or now
    after = with_fields(entry, checked_at=now, denied_at=since)
    if now - since < CONFIRMED_AFTER or before.state not in RUNNING:
        return after
    return _over(with_fields(after, state=RECORDING_TRANSITIONS[before.state][Denied], stopped_at=since))


def _over(entry: CatalogEntry) -> CatalogEntry:
    """The entry of a recording that is over: EMPTY instead of STOPPED if it can have no file."""
    return with_fields(entry, state=RecordingState.EMPTY) if entry.recording.has_recorded_nothing else entry


def _checked(entry: CatalogEntry, fact: Checked, now: datetime) -> CatalogEntry:
    """The entry after an answer that the service has the recording: earlier denials count no more."""
    before = entry.recording
    after = with_fields(entry, checked_at=now, active_at=now if fact.is_active else before.active_at)
    if runs(entry):
        return agreed(with_fields(after, denied_at=None), fact, now)
    if not fact.is_active or entry.chunks or before.denied_at is None or before.state not in _OVER:
        return after
    revived = with_fields(after, state=RecordingState.STARTED, stopped_at=None, denied_at=None)
    reason = f"the service said that it was over, and says now that it records; it was {before.state}"
    return _warned(revived, _REVIVED, Alert(Alarm.AT_RISK, reason))


def _warned(entry: CatalogEntry, stage: str, alert: Alert) -> CatalogEntry:
    warned = entry.recording.warned
    return entry if stage in warned else alerted(with_fields(entry, warned=(*warned, stage)), alert)


def _started(entry: CatalogEntry | None, fact: Started, now: datetime, by: Actor) -> CatalogEntry:
    if entry is None:
        state = RecordingState.PAUSED if fact.paused else RecordingState.STARTED
        pauses = (Pause(now, by),) if fact.paused else ()
        entry = CatalogEntry(Recording(fact.recording_id, state, pauses=pauses))
    # The file event may have come first: our own start request is more reliable than an event. A repeated start, which
    # is the same request, adds nothing.
    known = entry.recording
    is_first = known.requested_at is None
    return with_fields(
        entry,
        output=fact.output if is_first else known.output,
        server_call_id=(fact.server_call_id if is_first else None) or known.server_call_id or fact.server_call_id,
        call_connection_id=known.call_connection_id or fact.call_connection_id,
        group_call_id=known.group_call_id or fact.group_call_id,
        room_id=known.room_id or fact.room_id,
        applied=fact.applied if is_first else known.applied,
        requested_at=known.requested_at or now,
        consent=known.consent or fact.consent,
    )


def _consent_changed(entry: CatalogEntry, fact: Consented | ConsentWithdrawn, now: datetime, by: Actor) -> CatalogEntry:
    """The entry with what is known of consent now; a manifest that does not say it is followed by another one."""
    known = entry.recording
    if isinstance(fact, Consented):
        after = with_fields(entry, consent=fact.evidence)
    else:
        after = with_fields(entry, withdrawn=known.withdrawn or WithdrawnConsent(now, by, fact.reason))
    if after == entry or known.completed_at is None:
        return after
    return with_state(with_fields(after, completed_at=None, revision=known.revision + 1))


def _completed(entry: CatalogEntry, fact: Completed, now: datetime) -> CatalogEntry:
    at = completion_at(entry, now)
    if at is None or at > now or fact.documents != {chunk.document_id for chunk in entry} or fact.lacks != lacks(entry):
        return entry  # already completed, or something has changed that is not in this manifest
    after = with_fields(
        entry, manifest_name=fact.manifest_name, revision=fact.revision, lacks=fact.lacks, completed_at=now
    )
    return with_state(after)
