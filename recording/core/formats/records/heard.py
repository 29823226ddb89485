"""Who was heard in a chunk, as its metadata file says."""

from recording.core.formats.metadata import ChunkMetadata, doubts_about_identity
from recording.core.model import DocumentId
from recording.core.records.people import ChunkPeople, Heard

_ABOUT_PEOPLE = "participants"
"""Begins the notes of the metadata file's reader that concern its list of participants."""


def chunk_people(document_id: DocumentId, index: int, metadata: ChunkMetadata, *doubts: str) -> ChunkPeople:
    """The participants of a chunk; `doubts` come before those that the file gives rise to."""
    others, _ = doubts_about_identity(metadata, document_id, index)
    notes = (note for note in metadata.notes if not metadata.makes_sense or note.startswith(_ABOUT_PEOPLE))
    heard = tuple(Heard(one.participant_id, one.kind, one.channel) for one in metadata.participants)
    return ChunkPeople(document_id, index, heard, (*doubts, *others, *notes))
