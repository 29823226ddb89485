"""What an announcement does to a chunk: the first one makes it, a later one adds where it may be.

Candidates are ordered by how far they are believed: those of Event Grid's own doors before those of the function key,
then the newest first. They are tried in turn until the bytes of one are proven.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from recording.core.lifecycle.facts import Announcement
from recording.core.model import AnnouncedChunk, Candidate, Chunk, ChunkState, Door, Location

MOST_CANDIDATES = 8
MOST_NOTES = 50
MOST_BY_KEY = 512_000
"""Bytes of what the function key alone announces of one recording: an entry takes about twice as many, and some of it
must be left for what Event Grid announces."""
DROPPED = f"more than {MOST_CANDIDATES} announcements of it differ; the oldest are forgotten"


def has_room_by_key(chunks: Iterable[Chunk], more: Candidate) -> bool:
    """Whether a candidate of the function key's may be added to these chunks."""
    by_key = [one for chunk in chunks for one in chunk.candidates if one.door is Door.FUNCTION_KEY]
    return sum(map(_length, (*by_key, more))) <= MOST_BY_KEY


def _length(candidate: Candidate) -> int:
    one = candidate.announced
    places = (one.content_location, one.metadata_location or "", one.delete_location or "")
    return sum(len(text.encode()) for text in (*places, one.document_id, one.end_reason, candidate.event_id))


def first_seen(announcement: Announcement, candidate: Candidate, notes: tuple[str, ...]) -> Chunk:
    """The chunk as it is when nothing but this announcement is known of it."""
    return Chunk(
        document_id=announcement.announced.document_id,
        name=announcement.name,
        candidates=(candidate,),
        due=announcement.due,
        gone_by=announcement.gone_by,
        notes=notes,
    )


def seen_again(chunk: Chunk, announcement: Announcement, candidate: Candidate) -> tuple[Chunk, str]:
    """The chunk after one more announcement of it, and the conflict that a person must hear of, if it is one."""
    conflict = ""
    if chunk.is_proven:
        if not _overrules(candidate, chunk.candidate):
            return _after_proof(chunk, candidate)
        conflict = f"event {candidate.event_id} announces it otherwise than the function key, by which it was proven"
        chunk = replace(chunk, state=ChunkState.ANNOUNCED, proof=None, proven=None, kept_reason="")
    known = next((one for one in chunk.candidates if one.announced == candidate.announced), None)
    if known is not None:
        better = replace(known, door=candidate.door) if candidate.door is Door.EVENT_GRID else known
        candidates = tuple(better if one is known else one for one in chunk.candidates)
    else:
        candidates = (candidate, *chunk.candidates)
    ordered = sorted(candidates, key=_credibility, reverse=True)
    is_new = known is None
    # Forged announcements by function key must not put off the moment at which a loss is told.
    counts = candidate.door is Door.EVENT_GRID or all(one.door is Door.FUNCTION_KEY for one in candidates)
    is_over = len(ordered) > MOST_CANDIDATES
    # Whoever announces a chunk again wants it looked at again, whatever was thought of it.
    is_doubted = chunk.state is ChunkState.QUARANTINED
    again = replace(
        chunk,
        state=chunk.state if is_doubted else ChunkState.ANNOUNCED,
        look_at=candidate.seen_at if is_doubted else None,
        candidates=tuple(ordered[:MOST_CANDIDATES]),
        due=min(chunk.due, announcement.due),
        gone_by=max(chunk.gone_by, announcement.gone_by) if is_new and counts else chunk.gone_by,
        tries=0 if is_new else chunk.tries,
        # Only one that comes first now begins the round anew: else whoever repeats an event keeps others from theirs.
        turn=0 if is_new and ordered[0] is candidate else chunk.turn,
        notes=tuple(dict.fromkeys((*chunk.notes, DROPPED))) if is_over else chunk.notes,
    )
    return again, conflict


def to_try(chunk: Chunk) -> tuple[Candidate, ...]:
    """The candidates whose bytes are tried in turn.

    Where Event Grid names a content, the function key has nothing to add to it; and where one of Event Grid's events
    lacked the metadata file of that content, another's is taken: else media that is in doubt by its metadata would be
    taken without.
    """
    by_event_grid: dict[Location, Location | None] = {}
    for one in chunk.candidates:
        if one.door is Door.EVENT_GRID:
            place = one.announced.content_location
            by_event_grid[place] = by_event_grid.get(place) or one.announced.metadata_location
    return tuple(
        replace(
            one,
            announced=replace(
                one.announced,
                metadata_location=one.announced.metadata_location or by_event_grid.get(one.announced.content_location),
            ),
        )
        for one in chunk.candidates
        if one.door is Door.EVENT_GRID or one.announced.content_location not in by_event_grid
    )


def _credibility(candidate: Candidate) -> tuple[bool, datetime]:
    return candidate.door is Door.EVENT_GRID, candidate.seen_at


def _overrules(candidate: Candidate, proven: Candidate) -> bool:
    """Whether Event Grid says something else, or more, than the function key alone did: the proof is then no answer.

    What the key's event lacked may be what the media would have been held against, and what it named may be another
    chunk's: neither may stand in Event Grid's name.
    """
    is_stronger = candidate.door is Door.EVENT_GRID is not proven.door
    return is_stronger and proven.announced != candidate.announced


def _after_proof(chunk: Chunk, candidate: Candidate) -> tuple[Chunk, str]:
    proven = chunk.candidate
    old, new = proven.announced, candidate.announced
    is_by_key = candidate.door is Door.FUNCTION_KEY
    if not _agree(old, new):
        by = "the function key" if is_by_key else f"event {candidate.event_id}"  # or the key could fill the entry
        note = f"{by} announces it at other locations, after it was proven"
        if note in chunk.notes:
            return chunk, ""
        return replace(chunk, notes=(*chunk.notes, note)[:MOST_NOTES]), note
    if is_by_key:
        return chunk, ""
    filled = replace(
        old,
        metadata_location=old.metadata_location or new.metadata_location,
        delete_location=old.delete_location or new.delete_location,
    )
    return replace(chunk, proven=replace(proven, announced=filled, door=Door.EVENT_GRID)), ""


def _agree(old: AnnouncedChunk, new: AnnouncedChunk) -> bool:
    """Whether two announcements can both be true of one chunk."""
    return (old.content_location, old.index) == (new.content_location, new.index) and all(
        one is None or other is None or one == other
        for one, other in (
            (old.metadata_location, new.metadata_location),
            (old.delete_location, new.delete_location),
        )
    )
