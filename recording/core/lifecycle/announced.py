"""The entry after a file event: its chunks, the fields of its recording, and the chunks whose steps are queued."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from recording.core.lifecycle.candidates import (
    MOST_BY_KEY,
    adds,
    brought_by_key,
    first_seen,
    seen_again,
    weight,
    weight_of,
)
from recording.core.lifecycle.changes import MOST_CHUNKS, MOST_UNTOLD, merged, with_chunks, with_fields
from recording.core.lifecycle.facts import Announced, Announcement
from recording.core.lifecycle.unlinking import is_rewritten
from recording.core.lifecycle.wholeness import completion_at
from recording.core.model import (
    Alarm,
    Alert,
    Candidate,
    CatalogEntry,
    Chunk,
    DocumentId,
    Door,
    FileEvent,
    Recording,
    RecordingState,
    Unread,
)

_MOST_UNREAD = 100
_MOST_UNTOLD_BY_KEY = 20
_MOST_ALERTS = 5
"""Alerts of one event about chunks that could not be read; the entry lists more of them (`_MOST_UNREAD`)."""


def announced(
    entry: CatalogEntry | None, fact: Announced, now: datetime
) -> tuple[CatalogEntry, tuple[DocumentId, ...]]:
    """The entry after the event, and the chunks for which a message is to be queued."""
    event, door = fact.event, fact.door
    known = entry or CatalogEntry(Recording(event.recording_id, RecordingState.ANNOUNCED))
    chunks = {chunk.document_id: chunk for chunk in known}
    alerts: list[Alert] = []
    announcements, unread = _admitted(known, fact, now)
    for announcement in announcements:
        document_id = announcement.announced.document_id
        candidate = Candidate(announcement.announced, event.event_id, door, now, announcement.native)
        standing = chunks.get(document_id)
        if standing is None:
            if not _make_room(chunks, door):
                unread.append(_refused(event.event_id, announcement, door))
                continue
            chunks[document_id] = first_seen(announcement, candidate, event.notes)
        else:
            chunks[document_id], conflict = seen_again(
                standing, announcement, candidate, is_rewritten=is_rewritten(known, standing)
            )
            if conflict:
                alerts.append(Alert(Alarm.CONFLICT, conflict, document_id))
    before = known.recording
    new = [one for one in unread if one not in before.unread][:_MOST_ALERTS]
    alerts += [Alert(Alarm.UNREADABLE, f"event {one.event_id}: {one.cause}", one.document_id) for one in new]
    most_untold = MOST_UNTOLD if door is Door.EVENT_GRID else _MOST_UNTOLD_BY_KEY
    after = with_chunks(
        with_fields(
            known,
            **_of_recording(before, event, door),
            announced_at=before.announced_at or now,
            unread=_bounded((*before.unread, *unread)),
            untold=merged(before.untold, alerts, max(most_untold, len(before.untold))),
        ),
        chunks,
    )
    return (after, _steps(known, after, [one.announced.document_id for one in announcements], now))


def _of_recording(before: Recording, event: FileEvent, door: Door) -> Mapping[str, object]:
    """The fields of the recording after the event.

    A later event of Event Grid replaces what an earlier one said, but not the output and the server call id of our own
    start request. An event by the function key only adds what is not known.
    """
    names = ("output", "call_id", "server_call_id", "started_at", "duration", "session_end_reason")
    said = {name: value for name in names if (value := getattr(event, name))}
    known = {name: value for name in said if (value := getattr(before, name))}
    if door is Door.FUNCTION_KEY:
        return said | known
    is_ordered = before.requested_at is not None
    return said | {name: value for name, value in known.items() if is_ordered and name in {"output", "server_call_id"}}


def _admitted(known: CatalogEntry, fact: Announced, now: datetime) -> tuple[list[Announcement], list[Unread]]:
    """What is taken of the event: by Event Grid everything, by the function key at most `MOST_BY_KEY` bytes in all."""
    event, door = fact.event, fact.door
    unread = [replace(one, door=door) for one in event.unread]
    if door is Door.EVENT_GRID:
        return list(fact.chunks), unread
    room = MOST_BY_KEY - brought_by_key(known)
    admitted: list[Announcement] = []
    for one in fact.chunks:
        candidate = Candidate(one.announced, event.event_id, door, now)
        needs = weight(candidate) if adds(known.chunk(one.announced.document_id), candidate) else 0
        if needs <= room:
            admitted.append(one)
            room -= needs
    # A chunk that could not be read is always noted; its id, which may be long, only while there is room.
    unread = [one if (room := room - weight_of(one)) >= 0 else replace(one, document_id=None) for one in unread]
    left = len(fact.chunks) - len(admitted)
    if left:
        unread.append(Unread(event.event_id, f"{left} chunks are more than the function key may announce", door=door))
    return admitted, unread


def _bounded(unread: tuple[Unread, ...]) -> tuple[Unread, ...]:
    """At most as many as an entry keeps; those that came by the function key are dropped first."""
    found = tuple(dict.fromkeys(unread))
    if len(found) <= _MOST_UNREAD:
        return found
    return tuple(sorted(found, key=lambda one: one.door is Door.FUNCTION_KEY))[:_MOST_UNREAD]


def _make_room(chunks: dict[DocumentId, Chunk], door: Door) -> bool:
    """Whether one more chunk may be added; for Event Grid, one that only the function key announced is removed."""
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
    chunk = announcement.announced
    return Unread(event_id, f"a recording has at most {MOST_CHUNKS} chunks", chunk.document_id, chunk.index, door)


def owed_steps(entry: CatalogEntry, now: datetime) -> tuple[DocumentId, ...]:
    """The chunks of an entry that are open; if none is, and the recording owes a manifest, one of them."""
    owed = tuple(chunk.document_id for chunk in entry if not chunk.is_closed)
    return owed or tuple(chunk.document_id for chunk in entry.chunks[-1:] if completion_at(entry, now) is not None)


def _steps(
    before: CatalogEntry, entry: CatalogEntry, announced: Iterable[DocumentId], now: datetime
) -> tuple[DocumentId, ...]:
    """The chunks of an event that are open; if none is, and the recording owes a manifest now, one of them.

    For a manifest that is owed later there is a message already, unless this event is why: one more for each repeated
    event would wait as long as that.
    """
    known = [chunk for document_id in dict.fromkeys(announced) if (chunk := entry.chunk(document_id))]
    owed = tuple(chunk.document_id for chunk in known if not chunk.is_closed)
    at = completion_at(entry, now)
    if owed or at is None or (at > now and before.recording.completed_at is None):
        return owed
    # A manifest is owed: the event has changed what the recording lacks, or the message that should write it was lost.
    return ((known or entry.chunks)[-1].document_id,)
