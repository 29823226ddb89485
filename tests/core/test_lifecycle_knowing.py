"""What an entry has of a file event that may be given to the app again."""

from dataclasses import replace
from datetime import timedelta

import pytest

from recording.core.lifecycle import (
    Announced,
    Announcement,
    decide,
    known_since,
    knows_documents,
    knows_event,
    located,
)
from recording.core.model import (
    UNKNOWN_LOCATION,
    AnnouncedChunk,
    BlobName,
    CatalogEntry,
    ChunkState,
    DocumentId,
    Door,
    FileEvent,
    Location,
    Unread,
)
from tests.core.entries_of import DUE, GONE_BY, NOW, RECORDING_ID, announced_chunk, changed_recording, chunk, entry_of

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


def test_a_recording_is_known_since_its_start_or_its_first_event() -> None:
    """The earlier of the two."""
    entry = entry_after(event_of(ZERO))
    started = changed_recording(entry, requested_at=NOW - timedelta(hours=1))

    assert [NOW, NOW - timedelta(hours=1), None] == [
        known_since(one.recording) for one in (entry, started, changed_recording(entry, announced_at=None))
    ]


@pytest.mark.parametrize("door", Door)
def test_an_event_gives_the_places_that_a_rebuilt_chunk_lacks_and_changes_nothing_else(door: Door) -> None:
    """By Event Grid; whoever has the function key alone could name any. Another index contradicts it all the same."""
    lacking = replace(ZERO, content_location=UNKNOWN_LOCATION, metadata_location=UNKNOWN_LOCATION, delete_location=None)
    known = replace(chunk(0, ChunkState.KEPT).candidate, announced=lacking, door=Door.FUNCTION_KEY)
    entry = entry_of(replace(chunk(0, ChunkState.KEPT), candidates=(known,), proven=known), completed_at=NOW)

    def after(announced: AnnouncedChunk) -> CatalogEntry:
        fact = Announced(event_of(announced), door, (Announcement(announced, BlobName("n"), DUE, GONE_BY),))
        return decide(entry, fact, NOW).entry

    (found,) = after(ZERO)
    assert (ChunkState.KEPT, NOW) == (found.state, after(ZERO).recording.completed_at)
    assert (ZERO if door is Door.EVENT_GRID else lacking) == found.announced
    (other,) = after(replace(ZERO, index=5))
    assert lacking == other.announced
    assert other.notes


def test_a_rebuilt_chunk_without_a_metadata_file_does_not_lack_one() -> None:
    lacking = replace(ZERO, content_location=UNKNOWN_LOCATION, metadata_location=None, delete_location=None)
    known = replace(chunk(0, ChunkState.LOST).candidate, announced=lacking)
    found = located(replace(chunk(0, ChunkState.LOST), candidates=(known,)), chunk().candidate)

    assert (ZERO.content_location, None, None) == (
        found.announced.content_location,
        found.announced.metadata_location,
        found.proven,
    )
