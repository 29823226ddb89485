"""Properties that hold for any sequence of facts."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from recording.core.lifecycle import (
    AcceptCopy,
    Archived,
    ChunkFact,
    CompleteRecording,
    Damaged,
    Decided,
    Disputed,
    Done,
    Expired,
    Fact,
    Failed,
    LookAgain,
    OverflowClosed,
    Paused,
    Quarantined,
    Released,
    RemoveOverflow,
    Resumed,
    Started,
    Stopped,
    Told,
    decide,
    lacks,
    next_step,
)
from recording.core.lifecycle.wholeness import extent
from recording.core.model import Alarm, CatalogEntry, Chunk, ChunkState, Door, Place, RecordingState, Ruling, Unread
from tests.core.entries_of import (
    GONE_BY,
    NOW,
    RECORDING_ID,
    WAV,
    announced,
    archived,
    changed_recording,
    chunk_facts,
    completed,
    document,
    failure,
    proof,
    without_history,
)

indices = st.integers(0, 3)
doors = st.sampled_from(Door)
facts: st.SearchStrategy[Fact] = st.one_of(
    st.sampled_from([Started(RECORDING_ID, WAV), Paused(), Resumed(), Stopped(), Told(())]),
    st.builds(
        lambda some, door, host: announced(*some, door=door, host=host),
        st.sets(indices, min_size=1),
        doors,
        st.sampled_from(["eu-api", "us-api"]),
    ),
    st.builds(
        lambda fact, unread: replace(fact, event=replace(fact.event, unread=unread)),
        st.builds(announced, indices),
        st.sampled_from([(Unread("e", "no index"),), (Unread("e", "no place", document(2), 2),)]),
    ),
    st.sets(indices).map(lambda some: completed(*some)),
    st.builds(
        lambda index, kind: list(chunk_facts(index).values())[kind], indices, st.integers(0, len(chunk_facts()) - 1)
    ),
    st.builds(
        lambda index, apart: Quarantined(document(index), ("the last doubt",), None, apart),
        indices,
        st.sampled_from([None, proof(place=Place.QUARANTINE)]),
    ),
    st.builds(lambda index, ruling: Decided(document(index), ruling, "I looked"), indices, st.sampled_from(Ruling)),
    # Facts of the usual way are drawn more often: by chance alone a sequence would seldom complete a recording.
    st.builds(archived, indices),
    st.builds(lambda index: Released(document(index), NOW), indices),
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
    """The promises hold for any fact."""
    assert before.name == after.name
    assert after.due <= before.due
    assert after.gone_by >= before.gone_by
    if after.state is ChunkState.RELEASED is not before.state:
        assert before.is_proven
    if before.proof is not None and not isinstance(fact, Damaged | Disputed):
        assert after.proof is not None
    if before.state is ChunkState.RELEASED:
        assert (before.state, before.proof, before.released_at) == (
            after.state,
            replace(after.proof, metadata=before.proof.metadata) if after.proof and before.proof else None,
            after.released_at,
        )
    if after.state is ChunkState.LOST is not before.state:
        assert isinstance(fact, Expired | Quarantined | Decided)
        assert isinstance(fact, Decided) or (None, None) == (after.apart, after.overflow)


def kinds_of(entry: CatalogEntry) -> set[Alarm]:
    """The alarms of the alerts that are not published yet."""
    return {alert.alarm for alert in entry.recording.untold}


@given(st.lists(facts, max_size=40))
def test_no_sequence_of_facts_breaks_the_promises(sequence: list[Fact]) -> None:
    """A release needs a proof; only damage or dispute removes a proof; a complete recording has only closed chunks."""
    for before, fact, after, now in applied(sequence):
        for one in after:
            earlier = before.chunk(one.document_id) if before else None
            if earlier is not None:
                assert_chunk_kept_its_promises(earlier, one, fact)
        assert not before or {c.document_id for c in before} <= {c.document_id for c in after}
        if after.recording.completed_at is not None:
            assert all(one.is_closed for one in extent(after))
            assert after.recording.lacks == lacks(after)
        if before and before.recording.completed_at != after.recording.completed_at == now:
            assert (before.recording.completed_at is None) or isinstance(fact, ChunkFact)
        assert not before or before.recording.revision <= after.recording.revision


@given(st.lists(facts, max_size=40))
def test_no_sequence_ends_without_a_next_step_or_a_person_who_was_told(sequence: list[Fact]) -> None:
    """Each chunk has a next step, or it is proven, or an alert was raised."""
    told: set[Alarm] = set()
    last: tuple[CatalogEntry, datetime] | None = None
    for _before, _fact, after, now in applied(sequence):
        told |= kinds_of(after)
        last = (after, now)
    if last is None:
        return
    entry, now = last
    for one in entry:
        step = next_step(entry, one.document_id, now)
        if isinstance(step, LookAgain):
            assert now < step.at
        if isinstance(step, Done) and one.is_closed and not one.is_proven:
            assert told & {Alarm.LOST, Alarm.QUARANTINED}
    closed = entry.chunks and all(one.is_closed for one in entry)
    if closed and any(one.is_proven for one in extent(entry)) and entry.recording.completed_at is None:
        steps = [next_step(entry, one.document_id, now) for one in entry]
        assert all(isinstance(step, CompleteRecording | LookAgain) for step in steps)
    if entry.recording.unread and not entry.chunks:
        assert Alarm.UNREADABLE in told


@given(sequence=st.lists(facts, max_size=40), source_is_there=st.booleans())
def test_every_recording_comes_to_an_end_once_its_sources_must_have_ended(
    sequence: list[Fact], *, source_is_there: bool
) -> None:
    """Its steps suffice for that, whether they succeed or fail; what is in overflow comes home."""
    entry: CatalogEntry | None = None
    for _before, _fact, entry, _now in applied(sequence):  # noqa: B007 - the last one is wanted
        pass
    if entry is None:
        return
    now = GONE_BY + timedelta(days=1)
    for _ in range(40):
        steps = {one.document_id: next_step(entry, one.document_id, now) for one in entry}
        open_steps = {document_id: step for document_id, step in steps.items() if not isinstance(step, Done)}
        if not open_steps:
            break
        document_id, step = open_steps.popitem()
        fact: Fact
        if isinstance(step, CompleteRecording):
            everything = frozenset(one.document_id for one in entry)
            fact = replace(completed(lacks=lacks(entry)), documents=everything, revision=entry.recording.revision)
        elif isinstance(step, LookAgain):
            now = step.at
            continue
        elif isinstance(step, RemoveOverflow):
            fact = OverflowClosed(document_id)
        else:
            one = entry.chunk(document_id)
            assert one is not None
            good: Fact = archived(one.index) if one.proof is None else Released(document_id, NOW)
            needs_no_source = isinstance(step, AcceptCopy) or (one.proof is None and one.overflow is not None)
            fact = good if source_is_there or needs_no_source else Expired(document_id, failure())
        entry = decide(entry, fact, now).entry
    assert all(one.is_closed for one in entry)
    if any(one.is_proven for one in extent(entry)):
        assert entry.recording.completed_at is not None
    if lacks(entry) and entry.recording.completed_at is not None:
        assert entry.recording.state in {RecordingState.INCOMPLETE, RecordingState.LOST, RecordingState.QUARANTINED}


def bare(entry: CatalogEntry) -> CatalogEntry:
    """The entry without its counts, alerts and times of looks."""
    chunks = tuple(replace(c, failures=(), tries=0, turn=0, look_at=None if c.look_at is None else NOW) for c in entry)
    return replace(changed_recording(without_history(entry), untold=()), chunks=chunks)


@given(st.lists(facts, max_size=40))
def test_a_fact_told_twice_is_one_fact(sequence: list[Fact]) -> None:
    """Only counts of failures and looks differ."""
    for _before, fact, after, now in applied(sequence):
        again = decide(after, fact, now).entry
        if isinstance(fact, Failed | Quarantined | Expired | Decided):
            assert bare(after) == bare(again)
        else:
            assert after == again


@given(st.permutations(range(4)), st.permutations(range(4)), st.permutations(range(4)))
def test_chunks_archived_and_released_in_any_order_are_completed_by_the_last(
    announcing: list[int], archiving: list[int], releasing: list[int]
) -> None:
    entry: CatalogEntry | None = None
    for index in announcing:
        entry = decide(entry, announced(index), NOW).entry
    assert entry is not None
    completions = 0
    sequence: list[Archived | Released] = [archived(i) for i in archiving]
    sequence += [Released(document(i), NOW) for i in releasing]
    for fact in sequence:
        entry = decide(entry, fact, NOW).entry
        completions += next_step(entry, fact.document_id, NOW) == CompleteRecording()

    assert 1 == completions
    assert RecordingState.RELEASED == entry.recording.state
