"""The values of the domain."""

from dataclasses import FrozenInstanceError, replace
from datetime import timedelta

import pytest

from recording.core.model import (
    Candidate,
    Channel,
    Chunk,
    ChunkState,
    Content,
    DocumentId,
    Door,
    Format,
    Location,
    Output,
    Place,
)
from tests.core.entries_of import COMPARISON, DUE, GONE_BY, NOW, candidate, chunk, document, entry_of, proof

S = ChunkState


def test_an_output_is_named_as_the_setting_spells_it() -> None:
    assert "audioVideo-mixed-mp4" == str(Output(Content.AUDIO_VIDEO, Channel.MIXED, Format.MP4))


@pytest.mark.parametrize(
    ("base", "wrong", "promise"),
    [
        (S.ANNOUNCED, {"candidates": ()}, "a chunk has a candidate"),
        (S.ANNOUNCED, {"state": S.ARCHIVED}, "a chunk that is archived has a proof"),
        (S.ANNOUNCED, {"proof": proof()}, "proof and proven candidate go together"),
        (S.ANNOUNCED, {"proof": proof(), "proven": candidate()}, "a chunk that is announced has no proof"),
        (S.ARCHIVED, {"proof": None}, "proof and proven candidate go together"),
        (S.ARCHIVED, {"proof": proof(place=Place.QUARANTINE)}, "a proof is of the archive"),
        (S.ARCHIVED, {"state": S.RELEASED}, "a moment of release belongs to a release"),
        (S.ARCHIVED, {"released_at": NOW}, "a moment of release belongs to a release"),
        (S.ARCHIVED, {"state": S.KEPT}, "a reason to keep belongs to what is kept"),
        (S.QUARANTINED, {"doubts": ()}, "a doubt has a reason"),
        (S.ANNOUNCED, {"overflow": proof()}, "a copy in overflow is there"),
        (S.ANNOUNCED, {"overflow_doubts": ("doubted",)}, "doubts about a copy in overflow belong to one"),
        (S.QUARANTINED, {"look_at": None}, "a doubt has a next look, a copy or a native blob"),
        (S.QUARANTINED, {"compared": COMPARISON}, "a source is compared with what is accepted"),
        (S.LOST, {"look_at": NOW}, "what is closed is not looked at"),
        (S.KEPT, {"look_at": NOW}, "what is closed is not looked at"),
    ],
)
def test_a_chunk_that_cannot_be_cannot_be_made(base: ChunkState, wrong: dict[str, object], promise: str) -> None:
    with pytest.raises(ValueError, match=promise):
        replace(chunk(0, base), **wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (chunk(0, S.ANNOUNCED), False),
        (chunk(0, S.ARCHIVED), False),
        (chunk(0, S.RELEASED), True),
        (chunk(0, S.KEPT), True),
        (chunk(0, S.LOST), True),
        (chunk(0, S.QUARANTINED), False),
        (replace(chunk(0, S.QUARANTINED, apart=True), look_at=None), True),
    ],
)
def test_a_chunk_is_closed_when_nothing_is_done_for_it_any_more(one: Chunk, *, expected: bool) -> None:
    assert expected == one.is_closed


def test_a_proven_chunk_without_its_metadata_owes_it() -> None:
    """It owes none if its event names none."""
    late = chunk(0, S.ARCHIVED, with_metadata=False)
    unnamed = replace(candidate(), announced=replace(candidate().announced, metadata_location=None))

    assert late.is_metadata_owed
    assert not chunk(0, S.ARCHIVED).is_metadata_owed
    assert not chunk(0, S.KEPT, with_metadata=False).is_metadata_owed
    assert not replace(late, candidates=(unnamed,), proven=unnamed).is_metadata_owed


def test_a_chunk_is_where_its_proven_candidate_says() -> None:
    """Before a proof the most credible candidate counts."""
    first, second = candidate(0, host="first"), candidate(0, host="second")

    assert first == replace(chunk(0), candidates=(first, second)).candidate
    assert second == replace(chunk(0, S.ARCHIVED), candidates=(first, second), proven=second).candidate
    assert (3, document(3)) == (chunk(3).index, chunk(3).announced.document_id)


def test_what_the_key_alone_announced_has_one_turn_in_each_round() -> None:
    """Forged chunks cannot delay tries of what Event Grid announced; if there is nothing else, each has its turn."""
    true = [candidate(0, host=host) for host in ("a", "b")]
    junk = [candidate(0, door=Door.FUNCTION_KEY, host=host) for host in ("x", "y", "z")]

    def turns(*candidates: Candidate) -> list[str]:
        one = replace(chunk(0), candidates=candidates)
        return [replace(one, turn=turn).next_candidate.event_id.removeprefix("event-of-") for turn in range(8)]

    assert list("abxabyab") == turns(*true, *junk)
    assert list("abababab") == turns(*true)
    assert list("xyzxyzxy") == turns(*junk)
    assert [0, 0, 1, 2] == [replace(chunk(0), candidates=(*true, *junk), tries=tries).rounds for tries in (0, 2, 3, 6)]
    assert 2 == replace(chunk(0), candidates=tuple(junk), tries=6).rounds


def test_what_the_key_says_of_a_content_that_event_grid_names_is_not_tried() -> None:
    """A metadata file that an event lacked is taken from another event of Event Grid's for the same content."""
    whole, key = candidate(0, host="a"), candidate(0, door=Door.FUNCTION_KEY, host="a")
    bare = replace(whole, announced=replace(whole.announced, metadata_location=None))
    elsewhere = replace(bare, announced=replace(bare.announced, content_location=Location("https://b.asm.skype.com/b")))

    def tried(*candidates: Candidate) -> list[Candidate]:
        one = replace(chunk(0), candidates=candidates)
        return [replace(one, turn=turn).next_candidate for turn in range(2)]

    assert [whole, whole] == tried(bare, whole) == tried(whole, bare)
    assert [whole, whole] == tried(whole, key)
    assert [elsewhere, whole] == tried(elsewhere, whole)
    assert [key, key] == tried(key)


def test_an_entry_finds_its_chunks() -> None:
    """A chunk is found by document id; None if there is none."""
    entry = entry_of(chunk(0), chunk(1))

    assert [chunk(0), chunk(1)] == list(entry)
    assert chunk(1) == entry.chunk(document(1))
    assert entry.chunk(DocumentId("other")) is None


def test_an_entry_tells_the_earliest_and_the_latest_end_of_what_is_left() -> None:
    """A closed chunk is no longer urgent."""
    early = replace(chunk(0, S.RELEASED), due=NOW)
    late = replace(chunk(2), due=DUE + timedelta(hours=1), gone_by=GONE_BY + timedelta(hours=1))
    entry = entry_of(early, chunk(1), late)

    assert (DUE, late.gone_by) == (entry.due, entry.gone_by)
    assert (None, GONE_BY) == (entry_of(early).due, entry_of(early).gone_by)
    assert (None, None) == (entry_of().due, entry_of().gone_by)


def test_entries_are_equal_by_what_they_say() -> None:
    """The catalog's ETag does not count."""
    assert entry_of(chunk(0)) == replace(entry_of(chunk(0)), version="other")


def test_values_cannot_be_changed() -> None:
    """All values are frozen."""
    with pytest.raises(FrozenInstanceError):
        chunk(0).state = ChunkState.RELEASED  # type: ignore[misc]
