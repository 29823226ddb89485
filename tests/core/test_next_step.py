"""The next step for a chunk in each of its states."""

from dataclasses import replace
from datetime import timedelta

import pytest

from recording.core.lifecycle import (
    ArchiveMetadata,
    CompleteRecording,
    CopyChunk,
    Done,
    LookAgain,
    NextStep,
    ReleaseChunk,
    RemoveOverflow,
    next_step,
)
from recording.core.model import CatalogEntry, ChunkState, Door, Location, Place
from tests.core.entries_of import DUE, GONE_BY, NOW, announced_chunk, candidate, chunk, document, entry_of, proof

S = ChunkState
OVERFLOW = proof(0, place=Place.OVERFLOW)
LATE = chunk(0, S.ARCHIVED, with_metadata=False)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (entry_of(chunk(0)), CopyChunk(candidate(0))),
        (entry_of(replace(chunk(0), look_at=DUE)), LookAgain(DUE)),
        (entry_of(replace(chunk(0), look_at=NOW)), CopyChunk(candidate(0))),
        (entry_of(chunk(0, S.QUARANTINED)), CopyChunk(candidate(0))),
        (entry_of(replace(chunk(0, S.QUARANTINED), look_at=DUE)), LookAgain(DUE)),
        (entry_of(chunk(0, S.ARCHIVED)), ReleaseChunk()),
        (entry_of(replace(chunk(0, S.ARCHIVED), look_at=DUE)), LookAgain(DUE)),
        (entry_of(LATE), ArchiveMetadata(candidate(0))),
        (
            entry_of(replace(LATE, proof=replace(proof(0, with_metadata=False), by_its_own_word=True))),
            ReleaseChunk(),
        ),
        (entry_of(replace(chunk(0, S.ARCHIVED), overflow=OVERFLOW)), RemoveOverflow()),
        (entry_of(replace(chunk(0, S.ARCHIVED), overflow=replace(OVERFLOW, length=7))), RemoveOverflow()),
        (entry_of(replace(LATE, overflow=OVERFLOW)), ArchiveMetadata(candidate(0))),
        (entry_of(replace(LATE, overflow=replace(OVERFLOW, metadata=None))), RemoveOverflow()),
        (entry_of(chunk(0, S.RELEASED)), CompleteRecording()),
        (entry_of(chunk(0, S.KEPT)), CompleteRecording()),
        (entry_of(chunk(0, S.RELEASED), completed_at=NOW), Done()),
        (entry_of(chunk(0, S.RELEASED), chunk(1)), Done()),
        (entry_of(chunk(0, S.RELEASED), chunk(2, S.RELEASED)), LookAgain(GONE_BY)),
        (entry_of(chunk(0, S.LOST)), Done()),
        (entry_of(replace(chunk(0, S.QUARANTINED, apart=True), look_at=None)), Done()),
    ],
)
def test_the_next_step_of_a_chunk(entry: CatalogEntry, expected: NextStep) -> None:
    assert expected == next_step(entry, document(0), NOW)


def test_the_metadata_file_of_proven_media_is_looked_for_wherever_event_grid_says_in_turn() -> None:
    """The location that came first may be wrong; one of the function key's, or of other media, is not asked."""
    other = replace(announced_chunk(0), metadata_location=Location("https://eu-api.asm.skype.com/v1/objects/other"))
    second, by_key = (
        replace(candidate(0), announced=other),
        replace(candidate(0), announced=other, door=Door.FUNCTION_KEY),
    )
    elsewhere = candidate(0, host="other")
    late = replace(LATE, candidates=(candidate(0), second, by_key, elsewhere))

    asked = [next_step(entry_of(replace(late, tries=tries)), document(0), NOW) for tries in range(3)]
    assert [ArchiveMetadata(candidate(0)), ArchiveMetadata(second), ArchiveMetadata(candidate(0))] == asked
    alone = replace(late, candidates=(candidate(0), by_key), tries=1)
    assert ArchiveMetadata(candidate(0)) == next_step(entry_of(alone), document(0), NOW)


def test_a_recording_that_is_not_whole_is_completed_when_no_source_can_be_left() -> None:
    assert CompleteRecording() == next_step(entry_of(chunk(1, S.RELEASED)), document(1), GONE_BY)


def test_candidates_are_tried_in_turn() -> None:
    first, second = candidate(0, host="a"), candidate(0, host="b")
    one = replace(chunk(0), candidates=(first, second))

    assert [first, second, first] == [
        step.candidate
        for turn in range(3)
        if isinstance(step := next_step(entry_of(replace(one, turn=turn)), document(0), NOW), CopyChunk)
    ]


def test_a_chunk_that_is_not_known_is_a_programming_error() -> None:
    with pytest.raises(KeyError):
        next_step(entry_of(chunk(0)), document(1), NOW + timedelta(hours=1))
