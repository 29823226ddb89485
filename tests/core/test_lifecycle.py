"""What a fact means in every state."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from recording.core.lifecycle import (
    CHUNK_TRANSITIONS,
    RECORDING_TRANSITIONS,
    Archived,
    ChunkFact,
    Damaged,
    Decision,
    Disputed,
    Expired,
    Fact,
    Failed,
    FoundBySweep,
    Kept,
    MetadataArchived,
    OverflowClosed,
    Overflowed,
    Paused,
    Quarantined,
    RecordingFact,
    Released,
    RemoveOverflow,
    Resumed,
    Started,
    Stopped,
    Told,
    decide,
    decide_all,
    next_step,
    not_in_archive,
)
from recording.core.model import (
    APP,
    RUNNING,
    Actor,
    Alarm,
    Alert,
    CallConnectionId,
    CatalogEntry,
    ChunkState,
    Digest,
    Door,
    Format,
    Place,
    Proof,
    RecordingState,
    ServerCallId,
)
from tests.core.entries_of import (
    DUE,
    MANIFEST,
    NOW,
    RECORDING_ID,
    WAV,
    announced,
    archived,
    candidate,
    changed_recording,
    chunk,
    chunk_facts,
    completed,
    document,
    entry_of,
    failure,
    metadata_proof,
    proof,
    without_history,
)

LATER = NOW + timedelta(minutes=1)
AGAIN = NOW + timedelta(minutes=5)
IMPOSSIBLE = "impossible"


def alerts_of(entry: CatalogEntry) -> tuple[Alert, ...]:
    """The alerts that are not published yet."""
    return entry.recording.untold


# The tables

EXPECTED = """
                 announced   archived    released   kept      quarantined lost
Archived         archived    archived    released   kept      archived    archived
Compared         announced   archived    released   kept      quarantined lost
MetadataArchived announced   archived    released   kept      quarantined lost
Quarantined      quarantined archived    released   kept      quarantined quarantined
Disputed         announced   quarantined released   kept      quarantined lost
Damaged          announced   announced   impossible announced quarantined lost
Released         impossible  released    released   released  impossible  impossible
Kept             impossible  kept        released   kept      impossible  impossible
Failed           announced   archived    released   kept      quarantined lost
Overflowed       announced   archived    released   kept      quarantined announced
OverflowClosed   announced   archived    released   kept      quarantined lost
Expired          lost        kept        released   kept      lost        lost
"""


def expectations() -> Iterator[tuple[str, ChunkFact, str]]:
    """The table above, cell by cell."""
    states, *rows = (line.split() for line in EXPECTED.strip().splitlines())
    for kind, *cells in rows:
        yield from ((state, chunk_facts()[kind], cell) for state, cell in zip(states, cells, strict=True))


def test_the_tables_know_every_state_and_fact() -> None:
    """A missing cell would raise KeyError when the fact is decided."""
    kinds = {type(fact) for fact in chunk_facts().values()}

    assert set(ChunkState) == set(CHUNK_TRANSITIONS)
    assert all(kinds == set(meanings) for meanings in CHUNK_TRANSITIONS.values())
    assert len(ChunkState) * len(kinds) == len(list(expectations()))


@pytest.mark.parametrize(("state", "fact", "expected"), list(expectations()))
def test_a_chunk_fact_in_every_state(state: str, fact: ChunkFact, expected: str) -> None:
    """It leads to the state in the table; a fact that cannot be true changes nothing and alerts."""
    before = entry_of(chunk(0, ChunkState(state)), chunk(1))
    after = decide(before, fact, LATER).entry

    if expected == IMPOSSIBLE:
        reason = f"{type(fact).__name__} cannot be true of a chunk that is {state}"
        assert (Alert(Alarm.IMPOSSIBLE, reason, document(0)),) == alerts_of(after)
        assert before == changed_recording(after, untold=(), history=())
    else:
        assert expected == after.chunks[0].state
        assert before.chunks[1] == after.chunks[1]


CONTROLS: tuple[RecordingFact, ...] = (Paused(), Resumed(), Stopped())


@pytest.mark.parametrize(("state", "fact"), list(product(RecordingState, CONTROLS)))
def test_a_control_fact_in_every_state(state: RecordingState, fact: RecordingFact) -> None:
    """It changes the state of a running recording, and notes when it was stopped; later it changes nothing."""
    before = entry_of(state=state)
    moved = {Paused: "paused", Resumed: "started", Stopped: "stopped"}[type(fact)]
    stopped_at = LATER if isinstance(fact, Stopped) else None
    after = changed_recording(before, state=RecordingState(moved), stopped_at=stopped_at)
    found = decide(before, fact, LATER)

    assert Decision(after if state in RUNNING else before) == replace(found, entry=without_history(found.entry))
    assert (state in RUNNING) == (type(fact) in RECORDING_TRANSITIONS.get(state, {}))


@pytest.mark.parametrize("fact", [*CONTROLS, *chunk_facts().values(), completed(), Told(())])
def test_a_fact_about_nothing_known_is_a_programming_error(fact: Fact) -> None:
    """It raises KeyError: no recording can be meant."""
    with pytest.raises(KeyError):
        decide(None, fact, NOW)


def test_a_fact_about_an_unknown_chunk_is_a_programming_error() -> None:
    with pytest.raises(KeyError):
        decide(entry_of(chunk(0)), Released(document(1), NOW), NOW)


def test_who_brought_a_change_about_stands_in_the_entry() -> None:
    """It is the app unless a person is named; a fact that changes nothing leaves it as it was."""
    started = decide(None, Started(RECORDING_ID, WAV), NOW).entry
    paused = decide(started, Paused(), NOW, Actor("a person")).entry

    assert (APP, "a person") == (started.recording.changed_by, paused.recording.changed_by)
    assert paused == decide(paused, Paused(), LATER).entry


# Starting


def test_a_start_makes_an_entry() -> None:
    """It has the requested output and all ids of the call."""
    fact = Started(RECORDING_ID, WAV, ServerCallId("call"), CallConnectionId("connection"), "group", "room")
    entry = decide(None, fact, NOW).entry
    recording = entry.recording

    assert (RECORDING_ID, RecordingState.STARTED, WAV) == (recording.recording_id, recording.state, recording.output)
    assert ("call", "connection", "group", "room") == (
        recording.server_call_id,
        recording.call_connection_id,
        recording.group_call_id,
        recording.room_id,
    )
    assert (NOW, ()) == (recording.requested_at, entry.chunks)


def test_a_start_that_is_paused_is_shown_as_paused() -> None:
    assert RecordingState.PAUSED == decide(None, Started(RECORDING_ID, WAV, paused=True), NOW).entry.recording.state


def test_a_start_that_comes_after_the_file_event_only_adds() -> None:
    """No field that is known is overwritten, and the state stays."""
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


# Chunks


def test_an_archived_chunk_has_its_proof_and_notes_once() -> None:
    """The same fact twice, or another worker's later proof, changes nothing."""
    once = decide(entry_of(chunk(0, notes="noted")), archived(0, "noted", "and more"), NOW).entry
    rival = Archived(document(0), replace(proof(0), etag="other"), candidate(0, host="other"))

    assert (proof(0), ("noted", "and more")) == (once.chunks[0].proof, once.chunks[0].notes)
    assert candidate(0) == once.chunks[0].proven
    assert once == decide(once, archived(0), LATER).entry == decide(once, rival, LATER).entry


def test_a_proof_ends_doubt_and_waiting() -> None:
    before = entry_of(replace(chunk(0, ChunkState.QUARANTINED), tries=4, turn=3))
    after = decide(before, archived(0), NOW).entry.chunks[0]

    assert (ChunkState.ARCHIVED, (), None, 0) == (after.state, after.doubts, after.look_at, after.tries)


def test_metadata_that_comes_late_is_added_to_the_proof_once() -> None:
    late = decide(entry_of(chunk(0)), archived(0, with_metadata=False), NOW).entry
    fact = MetadataArchived(document(0), metadata_proof(0), ("of it",), timedelta(seconds=3), timedelta(seconds=1))
    once = decide(late, fact, NOW).entry
    chunk_after = once.chunks[0]

    assert late.chunks[0].is_metadata_owed
    assert (proof(0), ("of it",)) == (chunk_after.proof, chunk_after.notes)
    assert (timedelta(seconds=3), timedelta(seconds=1)) == (chunk_after.duration, chunk_after.paused)
    assert once == decide(once, replace(fact, notes=("other",)), LATER).entry


def test_a_doubt_has_a_next_look_and_tells_once() -> None:
    """A later look without a copy keeps the copy of the first."""
    apart = proof(0, place=Place.QUARANTINE)
    first = decide(entry_of(chunk(0)), Quarantined(document(0), ("not a wav", "too short"), AGAIN, apart), NOW).entry
    told = decide(first, Told(alerts_of(first)), NOW).entry
    second = decide(told, Quarantined(document(0), ("not a wav", "again"), LATER), LATER).entry

    assert (Alert(Alarm.QUARANTINED, "not a wav; too short", document(0)),) == alerts_of(first)
    assert RecordingState.QUARANTINED == first.recording.state
    assert () == alerts_of(told) == alerts_of(second)
    assert (apart, LATER) == (second.chunks[0].apart, second.chunks[0].look_at)
    assert ("not a wav", "again") == second.chunks[0].doubts
    assert ("not a wav", "too short", "again") == second.chunks[0].notes


def test_a_doubt_without_another_look_is_for_a_person_or_a_loss() -> None:
    """With a copy in quarantine it waits for a person; without one the chunk is lost."""
    last = Quarantined(document(0), ("not a wav",), None)
    kept = decide(entry_of(chunk(0)), replace(last, apart=proof(0, place=Place.QUARANTINE)), NOW).entry
    lost = decide(entry_of(chunk(0)), last, NOW).entry

    assert (ChunkState.QUARANTINED, True) == (kept.chunks[0].state, kept.chunks[0].is_closed)
    assert (ChunkState.LOST, (Alert(Alarm.LOST, "not a wav", document(0)),)) == (
        lost.chunks[0].state,
        alerts_of(lost),
    )


def test_a_dispute_puts_what_stands_in_the_archive_in_doubt() -> None:
    """The proof of the copy is kept as `apart`, and an alert is raised."""
    after = decide(entry_of(chunk(0, ChunkState.ARCHIVED)), Disputed(document(0), ("too short",), AGAIN), NOW).entry

    assert (proof(0), None, AGAIN) == (after.chunks[0].apart, after.chunks[0].proof, after.chunks[0].look_at)
    assert (Alert(Alarm.QUARANTINED, "too short", document(0)),) == alerts_of(after)


def test_damage_takes_the_proof_and_alerts() -> None:
    """The chunk is to be copied again."""
    after = decide(entry_of(chunk(0, ChunkState.KEPT)), Damaged(document(0), "a blob is gone"), NOW).entry

    assert (Alert(Alarm.DAMAGED, "a blob is gone", document(0)),) == alerts_of(after)
    assert chunk(0) == after.chunks[0]


def test_damage_after_completion_owes_the_next_manifest() -> None:
    """The manifest that was written names a blob that is gone."""
    before = entry_of(chunk(0, ChunkState.KEPT), completed_at=NOW)
    recording = decide(before, Damaged(document(0), "a blob is gone"), LATER).entry.recording

    assert (None, 2) == (recording.completed_at, recording.revision)


def test_what_expired_is_lost_and_told_with_the_last_that_was_seen() -> None:
    lost = decide(entry_of(chunk(0)), Expired(document(0), failure()), NOW).entry

    assert (Alert(Alarm.LOST, "read source: 503", document(0)),) == alerts_of(lost)
    assert RecordingState.LOST == lost.recording.state
    assert lost == decide(lost, Expired(document(0), failure("other")), LATER).entry


def test_every_loss_of_a_long_recording_is_told_though_nobody_can_be_told_for_now() -> None:
    """While the topic cannot be reached, a hundred chunks may be lost."""
    entry = entry_of(*(chunk(index) for index in range(120)))
    for index in range(120):
        entry = decide(entry, Expired(document(index), failure()), NOW).entry
    forged = announced(*range(120), door=Door.FUNCTION_KEY, host="us-api")

    assert [document(index) for index in range(120)] == [alert.document_id for alert in alerts_of(entry)]
    assert set(alerts_of(entry)) <= set(alerts_of(decide(entry, forged, NOW).entry))


def test_what_expired_with_a_copy_apart_is_left_to_a_person() -> None:
    after = decide(entry_of(chunk(0, apart=True)), Expired(document(0), failure()), NOW).entry

    assert (ChunkState.QUARANTINED, True) == (after.chunks[0].state, after.chunks[0].is_closed)
    assert ("read source: 503",) == after.chunks[0].doubts


def test_a_proven_chunk_whose_source_ended_is_kept_with_the_reason() -> None:
    after = decide(entry_of(chunk(0, ChunkState.ARCHIVED)), Expired(document(0), failure()), NOW).entry.chunks[0]

    assert ChunkState.KEPT == after.state
    assert "ended by itself" in after.kept_reason
    assert "503" in after.kept_reason


def test_failures_are_counted_by_their_code() -> None:
    """The last one is kept whole."""
    entry = entry_of(chunk(0, ChunkState.ARCHIVED))
    for code, cause in (("b", "one"), ("a", "two"), ("b", "three")):
        entry = decide(entry, Failed(document(0), failure(code, cause), AGAIN), NOW).entry

    assert ((("a", 1), ("b", 2)), failure("b", "three")) == (entry.chunks[0].failures, entry.chunks[0].last_failure)
    assert (ChunkState.ARCHIVED, 3, AGAIN) == (entry.chunks[0].state, entry.chunks[0].tries, entry.chunks[0].look_at)


def test_a_failure_that_brought_bytes_starts_the_count_anew_and_stays_with_its_candidate() -> None:
    before = entry_of(replace(chunk(0), tries=7, turn=2))
    stuck = decide(before, Failed(document(0), failure(), AGAIN), NOW).entry.chunks[0]
    moving = decide(before, Failed(document(0), failure(), AGAIN, progressed=True), NOW).entry.chunks[0]

    assert ((8, 3), (1, 2)) == ((stuck.tries, stuck.turn), (moving.tries, moving.turn))


def test_a_failure_of_what_is_closed_is_only_counted() -> None:
    before = chunk(0, ChunkState.RELEASED)
    after = decide(entry_of(before), Failed(document(0), failure(), AGAIN), NOW).entry.chunks[0]

    assert replace(before, failures=(("source_busy", 1),), last_failure=failure(), tries=1) == after


def test_a_step_of_what_is_closed_that_fails_many_times_needs_a_person_once() -> None:
    """Such a step is the manifest, for which there is no `gone_by`."""
    entry = entry_of(chunk(0, ChunkState.RELEASED))
    told: list[int] = []
    for number in range(1, 30):
        entry = decide(entry, Failed(document(0), failure(cause=str(number)), AGAIN), NOW).entry
        told += [number] * len(alerts_of(entry))
        entry = decide(entry, Told(alerts_of(entry)), NOW).entry

    assert [8] == told


def test_a_failure_that_needs_a_person_tells_once_for_each_cause() -> None:
    fact = Failed(document(0), failure("hostile_location", "a foreign host"), AGAIN, needs_a_person=True)
    first = decide(entry_of(chunk(0)), fact, NOW).entry
    told = decide(first, Told(alerts_of(first)), NOW).entry

    assert (Alert(Alarm.STUCK, "read source: a foreign host", document(0)),) == alerts_of(first)
    assert () == alerts_of(decide(told, fact, LATER).entry)


def test_an_end_told_by_the_metadata_makes_a_chunk_more_urgent() -> None:
    for fact in (
        Failed(document(0), failure(), AGAIN, due=DUE - timedelta(hours=2)),
        Quarantined(document(0), ("doubted",), AGAIN, due=DUE - timedelta(hours=2)),
    ):
        assert DUE - timedelta(hours=2) == decide(entry_of(chunk(0)), fact, NOW).entry.chunks[0].due
        later = replace(fact, due=DUE + timedelta(hours=2))
        assert DUE == decide(entry_of(chunk(0)), later, NOW).entry.chunks[0].due


def test_a_release_is_dated_once() -> None:
    """By the first that saw it, at the moment that it says: what is noted later is no other release."""
    once = decide(entry_of(chunk(0, ChunkState.ARCHIVED)), Released(document(0), NOW), LATER).entry

    assert NOW == once.chunks[0].released_at
    assert once == decide(once, Released(document(0), LATER), LATER).entry


def test_facts_that_are_decided_together_come_to_what_they_come_to_one_by_one() -> None:
    """As the last release and the completion that follows it."""
    before = entry_of(chunk(0, ChunkState.ARCHIVED))
    facts = (Released(document(0), NOW), completed(0))
    one_by_one = decide(decide(before, facts[0], LATER).entry, facts[1], LATER)

    assert one_by_one == decide_all(before, facts, LATER)
    assert RecordingState.RELEASED == one_by_one.entry.recording.state
    assert LATER == one_by_one.entry.recording.completed_at


def test_facts_that_are_decided_together_bring_about_the_steps_of_each() -> None:
    """As an announcement, and that the sweep has found it."""
    event = announced(0, 1)
    decision = decide_all(None, (event, FoundBySweep("its event was a dead letter")), NOW)

    assert decide(None, event, NOW).steps == decision.steps == (document(0), document(1))
    assert [Alarm.FOUND_BY_SWEEP] == [alert.alarm for alert in alerts_of(decision.entry)]


def test_a_source_kept_on_account_of_a_conflict_is_told() -> None:
    quiet = decide(entry_of(chunk(0, ChunkState.ARCHIVED)), Kept(document(0), "told to"), NOW).entry
    conflict = decide(entry_of(chunk(0, ChunkState.ARCHIVED)), Kept(document(0), "another's", True), NOW).entry  # noqa: FBT003 - reads as what it is

    assert () == alerts_of(quiet)
    assert (Alert(Alarm.CONFLICT, "another's", document(0)),) == alerts_of(conflict)
    assert "another's" == conflict.chunks[0].kept_reason


def test_what_was_told_is_no_longer_untold() -> None:
    one, two = Alert(Alarm.LOST, "one"), Alert(Alarm.LOST, "two")
    before = changed_recording(entry_of(chunk(0)), untold=(one, two))

    assert (two,) == alerts_of(decide(before, Told((one,)), NOW).entry)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ("announced", "announced"),
        ("archived", "archived"),
        ("kept", "archived"),
        ("released", "released"),
        ("archived announced", "announced"),
        ("released archived", "archived"),
        ("released kept", "archived"),
        ("released quarantined", "quarantined"),
        ("released lost", "lost"),
        ("quarantined lost", "lost"),
        ("- released", "announced"),
        ("- lost", "lost"),
    ],
)
def test_the_recordings_state_follows_from_its_chunks(states: str, expected: str) -> None:
    """A missing index keeps it from being ARCHIVED."""
    chunks = [chunk(i, ChunkState(state)) for i, state in enumerate(states.split()) if state != "-"]
    last = chunks[-1].document_id

    assert expected == decide(entry_of(*chunks), Failed(last, failure(), AGAIN), NOW).entry.recording.state


# Completing


def test_completion_is_noted_once() -> None:
    """The entry has the manifest's name, revision and time; a second fact changes nothing."""
    before = entry_of(chunk(0, ChunkState.RELEASED))
    once = decide(before, completed(0, revision=3), NOW).entry
    recording = once.recording

    assert (MANIFEST, 3, NOW) == (recording.manifest_name, recording.revision, recording.completed_at)
    assert RecordingState.RELEASED == recording.state
    assert Decision(once) == decide(once, completed(0, revision=3), LATER)


def test_a_manifest_that_lacks_a_chunk_announced_meanwhile_completes_nothing() -> None:
    """It does not complete the recording before that chunk is closed, nor after: the next manifest is owed."""
    entry = decide(entry_of(chunk(0, ChunkState.RELEASED)), announced(1), NOW).entry
    assert Decision(entry) == decide(entry, completed(0), LATER)

    for fact in (archived(1), Released(document(1), NOW)):
        entry = decide(entry, fact, NOW).entry
    assert Decision(entry) == decide(entry, completed(0), LATER)
    assert LATER == decide(entry, completed(0, 1, revision=2), LATER).entry.recording.completed_at


# Overflow


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
