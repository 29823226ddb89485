"""Whether a metadata file is that of the chunk beside which it was found."""

from recording.core.formats.metadata.meaning import ChunkMetadata
from recording.core.model import DocumentId


def names(metadata: ChunkMetadata, document_id: DocumentId) -> bool:
    """Whether the file names exactly this document: evidence that what stands beside it is its media."""
    return metadata.document_id == document_id


def doubts_about_identity(
    metadata: ChunkMetadata, document_id: DocumentId, index: int
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Hold what the file says of its chunk against the announced one.

    Returns:
        Doubts whether this is the chunk's file and its media the chunk's; and notes, which change nothing. A file
        that names no document is no doubt: real ones have lacked any field.
    """
    if metadata.document_id is not None and not names(metadata, document_id):
        return ("the metadata names another document",), ()
    if metadata.index is not None and metadata.index != index:
        return (), (f"chunkIndex in the metadata file is {metadata.index}, the event says {index}",)
    return (), ()
