"""What facts mean for a chunk that the service has written into a native container: it has no end of its own."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.core.lifecycle import (
    Announced,
    Archived,
    Completed,
    Decided,
    Disputed,
    Expired,
    Fact,
    Failed,
    Kept,
    MetadataArchived,
    Overflowed,
    ProveInPlace,
    Quarantined,
    ReadOn,
    ReleaseChunk,
    decide,
    next_step,
    not_in_archive,
    open_at,
)
from recording.core.lifecycle.next_step import ArchiveMetadata, CopyChunk, RemoveOverflow
from recording.core.model import (
    PROVEN,
    Alarm,
    ChunkState,
    Door,
    FileEvent,
    Place,
    Proof,
    RecordingState,
    Ruling,
    Subject,
)
from recording.core.owing import ToDo, to_do
from recording.core.watching import Limits, end_of_source, look
from tests.core.entries_of import (
    DUE,
    GONE_BY,
    MANIFEST,
    NATIVE,
    NOW,
    PARTLY_READ,
    RECORDING_ID,
    announced,
    announcement,
    candidate,
    chunk,
    chunk_facts,
    document,
    entry_of,
    failure,
    metadata_proof,
    native_candidate,
    native_chunk,
    proof,
    without_history,
)

LIMITS = Limits(timedelta(hours=24), timedelta(hours=1), timedelta(minutes=30))
IN_PLACE = replace(proof(), place=Place.NATIVE, container=NATIVE)


def announced_native(*, metadata_stays: bool = True) -> Announced:
    """The fact of a file event with one native chunk."""
    where = native_candidate(metadata_stays=metadata_stays)
    event = FileEvent("event-of-native", RECORDING_ID, (where.announced,))
    return Announced(event, Door.EVENT_GRID, (replace(announcement(where.announced), native=where.native),))


def test_it_is_proven_where_it_stands() -> None:
    entry = decide(None, announced_native(), NOW).entry
    step = next_step(entry, document(0), NOW)

    assert ProveInPlace(native_candidate()) == step


def test_each_chunk_goes_by_its_own_location() -> None:
    entry = entry_of(native_chunk(0), chunk(1))

    assert isinstance(next_step(entry, document(0), NOW), ProveInPlace)
    assert isinstance(next_step(entry, document(1), NOW), CopyChunk)


def test_candidates_at_both_places_are_tried_in_turn() -> None:
    """An export that failed is announced at the service; whichever is found first is proven."""
    entry = decide(entry_of(native_chunk()), announced(0), NOW + timedelta(minutes=1)).entry
    steps = [type(next_step(replace(entry, chunks=(replace(entry.chunks[0], turn=turn),)), document(0), NOW))
             for turn in range(3)]  # fmt: skip

    assert steps.count(ProveInPlace) in {1, 2}
    assert {ProveInPlace, CopyChunk} == set(steps)


def test_what_was_proven_in_place_is_released_by_no_other_step_than_one_that_keeps_it() -> None:
    entry = decide(entry_of(native_chunk()), Archived(document(0), IN_PLACE, native_candidate()), NOW).entry
    assert isinstance(next_step(entry, document(0), NOW), ReleaseChunk)
    kept = decide(entry, Kept(document(0), "native"), NOW).entry
    done = decide(kept, Completed(MANIFEST, 1, frozenset({document(0)})), NOW).entry

    assert (ChunkState.KEPT, "native") == (done.chunks[0].state, done.chunks[0].kept_reason)
    assert done.recording.state is RecordingState.ARCHIVED
    assert open_at(without_history(done)) is None


def test_its_metadata_file_is_awaited() -> None:
    without = replace(IN_PLACE, metadata=None)
    entry = decide(entry_of(native_chunk()), Archived(document(0), without, native_candidate()), NOW).entry
    assert isinstance(next_step(entry, document(0), NOW), ArchiveMetadata)
    found = replace(metadata_proof(), container=NATIVE)
    after = decide(entry, MetadataArchived(document(0), found), NOW).entry

    assert after.chunks[0].proof == replace(without, metadata=found)


def test_how_far_it_was_read_is_kept_until_it_is_proven() -> None:
    entry = decide(entry_of(replace(native_chunk(), tries=3)), ReadOn(document(0), PARTLY_READ), NOW).entry
    assert (PARTLY_READ, 0) == (entry.chunks[0].partly_read, entry.chunks[0].tries)
    assert entry.recording.history == ()
    after = decide(entry, Archived(document(0), IN_PLACE, native_candidate()), NOW).entry
    assert after.chunks[0].partly_read is None

    assert after == decide(after, ReadOn(document(0), PARTLY_READ), NOW).entry


@pytest.mark.parametrize("fact", [Expired(document(0), failure()), Quarantined(document(0), ("odd",), None)])
def test_it_is_never_lost_but_left_to_a_person(fact: Expired | Quarantined) -> None:
    """It may come, or be found, after `gone_by` too: nothing that this app knows of has ended."""
    after = decide(entry_of(native_chunk()), fact, GONE_BY).entry

    assert after.chunks[0].is_undecided
    assert [Alarm.QUARANTINED] == [alert.alarm for alert in after.recording.untold]
    assert ToDo.CHECK_NATIVE is to_do(after)


def test_of_a_chunk_at_the_service_a_forged_native_place_hides_no_loss() -> None:
    """Whoever has the function key alone can name any place; what Event Grid says of it counts."""
    both = replace(chunk(), candidates=(candidate(), native_candidate(door=Door.FUNCTION_KEY)))
    after = decide(entry_of(both), Expired(document(0), failure()), GONE_BY).entry

    assert after.chunks[0].state is ChunkState.LOST
    assert not both.stays


def test_what_was_read_and_doubted_can_be_accepted() -> None:
    doubted = Quarantined(document(0), ("odd",), None, IN_PLACE)
    after = decide(entry_of(native_chunk()), doubted, GONE_BY).entry

    assert ToDo.DECIDE is to_do(after)
    assert after.chunks[0].apart == IN_PLACE


def test_a_dispute_leaves_it_where_it_stands() -> None:
    after = decide(entry_of(native_chunk(0, ChunkState.ARCHIVED)), Disputed(document(0), ("odd",), NOW), NOW).entry

    assert after.chunks[0].apart == IN_PLACE
    assert after.chunks[0].proof is None


def test_no_end_of_a_source_is_warned_of() -> None:
    """Neither while it is awaited, nor while its metadata file is."""
    awaited = replace(native_chunk(0, ChunkState.ARCHIVED), proof=replace(IN_PLACE, metadata=None))
    for one in (native_chunk(), awaited):
        assert end_of_source(entry_of(one), LIMITS) is None
        found = look(entry_of(one), DUE, DUE, LIMITS)
        assert not any("source may end" in getattr(fact, "reason", "") for fact in found.facts)


def test_the_end_of_a_metadata_file_at_the_service_is() -> None:
    found = native_chunk(metadata_stays=False)

    assert not found.stays
    assert end_of_source(entry_of(found), LIMITS) == DUE


def test_a_metadata_file_that_never_came_keeps_it_too() -> None:
    awaited = replace(native_chunk(0, ChunkState.ARCHIVED), proof=replace(IN_PLACE, metadata=None))
    after = decide(entry_of(awaited), Expired(document(0), failure()), GONE_BY).entry

    assert after.chunks[0].state is ChunkState.KEPT
    assert after.chunks[0].kept_reason.startswith("native; ")


def test_an_event_again_says_anew_where_it_is() -> None:
    """The settings may name other containers since: a person adds one, and hands the event in again."""
    where = native_candidate()
    before = replace(native_chunk(), candidates=(replace(where, native=()),))
    after = decide(entry_of(before), announced_native(), NOW).entry

    assert (where.native,) == tuple(one.native for one in after.chunks[0].candidates)


def test_a_later_metadata_location_joins_a_proof() -> None:
    where = native_candidate()
    bare = replace(where, announced=replace(where.announced, metadata_location=None), native=(Subject.MEDIA,))
    kept = replace(native_chunk(0, ChunkState.KEPT), candidates=(bare,), proven=bare)
    after = decide(entry_of(kept), announced_native(), NOW).entry.chunks[0]

    assert after.proven is not None
    assert (where.native, True) == (after.proven.native, after.stays)
    assert after.state is ChunkState.ARCHIVED


def test_a_copy_in_the_overflow_is_not_removed_for_it() -> None:
    """The archive has no copy; the overflow's is the app's own, and the container is the customer's."""
    both = replace(native_chunk(0, ChunkState.ARCHIVED), overflow=proof(place=Place.OVERFLOW))

    assert not_in_archive(both)
    assert isinstance(next_step(entry_of(both), document(0), NOW), RemoveOverflow)


def test_while_it_is_looked_for_nothing_is_told() -> None:
    entry = entry_of(native_chunk())
    for hour in range(24):
        at = NOW + timedelta(hours=hour)
        entry = decide(entry, Failed(document(0), failure("source_gone"), at + timedelta(minutes=30)), at).entry

    assert entry.recording.untold == ()
    assert entry.chunks[0].state is ChunkState.ANNOUNCED


@pytest.mark.parametrize("state", sorted(PROVEN - {ChunkState.ARCHIVED}))
def test_a_closed_one_has_no_partly_read_blob(state: ChunkState) -> None:
    with pytest.raises(ValueError, match="not read any more"):
        replace(native_chunk(0, state), partly_read=PARTLY_READ)


@pytest.mark.parametrize("wrong", [replace(proof(), container=NATIVE), replace(proof(), place=Place.NATIVE)])
def test_a_native_proof_names_its_container_and_no_other_does(wrong: Proof) -> None:
    with pytest.raises(ValueError, match="native container"):
        replace(native_chunk(0, ChunkState.KEPT), proof=wrong)


def test_an_overflow_that_comes_late_changes_no_proof() -> None:
    before = native_chunk(0, ChunkState.KEPT)
    after = decide(entry_of(before), Overflowed(document(0), proof(place=Place.OVERFLOW), (), NOW), NOW).entry

    assert after.chunks[0].proof == before.proof


_FACTS: st.SearchStrategy[Fact] = st.one_of(
    st.just(announced_native()),
    st.sampled_from([fact for fact in chunk_facts().values() if not isinstance(fact, Archived | Overflowed)]),
    st.sampled_from([Quarantined(document(0), ("odd",), None), Quarantined(document(0), ("odd",), None, IN_PLACE)]),
    st.just(Archived(document(0), IN_PLACE, native_candidate())),
    st.builds(lambda ruling: Decided(document(0), ruling, "I looked"), st.sampled_from(Ruling)),
)


@given(st.lists(_FACTS, max_size=12))
def test_whatever_happens_only_a_person_calls_it_lost(sequence: list[Fact]) -> None:
    """And no step copies it: what can be done with it is to prove it in place, and to keep it."""
    entry = entry_of(native_chunk())
    for number, fact in enumerate(sequence):
        now = NOW + timedelta(hours=3 * number)
        entry = decide(entry, fact, now).entry
        one = entry.chunks[0]
        assert one.is_given_up or one.state is not ChunkState.LOST
        assert one.proof is None or one.proof.place is Place.NATIVE
        assert not isinstance(next_step(entry, document(0), now), CopyChunk | RemoveOverflow)
