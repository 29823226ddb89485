"""The entry after a fact about one of its chunks: the chunk, and the alert, if there is one."""

from collections.abc import Mapping
from dataclasses import replace

from recording.core.lifecycle.changes import MOST_NOTES, alerted, merged, with_chunks
from recording.core.lifecycle.facts import (
    Archived,
    ChunkFact,
    Compared,
    Damaged,
    Disputed,
    Expired,
    Failed,
    Kept,
    MetadataArchived,
    OverflowClosed,
    Overflowed,
    Quarantined,
    ReadOn,
    Released,
)
from recording.core.lifecycle.overflow import not_in_archive
from recording.core.lifecycle.tables import CHUNK_TRANSITIONS
from recording.core.model import Alarm, Alert, CatalogEntry, Chunk, ChunkState, Door, Failure, Place, Proof

_OVERTAKEN = "Event Grid announced it otherwise than the function key, while that was copied"
_NOT_YET = "it was not removed in time"
_TOO_LATE = "it was made after the archive had one"
_LEFT = "a copy was left in the second account, as "
_FOR_A_PERSON: Mapping[ChunkState, Alarm] = {
    ChunkState.QUARANTINED: Alarm.QUARANTINED,
    ChunkState.LOST: Alarm.LOST,
}
"""The states that a person is told of."""
_MANY_TRIES = 8
"""Tries of a step for a closed chunk, such as writing the manifest, after which an alert is raised.

Such a step is not ended by the end of a source. With the usual waits this many take an hour or more.
"""


def chunk_decided(entry: CatalogEntry, fact: ChunkFact) -> CatalogEntry:
    """The entry after a fact about one of its chunks.

    Raises:
        KeyError: the entry has no such chunk: a programming error.
    """
    chunk = entry.chunk(fact.document_id)
    if chunk is None:
        raise KeyError(fact.document_id)
    if isinstance(fact, Damaged) and fact.is_too_late and chunk.is_proven:
        return alerted(entry, Alert(Alarm.DAMAGED, fact.cause, chunk.document_id))
    target = CHUNK_TRANSITIONS[chunk.state][type(fact)]
    if isinstance(target, Alarm):
        reason = f"{type(fact).__name__} cannot be true of a chunk that is {chunk.state}"
        return alerted(entry, Alert(target, reason, chunk.document_id))
    if isinstance(fact, Archived) and _is_overtaken(chunk, fact):
        return alerted(entry, Alert(Alarm.CONFLICT, _OVERTAKEN, chunk.document_id))
    target = _by_the_rules(chunk, target, fact)
    after = with_chunks(entry, {c.document_id: c for c in entry} | {chunk.document_id: _changed(chunk, target, fact)})
    alert = _alert(chunk, target, fact)
    return after if alert is None else alerted(after, alert)


def _is_overtaken(chunk: Chunk, fact: Archived) -> bool:
    """Whether Event Grid has announced a chunk otherwise while the function key's candidate was copied.

    That announcement found no proof to withdraw, and is tried first: see rule 1 of the theory.
    """
    if chunk.is_proven or chunk.is_accepted:  # a person has decided which bytes it is
        return False
    if fact.candidate.door is Door.EVENT_GRID or chunk.next_candidate.door is Door.FUNCTION_KEY:
        return False
    credible = [one.announced for one in chunk.candidates if one.door is Door.EVENT_GRID]
    return fact.candidate.announced not in credible


def _by_the_rules(chunk: Chunk, target: ChunkState, fact: ChunkFact) -> ChunkState:
    """The target state after the four rules that `CHUNK_TRANSITIONS` names."""
    if isinstance(fact, Expired) and target is ChunkState.LOST:
        without_overflow = ChunkState.QUARANTINED if chunk.apart or chunk.is_native else target
        return chunk.state if chunk.overflow else without_overflow
    if isinstance(fact, Quarantined) and target is ChunkState.QUARANTINED and fact.look_at is None:
        is_somewhere = fact.apart or chunk.apart or chunk.overflow or chunk.is_native
        return target if is_somewhere else ChunkState.LOST
    return target


def _alert(chunk: Chunk, target: ChunkState, fact: ChunkFact) -> Alert | None:
    of = chunk.document_id
    if isinstance(fact, Damaged) and chunk.is_proven:
        return Alert(Alarm.DAMAGED, fact.cause, of)
    if target is not chunk.state and target in _FOR_A_PERSON:
        return Alert(_FOR_A_PERSON[target], _why(fact), of)
    if isinstance(fact, Kept) and fact.is_conflict and target is not chunk.state:
        return Alert(Alarm.CONFLICT, fact.reason, of)
    if isinstance(fact, Failed) and _is_stuck(chunk, fact):
        return Alert(Alarm.STUCK, f"{fact.failure.operation}: {fact.failure.cause}", of)
    return None


def _is_stuck(chunk: Chunk, fact: Failed) -> bool:
    if chunk.is_closed:
        return chunk.tries + 1 == _MANY_TRIES
    return fact.needs_a_person and fact.failure.code not in dict(chunk.failures)


def _why(fact: ChunkFact) -> str:
    if isinstance(fact, Expired):
        return f"{fact.failure.operation}: {fact.failure.cause}"
    return "; ".join(fact.reasons) if isinstance(fact, Quarantined | Disputed) else "it was never copied"


def _changed(chunk: Chunk, state: ChunkState, fact: ChunkFact) -> Chunk:  # noqa: PLR0911 - one for each
    match fact:
        case Archived() if not chunk.is_proven:
            return replace(
                chunk,
                state=state,
                proof=fact.proof,
                proven=fact.candidate,
                doubts=(),
                is_accepted=False,
                compared=None,
                partly_read=None,
                is_given_up=False,
                is_disputed=False,
                duration=fact.duration or chunk.duration,
                paused=fact.paused or chunk.paused,
                notes=merged(chunk.notes, fact.notes, MOST_NOTES),
                tries=0,
                look_at=None,
            )
        case MetadataArchived() if chunk.proof is not None and chunk.proof.metadata is None:
            return replace(
                chunk,
                proof=replace(chunk.proof, metadata=fact.metadata),
                duration=fact.duration or chunk.duration,
                paused=fact.paused or chunk.paused,
                notes=merged(chunk.notes, fact.notes, MOST_NOTES),
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
                is_disputed=True,
                look_at=fact.look_at,
                turn=0,
            )
        case Damaged() if chunk.is_proven:
            return replace(
                chunk, state=state, proof=None, proven=None, kept_reason="", released_at=None, look_at=None, turn=0
            )
        case Released() if chunk.state is not ChunkState.RELEASED:
            return replace(chunk, state=state, released_at=fact.at, kept_reason="", tries=0, look_at=None)
        case Kept() if chunk.state is ChunkState.ARCHIVED:
            return replace(chunk, state=state, kept_reason=fact.reason, tries=0, look_at=None)
        case OverflowClosed() if chunk.is_proven and chunk.overflow is not None:
            left = (_left(chunk.overflow, fact.left),) if fact.left else ()
            notes = merged(chunk.notes, left, MOST_NOTES)
            return replace(chunk, overflow=None, overflow_doubts=(), notes=notes, tries=0, look_at=None)
        case Failed() | Expired() | Overflowed() | Compared() | ReadOn():
            return _not_archived(chunk, state, fact)
    return chunk


def _not_archived(chunk: Chunk, state: ChunkState, fact: Failed | Expired | Overflowed | Compared | ReadOn) -> Chunk:
    """The chunk after a try that has proven nothing in the archive."""
    if isinstance(fact, ReadOn):
        return chunk if chunk.is_proven else replace(chunk, partly_read=fact.partly_read, tries=0)
    if isinstance(fact, Compared):
        return _compared(chunk, fact)
    if isinstance(fact, Failed):
        return _failed(chunk, fact)
    if isinstance(fact, Expired):
        return _expired(chunk, state, fact)
    return _overflowed(chunk, state, fact)


def _overflowed(chunk: Chunk, state: ChunkState, fact: Overflowed) -> Chunk:
    if chunk.state is ChunkState.ARCHIVED and chunk.overflow is None:  # the slower of two workers: to be removed
        return replace(chunk, overflow=fact.proof, overflow_doubts=fact.doubts)
    if chunk.overflow == fact.proof and (chunk.is_proven or state is chunk.state):
        return chunk
    if chunk.is_proven:
        return replace(chunk, notes=merged(chunk.notes, (_left(fact.proof, _TOO_LATE),), MOST_NOTES))
    return replace(
        chunk,
        state=state,
        overflow=fact.proof,
        overflow_doubts=fact.doubts,
        is_given_up=chunk.is_given_up and state is ChunkState.LOST,
        tries=chunk.tries + 1,
        look_at=fact.look_at,
    )


def _compared(chunk: Chunk, fact: Compared) -> Chunk:
    accepted = chunk.apart.digest.sha256 if chunk.is_accepted and chunk.apart else ""
    if fact.comparison.accepted != accepted:  # a slow worker's, of what was accepted before
        return chunk
    return replace(chunk, compared=fact.comparison, tries=0)


def _doubted(chunk: Chunk, state: ChunkState, fact: Quarantined) -> Chunk:
    return replace(
        chunk,
        state=state,
        apart=fact.apart or chunk.apart,
        doubts=fact.reasons,
        is_accepted=False,
        compared=None,
        is_given_up=chunk.is_given_up and state is ChunkState.LOST,
        notes=merged(chunk.notes, fact.reasons, MOST_NOTES),
        due=min(chunk.due, fact.due or chunk.due),
        tries=chunk.tries + 1,
        turn=chunk.turn + 1,
        look_at=fact.look_at,
    )


def _failed(chunk: Chunk, fact: Failed) -> Chunk:
    counted = _counted(chunk, fact.failure)
    if chunk.is_closed:
        return replace(counted, tries=chunk.tries + 1)
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
        is_native = chunk.proof is not None and chunk.proof.place is Place.NATIVE
        reason = f"native; {what}" if is_native else f"the source must have ended by itself; before, {what}"
        left = (_left(chunk.overflow, not_in_archive(chunk) or _NOT_YET),) if chunk.overflow else ()
        notes = merged(chunk.notes, left, MOST_NOTES)
        return replace(counted, state=state, kept_reason=reason, notes=notes, tries=0, look_at=None)
    if chunk.overflow is not None:
        return counted
    doubts = chunk.doubts or (f"{fact.failure.operation}: {fact.failure.cause}",)
    return replace(counted, state=state, doubts=doubts, look_at=None)


def was_left_in_overflow(chunk: Chunk) -> bool:
    """Whether a copy was left in the second account that the entry does not name any more, or may have been."""
    return any(note.startswith(_LEFT) for note in chunk.notes) or len(chunk.notes) >= MOST_NOTES


def _left(copy: Proof, why: str) -> str:
    return f"{_LEFT}{copy.name}: {why}"


def _counted(chunk: Chunk, failure: Failure) -> Chunk:
    failures = dict(chunk.failures)
    failures[failure.code] = failures.get(failure.code, 0) + 1
    return replace(chunk, failures=tuple(sorted(failures.items())), last_failure=failure)
