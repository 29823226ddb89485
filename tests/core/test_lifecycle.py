"""What a fact means in every state, and what no sequence of facts can bring about."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import permutations, product

import pytest

from recording.core.events import FileEvent
from recording.core.lifecycle import (
    CHUNK_TRANSITIONS,
    RECORDING_TRANSITIONS,
    Alarm,
    Alert,
    Announced,
    ArchiveChunk,
    Archived,
    ChunkFact,
    CompleteRecording,
    Damaged,
    Decision,
    Expired,
    Fact,
    Failed,
    Kept,
    Paused,
    Quarantined,
    RecordingFact,
    Released,
    Resumed,
    Started,
    Stopped,
    complete_is_owed,
    decide,
    is_overdue,
)
from recording.core.model import (
    BlobName,
    CallId,
    CatalogEntry,
    Chunk,
    ChunkState,
    Format,
    RecordingState,
    ServerCallId,
)
from tests.core.entries_of import (
    DEADLINE,
    MANIFEST,
    NOW,
    RECORDING_ID,
    WAV,
    announced,
    changed_recording,
    chunk,
    chunk_facts,
    completed,
    document,
    entry_of,
    proof,
)

LATER = NOW + timedelta(minutes=1)
IMPOSSIBLE = "impossible"


# The tables

EXPECTED = """
             Archived  Quarantined  Damaged     Released    Kept        Expired      Failed
announced    archived  quarantined  announced   impossible  impossible  lost         announced
archived     archived  archived     announced   released    archived    archived     archived
released     released  released     impossible  released    released    released     released
quarantined  archived  quarantined  impossible  impossible  impossible  quarantined  quarantined
lost         archived  quarantined  lost        impossible  impossible  lost         lost
"""


def expectations() -> Iterator[tuple[str, ChunkFact, str]]:
    """The table above, cell by cell."""
    kinds, *rows = (line.split() for line in EXPECTED.strip().splitlines())
    facts = {type(fact).__name__: fact for fact in chunk_facts()}
    for state, *cells in rows:
        yield from ((state, facts[kind], cell) for kind, cell in zip(kinds, cells, strict=True))


def test_the_tables_know_every_state_and_fact() -> None:
    """A fact without a meaning in some state would be an error at the worst moment."""
    kinds = {type(fact) for fact in chunk_facts()}

    assert set(ChunkState) == set(CHUNK_TRANSITIONS)
    assert all(kinds == set(meanings) for meanings in CHUNK_TRANSITIONS.values())
    assert len(ChunkState) * len(kinds) == len(list(expectations()))


@pytest.mark.parametrize(("state", "fact", "expected"), list(expectations()))
def test_a_chunk_fact_in_every_state(state: str, fact: ChunkFact, expected: str) -> None:
    """It leads where the table says; what cannot be true changes nothing and alerts."""
    before = entry_of(chunk(0, ChunkState(state)), chunk(1))
    decision = decide(before, fact, LATER)

    if expected == IMPOSSIBLE:
        reason = f"{type(fact).__name__} cannot be true of a chunk that is {state}"
        assert Decision(before, (Alert(Alarm.IMPOSSIBLE, reason, document(0)),)) == decision
    else:
        assert expected == decision.entry.chunks[0].state
        assert before.chunks[1] == decision.entry.chunks[1]


CONTROLS: tuple[RecordingFact, ...] = (Paused(), Resumed(), Stopped())


@pytest.mark.parametrize(("state", "fact"), list(product(RecordingState, CONTROLS)))
def test_a_control_fact_in_every_state(state: RecordingState, fact: RecordingFact) -> None:
    """It moves a running recording; after the end it comes too late and changes nothing."""
    before = entry_of(state=state)
    moved = {Paused: "paused", Resumed: "started", Stopped: "stopped"}[type(fact)]
    running = state in {RecordingState.STARTED, RecordingState.PAUSED}

    assert Decision(changed_recording(before, state=RecordingState(moved)) if running else before) == decide(
        before, fact, LATER
    )
    assert running == (state in RECORDING_TRANSITIONS)


@pytest.mark.parametrize("fact", [*CONTROLS, *chunk_facts(), completed()])
def test_a_fact_about_nothing_known_is_a_programming_error(fact: Fact) -> None:
    """Not to be mistaken for an outcome."""
    with pytest.raises(KeyError):
        decide(None, fact, NOW)


def test_a_fact_about_an_unknown_chunk_is_a_programming_error() -> None:
    """Even if the recording is known."""
    with pytest.raises(KeyError):
        decide(entry_of(chunk(0)), Released(document(1)), NOW)


# Starting


def test_a_start_makes_an_entry() -> None:
    """With what was ordered."""
    decision = decide(None, Started(RECORDING_ID, WAV, ServerCallId("call")), NOW)

    assert () == decision.actions
    recording = decision.entry.recording
    assert (RECORDING_ID, RecordingState.STARTED, WAV) == (recording.recording_id, recording.state, recording.output)
    assert ("call", NOW, ()) == (recording.server_call_id, recording.requested_at, decision.entry.chunks)


def test_a_start_that_comes_after_the_file_event_only_adds() -> None:
    """Nothing known is overwritten, and what was announced stays announced."""
    before = decide(None, announced(0), NOW).entry
    after = decide(before, Started(RECORDING_ID, WAV, ServerCallId("call")), LATER).entry

    assert (WAV, "call", LATER) == (
        after.recording.output,
        after.recording.server_call_id,
        after.recording.requested_at,
    )
    assert (before.chunks, RecordingState.ANNOUNCED) == (after.chunks, after.recording.state)
    mp3 = replace(WAV, format=Format.MP3)
    assert after == decide(after, Started(RECORDING_ID, mp3, ServerCallId("other")), NOW + timedelta(1)).entry


# Announcing


def test_an_announcement_makes_an_entry_and_a_step_for_each_chunk() -> None:
    """Whether the recording was known or not."""
    started = decide(None, Started(RECORDING_ID, WAV), NOW).entry
    for before in (None, started):
        decision = decide(before, announced(0, 1), LATER)

        assert (ArchiveChunk(document(0)), ArchiveChunk(document(1))) == decision.actions
        assert (chunk(0), chunk(1)) == decision.entry.chunks
        recording = decision.entry.recording
        assert (RecordingState.ANNOUNCED, LATER, DEADLINE) == (
            recording.state,
            recording.announced_at,
            recording.deadline,
        )


def test_an_announcement_brings_what_the_event_tells() -> None:
    """And its doubts go to each of its chunks, before their own."""
    fact = announced(0)
    event = replace(
        fact.event,
        call_id=CallId("call"),
        server_call_id=ServerCallId("server"),
        started_at=NOW,
        duration=timedelta(minutes=1),
        session_end_reason="CallEnded",
        output=WAV,
        notes=("of the event",),
    )
    chunks = (chunk(0, notes="of the chunk"),)
    entry = decide(None, Announced(event, chunks, DEADLINE), NOW).entry
    recording = entry.recording

    assert ("call", "server", NOW) == (recording.call_id, recording.server_call_id, recording.started_at)
    assert (timedelta(minutes=1), "CallEnded", WAV) == (
        recording.duration,
        recording.session_end_reason,
        recording.output,
    )
    assert ("of the event", "of the chunk") == entry.chunks[0].notes


def test_a_name_is_decided_once() -> None:
    """A second announcement, with a changed template, leaves names and deadline as they are."""
    before = decide(None, announced(0), NOW).entry
    renamed = (replace(chunk(0), name=BlobName("elsewhere")),)
    again = Announced(announced(0).event, renamed, DEADLINE + timedelta(days=1))

    assert Decision(before, (ArchiveChunk(document(0)),)) == decide(before, again, LATER)


@pytest.mark.parametrize("state", ChunkState)
def test_an_announcement_drives_on_what_is_owed(state: ChunkState) -> None:
    """Whoever replays an event wants the rest done; what is done needs nothing."""
    before = entry_of(chunk(0, state), completed_at=NOW)
    owed = () if state is ChunkState.RELEASED else (ArchiveChunk(document(0)),)

    assert owed == decide(before, announced(0), LATER).actions


def test_an_announcement_drives_on_what_lacks_only_its_manifest() -> None:
    """The step that should have written it was cut off."""
    before = entry_of(chunk(0, ChunkState.RELEASED), chunk(1, ChunkState.RELEASED))

    assert (ArchiveChunk(document(1)),) == decide(before, announced(0), LATER).actions


def test_a_chunk_announced_after_completion_starts_the_next_revision() -> None:
    """And the recording is not archived until that chunk is."""
    before = entry_of(chunk(0, ChunkState.RELEASED), completed_at=NOW, state=RecordingState.RELEASED)
    decision = decide(before, announced(1), LATER)

    assert (ArchiveChunk(document(1)),) == decision.actions
    recording = decision.entry.recording
    assert (None, 2, RecordingState.ANNOUNCED) == (recording.completed_at, recording.revision, recording.state)


@pytest.mark.parametrize("order", list(permutations([(0,), (1, 2), (3,)])))
def test_announcements_in_any_order_give_the_same_chunks(order: Sequence[tuple[int, ...]]) -> None:
    """In the order of their index."""
    entry: CatalogEntry | None = None
    for indices in order:
        entry = decide(entry, announced(*indices), NOW).entry

    assert entry is not None
    assert tuple(map(chunk, range(4))) == entry.chunks


# Chunks


def test_an_archived_chunk_has_its_proof_and_notes_once() -> None:
    """The same copy told of twice."""
    before = entry_of(chunk(0, notes="noted"))
    fact = Archived(document(0), proof(0), ("noted", "and more"))
    once = decide(before, fact, NOW).entry

    assert (proof(0), ("noted", "and more")) == (once.chunks[0].proof, once.chunks[0].notes)
    assert once == decide(once, fact, LATER).entry


def test_a_quarantined_chunk_tells_where_its_copy_stands() -> None:
    """A later try that could make none does not forget it; a person hears of it once."""
    kept_apart = proof(0, in_quarantine=True)
    first = decide(entry_of(chunk(0)), Quarantined(document(0), ("not a wav", "too short"), kept_apart), NOW)
    second = decide(first.entry, Quarantined(document(0), ("not a wav", "again")), LATER)

    assert (Alert(Alarm.QUARANTINED, "not a wav; too short", document(0)),) == first.actions
    assert () == second.actions
    assert kept_apart == second.entry.chunks[0].proof
    assert ("not a wav", "too short", "again") == second.entry.chunks[0].notes


def test_damage_takes_the_proof_and_alerts() -> None:
    """The chunk is copied again, and asked of the source again."""
    before = entry_of(chunk(0, ChunkState.ARCHIVED, kept="told to"))
    decision = decide(before, Damaged(document(0), "a blob is gone"), NOW)

    assert (Alert(Alarm.DAMAGED, "a blob is gone", document(0)),) == decision.actions
    assert chunk(0) == decision.entry.chunks[0]


def test_damage_after_completion_owes_the_next_manifest() -> None:
    """The one that stands names a blob that is gone."""
    before = entry_of(chunk(0, ChunkState.ARCHIVED, kept="told to"), completed_at=NOW)
    recording = decide(before, Damaged(document(0), "a blob is gone"), LATER).entry.recording

    assert (None, 2) == (recording.completed_at, recording.revision)


def test_what_expired_is_lost_and_alerts_once() -> None:
    """With the last that was seen of it."""
    failed = decide(entry_of(chunk(0)), Failed(document(0), "source_not_ready", "404"), NOW).entry
    lost = decide(failed, Expired(document(0)), NOW)

    assert (Alert(Alarm.LOST, "404", document(0)),) == lost.actions
    assert RecordingState.LOST == lost.entry.recording.state
    assert Decision(lost.entry) == decide(lost.entry, Expired(document(0)), LATER)
    assert "never copied" in str(decide(entry_of(chunk(0)), Expired(document(0)), NOW).actions)


def test_failures_are_counted_by_their_code() -> None:
    """Whatever the state; the last cause is kept."""
    entry = entry_of(chunk(0, ChunkState.ARCHIVED))
    for code, cause in (("b", "one"), ("a", "two"), ("b", "three")):
        entry = decide(entry, Failed(document(0), code, cause), NOW).entry

    assert ((("a", 1), ("b", 2)), "three") == (entry.chunks[0].failures, entry.chunks[0].last_failure)
    assert ChunkState.ARCHIVED == entry.chunks[0].state


def test_a_release_is_dated_once() -> None:
    """By the first that saw it."""
    once = decide(entry_of(chunk(0, ChunkState.ARCHIVED)), Released(document(0)), NOW).entry

    assert NOW == once.chunks[0].released_at
    assert once == decide(once, Released(document(0)), LATER).entry


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ("announced", "announced"),
        ("archived", "archived"),
        ("released", "released"),
        ("archived announced", "announced"),
        ("released archived", "archived"),
        ("released quarantined", "announced"),
        ("released lost", "lost"),
        ("- released", "announced"),
        ("- lost", "lost"),
    ],
)
def test_the_recordings_state_follows_from_its_chunks(states: str, expected: str) -> None:
    """A lacking index keeps it from being archived."""
    chunks = [chunk(i, ChunkState(state)) for i, state in enumerate(states.split()) if state != "-"]
    last = chunks[-1].document_id

    assert expected == decide(entry_of(*chunks), Failed(last, "code", "cause"), NOW).entry.recording.state


# Completing


@pytest.mark.parametrize("last_fact", [Released(document(1)), Kept(document(1), "told to")], ids=["released", "kept"])
def test_the_last_chunk_that_is_done_completes_the_recording(last_fact: Fact) -> None:
    """Released, or knowingly kept."""
    before = entry_of(chunk(0, ChunkState.RELEASED), chunk(1, ChunkState.ARCHIVED))

    assert (CompleteRecording(),) == decide(before, last_fact, NOW).actions


@pytest.mark.parametrize(
    "chunks",
    [
        (),
        (chunk(1, ChunkState.RELEASED),),
        (chunk(0, ChunkState.RELEASED), chunk(2, ChunkState.RELEASED)),
        (chunk(0, ChunkState.RELEASED), chunk(1, ChunkState.ARCHIVED)),
        (chunk(0, ChunkState.RELEASED), chunk(1, ChunkState.QUARANTINED)),
    ],
    ids=["none", "no first", "a gap", "one not released", "one in doubt"],
)
def test_a_recording_that_lacks_something_is_not_completed(chunks: tuple[Chunk, ...]) -> None:
    """Not even if a manifest was written."""
    entry = entry_of(*chunks)

    assert not complete_is_owed(entry)
    assert Decision(entry) == decide(entry, completed(*(one.index for one in chunks)), NOW)


def test_completion_is_noted_once() -> None:
    """With the manifest's name, number and time."""
    before = entry_of(chunk(0, ChunkState.RELEASED))
    assert complete_is_owed(before)
    once = decide(before, completed(0, revision=3), NOW).entry

    recording = once.recording
    assert (MANIFEST, 3, NOW) == (recording.manifest_name, recording.revision, recording.completed_at)
    assert not complete_is_owed(once)
    assert Decision(once) == decide(once, completed(0, revision=3), LATER)


def test_a_manifest_that_lacks_a_chunk_announced_meanwhile_completes_nothing() -> None:
    """Neither before that chunk is done nor after: the next manifest is owed."""
    entry = decide(entry_of(chunk(0, ChunkState.RELEASED)), announced(1), NOW).entry
    assert Decision(entry) == decide(entry, completed(0), LATER)

    for fact in (Archived(document(1), proof(1)), Released(document(1))):
        entry = decide(entry, fact, NOW).entry
    assert Decision(entry) == decide(entry, completed(0), LATER)
    assert complete_is_owed(entry)
    assert LATER == decide(entry, completed(0, 1, revision=2), LATER).entry.recording.completed_at


# The deadline


@pytest.mark.parametrize(("minutes", "overdue"), [(-1, False), (15, False), (16, True)])
def test_a_quarter_of_an_hour_is_left_for_clocks(minutes: int, *, overdue: bool) -> None:
    """Before it, nothing is called lost."""
    assert overdue == is_overdue(entry_of(), DEADLINE + timedelta(minutes=minutes))


def test_without_a_deadline_nothing_is_overdue() -> None:
    """It is not announced yet."""
    assert not is_overdue(changed_recording(entry_of(), deadline=None), NOW + timedelta(days=400))


def test_an_event_of_its_own_kind_names_the_recording() -> None:
    """The entry's id is the event's."""
    event = FileEvent("event", RECORDING_ID, (chunk(0).announced,))

    assert RECORDING_ID == decide(None, Announced(event, (chunk(0),), DEADLINE), NOW).entry.recording.recording_id
