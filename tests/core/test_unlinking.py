"""Somebody is taken out of a recording that is kept: when that may begin, and what it does to the entry."""

from dataclasses import replace
from datetime import timedelta

import pytest

from recording.core.lifecycle import (
    Archived,
    Completed,
    Fact,
    MetadataArchived,
    Rebuilt,
    Rewritten,
    UnlinkBegun,
    Unlinked,
    UnlinkGivenUp,
    decide,
    decide_all,
    has_taken_out,
    is_unlinking,
    why_not_erased,
    why_not_unlinked,
)
from recording.core.model import Actor, Alarm, CatalogEntry, ChunkState, Door, Place, RecordingState
from recording.core.naming import muted_name
from tests.core.entries_of import (
    GONE_BY,
    MANIFEST,
    NOW,
    announced,
    candidate,
    changed_recording,
    chunk,
    document,
    entry_of,
    metadata_proof,
    proof,
)

ADA = Actor("entra:ada")
BEGUN = UnlinkBegun("e-1", "she asks")
NEW = replace(proof(0), metadata=metadata_proof(7))
REWRITTEN = Rewritten("e-1", ((document(0), NEW),))
CLOSED = changed_recording(
    entry_of(chunk(0, ChunkState.RELEASED), chunk(1, ChunkState.RELEASED, end_reason="SessionEnded"), completed_at=NOW),
    manifest_name=MANIFEST,
    state=RecordingState.RELEASED,
)


def after(*facts: Fact, entry: CatalogEntry = CLOSED) -> CatalogEntry:
    return decide_all(entry, facts, NOW, ADA).entry


def test_it_begins_and_the_entry_comes_to_name_what_was_written_anew() -> None:
    """A manifest is owed that says so; it ends once."""
    begun = after(BEGUN)
    (one,) = begun.recording.unlinked
    assert ("e-1", NOW, ADA, None) == (one.erasure_id, one.begun_at, one.by, one.rewritten_at)
    assert "she asks" not in repr(one)
    assert begun == after(BEGUN, BEGUN)

    rewritten = after(BEGUN, REWRITTEN)
    assert [NEW, CLOSED.chunks[1].proof] == [chunk.proof for chunk in rewritten]
    assert (None, 2) == (rewritten.recording.completed_at, rewritten.recording.revision)
    assert rewritten == decide(rewritten, REWRITTEN, NOW + timedelta(1), ADA).entry
    assert is_unlinking(rewritten)
    assert has_taken_out(rewritten)

    lacks = rewritten.recording.lacks
    documents = frozenset(chunk.document_id for chunk in rewritten)
    ended = after(Completed(MANIFEST, 2, documents, lacks), Unlinked("e-1"), entry=rewritten)
    assert not is_unlinking(ended)
    assert ended == decide(ended, Unlinked("e-1"), NOW + timedelta(1), ADA).entry
    whats = [act.what for act in ended.recording.trail.unwritten]
    assert ["UnlinkBegun", "Rewritten", "Completed", "Unlinked"] == whats
    assert "she asks" not in repr(ended.recording.trail)


def test_one_is_taken_out_after_the_other() -> None:
    """While one is, the next does not begin; what was not begun is not rewritten."""
    assert after(BEGUN) == after(BEGUN, UnlinkBegun("e-2", "he asks"))
    owing = after(BEGUN, REWRITTEN, Unlinked("e-1"))  # the manifest that says the first
    assert owing == after(UnlinkBegun("e-2", "he asks"), entry=owing)
    ended = changed_recording(owing, completed_at=NOW)
    assert 2 == len(after(UnlinkBegun("e-2", "he asks"), entry=ended).recording.unlinked)
    assert after(BEGUN) == after(BEGUN, Rewritten("e-2", ((document(0), NEW),)))
    assert CLOSED == after(REWRITTEN)
    owed = changed_recording(after(BEGUN), completed_at=None)
    assert 1 == after(REWRITTEN, entry=owed).recording.revision


def test_what_cannot_be_done_is_given_up_and_keeps_no_other_from_it() -> None:
    """Once it is written anew it is not: then it is finished."""
    given_up = after(BEGUN, UnlinkGivenUp("e-1"))
    assert () == given_up.recording.unlinked
    assert ["UnlinkBegun", "UnlinkGivenUp"] == [act.what for act in given_up.recording.trail.unwritten]
    assert after(BEGUN) == after(BEGUN, UnlinkGivenUp("e-2"))
    assert after(BEGUN, REWRITTEN) == after(BEGUN, REWRITTEN, UnlinkGivenUp("e-1"))


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (CLOSED, ""),
        (changed_recording(CLOSED, completed_at=None), "its manifest is still owed"),
        (replace(CLOSED, chunks=(chunk(0, ChunkState.KEPT),)), "source"),
        (replace(CLOSED, chunks=(replace(chunk(0, ChunkState.QUARANTINED, apart=True), look_at=None),)), "in doubt"),
        (replace(CLOSED, chunks=(chunk(0),)), "way into the archive"),
    ],
)
def test_it_begins_only_where_nothing_can_come_of_the_old_any_more(entry: CatalogEntry, expected: str) -> None:
    assert expected in why_not_unlinked(entry, NOW)
    assert bool(expected) == bool(why_not_unlinked(entry, NOW))
    assert bool(expected) == (after(BEGUN, entry=entry) == entry)


def test_a_source_that_has_ended_does_not_defer_it() -> None:
    """Nor does the manifest that is owed because of it: but the recording is not erased whole before that."""
    kept = replace(CLOSED, chunks=(chunk(0, ChunkState.KEPT),))
    assert not why_not_unlinked(kept, GONE_BY + timedelta(1))
    rewritten = after(BEGUN, REWRITTEN)
    assert not why_not_unlinked(rewritten, NOW)
    assert why_not_erased(rewritten, NOW)


def test_copies_that_stand_apart_are_left_without_their_metadata_files() -> None:
    """Those are removed: nobody writes them anew."""
    apart = replace(proof(0, place=Place.QUARANTINE), metadata=metadata_proof(0))
    over = replace(proof(0, place=Place.OVERFLOW), metadata=metadata_proof(0))
    known = replace(chunk(0, ChunkState.RELEASED), apart=apart, overflow=over)
    (found,) = after(BEGUN, Rewritten("e-1", ()), entry=replace(CLOSED, chunks=(known,)))
    assert (known.proof, replace(apart, metadata=None), replace(over, metadata=None)) == (
        found.proof,
        found.apart,
        found.overflow,
    )


@pytest.mark.parametrize("is_media", [False, True])
def test_what_a_slow_run_has_written_once_more_is_told(*, is_media: bool) -> None:
    """Of a recording that nobody was taken out of it is nothing new."""
    old = metadata_proof(0)
    known = CLOSED.chunks[0]
    fact: Fact = (
        Archived(document(0), replace(proof(0), metadata=old), known.candidate)
        if is_media
        else MetadataArchived(document(0), old)
    )
    before = after(BEGUN, REWRITTEN)
    (alert,) = after(fact, entry=before).recording.untold
    assert (Alarm.CONFLICT, document(0), True) == (alert.alarm, alert.document_id, old.name in alert.reason)
    assert () == after(fact).recording.untold
    reopened = replace(before, chunks=(chunk(0), before.chunks[1]))
    assert () == after(MetadataArchived(document(0), old), entry=reopened).recording.untold
    assert () == after(MetadataArchived(document(0), metadata_proof(7)), entry=before).recording.untold


def test_a_medium_that_a_slow_run_has_written_once_more_is_told_too() -> None:
    """The muted one stays the proof, and no copy with the voice is kept; nor does another announcement withdraw it."""
    muted = replace(NEW, name=muted_name(CLOSED.chunks[0].name, "ab", [1]), by_its_own_word=True)
    known = replace(CLOSED.chunks[0], apart=proof(0, place=Place.QUARANTINE), overflow=proof(0, place=Place.OVERFLOW))
    entry = replace(CLOSED, chunks=(known, CLOSED.chunks[1]))
    begun = UnlinkBegun("e-1", "she asks", is_muting=True)
    before = after(begun, Rewritten("e-1", ((document(0), muted),)), entry=entry)
    assert (muted, None, None) == (before.chunks[0].proof, before.chunks[0].apart, before.chunks[0].overflow)
    assert before.recording.unlinked[0].is_muting

    late = after(Archived(document(0), NEW, known.candidate), entry=before)
    assert (muted, 1) == (late.chunks[0].proof, len(late.recording.untold))
    assert NEW.name in late.recording.untold[0].reason


def test_a_muted_chunk_is_not_copied_again_though_event_grid_announces_it_otherwise_than_the_key() -> None:
    """There is no source to copy it from: it would be lost."""
    by_key = replace(candidate(0, door=Door.FUNCTION_KEY), event_id="by key")
    known = replace(chunk(0, ChunkState.KEPT), candidates=(by_key,), proven=by_key)
    assert known.proof is not None
    muted = replace(known, proof=replace(known.proof, name=muted_name(known.name, "ab", [1])))
    for one, expected in ((known, ChunkState.ANNOUNCED), (muted, ChunkState.KEPT)):
        entry = replace(CLOSED, chunks=(one,))
        found = after(announced(0, host="us-api"), entry=entry)
        assert expected is found.chunks[0].state


@pytest.mark.parametrize(
    ("proven_after", "state"), [(timedelta(), ChunkState.KEPT), (timedelta(seconds=1), ChunkState.ANNOUNCED)]
)
def test_what_was_left_when_somebody_was_taken_out_is_withdrawn_by_no_announcement(
    proven_after: timedelta, state: ChunkState
) -> None:
    """One that came later has its source, and can be copied again."""
    by_key = replace(candidate(0, door=Door.FUNCTION_KEY), event_id="by key")
    known = replace(chunk(0, ChunkState.KEPT), candidates=(by_key,), proven=by_key)
    assert known.proof is not None
    before = after(BEGUN, Rewritten("e-1", ()))
    late = replace(known, proof=replace(known.proof, verified_at=NOW + proven_after))
    found = after(announced(0, host="us-api"), entry=replace(before, chunks=(late,)))
    assert state is found.chunks[0].state
    assert found.recording.untold


def test_what_a_manifest_says_was_written_anew_is_taken_over_by_an_entry_that_does_not_know_it() -> None:
    """Such an entry was made by an event, after the catalog had lost the other; once is enough."""
    told = after(BEGUN, REWRITTEN, Unlinked("e-1"))
    made = changed_recording(entry_of(chunk(2), completed_at=NOW), manifest_name=MANIFEST, revision=4)
    fact = Rebuilt(told, "a manifest")
    found = decide(made, fact, NOW, ADA)
    assert [document(0), document(1), document(2)] == [one.document_id for one in found.entry]
    assert NEW == found.entry.chunks[0].proof
    assert (told.recording.unlinked, 5, None) == (
        found.entry.recording.unlinked,
        found.entry.recording.revision,
        found.entry.recording.completed_at,
    )
    assert found.steps
    assert found.entry == decide(found.entry, fact, NOW, ADA).entry
    assert made == decide(made, Rebuilt(CLOSED, "a manifest"), NOW, ADA).entry
