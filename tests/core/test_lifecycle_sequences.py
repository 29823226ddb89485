"""What no sequence of facts can bring about."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from recording.core.lifecycle import (
    Archived,
    Completed,
    CompleteRecording,
    Damaged,
    Fact,
    Failed,
    Paused,
    Released,
    Resumed,
    Started,
    Stopped,
    decide,
)
from recording.core.model import CatalogEntry, Chunk, ChunkState, RecordingState
from tests.core.entries_of import NOW, RECORDING_ID, WAV, announced, chunk, chunk_facts, completed, document, proof

indices = st.integers(0, 3)
facts: st.SearchStrategy[Fact] = st.one_of(
    st.sampled_from([Started(RECORDING_ID, WAV), Paused(), Resumed(), Stopped()]),
    st.sets(indices, min_size=1).map(lambda some: announced(*some)),
    st.sets(indices).map(lambda some: completed(*some)),
    st.builds(lambda index, kind: chunk_facts(index)[kind], indices, st.integers(0, 6)),
    # The good way is long; without a push, chance would seldom go it to its end.
    st.builds(lambda index: chunk_facts(index)[0], indices),
    st.builds(lambda index: Released(document(index)), indices),
)


def applied(sequence: Sequence[Fact]) -> Iterator[tuple[CatalogEntry | None, Fact, CatalogEntry, datetime]]:
    """Each fact that is about something known: the entry before and after it, and when it came."""
    entry: CatalogEntry | None = None
    for step, fact in enumerate(sequence):
        now = NOW + timedelta(minutes=step)
        try:
            after = decide(entry, fact, now).entry
        except KeyError:
            continue
        yield entry, fact, after, now
        entry = after


def assert_chunk_kept_its_promises(before: Chunk, after: Chunk, fact: Fact) -> None:
    """Whatever the fact was."""
    assert (before.announced, before.name) == (after.announced, after.name)
    if after.state is ChunkState.RELEASED is not before.state:
        assert before.state is ChunkState.ARCHIVED
        assert before.proof is not None
    if before.proof is not None and not isinstance(fact, Damaged):
        assert after.proof is not None
    if before.state is ChunkState.RELEASED:
        assert (before.state, before.proof, before.released_at) == (after.state, after.proof, after.released_at)


@given(st.lists(facts, max_size=40))
def test_no_sequence_of_facts_breaks_the_promises(sequence: list[Fact]) -> None:
    """A release has a proof; a proof goes only by damage; complete means that all is done, without a gap."""
    for before, fact, after, now in applied(sequence):
        for one in after:
            earlier = before.chunk(one.document_id) if before else None
            assert_chunk_kept_its_promises(earlier or chunk(one.index), one, fact)
            if one.state in {ChunkState.ARCHIVED, ChunkState.RELEASED}:
                assert one.proof is not None
                assert not one.proof.in_quarantine
        assert sorted({one.index for one in after}) == [one.index for one in after]
        assert not before or set(map(str, (c.document_id for c in before))) <= {str(c.document_id) for c in after}
        if after.recording.completed_at is not None:
            assert all(one.is_done for one in after)
            assert len(after.chunks) == after.chunks[-1].index + 1
        if before and before.recording.completed_at != after.recording.completed_at == now:
            assert isinstance(fact, Completed)
        assert not before or before.recording.revision <= after.recording.revision


@given(st.lists(facts, max_size=40))
def test_a_fact_told_twice_is_one_fact(sequence: list[Fact]) -> None:
    """But for a failure, which is counted."""
    for _before, fact, after, now in applied(sequence):
        again = decide(after, fact, now + timedelta(hours=1)).entry
        if isinstance(fact, Failed):
            again = replace(again, chunks=tuple(replace(c, failures=()) for c in again))
            after = replace(after, chunks=tuple(replace(c, failures=()) for c in after))  # noqa: PLW2901
        assert after == again


@given(st.permutations(range(4)), st.permutations(range(4)), st.permutations(range(4)))
def test_chunks_archived_and_released_in_any_order_complete_once(
    announcing: list[int], archiving: list[int], releasing: list[int]
) -> None:
    """By the last of them, and by no other."""
    entry: CatalogEntry | None = None
    for index in announcing:
        entry = decide(entry, announced(index), NOW).entry
    assert entry is not None
    completions = 0
    sequence = [Archived(document(i), proof(i)) for i in archiving] + [Released(document(i)) for i in releasing]
    for fact in sequence:
        decision = decide(entry, fact, NOW)
        entry = decision.entry
        completions += decision.actions.count(CompleteRecording())

    assert 1 == completions
    assert RecordingState.RELEASED == entry.recording.state
