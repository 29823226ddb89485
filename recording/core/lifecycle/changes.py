"""Functions that return an entry with other fields, alerts or chunks, and with the recording's state computed anew."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from recording.core.lifecycle.wholeness import extent, lacks
from recording.core.model import PROVEN, Alert, CatalogEntry, Chunk, ChunkState, DocumentId, RecordingState

MOST_CHUNKS = 1000
"""Chunks of one recording: at four hours each, half a year. More can only come from wrong events."""
MOST_NOTES = 50
MOST_UNTOLD = 2 * MOST_CHUNKS
"""Alerts not published yet: two for each chunk (in doubt, lost), for while the topic cannot be reached."""


def merged[T](known: tuple[T, ...], new: Iterable[T], most: int) -> tuple[T, ...]:
    """What is known and what is new, without repetitions, and at most the first `most`."""
    return tuple(dict.fromkeys((*known, *new)))[:most]


def with_fields(entry: CatalogEntry, **fields: object) -> CatalogEntry:
    """The entry with other values in its recording."""
    return replace(entry, recording=replace(entry.recording, **fields))  # type: ignore[arg-type]


def alerted(entry: CatalogEntry, alert: Alert) -> CatalogEntry:
    """The entry with one more alert to publish."""
    return with_fields(entry, untold=merged(entry.recording.untold, (alert,), MOST_UNTOLD))


def with_chunks(entry: CatalogEntry, chunks: Mapping[DocumentId, Chunk]) -> CatalogEntry:
    """The entry with these chunks, in order; a recording that its manifest no longer describes owes another one."""
    ordered = tuple(sorted(chunks.values(), key=lambda chunk: (chunk.index, chunk.document_id)))
    after = replace(entry, chunks=ordered)
    recording = after.recording
    if recording.completed_at is not None and (
        not all(chunk.is_closed for chunk in extent(after)) or recording.lacks != lacks(after)
    ):
        after = with_fields(after, completed_at=None, revision=recording.revision + 1)
    return with_state(after)


def with_state(entry: CatalogEntry) -> CatalogEntry:
    """The entry with the recording's state computed from its chunks, once a file event has come."""
    return with_fields(entry, state=_state_of(entry)) if entry.chunks or entry.recording.unread else entry


def _state_of(entry: CatalogEntry) -> RecordingState:
    chunks = extent(entry)
    states = {chunk.state for chunk in chunks}
    if ChunkState.LOST in states:
        return RecordingState.LOST
    if ChunkState.QUARANTINED in states:
        return RecordingState.QUARANTINED
    if entry.recording.completed_at is not None and entry.recording.lacks:
        return RecordingState.INCOMPLETE
    if not chunks or states - PROVEN or lacks(entry):
        return RecordingState.ANNOUNCED
    return RecordingState.RELEASED if states == {ChunkState.RELEASED} else RecordingState.ARCHIVED
