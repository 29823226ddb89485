"""What a fact means in every state: one table for chunks, one for recordings, and the rules on top.

Every step may run twice and in any order, so every fact has a meaning in every state. A fact that cannot be true
(a release without a proof) changes nothing and alerts a person.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from recording.core.events import FileEvent
from recording.core.model import (
    BlobName,
    CatalogEntry,
    Chunk,
    ChunkState,
    DocumentId,
    Output,
    Proof,
    Recording,
    RecordingId,
    RecordingState,
    ServerCallId,
)


@dataclass(frozen=True, slots=True)
class Started:
    """The service records the call."""

    recording_id: RecordingId
    output: Output
    server_call_id: ServerCallId | None = None


@dataclass(frozen=True, slots=True)
class Paused:
    """The service was told to pause, and agreed."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """The service was told to resume, and agreed."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """The service was told to stop, and agreed."""


@dataclass(frozen=True, slots=True)
class Announced:
    """A file event came; `chunks` are its chunks with the names they shall have; `deadline` is when the source ends."""

    event: FileEvent
    chunks: tuple[Chunk, ...]
    deadline: datetime


@dataclass(frozen=True, slots=True)
class Archived:
    """A chunk is committed and verified; `notes` are doubts that did not stop it."""

    document_id: DocumentId
    proof: Proof
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Quarantined:
    """Something is wrong that a retry will not mend; `proof` tells where a copy stands, where one could be made."""

    document_id: DocumentId
    reasons: tuple[str, ...]
    proof: Proof | None = None


@dataclass(frozen=True, slots=True)
class Damaged:
    """The archive no longer holds what was proven, as seen just before the release."""

    document_id: DocumentId
    cause: str


@dataclass(frozen=True, slots=True)
class Released:
    """The source was deleted, on a proof."""

    document_id: DocumentId


@dataclass(frozen=True, slots=True)
class Kept:
    """Nothing is to be released: the setting says so, or the event named no place to delete."""

    document_id: DocumentId
    reason: str


@dataclass(frozen=True, slots=True)
class Expired:
    """The deadline is over and the source holds nothing any more."""

    document_id: DocumentId


@dataclass(frozen=True, slots=True)
class Failed:
    """A try failed; `code` is the error's code, `cause` what was seen."""

    document_id: DocumentId
    code: str
    cause: str


@dataclass(frozen=True, slots=True)
class Completed:
    """The manifest of these chunks is written and its event published; `revision` is the manifest's."""

    manifest_name: BlobName
    revision: int
    documents: frozenset[DocumentId]


ChunkFact = Archived | Quarantined | Damaged | Released | Kept | Expired | Failed
RecordingFact = Started | Paused | Resumed | Stopped | Announced | Completed
Fact = ChunkFact | RecordingFact


class Alarm(StrEnum):
    """What a person must hear of; `core.outgoing` gives each its event name."""

    QUARANTINED = "quarantined"
    LOST = "lost"
    DAMAGED = "damaged"
    IMPOSSIBLE = "impossible"


@dataclass(frozen=True, slots=True)
class ArchiveChunk:
    """Drive this chunk on: copy, verify, release, complete; whatever it still lacks."""

    document_id: DocumentId


@dataclass(frozen=True, slots=True)
class CompleteRecording:
    """Write the manifest and publish that the recording is archived."""


@dataclass(frozen=True, slots=True)
class Alert:
    """Tell a person."""

    alarm: Alarm
    reason: str
    document_id: DocumentId | None = None


Action = ArchiveChunk | CompleteRecording | Alert


@dataclass(frozen=True, slots=True)
class Decision:
    """The entry as it stands after the fact, and what to do now."""

    entry: CatalogEntry
    actions: tuple[Action, ...] = ()


_C = ChunkState
CHUNK_TRANSITIONS: Mapping[ChunkState, Mapping[type[ChunkFact], ChunkState | Alarm]] = {
    _C.ANNOUNCED: {
        Archived: _C.ARCHIVED,
        Quarantined: _C.QUARANTINED,
        Damaged: _C.ANNOUNCED,
        Released: Alarm.IMPOSSIBLE,
        Kept: Alarm.IMPOSSIBLE,
        Expired: _C.LOST,
        Failed: _C.ANNOUNCED,
    },
    _C.ARCHIVED: {
        Archived: _C.ARCHIVED,
        Quarantined: _C.ARCHIVED,  # a rival's doubt comes too late: what stands is proven
        Damaged: _C.ANNOUNCED,
        Released: _C.RELEASED,
        Kept: _C.ARCHIVED,
        Expired: _C.ARCHIVED,  # the source ended by itself; the copy stands
        Failed: _C.ARCHIVED,
    },
    _C.RELEASED: {
        Archived: _C.RELEASED,
        Quarantined: _C.RELEASED,
        Damaged: Alarm.IMPOSSIBLE,
        Released: _C.RELEASED,
        Kept: _C.RELEASED,
        Expired: _C.RELEASED,
        Failed: _C.RELEASED,
    },
    _C.QUARANTINED: {
        Archived: _C.ARCHIVED,  # a person mended the cause and the event was replayed
        Quarantined: _C.QUARANTINED,
        Damaged: Alarm.IMPOSSIBLE,
        Released: Alarm.IMPOSSIBLE,
        Kept: Alarm.IMPOSSIBLE,
        Expired: _C.QUARANTINED,
        Failed: _C.QUARANTINED,
    },
    _C.LOST: {
        Archived: _C.ARCHIVED,  # the source outlived its deadline: a clock was wrong, and nothing is lost
        Quarantined: _C.QUARANTINED,
        Damaged: _C.LOST,
        Released: Alarm.IMPOSSIBLE,
        Kept: Alarm.IMPOSSIBLE,
        Expired: _C.LOST,
        Failed: _C.LOST,
    },
}
"""The state that a chunk fact leads to, or the alarm it raises while nothing changes."""

_R = RecordingState
RECORDING_TRANSITIONS: Mapping[RecordingState, Mapping[type[RecordingFact], RecordingState]] = {
    _R.STARTED: {Paused: _R.PAUSED, Resumed: _R.STARTED, Stopped: _R.STOPPED},
    _R.PAUSED: {Paused: _R.PAUSED, Resumed: _R.STARTED, Stopped: _R.STOPPED},
}
"""Where a control fact moves a recording. Everywhere else it comes after the fact and changes nothing; once there are
chunks, their states alone decide."""


def decide(entry: CatalogEntry | None, fact: Fact, now: datetime) -> Decision:
    """What the entry becomes by this fact, and what must be done.

    Raises:
        KeyError: for a fact about a recording or chunk that the entry does not have: a programming error.
    """
    if isinstance(fact, Started):
        return _decide_started(entry, fact, now)
    if isinstance(fact, Announced):
        return _decide_announced(entry, fact, now)
    if entry is None:
        raise KeyError(fact)
    if isinstance(fact, Completed):
        return _decide_completed(entry, fact, now)
    if isinstance(fact, Paused | Resumed | Stopped):
        state = RECORDING_TRANSITIONS.get(entry.recording.state, {}).get(type(fact), entry.recording.state)
        return Decision(replace(entry, recording=replace(entry.recording, state=state)))
    return _decide_chunk(entry, fact, now)


def complete_is_owed(entry: CatalogEntry) -> bool:
    """Whether every chunk is done, no index is lacking, and the manifest is not yet written."""
    indices = {chunk.index for chunk in entry}
    whole = bool(indices) and indices == set(range(len(indices)))
    return whole and all(chunk.is_done for chunk in entry) and entry.recording.completed_at is None


def is_overdue(entry: CatalogEntry, now: datetime) -> bool:
    """Whether the source may have expired; a quarter of an hour is left for clocks that differ."""
    deadline = entry.recording.deadline
    return deadline is not None and now > deadline + timedelta(minutes=15)


def _decide_started(entry: CatalogEntry | None, fact: Started, now: datetime) -> Decision:
    if entry is None:
        return Decision(
            CatalogEntry(
                Recording(
                    fact.recording_id,
                    RecordingState.STARTED,
                    output=fact.output,
                    server_call_id=fact.server_call_id,
                    requested_at=now,
                )
            )
        )
    # The file event, or a repeated start, was quicker: only what is not known yet is added.
    known = entry.recording
    recording = replace(
        known,
        output=known.output or fact.output,
        server_call_id=known.server_call_id or fact.server_call_id,
        requested_at=known.requested_at or now,
    )
    return Decision(replace(entry, recording=recording))


def _decide_announced(entry: CatalogEntry | None, fact: Announced, now: datetime) -> Decision:
    event = fact.event
    known = entry.recording if entry else Recording(event.recording_id, RecordingState.ANNOUNCED)
    chunks = {chunk.document_id: chunk for chunk in entry or ()}
    new = [chunk for chunk in fact.chunks if chunk.document_id not in chunks]
    chunks |= {chunk.document_id: replace(chunk, notes=(*event.notes, *chunk.notes)) for chunk in new}
    recording = replace(
        _reopened(known) if new else known,
        output=known.output or event.output,
        call_id=known.call_id or event.call_id,
        server_call_id=known.server_call_id or event.server_call_id,
        started_at=known.started_at or event.started_at,
        duration=known.duration or event.duration,
        session_end_reason=known.session_end_reason or event.session_end_reason,
        announced_at=known.announced_at or now,
        deadline=known.deadline or fact.deadline,
    )
    after = _with_chunks(CatalogEntry(recording, version=entry.version if entry else ""), chunks)
    owed = [chunk for chunk in after if not chunk.is_done and chunk.document_id in {c.document_id for c in fact.chunks}]
    if not owed and complete_is_owed(after):
        owed = [after.chunks[-1]]  # all is copied, but the step that should have completed it was cut off
    return Decision(after, tuple(ArchiveChunk(chunk.document_id) for chunk in owed))


def _decide_completed(entry: CatalogEntry, fact: Completed, now: datetime) -> Decision:
    if not complete_is_owed(entry) or fact.documents != {chunk.document_id for chunk in entry}:
        return Decision(entry)  # it is noted already, or a chunk was announced meanwhile and the manifest lacks it
    recording = replace(entry.recording, manifest_name=fact.manifest_name, revision=fact.revision, completed_at=now)
    return Decision(replace(entry, recording=recording))


def _reopened(recording: Recording) -> Recording:
    """The manifest that stands is no longer the whole truth: the next one is owed."""
    if recording.completed_at is None:
        return recording
    return replace(recording, completed_at=None, revision=recording.revision + 1)


def _decide_chunk(entry: CatalogEntry, fact: ChunkFact, now: datetime) -> Decision:
    chunk = entry.chunk(fact.document_id)
    if chunk is None:
        raise KeyError(fact.document_id)
    target = CHUNK_TRANSITIONS[chunk.state][type(fact)]
    if isinstance(target, Alarm):
        reason = f"{type(fact).__name__} cannot be true of a chunk that is {chunk.state}"
        return Decision(entry, (Alert(target, reason, chunk.document_id),))
    after = _with_chunks(
        entry, {c.document_id: c for c in entry} | {chunk.document_id: _changed(chunk, target, fact, now)}
    )
    actions: list[Action] = []
    if isinstance(fact, Damaged):
        after = replace(after, recording=_reopened(after.recording))
        actions.append(Alert(Alarm.DAMAGED, fact.cause, chunk.document_id))
    elif target is ChunkState.QUARANTINED is not chunk.state and isinstance(fact, Quarantined):
        actions.append(Alert(Alarm.QUARANTINED, "; ".join(fact.reasons), chunk.document_id))
    elif target is ChunkState.LOST is not chunk.state:
        actions.append(Alert(Alarm.LOST, chunk.last_failure or "it was never copied", chunk.document_id))
    if complete_is_owed(after):
        actions.append(CompleteRecording())
    return Decision(after, tuple(actions))


def _changed(chunk: Chunk, state: ChunkState, fact: ChunkFact, now: datetime) -> Chunk:
    changed = replace(chunk, state=state)
    match fact:
        case Archived() if state is ChunkState.ARCHIVED:
            changed = replace(changed, proof=fact.proof, notes=_merged(chunk.notes, fact.notes))
        case Quarantined() if state is ChunkState.QUARANTINED:
            changed = replace(changed, proof=fact.proof or chunk.proof, notes=_merged(chunk.notes, fact.reasons))
        case Damaged():
            changed = replace(changed, proof=None, kept_at_source="")
        case Released() if chunk.state is not ChunkState.RELEASED:
            changed = replace(changed, released_at=now)
        case Kept() if state is ChunkState.ARCHIVED:
            changed = replace(changed, kept_at_source=fact.reason)
        case Failed():
            failures = dict(chunk.failures)
            failures[fact.code] = failures.get(fact.code, 0) + 1
            changed = replace(changed, failures=tuple(sorted(failures.items())), last_failure=fact.cause)
    return changed


def _merged(known: tuple[str, ...], new: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*known, *new)))


def _with_chunks(entry: CatalogEntry, chunks: Mapping[DocumentId, Chunk]) -> CatalogEntry:
    """Put the chunks in order and derive the recording's state from theirs."""
    ordered = tuple(sorted(chunks.values(), key=lambda chunk: (chunk.index, chunk.document_id)))
    states = {chunk.state for chunk in ordered}
    indices = {chunk.index for chunk in ordered}
    whole = indices == set(range(len(indices)))
    if whole and all(chunk.is_done for chunk in ordered):
        state = RecordingState.RELEASED if states == {ChunkState.RELEASED} else RecordingState.ARCHIVED
    elif whole and states <= {ChunkState.ARCHIVED, ChunkState.RELEASED}:
        state = RecordingState.ARCHIVED
    elif ChunkState.LOST in states:
        state = RecordingState.LOST
    else:
        state = RecordingState.ANNOUNCED
    return replace(entry, recording=replace(entry.recording, state=state), chunks=ordered)
