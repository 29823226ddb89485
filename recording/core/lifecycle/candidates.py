"""What an announcement changes: the first one makes the chunk, a later one adds a candidate, or contradicts a proof.

Candidates are ordered by credibility: those of Event Grid's own doors before those of the function key, then the newest
first. They are tried in turn until the bytes of one are verified.
"""

from dataclasses import replace
from datetime import datetime

from recording.core.lifecycle.facts import Announcement
from recording.core.model import (
    UNKNOWN_LOCATION,
    AnnouncedChunk,
    Candidate,
    CatalogEntry,
    Chunk,
    ChunkState,
    Door,
    Unread,
)

MOST_CANDIDATES = 8
MOST_BY_KEY = 256 << 10
"""Bytes of ids and locations that may come into an entry by the function key: a third of what an entry can hold.

Whoever has only that key must not be able to fill the entry, which would keep out what Event Grid announces.
"""
_MOST_CONFLICTS = 8
"""Conflicts of one chunk that are noted and alerted."""
_CONFLICT = "announces it at other locations, after it was proven"
DROPPED = f"more than {MOST_CANDIDATES} announcements of it differ; the oldest are forgotten"


def weight(candidate: Candidate) -> int:
    """About how many bytes an announcement adds to an entry."""
    announced = candidate.announced
    texts = (
        candidate.event_id,
        announced.document_id,
        announced.content_location,
        announced.metadata_location,
        announced.delete_location,
        announced.end_reason,
    )
    return sum(_bytes(text) for text in texts if text)


def brought_by_key(entry: CatalogEntry) -> int:
    """About how many bytes of an entry have come by the function key only."""
    weights = (weight(one) for chunk in entry for one in chunk.candidates if one.door is Door.FUNCTION_KEY)
    unread = (one for one in entry.recording.unread if one.door is Door.FUNCTION_KEY)
    return sum(weights) + sum(map(weight_of, unread))


def weight_of(unread: Unread) -> int:
    """The same for a chunk that could not be read."""
    return _bytes(f"{unread.event_id}{unread.cause}{unread.document_id}")


def adds(chunk: Chunk | None, candidate: Candidate) -> bool:
    """Whether an announcement would add something to the entry."""
    if chunk is None:
        return True
    return not chunk.is_proven and all(one.announced != candidate.announced for one in chunk.candidates)


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def first_seen(announcement: Announcement, candidate: Candidate, notes: tuple[str, ...]) -> Chunk:
    """The chunk that this announcement makes."""
    return Chunk(
        document_id=announcement.announced.document_id,
        name=announcement.name,
        candidates=(candidate,),
        due=announcement.due,
        gone_by=announcement.gone_by,
        notes=notes,
    )


def seen_again(
    chunk: Chunk, announcement: Announcement, candidate: Candidate, *, is_rewritten: bool = False
) -> tuple[Chunk, str]:
    """The chunk after a further announcement, and the conflict that a person must be told; empty if there is none.

    No announcement withdraws the proof of what was written anew (`is_rewritten`): its source has ended, and nothing
    else says what is heard in it.
    """
    conflict = ""
    if chunk.is_proven:
        if is_rewritten or not _overrules(candidate, chunk.candidate):
            return _after_proof(chunk, candidate)
        conflict = f"event {candidate.event_id} announces it otherwise than the function key, by which it was proven"
        chunk = replace(chunk, state=ChunkState.ANNOUNCED, proof=None, proven=None, kept_reason="", released_at=None)
    known = next((one for one in chunk.candidates if one.announced == candidate.announced), None)
    if chunk.is_given_up and known is not None:
        return chunk, ""  # a repeated event is no reason against a person's decision; a new announcement is
    if known is not None:
        known_now = replace(known, native=candidate.native)  # the settings may name other containers than then
        better = replace(known_now, door=candidate.door) if candidate.door is Door.EVENT_GRID else known_now
        candidates = tuple(better if one is known else one for one in chunk.candidates)
    else:
        candidates = (candidate, *chunk.candidates)
    ordered = sorted(candidates, key=_credibility, reverse=True)
    is_new = known is None
    # Forged announcements by the function key must not delay the alert of a loss, nor use up the warnings before it.
    counts = candidate.door is Door.EVENT_GRID or all(one.door is Door.FUNCTION_KEY for one in candidates)
    is_over = len(ordered) > MOST_CANDIDATES
    # A repeated announcement means: look at it again now, also where it was in doubt or lost.
    is_doubted = chunk.state is ChunkState.QUARANTINED
    again = replace(
        chunk,
        state=chunk.state if is_doubted else ChunkState.ANNOUNCED,
        is_given_up=False,
        look_at=candidate.seen_at if is_doubted else None,
        candidates=tuple(ordered[:MOST_CANDIDATES]),
        due=min(chunk.due, announcement.due) if counts else chunk.due,
        gone_by=max(chunk.gone_by, announcement.gone_by) if is_new and counts else chunk.gone_by,
        tries=0 if is_new else chunk.tries,
        # The round restarts only for a new first candidate: else an event repeated often would keep others from a try.
        turn=0 if is_new and ordered[0] is candidate else chunk.turn,
        notes=tuple(dict.fromkeys((*chunk.notes, DROPPED))) if is_over else chunk.notes,
    )
    return again, conflict


def _credibility(candidate: Candidate) -> tuple[bool, datetime]:
    return candidate.door is Door.EVENT_GRID, candidate.seen_at


def _overrules(candidate: Candidate, proven: Candidate) -> bool:
    """Whether Event Grid announces a chunk otherwise than the function key, by which alone it was proven.

    The proof is withdrawn then: a location that the key's event lacked could have led to a doubt, and one that it named
    could be another chunk's.
    """
    is_stronger = candidate.door is Door.EVENT_GRID is not proven.door
    is_known = proven.announced.content_location != UNKNOWN_LOCATION
    return is_stronger and is_known and proven.announced != candidate.announced


def located(chunk: Chunk, candidate: Candidate) -> Chunk:
    """The chunk of a manifest with the announcement of which that has no locations."""
    known, new = chunk.candidate, candidate.announced
    named = None if known.announced.metadata_location is None else new.metadata_location
    found = replace(candidate, announced=replace(new, metadata_location=named))
    return replace(chunk, candidates=(found,), proven=found if chunk.is_proven else None)


def _after_proof(chunk: Chunk, candidate: Candidate) -> tuple[Chunk, str]:
    proven = chunk.candidate
    old, new = proven.announced, candidate.announced
    is_by_key = candidate.door is Door.FUNCTION_KEY
    if old.content_location == UNKNOWN_LOCATION and old.index == new.index:
        # It came from a manifest, which has no locations: they cannot contradict it, and reopen nothing.
        return (chunk if is_by_key else located(chunk, candidate)), ""
    if not _agree(old, new):
        by = "the function key" if is_by_key else f"event {candidate.event_id}"  # no id: many would fill the entry
        note = f"{by} {_CONFLICT}"
        if note in chunk.notes or sum(known.endswith(_CONFLICT) for known in chunk.notes) == _MOST_CONFLICTS:
            return chunk, ""
        return replace(chunk, notes=(*chunk.notes, note)), note
    if is_by_key:
        return chunk, ""
    filled = replace(
        old,
        metadata_location=old.metadata_location or new.metadata_location,
        delete_location=old.delete_location or new.delete_location,
    )
    completed = replace(
        chunk,
        proven=replace(
            proven,
            announced=filled,
            door=Door.EVENT_GRID,
            native=tuple(dict.fromkeys((*proven.native, *candidate.native))),
        ),
    )
    if chunk.state is ChunkState.KEPT and filled != old:  # what it was kept for may be known now
        completed = replace(completed, state=ChunkState.ARCHIVED, kept_reason="")
    return completed, ""


def _agree(old: AnnouncedChunk, new: AnnouncedChunk) -> bool:
    """Whether two announcements of one chunk can both be true."""
    return (old.content_location, old.index) == (new.content_location, new.index) and all(
        one is None or other is None or one == other
        for one, other in (
            (old.metadata_location, new.metadata_location),
            (old.delete_location, new.delete_location),
        )
    )
