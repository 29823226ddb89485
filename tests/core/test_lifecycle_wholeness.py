"""What a recording lacks to be whole, and when it ends incomplete."""

from dataclasses import replace
from datetime import timedelta

import pytest

from recording.core.lifecycle import decide, doubts_about_whole, lacks
from recording.core.lifecycle.wholeness import completion_at, extent
from recording.core.model import CatalogEntry, Chunk, ChunkState, DocumentId, Door, RecordingState, Unread
from tests.core.entries_of import GONE_BY, NOW, changed_recording, chunk, completed, document, entry_of

S = ChunkState
RELEASED = chunk(0, S.RELEASED)
TWIN = replace(RELEASED, document_id=DocumentId("twin"))
BY_KEY = chunk(7, door=Door.FUNCTION_KEY)


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        ((RELEASED, chunk(1, S.KEPT)), ()),
        ((chunk(1, S.RELEASED), chunk(2, S.RELEASED)), ("chunk 0 was never announced",)),
        ((RELEASED, chunk(2, S.RELEASED)), ("chunk 1 was never announced",)),
        ((chunk(7, S.RELEASED),), ("chunks 0 to 6 were never announced",)),
        (
            (RELEASED, chunk(3, S.RELEASED), chunk(5, S.RELEASED)),
            ("chunks 1 to 2 were never announced", "chunk 4 was never announced"),
        ),
        ((RELEASED, TWIN), ("2 documents claim to be chunk 0",)),
        (
            (RELEASED, chunk(1, S.RELEASED, end_reason="ChunkMaximumSizeExceeded")),
            ("what follows chunk 1, which ended because it was full, was never announced",),
        ),
        ((chunk(0, S.RELEASED, end_reason="ChunkMaximumSizeExceeded"), chunk(1, S.RELEASED)), ()),
        ((RELEASED, chunk(1, S.LOST)), ("chunk 1 is lost",)),
        ((RELEASED, chunk(1, S.QUARANTINED)), ("chunk 1 is in doubt and kept apart",)),
        ((RELEASED, chunk(1)), ("chunk 1 is not archived yet",)),
        ((chunk(0, S.ARCHIVED, with_metadata=False),), ("the metadata file of chunk 0 has not come yet",)),
        ((chunk(0, S.KEPT, with_metadata=False),), ("the metadata file of chunk 0 never came",)),
        ((), ()),
    ],
)
def test_each_lack_is_named(chunks: tuple[Chunk, ...], expected: tuple[str, ...]) -> None:
    assert expected == lacks(entry_of(*chunks))


def test_a_member_that_could_not_be_read_lacks_until_another_event_tells_it() -> None:
    """The other event names its document id, or its index if no document id is known."""
    unread = (Unread("e", "a", document(1)), Unread("e", "b", index=2), Unread("e", "c"))
    entry = changed_recording(entry_of(RELEASED), unread=unread)
    later = replace(entry, chunks=(RELEASED, chunk(1, S.RELEASED), chunk(2, S.RELEASED)))

    assert [f"a chunk that event e announces could not be read: {cause}" for cause in "abc"] == list(lacks(entry))
    assert ["a chunk that event e announces could not be read: c"] == list(lacks(later))


def test_a_member_that_could_not_be_read_at_the_keys_door_lacks_only_where_nothing_else_is_known() -> None:
    """Otherwise whoever has the function key could keep any recording open, or reopen it."""
    unread = (Unread("e", "a", door=Door.FUNCTION_KEY),)

    assert () == lacks(changed_recording(entry_of(RELEASED), unread=unread))
    assert () != lacks(changed_recording(entry_of(chunk(0, S.KEPT, door=Door.FUNCTION_KEY)), unread=unread))


def test_what_the_key_alone_announced_counts_only_where_nothing_else_does() -> None:
    """Once it is proven it counts."""
    assert (RELEASED,) == extent(entry_of(RELEASED, BY_KEY))
    assert (BY_KEY,) == extent(entry_of(BY_KEY))
    proven = chunk(7, S.KEPT, door=Door.FUNCTION_KEY)
    assert (RELEASED, proven) == extent(entry_of(RELEASED, proven))
    assert (proven, BY_KEY) == extent(entry_of(proven, BY_KEY))


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (entry_of(RELEASED), NOW),
        (entry_of(RELEASED, BY_KEY), NOW),
        (entry_of(RELEASED, chunk(2, S.RELEASED)), GONE_BY),
        (entry_of(RELEASED, chunk(1, S.LOST)), GONE_BY),
        (entry_of(RELEASED, chunk(1)), None),
        (entry_of(chunk(0, S.LOST)), None),
        (entry_of(), None),
        (entry_of(RELEASED, completed_at=NOW), None),
    ],
    ids=["whole", "junk beside it", "a gap", "one lost", "one open", "nothing proven", "no chunk", "completed"],
)
def test_a_manifest_is_owed_at_once_or_when_no_source_can_be_left(entry: CatalogEntry, expected: object) -> None:
    assert expected == completion_at(entry, NOW)


def test_an_incomplete_recording_ends_as_such_when_no_source_can_be_left() -> None:
    """It does not end before that, and its manifest names what is missing."""
    before = entry_of(chunk(1, S.RELEASED))
    fact = completed(1, lacks=("chunk 0 was never announced",))

    assert before == decide(before, fact, GONE_BY - timedelta(seconds=1)).entry
    assert before == decide(before, replace(fact, lacks=()), GONE_BY).entry
    after = decide(before, fact, GONE_BY).entry.recording
    assert (RecordingState.INCOMPLETE, fact.lacks, GONE_BY) == (after.state, after.lacks, after.completed_at)


@pytest.mark.parametrize(
    ("said", "lasting", "paused", "doubted"),
    [
        (60, [30, 30], 0, False),
        (66, [30, 30], 0, True),
        (3600, [1500, 1500], 0, True),
        (3600, [1800, 1830], 0, False),
        (50, [30, 30], 10, False),
        (70, [30, 30], 10, False),
        (3600, [3600, None], 0, False),
        (None, [30, 30], 0, False),
    ],
)
def test_durations_that_do_not_add_up_are_named(
    said: int | None, lasting: list[int | None], paused: int, *, doubted: bool
) -> None:
    """Both readings of the duration are accepted, with a tolerance for two clocks."""
    chunks = [
        replace(
            chunk(index, S.RELEASED),
            duration=None if seconds is None else timedelta(seconds=seconds),
            paused=timedelta(seconds=paused if index == 0 else 0),
        )
        for index, seconds in enumerate(lasting)
    ]
    entry = changed_recording(entry_of(*chunks), duration=None if said is None else timedelta(seconds=said))

    assert doubted == bool(doubts_about_whole(entry))


def test_a_recording_without_chunks_has_no_doubts() -> None:
    assert () == doubts_about_whole(changed_recording(entry_of(), duration=timedelta(seconds=60)))
