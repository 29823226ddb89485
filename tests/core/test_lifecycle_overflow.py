"""What a copy in the second account changes, and what becomes of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from recording.core.lifecycle import (
    ChunkFact,
    Expired,
    OverflowClosed,
    Overflowed,
    Quarantined,
    RemoveOverflow,
    decide,
    next_step,
    not_in_archive,
    was_left_in_overflow,
)
from recording.core.lifecycle.changes import MOST_NOTES
from recording.core.model import (
    Alarm,
    Alert,
    CatalogEntry,
    ChunkState,
    Digest,
    Place,
    Proof,
)
from tests.core.entries_of import (
    NOW,
    chunk,
    document,
    entry_of,
    failure,
    metadata_proof,
    proof,
)

LATER = NOW + timedelta(minutes=1)
AGAIN = NOW + timedelta(minutes=5)
IMPOSSIBLE = "impossible"


def alerts_of(entry: CatalogEntry) -> tuple[Alert, ...]:
    """The alerts that are not published yet."""
    return entry.recording.untold


OVERFLOWED = Overflowed(document(0), proof(0, place=Place.OVERFLOW), (), AGAIN)


def test_a_copy_in_overflow_is_no_proof_and_the_chunk_stays_open() -> None:
    after = decide(entry_of(chunk(0)), OVERFLOWED, LATER).entry.chunks[0]

    assert (ChunkState.ANNOUNCED, None, OVERFLOWED.proof, AGAIN, 1) == (
        after.state,
        after.proof,
        after.overflow,
        after.look_at,
        after.tries,
    )


@pytest.mark.parametrize("state", [ChunkState.ANNOUNCED, ChunkState.QUARANTINED])
@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("last", [Expired(document(0), failure()), Quarantined(document(0), ("doubted",), None)])
def test_what_has_a_copy_in_overflow_is_not_lost(state: ChunkState, last: ChunkFact, *, apart: bool) -> None:
    """It stays as it is, to be brought home; only what is in doubt and not looked at again is left to a person."""
    before = decide(entry_of(chunk(0, state, apart=apart)), OVERFLOWED, LATER).entry
    after = decide(before, last, LATER).entry
    is_left_to_a_person = isinstance(last, Quarantined)

    assert (is_left_to_a_person or state is ChunkState.QUARANTINED) == (after.chunks[0].state is ChunkState.QUARANTINED)
    assert is_left_to_a_person == after.chunks[0].is_closed
    assert ChunkState.LOST is not after.chunks[0].state
    assert Alarm.LOST not in {alert.alarm for alert in alerts_of(after)}


@pytest.mark.parametrize("state", [ChunkState.RELEASED, ChunkState.KEPT])
def test_a_closed_chunk_needs_no_copy_in_overflow(state: ChunkState) -> None:
    """A slow worker has made one all the same: the entry says where it is."""
    before = entry_of(chunk(0, state))
    after = decide(before, OVERFLOWED, LATER).entry.chunks[0]
    note = f"a copy was left in the second account, as {OVERFLOWED.proof.name}: it was made after the archive had one"

    assert replace(before.chunks[0], notes=(note,)) == after


def test_a_copy_that_came_after_the_proof_is_noted_to_be_removed() -> None:
    before = entry_of(chunk(0, ChunkState.ARCHIVED))
    after = decide(before, OVERFLOWED, LATER).entry

    assert (OVERFLOWED.proof, before.chunks[0].proof) == (after.chunks[0].overflow, after.chunks[0].proof)
    assert RemoveOverflow() == next_step(after, document(0), LATER)
    assert after.chunks == decide(after, OVERFLOWED, LATER).entry.chunks


def test_a_copy_that_was_removed_is_forgotten_and_one_that_was_left_is_noted() -> None:
    before = entry_of(replace(chunk(0, ChunkState.ARCHIVED), overflow=OVERFLOWED.proof, tries=3))
    removed = decide(before, OverflowClosed(document(0)), LATER).entry.chunks[0]
    left = decide(before, OverflowClosed(document(0), "403"), LATER).entry.chunks[0]

    assert (None, (), 0) == (removed.overflow, removed.notes, removed.tries)
    assert (None, True) == (left.overflow, left.notes[0].endswith(f"as {OVERFLOWED.proof.name}: 403"))
    assert (False, True) == (was_left_in_overflow(removed), was_left_in_overflow(left))


def test_a_copy_may_have_been_left_whose_note_had_no_room_any_more() -> None:
    one = replace(chunk(0, ChunkState.ARCHIVED), notes=("another",))

    assert not was_left_in_overflow(one)
    assert was_left_in_overflow(replace(one, notes=tuple(map(str, range(MOST_NOTES)))))


def test_a_copy_whose_proof_was_withdrawn_meanwhile_is_not_forgotten() -> None:
    """It may be gone: to bring it home finds that, and puts it before a person."""
    before = entry_of(replace(chunk(0), overflow=OVERFLOWED.proof))

    assert OVERFLOWED.proof == decide(before, OverflowClosed(document(0)), LATER).entry.chunks[0].overflow


@pytest.mark.parametrize(
    ("in_archive", "why"),
    [
        (proof(0), ""),
        (proof(0, with_metadata=False), "no metadata file"),
        (replace(proof(0), metadata=replace(metadata_proof(0), sha256="ef" * 32)), "another metadata file"),
        (replace(proof(0), length=7), "other media"),
        (replace(proof(0), digest=Digest("ab" * 32, 128)), "other media"),
    ],
)
def test_a_copy_is_needed_for_what_the_archive_lacks(in_archive: Proof, why: str) -> None:
    one = replace(chunk(0, ChunkState.ARCHIVED), overflow=OVERFLOWED.proof, proof=in_archive)
    without_metadata = replace(one, overflow=proof(0, place=Place.OVERFLOW, with_metadata=False))

    assert why in not_in_archive(one)
    assert bool(why) == bool(not_in_archive(one))
    assert ("other media" in why) == bool(not_in_archive(without_metadata))
    assert "" == not_in_archive(chunk(0))
    assert not_in_archive(replace(chunk(0), overflow=OVERFLOWED.proof))


@pytest.mark.parametrize("with_metadata", [False, True])
def test_a_copy_that_has_the_only_metadata_file_is_left_when_the_source_has_ended(*, with_metadata: bool) -> None:
    copy = proof(0, place=Place.OVERFLOW, with_metadata=with_metadata)
    before = entry_of(replace(chunk(0, ChunkState.ARCHIVED, with_metadata=False), overflow=copy))
    after = decide(before, Expired(document(0), failure()), LATER).entry.chunks[0]

    assert (ChunkState.KEPT, copy) == (after.state, after.overflow)
    assert ("no metadata file" if with_metadata else "not removed in time") in after.notes[0]


def test_what_was_lost_is_open_again_with_a_copy_in_overflow() -> None:
    assert not decide(entry_of(chunk(0, ChunkState.LOST)), OVERFLOWED, LATER).entry.chunks[0].is_closed
