"""What an entry has of a file event: asked before the event is given to the app again."""

from datetime import datetime

from recording.core.model import AnnouncedChunk, CatalogEntry, Door, FileEvent, Recording, RecordingState


def knows_documents(entry: CatalogEntry | None, event: FileEvent) -> bool:
    """Whether the entry has every chunk that the event announces, or lists it as unreadable; wherever it may be.

    Of an erased recording there is nothing to have.
    """
    if entry is None:
        return False
    if entry.recording.state is RecordingState.ERASED:
        return True
    unread = {one.document_id for one in entry.recording.unread}
    return all(entry.chunk(one.document_id) or one.document_id in unread for one in event.chunks)


def known_since(recording: Recording) -> datetime | None:
    """When the catalog first knew the recording; an entry that was rebuilt says it as the lost one did."""
    return min((at for at in (recording.requested_at, recording.announced_at) if at is not None), default=None)


def knows_event(entry: CatalogEntry | None, event: FileEvent, door: Door) -> bool:
    """Whether the entry has every chunk as the event announces it, by that door or a more credible one.

    Not of an erased recording, so that the event is taken, and its refusal noted.
    """
    if entry is None or entry.recording.state is RecordingState.ERASED:
        return False
    return all(_knows(entry, one, door) for one in event.chunks)


def _knows(entry: CatalogEntry, announced: AnnouncedChunk, door: Door) -> bool:
    chunk = entry.chunk(announced.document_id)
    doors = {Door.EVENT_GRID, door}
    return chunk is not None and any(one.announced == announced and one.door in doors for one in chunk.candidates)
