"""An entry with something changed: its recording's fields, its alerts, its chunks; and the state that follows."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from recording.core.lifecycle.wholeness import extent, lacks
from recording.core.model import PROVEN, Alert, CatalogEntry, Chunk, ChunkState, DocumentId, RecordingState

MOST_CHUNKS = 1000
"""Chunks of one recording: at four hours each, half a year. More can only come of events that are not true."""
MOST_NOTES = 50
MOST_UNTOLD = 2 * MOST_CHUNKS
"""Of what steps came to: each chunk may be in doubt, and lost, while the topic cannot be had."""


def merged[T](known: tuple[T, ...], new: Iterable[T], most: int) -> tuple[T, ...]:
    """What is known and what is new, each once, and no more than the first `most`."""
    return tuple(dict.fromkeys((*known, *new)))[:most]


def with_fields(entry: CatalogEntry, **fields: object) -> CatalogEntry:
    """The entry with other values in its recording."""
    return replace(entry, recording=replace(entry.recording, **fields))  # type: ignore[arg-type]


def alerted(entry: CatalogEntry, alert: Alert) -> CatalogEntry:
    """The entry with something more to be told."""
    return with_fields(entry, untold=merged(entry.recording.untold, (alert,), MOST_UNTOLD))


def with_chunks(entry: CatalogEntry, chunks: Mapping[DocumentId, Chunk]) -> CatalogEntry:
    """Put the chunks in order; reopen a recording that its manifest no longer describes; derive its state."""
    ordered = tuple(sorted(chunks.values(), key=lambda chunk: (chunk.index, chunk.document_id)))
    after = replace(entry, chunks=ordered)
    recording = after.recording
    if recording.completed_at is not None and (
        not all(chunk.is_closed for chunk in extent(after)) or recording.lacks != lacks(after)
    ):
        after = with_fields(after, completed_at=None, revision=recording.revision + 1)
    return with_state(after)


def with_state(entry: CatalogEntry) -> CatalogEntry:
    """The entry with the state that follows from its chunks."""
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
