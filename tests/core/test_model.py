"""The domain's values."""

from dataclasses import FrozenInstanceError, replace

import pytest

from recording.core.model import Channel, ChunkState, Content, DocumentId, Format, Output
from tests.core.entries_of import chunk, document, entry_of


def test_an_output_is_named_as_the_setting_spells_it() -> None:
    """CONTENT-CHANNEL-FORMAT."""
    assert "audioVideo-mixed-mp4" == str(Output(Content.AUDIO_VIDEO, Channel.MIXED, Format.MP4))


@pytest.mark.parametrize("state", ChunkState)
@pytest.mark.parametrize("kept", ["", "told to"])
def test_a_chunk_is_done_when_released_or_knowingly_kept(state: ChunkState, kept: str) -> None:
    """And kept means nothing without an archived copy."""
    expected = state is ChunkState.RELEASED or (state is ChunkState.ARCHIVED and kept != "")

    assert expected == chunk(0, state, kept=kept).is_done


def test_a_chunk_tells_its_place_and_its_metadata() -> None:
    """The metadata stands beside the media."""
    found = chunk(3)

    assert (3, document(3), f"{found.name}.metadata.json") == (found.index, found.document_id, found.metadata_name)


def test_an_entry_finds_its_chunks() -> None:
    """By document id; one that it lacks is none."""
    entry = entry_of(chunk(0), chunk(1))

    assert [chunk(0), chunk(1)] == list(entry)
    assert chunk(1) == entry.chunk(document(1))
    assert entry.chunk(DocumentId("other")) is None


def test_entries_are_equal_by_what_they_say() -> None:
    """Not by the catalog's mark of when they were read."""
    assert entry_of(chunk(0)) == replace(entry_of(chunk(0)), version="other")


def test_values_cannot_be_changed() -> None:
    """A fact stays what it was."""
    with pytest.raises(FrozenInstanceError):
        chunk(0).state = ChunkState.RELEASED  # type: ignore[misc]
