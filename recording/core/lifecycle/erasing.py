"""The erasure of a recording: when it may begin, what is left of its entry, and how all that comes later is refused."""

from dataclasses import replace
from datetime import datetime

from recording.core.lifecycle.acts import with_act
from recording.core.lifecycle.changes import alerted, with_fields
from recording.core.lifecycle.facts import (
    Archived,
    Completed,
    Fact,
    Looked,
    MetadataArchived,
    Overflowed,
    Quarantined,
    Told,
    Written,
)
from recording.core.lifecycle.history import with_refusal
from recording.core.lifecycle.records_facts import Erased, ErasureBegun
from recording.core.lifecycle.wholeness import completion_at
from recording.core.model import (
    RUNNING,
    Actor,
    Alarm,
    Alert,
    CatalogEntry,
    Erasure,
    Place,
    Proof,
    Recording,
    RecordingState,
)
from recording.core.trail import written

REFUSED = "refused: the recording is erased"
_OVER = frozenset({RecordingState.STOPPED, RecordingState.MISSING})


def why_not_erased(entry: CatalogEntry, now: datetime) -> str:
    """Why the erasure of a recording cannot begin yet, in words for people; empty if it can.

    What is open is still being written by others: what they write after the erasure would be left.
    """
    recording = entry.recording
    if recording.state in RUNNING:
        return "it is still being recorded"
    if recording.state in _OVER or (recording.state is RecordingState.ANNOUNCED and not entry.chunks):
        return f"it is {recording.state}: its file event may still come"
    for chunk in entry:
        if not chunk.is_closed:
            return f"chunk {chunk.index} is {chunk.state}: its way into the archive is not at its end"
    if completion_at(entry, now) is not None:
        return "its manifest is still owed"
    return ""


def erasure_begun(entry: CatalogEntry | None, fact: ErasureBegun, now: datetime, by: Actor) -> CatalogEntry:
    """The entry of a recording whose erasure begins; unchanged if it cannot begin yet.

    Without an entry, one of a recording that was erased: its row was lost, and there was nothing else of it.
    """
    if entry is None:
        erasure = Erasure(now, fact.reason, by, finished_at=now)
        return CatalogEntry(Recording(fact.recording_id, RecordingState.ERASED, erasure=erasure))
    if why_not_erased(entry, now):
        return entry
    return with_fields(entry, state=RecordingState.ERASED, erasure=Erasure(now, fact.reason, by))


def is_made_by_its_tombstone(entry: CatalogEntry) -> bool:
    """Whether nothing is known of an erased recording but that: its entry was lost, and an event made this one.

    Of one whose erasure was cut off, blobs may stand that it does not name.
    """
    known, erasure = entry.recording, entry.recording.erasure
    return (
        erasure is not None
        and erasure.begun_at == erasure.finished_at
        and known.announced_at is None
        and known.requested_at is None
    )


def after_erasure(entry: CatalogEntry, fact: Fact, now: datetime, by: Actor) -> CatalogEntry:
    """The entry of an erased recording after a fact: all but what concludes the erasure is refused, and noted.

    A run that was copying while the recording was erased may have written blobs since: a person is told which.
    """
    match fact:
        case Erased():
            after = _stripped(entry, now)
            return with_act(entry, after, fact, now, by, is_new=after != entry)
        case Looked():
            return with_act(entry, entry, fact, now, by, is_new=False)
        case ErasureBegun() | Written() | Told():
            return _concluded(entry, fact)
    after = with_refusal(entry, fact, now, by, REFUSED)
    name = _written_by(fact)
    if not name:
        return after
    reason = f"it was erased, and a run that had begun before has written {name}: remove that"
    return alerted(after, Alert(Alarm.CONFLICT, reason, getattr(fact, "document_id", None)))


def _concluded(entry: CatalogEntry, fact: ErasureBegun | Written | Told) -> CatalogEntry:
    recording = entry.recording
    match fact:
        case Written():
            return with_fields(entry, trail=written(recording.trail, fact.number, fact.hash))
        case Told():
            return with_fields(entry, untold=tuple(one for one in recording.untold if one not in fact.alerts))
    return entry


def _written_by(fact: Fact) -> str:
    match fact:
        case Archived() | Overflowed():
            return _written_as(fact.proof)
        case Quarantined(apart=apart) if apart is not None:
            return _written_as(apart)
        case MetadataArchived():
            return fact.metadata.name
        case Completed():
            return fact.manifest_name
    return ""


def _written_as(proof: Proof) -> str:
    """The media and the metadata file, which names who took part; empty for what the service itself has written."""
    if proof.place is Place.NATIVE:
        return ""
    names = [proof.name, *([proof.metadata.name] if proof.metadata is not None else [])]
    return f"{' and '.join(names)} ({proof.place})"


def _stripped(entry: CatalogEntry, now: datetime) -> CatalogEntry:
    """The entry with nothing but ids, times, the trail, and that it was erased."""
    known = entry.recording
    if known.erasure is None or known.erasure.finished_at is not None:
        return entry
    left = Recording(
        known.recording_id,
        RecordingState.ERASED,
        call_id=known.call_id,
        server_call_id=known.server_call_id,
        call_connection_id=known.call_connection_id,
        requested_at=known.requested_at,
        stopped_at=known.stopped_at,
        started_at=known.started_at,
        duration=known.duration,
        announced_at=known.announced_at,
        revision=known.revision,
        changed_by=known.changed_by,
        history=tuple(one for one in known.history if one.what == ErasureBegun.__name__ or one.detail == REFUSED),
        opening=known.opening,
        trail=known.trail,
        erasure=replace(known.erasure, finished_at=now),
    )
    return CatalogEntry(left, version=entry.version)
