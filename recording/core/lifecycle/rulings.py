"""The entry after a person's decision about a chunk. It outweighs what was found, and is kept with name and reason."""

from dataclasses import replace

from recording.core.lifecycle.changes import alerted, with_chunks
from recording.core.lifecycle.facts import Decided
from recording.core.model import Alarm, Alert, CatalogEntry, Chunk, ChunkState, DocumentId, Door, RecordingState, Ruling


def ruled(entry: CatalogEntry, fact: Decided) -> tuple[CatalogEntry, tuple[DocumentId, ...]]:
    """The entry after the decision, and the chunks for which a message is to be queued.

    A decision that cannot be carried out in the chunk's state changes nothing; `refusal` says why.

    Raises:
        KeyError: the entry has no such chunk: a programming error.
    """
    chunk = entry.chunk(fact.document_id)
    if chunk is None:
        raise KeyError(fact.document_id)
    if refusal(chunk, fact.ruling):
        return entry, ()
    after = with_chunks(entry, {one.document_id: one for one in entry} | {chunk.document_id: _ruled(chunk, fact)})
    if fact.ruling is Ruling.GIVE_UP:
        lost = Alert(Alarm.LOST, f"given up by a person: {fact.reason}", chunk.document_id)
        return alerted(after, lost), (chunk.document_id,)
    return after, (chunk.document_id,)


def refusal(chunk: Chunk, ruling: Ruling) -> str:
    """Why the decision cannot be carried out, in words for people; empty if it can."""
    if ruling is Ruling.RETRY:
        is_over = chunk.is_proven and chunk.is_closed
        return f"the chunk is {chunk.state}: there is nothing left to try" if is_over else ""
    if chunk.is_proven:
        return f"the chunk is {chunk.state}: a verified copy is in the archive"
    if ruling is Ruling.GIVE_UP:
        if chunk.state is ChunkState.ANNOUNCED and not chunk.failures:
            return "no try of the chunk has failed: it goes on by itself"
        return "the chunk is lost already" if chunk.state is ChunkState.LOST else ""
    return _why_not_accepted(chunk)


def _why_not_accepted(chunk: Chunk) -> str:
    if chunk.apart is not None:
        return ""
    if chunk.overflow is not None:
        return (
            "the copy in the second account is brought home as it is, and needs no acceptance:"
            " retry the chunk once the copy is there and its name in the archive is free, or give it up"
        )
    return "no copy of the chunk stands apart that could be accepted"


def refusal_of_giving_up(entry: CatalogEntry) -> str:
    """Why a person cannot give the recording up as a whole, in words for people; empty if they can."""
    recording = entry.recording
    if entry.chunks:
        return "it has chunks: decide about each of them"
    if recording.state is not RecordingState.ANNOUNCED:
        return f"the recording is {recording.state}: no event that cannot be read holds it open"
    if recording.requested_at is not None:
        return "this app has started it: its file event is still owed"
    if any(one.door is Door.EVENT_GRID for one in recording.unread):
        return "Event Grid has announced it: mend the event, which the journal has, and hand it in"
    return ""


def _ruled(chunk: Chunk, fact: Decided) -> Chunk:
    state, doubts = chunk.state, chunk.doubts
    if fact.ruling is Ruling.ACCEPT:
        state, doubts = ChunkState.QUARANTINED, chunk.doubts or (fact.reason,)
    elif fact.ruling is Ruling.GIVE_UP:
        state = ChunkState.LOST
    elif not chunk.is_proven:
        state = ChunkState.ANNOUNCED
    return replace(
        chunk,
        state=state,
        doubts=doubts,
        is_accepted=fact.ruling is Ruling.ACCEPT,
        compared=None,
        is_given_up=fact.ruling is Ruling.GIVE_UP,
        look_at=None,
        tries=0,
        turn=0,
    )
