"""What a fact about a chunk changes."""

from dataclasses import replace
from datetime import timedelta

import pytest

from recording.core.lifecycle import (
    Archived,
    Damaged,
    Disputed,
    Expired,
    Failed,
    FoundBySweep,
    Kept,
    MetadataArchived,
    Quarantined,
    Released,
    Told,
    decide,
    decide_all,
)
from recording.core.model import (
    Alarm,
    Alert,
    CatalogEntry,
    ChunkState,
    Door,
    Place,
    RecordingState,
)
from tests.core.entries_of import (
    DUE,
    NOW,
    announced,
    archived,
    candidate,
    changed_recording,
    chunk,
    completed,
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


@pytest.mark.parametrize("state", [ChunkState.RELEASED, ChunkState.KEPT])
def test_damage_that_cannot_be_mended_is_told_and_takes_nothing(state: ChunkState) -> None:
    """The proof is the evidence of what was there."""
    before = entry_of(chunk(0, state), completed_at=NOW)
    after = decide(before, Damaged(document(0), "other bytes", is_too_late=True), LATER).entry

    assert (Alert(Alarm.DAMAGED, "other bytes", document(0)),) == alerts_of(after)
    assert (before.chunks, NOW, 1) == (after.chunks, after.recording.completed_at, after.recording.revision)


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
