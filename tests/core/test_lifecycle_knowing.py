"""What an entry has of a file event that may be given to the app again."""

from dataclasses import replace

import pytest

from recording.core.lifecycle import Announced, Announcement, decide, knows_documents, knows_event
from recording.core.model import (
    AnnouncedChunk,
    BlobName,
    CatalogEntry,
    DocumentId,
    Door,
    FileEvent,
    Location,
    Unread,
)
from tests.core.entries_of import DUE, GONE_BY, NOW, RECORDING_ID, announced_chunk

ZERO, ONE = announced_chunk(0), announced_chunk(1)
MOVED = replace(ZERO, content_location=Location("https://us-api.asm.skype.com/v1/objects/document-0/content/audio"))


def event_of(*chunks: AnnouncedChunk, unread: tuple[Unread, ...] = ()) -> FileEvent:
    """A file event that announces these."""
    return FileEvent("event-1", RECORDING_ID, chunks, unread=unread)


def entry_after(event: FileEvent, door: Door = Door.EVENT_GRID) -> CatalogEntry:
    """The entry after that event alone."""
    chunks = tuple(Announcement(one, BlobName(f"{one.index}.wav"), DUE, GONE_BY) for one in event.chunks)
    return decide(None, Announced(event, door, chunks), NOW).entry


@pytest.mark.parametrize(
    ("entry", "event", "by_event_grid", "by_key", "documents"),
    [
        (None, event_of(ZERO), False, False, False),
        (None, event_of(), False, False, False),
        (entry_after(event_of(ZERO)), event_of(ZERO), True, True, True),
        (entry_after(event_of(ZERO)), event_of(), True, True, True),
        (entry_after(event_of(ZERO)), event_of(ZERO, ONE), False, False, False),
        (entry_after(event_of(ZERO, ONE)), event_of(ZERO), True, True, True),
        (entry_after(event_of(ZERO)), event_of(MOVED), False, False, True),
        (entry_after(event_of(ZERO), Door.FUNCTION_KEY), event_of(ZERO), False, True, True),
        (
            entry_after(event_of(ONE, unread=(Unread("event-1", "bad", DocumentId("document-0"), 0),))),
            event_of(ZERO),
            False,
            False,
            True,
        ),
    ],
)
def test_an_entry_knows_what_it_was_told(
    entry: CatalogEntry | None, event: FileEvent, *, by_event_grid: bool, by_key: bool, documents: bool
) -> None:
    """By Event Grid's door it has to be told so by that door; a document is known wherever it may be."""
    found = (
        knows_event(entry, event, Door.EVENT_GRID),
        knows_event(entry, event, Door.FUNCTION_KEY),
        knows_documents(entry, event),
    )

    assert (by_event_grid, by_key, documents) == found
