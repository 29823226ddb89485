"""Applies a fact to an entry."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from recording.core.lifecycle.candidates import first_seen, seen_again
from recording.core.lifecycle.facts import (
    Announced,
    Announcement,
    Archived,
    ChunkFact,
    Completed,
    Damaged,
    Disputed,
    Expired,
    Fact,
    Failed,
    Kept,
    MetadataArchived,
    Paused,
    Quarantined,
    Released,
    Resumed,
    Started,
    Stopped,
    Told,
)
from recording.core.lifecycle.tables import CHUNK_TRANSITIONS, RECORDING_TRANSITIONS
from recording.core.lifecycle.wholeness import completion_at, extent, lacks
from recording.core.model import (
    APP,
    Actor,
    Alarm,
    Alert,
    Candidate,
    CatalogEntry,
    Chunk,
    ChunkState,
    DocumentId,
    Door,
    Failure,
    Recording,
    RecordingState,
    Unread,
)

MOST_CHUNKS = 1000
"""Chunks of one recording: at four hours each, half a year. More can only come of events that are not true."""
_MOST_UNREAD = 100
_MOST_NOTES = 50
_MOST_ALERTS = 5
"""Of one event about members that cannot be read: all of them stand in the entry, and a person needs no hundred."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The entry as it stands after the fact, and the chunks whose steps are to be queued."""

    entry: CatalogEntry
    steps: tuple[DocumentId, ...] = ()


def decide(entry: CatalogEntry | None, fact: Fact, now: datetime, by: Actor = APP) -> Decision:
    """What the entry becomes by this fact, and which steps it brings about.

    Args:
        entry: as it stands; None for a recording that is not known yet.
        fact: what has happened.
        now: the time, aware.
        by: who brought it about.

    Raises:
        KeyError: for a fact about a recording or chunk that the entry does not have: a programming error.
    """
    decision = _decided(entry, fact, now)
    after = decision.entry
    if after == entry or after.recording.changed_by == by:
        return decision
    return replace(decision, entry=replace(after, recording=replace(after.recording, changed_by=by)))


def _decided(entry: CatalogEntry | None, fact: Fact, now: datetime) -> Decision:
    if isinstance(fact, Started):
        return Decision(_started(entry, fact, now))
    if isinstance(fact, Announced):
        return _announced(entry, fact, now)
    if entry is None:
        raise KeyError(fact)
    if isinstance(fact, Completed):
        return Decision(_completed(entry, fact, now))
    if isinstance(fact, Told):
        untold = tuple(alert for alert in entry.recording.untold if alert not in fact.alerts)
        return Decision(_with(entry, untold=untold))
    if isinstance(fact, Paused | Resumed | Stopped):
        before = entry.recording
        state = RECORDING_TRANSITIONS.get(before.state, {}).get(type(fact), before.state)
        is_stopped_now = state is RecordingState.STOPPED is not before.state
        return Decision(_with(entry, state=state, stopped_at=now if is_stopped_now else before.stopped_at))
    return Decision(_chunk_decided(entry, fact, now))


# The recording


def _started(entry: CatalogEntry | None, fact: Started, now: datetime) -> CatalogEntry:
    if entry is None:
        state = RecordingState.PAUSED if fact.paused else RecordingState.STARTED
        entry = CatalogEntry(Recording(fact.recording_id, state))
    # The file event, or a repeated start, may have been quicker: only what is not known yet is added.
    known = entry.recording
    return _with(
        entry,
        output=known.output or fact.output,
        server_call_id=known.server_call_id or fact.server_call_id,
        call_connection_id=known.call_connection_id or fact.call_connection_id,
        group_call_id=known.group_call_id or fact.group_call_id,
        room_id=known.room_id or fact.room_id,
        requested_at=known.requested_at or now,
    )


def _completed(entry: CatalogEntry, fact: Completed, now: datetime) -> CatalogEntry:
    at = completion_at(entry, now)
    if at is None or at > now or fact.documents != {chunk.document_id for chunk in entry} or fact.lacks != lacks(entry):
        return entry  # it is noted already, or something has changed since, and the manifest does not have it
    after = _with(entry, manifest_name=fact.manifest_name, revision=fact.revision, lacks=fact.lacks, completed_at=now)
    return _with_state(after)


def _announced(entry: CatalogEntry | None, fact: Announced, now: datetime) -> Decision:
    event = fact.event
    known = entry or CatalogEntry(Recording(event.recording_id, RecordingState.ANNOUNCED))
    chunks = {chunk.document_id: chunk for chunk in known}
    alerts: list[Alert] = []
    unread = [replace(one, door=fact.door) for one in event.unread]
    for announcement in fact.chunks:
        document_id = announcement.announced.document_id
        candidate = Candidate(announcement.announced, event.event_id, fact.door, now)
        standing = chunks.get(document_id)
        if standing is None:
            if not _make_room(chunks, fact.door):
                unread.append(_refused(event.event_id, announcement, fact.door))
                continue
            chunks[document_id] = first_seen(announcement, candidate, event.notes)
        else:
            chunks[document_id], conflict = seen_again(standing, announcement, candidate)
            if conflict:
                alerts.append(Alert(Alarm.CONFLICT, conflict, document_id))
    before = known.recording
    new = [one for one in unread if one not in before.unread][:_MOST_ALERTS]
    alerts += [Alert(Alarm.UNREADABLE, f"event {one.event_id}: {one.cause}", one.document_id) for one in new]
    after = _with_chunks(
        _with(
            known,
            output=before.output or event.output,
            call_id=before.call_id or event.call_id,
            server_call_id=before.server_call_id or event.server_call_id,
            started_at=before.started_at or event.started_at,
            duration=before.duration or event.duration,
            session_end_reason=before.session_end_reason or event.session_end_reason,
            announced_at=before.announced_at or now,
            unread=_most_credible(dict.fromkeys((*before.unread, *unread))),
            untold=_merged(before.untold, alerts, _MOST_NOTES),
        ),
        chunks,
    )
    return Decision(after, _steps(after, [one.announced.document_id for one in fact.chunks], now))


def _make_room(chunks: dict[DocumentId, Chunk], door: Door) -> bool:
    """Whether one more chunk may be added; what Event Grid announces displaces what the function key alone did."""
    if len(chunks) < MOST_CHUNKS:
        return True
    if door is Door.FUNCTION_KEY:
        return False
    weak = next(
        (
            chunk.document_id
            for chunk in chunks.values()
            if not chunk.is_proven and all(one.door is Door.FUNCTION_KEY for one in chunk.candidates)
        ),
        None,
    )
    if weak is None:
        return False
    del chunks[weak]
    return True


def _refused(event_id: str, announcement: Announcement, door: Door) -> Unread:
    announced, cause = announcement.announced, f"a recording has at most {MOST_CHUNKS} chunks"
    return Unread(event_id, cause, announced.document_id, announced.index, door)


def _most_credible(unread: Iterable[Unread]) -> tuple[Unread, ...]:
    """As many as an entry keeps; what the function key brought displaces nothing of Event Grid's."""
    return tuple(sorted(unread, key=lambda one: one.door is Door.FUNCTION_KEY)[:_MOST_UNREAD])


def _steps(entry: CatalogEntry, announced: Iterable[DocumentId], now: datetime) -> tuple[DocumentId, ...]:
    """The chunks of an event that have something left to do; or one, where only the recording has."""
    known = [chunk for document_id in dict.fromkeys(announced) if (chunk := entry.chunk(document_id))]
    owed = tuple(chunk.document_id for chunk in known if not chunk.is_closed)
    if owed or not known or completion_at(entry, now) is None:
        return owed
    return (known[-1].document_id,)  # all is archived, but the step that should have completed it was lost


# The chunk


def _chunk_decided(entry: CatalogEntry, fact: ChunkFact, now: datetime) -> CatalogEntry:
    chunk = entry.chunk(fact.document_id)
    if chunk is None:
        raise KeyError(fact.document_id)
    target = CHUNK_TRANSITIONS[chunk.state][type(fact)]
    if isinstance(target, Alarm):
        reason = f"{type(fact).__name__} cannot be true of a chunk that is {chunk.state}"
        return _alerted(entry, Alert(target, reason, chunk.document_id))
    target = _by_the_rules(chunk, target, fact)
    after = _with_chunks(
        entry, {c.document_id: c for c in entry} | {chunk.document_id: _changed(chunk, target, fact, now)}
    )
    alert = _alert(chunk, target, fact)
    return after if alert is None else _alerted(after, alert)


def _by_the_rules(chunk: Chunk, target: ChunkState, fact: ChunkFact) -> ChunkState:
    """The two rules on top of the table."""
    if target is ChunkState.LOST and isinstance(fact, Expired) and chunk.apart is not None:
        return ChunkState.QUARANTINED
    if target is ChunkState.QUARANTINED and isinstance(fact, Quarantined) and fact.look_at is None:
        return target if fact.apart or chunk.apart else ChunkState.LOST
    return target


def _alert(chunk: Chunk, target: ChunkState, fact: ChunkFact) -> Alert | None:
    of = chunk.document_id
    if isinstance(fact, Damaged) and chunk.is_proven:
        return Alert(Alarm.DAMAGED, fact.cause, of)
    if isinstance(fact, Quarantined | Disputed) and target is ChunkState.QUARANTINED is not chunk.state:
        return Alert(Alarm.QUARANTINED, "; ".join(fact.reasons), of)
    if target is ChunkState.LOST and chunk.state is not ChunkState.LOST:
        return Alert(Alarm.LOST, _why_lost(fact), of)
    if isinstance(fact, Kept) and fact.is_conflict and target is not chunk.state:
        return Alert(Alarm.CONFLICT, fact.reason, of)
    if isinstance(fact, Failed) and fact.needs_a_person and not chunk.is_closed:
        is_first = fact.failure.code not in dict(chunk.failures)
        return Alert(Alarm.STUCK, f"{fact.failure.operation}: {fact.failure.cause}", of) if is_first else None
    return None


def _why_lost(fact: ChunkFact) -> str:
    if isinstance(fact, Expired):
        return f"{fact.failure.operation}: {fact.failure.cause}"
    return "; ".join(fact.reasons) if isinstance(fact, Quarantined) else "it was never copied"


def _changed(chunk: Chunk, state: ChunkState, fact: ChunkFact, now: datetime) -> Chunk:  # noqa: PLR0911 - one for each
    match fact:
        case Archived() if not chunk.is_proven:
            return replace(
                chunk,
                state=state,
                proof=fact.proof,
                proven=fact.candidate,
                doubts=(),
                duration=fact.duration or chunk.duration,
                paused=fact.paused or chunk.paused,
                notes=_merged(chunk.notes, fact.notes, _MOST_NOTES),
                tries=0,
                look_at=None,
            )
        case MetadataArchived() if chunk.proof is not None and chunk.proof.metadata is None:
            return replace(
                chunk,
                proof=replace(chunk.proof, metadata=fact.metadata),
                duration=fact.duration or chunk.duration,
                paused=fact.paused or chunk.paused,
                notes=_merged(chunk.notes, fact.notes, _MOST_NOTES),
                tries=0,
                look_at=None,
            )
        case Quarantined() if not chunk.is_proven:
            return _doubted(chunk, state, fact)
        case Disputed() if chunk.state is ChunkState.ARCHIVED:
            return replace(
                chunk,
                state=state,
                proof=None,
                proven=None,
                apart=chunk.proof,
                doubts=fact.reasons,
                look_at=fact.look_at,
                turn=0,
            )
        case Damaged() if chunk.is_proven:
            return replace(
                chunk, state=state, proof=None, proven=None, kept_reason="", released_at=None, look_at=None, turn=0
            )
        case Released() if chunk.state is not ChunkState.RELEASED:
            return replace(chunk, state=state, released_at=now, kept_reason="", look_at=None)
        case Kept() if chunk.state is ChunkState.ARCHIVED:
            return replace(chunk, state=state, kept_reason=fact.reason, look_at=None)
        case Failed():
            return _failed(chunk, fact)
        case Expired():
            return _expired(chunk, state, fact)
    return chunk


def _doubted(chunk: Chunk, state: ChunkState, fact: Quarantined) -> Chunk:
    doubted = replace(
        chunk,
        apart=fact.apart or chunk.apart,
        doubts=fact.reasons,
        notes=_merged(chunk.notes, fact.reasons, _MOST_NOTES),
        due=min(chunk.due, fact.due or chunk.due),
        tries=chunk.tries + 1,
        turn=chunk.turn + 1,
    )
    return replace(doubted, state=state, look_at=fact.look_at if state is ChunkState.QUARANTINED else None)


def _failed(chunk: Chunk, fact: Failed) -> Chunk:
    counted = _counted(chunk, fact.failure)
    if chunk.is_closed:
        return counted
    return replace(
        counted,
        tries=1 if fact.progressed else chunk.tries + 1,
        turn=chunk.turn if fact.progressed else chunk.turn + 1,
        look_at=fact.look_at,
        due=min(chunk.due, fact.due or chunk.due),
    )


def _expired(chunk: Chunk, state: ChunkState, fact: Expired) -> Chunk:
    if chunk.is_closed:
        return chunk
    counted = _counted(chunk, fact.failure)
    if state is ChunkState.KEPT:
        failure = fact.failure
        what = f"{failure.operation}, of its {failure.subject}, failed: {failure.cause}"
        reason = f"the source must have ended by itself; before, {what}"
        return replace(counted, state=state, kept_reason=reason, look_at=None)
    doubts = chunk.doubts or (f"{fact.failure.operation}: {fact.failure.cause}",)
    return replace(counted, state=state, doubts=doubts, look_at=None)


def _counted(chunk: Chunk, failure: Failure) -> Chunk:
    failures = dict(chunk.failures)
    failures[failure.code] = failures.get(failure.code, 0) + 1
    return replace(chunk, failures=tuple(sorted(failures.items())), last_failure=failure)


# The entry


def _merged[T](known: tuple[T, ...], new: Iterable[T], most: int) -> tuple[T, ...]:
    return tuple(dict.fromkeys((*known, *new)))[:most]


def _with(entry: CatalogEntry, **fields: object) -> CatalogEntry:
    return replace(entry, recording=replace(entry.recording, **fields))  # type: ignore[arg-type]


def _alerted(entry: CatalogEntry, alert: Alert) -> CatalogEntry:
    return _with(entry, untold=_merged(entry.recording.untold, (alert,), _MOST_NOTES))


def _with_chunks(entry: CatalogEntry, chunks: Mapping[DocumentId, Chunk]) -> CatalogEntry:
    """Put the chunks in order; reopen a recording that its manifest no longer describes; derive its state."""
    ordered = tuple(sorted(chunks.values(), key=lambda chunk: (chunk.index, chunk.document_id)))
    after = replace(entry, chunks=ordered)
    recording = after.recording
    if recording.completed_at is not None and (
        not all(chunk.is_closed for chunk in extent(after)) or recording.lacks != lacks(after)
    ):
        after = _with(after, completed_at=None, revision=recording.revision + 1)
    return _with_state(after)


def _with_state(entry: CatalogEntry) -> CatalogEntry:
    return _with(entry, state=_state_of(entry)) if entry.chunks or entry.recording.unread else entry


def _state_of(entry: CatalogEntry) -> RecordingState:
    chunks = extent(entry)
    states = {chunk.state for chunk in chunks}
    if ChunkState.LOST in states:
        return RecordingState.LOST
    if ChunkState.QUARANTINED in states:
        return RecordingState.QUARANTINED
    if entry.recording.completed_at is not None and entry.recording.lacks:
        return RecordingState.INCOMPLETE
    if not chunks or lacks(entry):
        return RecordingState.ANNOUNCED
    return RecordingState.RELEASED if states == {ChunkState.RELEASED} else RecordingState.ARCHIVED
