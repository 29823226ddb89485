"""Whether a metadata file belongs to the chunk whose announcement names it."""

import pytest

from recording.core.formats.metadata import ChunkMetadata, doubts_about_identity, names
from recording.core.model import DocumentId

OURS = DocumentId("0-weu-d1-abc")


@pytest.mark.parametrize(
    ("document_id", "index", "doubts", "notes"),
    [
        (OURS, 1, (), ()),
        (OURS, None, (), ()),
        (OURS, 2, (), ("chunkIndex in the metadata file is 2, the event says 1",)),
        (None, 1, (), ()),
        (None, 0, (), ("chunkIndex in the metadata file is 0, the event says 1",)),
        ("0-weu-d1-abd", 1, ("the metadata names another document",), ()),
        ("0-weu-d1-abc ", 2, ("the metadata names another document",), ()),
        ("0-WEU-d1-abc", 1, ("the metadata names another document",), ()),
    ],
)
def test_another_document_is_a_doubt_and_another_index_a_note(
    document_id: str | None, index: int | None, doubts: tuple[str, ...], notes: tuple[str, ...]
) -> None:
    """A file that lacks either is neither."""
    metadata = ChunkMetadata(None if document_id is None else DocumentId(document_id), index)

    assert (doubts, notes) == doubts_about_identity(metadata, OURS, 1)
    assert names(metadata, OURS) == (document_id == OURS)
