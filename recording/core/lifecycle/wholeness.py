"""What a recording lacks to be whole, when it owes a manifest, and doubts about the whole of it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from recording.core.model import CatalogEntry, Chunk, ChunkState, Door

FULL = "ChunkMaximumSizeExceeded"
"""The end reason of a chunk that another chunk follows."""

_TOLERANCE = timedelta(seconds=5)
_TOLERANCE_PER_MILLE = 10


def lacks(entry: CatalogEntry) -> tuple[str, ...]:
    """Everything that the recording lacks to be whole, in words for people; empty for a whole one.

    Whole means: each index from 0 on exactly once; a last chunk that did not end because it was full; every chunk of
    every event read; every chunk proven, with its metadata file.
    """
    chunks = extent(entry)
    return (*_gaps(chunks), *_open_end(chunks), *_unread(entry), *_without_proof(chunks), *_without_metadata(chunks))


def extent(entry: CatalogEntry) -> tuple[Chunk, ...]:
    """The chunks that count: whether the recording is whole, complete and in which state depends on these.

    If Event Grid announced any chunk, one that only the function key announced counts only once it is proven: else
    whoever has that key could keep any recording open.
    """
    credible = tuple(chunk for chunk in entry if chunk.is_proven or came_by_event_grid(chunk))
    return credible if any(map(came_by_event_grid, credible)) else entry.chunks


def completion_at(entry: CatalogEntry, now: datetime) -> datetime | None:
    """When a manifest is owed: for a whole recording from `now`, else once every source must have ended.

    None while a chunk that counts is open, after completion, and if nothing is proven.
    """
    chunks = extent(entry)
    if entry.recording.completed_at is not None or not any(chunk.is_proven for chunk in chunks):
        return None
    if not all(chunk.is_closed for chunk in chunks):
        return None
    return max(chunk.gone_by for chunk in chunks) if lacks(entry) else now


def doubts_about_whole(entry: CatalogEntry) -> tuple[str, ...]:
    """Doubts that a reader of the manifest should know of: durations that do not add up."""
    said = entry.recording.duration
    chunks = extent(entry)
    if said is None or not chunks or any(chunk.duration is None for chunk in chunks):
        return ()
    # Whether a duration includes pauses is not documented; both readings are accepted.
    longest = sum((chunk.duration or timedelta() for chunk in chunks), timedelta())
    paused = sum((chunk.paused for chunk in chunks), timedelta())
    tolerance = _TOLERANCE + said * _TOLERANCE_PER_MILLE / 1000
    if longest - paused - tolerance <= said <= longest + paused + tolerance:
        return ()
    return (f"its chunks last {longest.total_seconds():.1f} s together, the event says {said.total_seconds():.1f} s",)


def came_by_event_grid(chunk: Chunk) -> bool:
    """Whether an event of Event Grid's own doors has announced it."""
    return any(candidate.door is Door.EVENT_GRID for candidate in chunk.candidates)


def _gaps(chunks: Sequence[Chunk]) -> Iterator[str]:
    counts = Counter(chunk.index for chunk in chunks)
    missing = [index for index in range(max(counts, default=-1) + 1) if index not in counts]
    for _, run in groupby(enumerate(missing), lambda pair: pair[1] - pair[0]):
        indices = [index for _, index in run]
        if len(indices) == 1:
            yield f"chunk {indices[0]} was never announced"
        else:
            yield f"chunks {indices[0]} to {indices[-1]} were never announced"
    for index in sorted(counts):
        if counts[index] > 1:
            yield f"{counts[index]} documents claim to be chunk {index}"


def _open_end(chunks: Sequence[Chunk]) -> Iterator[str]:
    last = max(chunks, key=lambda chunk: chunk.index, default=None)
    if last is not None and last.announced.end_reason.lower() == FULL.lower():
        yield f"what follows chunk {last.index}, which ended because it was full, was never announced"


def _unread(entry: CatalogEntry) -> Iterator[str]:
    documents = {chunk.document_id for chunk in entry}
    indices = {chunk.index for chunk in entry}
    is_credible = any(map(came_by_event_grid, entry))
    for unread in entry.recording.unread:
        if is_credible and unread.door is Door.FUNCTION_KEY:
            continue  # else whoever has that key could keep any recording open
        if unread.document_id in documents or (unread.document_id is None and unread.index in indices):
            continue  # another event has announced it since
        yield f"a chunk that event {unread.event_id} announces could not be read: {unread.cause}"


def _without_proof(chunks: Sequence[Chunk]) -> Iterator[str]:
    for chunk in chunks:
        if chunk.state is ChunkState.LOST:
            yield f"chunk {chunk.index} is lost"
        elif chunk.state is ChunkState.QUARANTINED:
            yield f"chunk {chunk.index} is in doubt and kept apart"
        elif not chunk.is_proven:
            yield f"chunk {chunk.index} is not archived yet"


def _without_metadata(chunks: Sequence[Chunk]) -> Iterator[str]:
    for chunk in chunks:
        if chunk.is_metadata_owed:
            yield f"the metadata file of chunk {chunk.index} has not come yet"
        elif chunk.proof and not chunk.proof.metadata and chunk.announced.metadata_location is not None:
            yield f"the metadata file of chunk {chunk.index} never came"
