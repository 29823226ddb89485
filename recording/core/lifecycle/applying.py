"""Applies facts: `decide` gives the entry after one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from recording.core.lifecycle.announced import announced
from recording.core.lifecycle.changes import with_fields, with_state
from recording.core.lifecycle.chunks import chunk_decided
from recording.core.lifecycle.facts import Announced, Completed, Fact, Paused, Resumed, Started, Stopped, Told
from recording.core.lifecycle.tables import RECORDING_TRANSITIONS
from recording.core.lifecycle.wholeness import completion_at, lacks
from recording.core.model import APP, Actor, CatalogEntry, DocumentId, Recording, RecordingState


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
    decision = _decided(entry, fact, now)
    after = decision.entry
    if after == entry or after.recording.changed_by == by:
        return decision
    return replace(decision, entry=replace(after, recording=replace(after.recording, changed_by=by)))


def decide_all(entry: CatalogEntry | None, facts: Sequence[Fact], now: datetime, by: Actor = APP) -> Decision:
    """What the entry becomes by one fact after the other, of one at least; which steps the last brings about."""
    first, *rest = facts
    decision = decide(entry, first, now, by)
    for fact in rest:
        decision = decide(decision.entry, fact, now, by)
    return decision


def _decided(entry: CatalogEntry | None, fact: Fact, now: datetime) -> Decision:
    if isinstance(fact, Started):
        return Decision(_started(entry, fact, now))
    if isinstance(fact, Announced):
        return Decision(*announced(entry, fact, now))
    if entry is None:
        raise KeyError(fact)
    if isinstance(fact, Completed):
        return Decision(_completed(entry, fact, now))
    if isinstance(fact, Told):
        untold = tuple(alert for alert in entry.recording.untold if alert not in fact.alerts)
        return Decision(with_fields(entry, untold=untold))
    if isinstance(fact, Paused | Resumed | Stopped):
        before = entry.recording
        state = RECORDING_TRANSITIONS.get(before.state, {}).get(type(fact), before.state)
        is_stopped_now = state is RecordingState.STOPPED is not before.state
        return Decision(with_fields(entry, state=state, stopped_at=now if is_stopped_now else before.stopped_at))
    return Decision(chunk_decided(entry, fact))


def _started(entry: CatalogEntry | None, fact: Started, now: datetime) -> CatalogEntry:
    if entry is None:
        state = RecordingState.PAUSED if fact.paused else RecordingState.STARTED
        entry = CatalogEntry(Recording(fact.recording_id, state))
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
        requested_at=known.requested_at or now,
    )


def _completed(entry: CatalogEntry, fact: Completed, now: datetime) -> CatalogEntry:
    at = completion_at(entry, now)
    if at is None or at > now or fact.documents != {chunk.document_id for chunk in entry} or fact.lacks != lacks(entry):
        return entry  # already completed, or something has changed that is not in this manifest
    after = with_fields(
        entry, manifest_name=fact.manifest_name, revision=fact.revision, lacks=fact.lacks, completed_at=now
    )
    return with_state(after)
