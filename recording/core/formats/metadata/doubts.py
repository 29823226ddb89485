"""Doubts about a metadata file: whether it belongs to its chunk, and whether its list of participants can be right."""

from collections import Counter
from collections.abc import Sequence

from recording.core.formats.metadata.meaning import ChunkMetadata, Participant
from recording.core.model import Channel, DocumentId, Output


def names(metadata: ChunkMetadata, document_id: DocumentId) -> bool:
    """Whether the file names exactly this document: evidence that the content announced beside it is its media."""
    return metadata.document_id == document_id


def doubts_about_identity(
    metadata: ChunkMetadata, document_id: DocumentId, index: int
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Compare what the file says of its chunk with the announced one.

    Returns:
        Doubts whether file and media belong to the chunk; and notes, which change nothing. A file that names no
        document is not in doubt: real files have lacked any field.
    """
    if metadata.document_id is not None and not names(metadata, document_id):
        return ("the metadata names another document",), ()
    if metadata.index is not None and metadata.index != index:
        return (), (f"chunkIndex in the metadata file is {metadata.index}, the event says {index}",)
    return (), ()


def doubts_about_people(participants: Sequence[Participant], output: Output | None, channels: int | None) -> list[str]:
    """Notes on what is missing or contradictory in the list, as an export of personal data relies on it.

    No note contains a participant's id.
    """
    if not participants:
        return ["participants in the metadata file names no one"]
    notes: list[str] = []
    given = {(person.channel, person.participant_id) for person in participants if person.channel is not None}
    is_mixed = output is not None and output.channel is Channel.MIXED
    shared = [channel for channel, people in Counter(channel for channel, _ in given).items() if people > 1]
    if shared and not is_mixed:
        notes.append(f"participants in the metadata file has several on one channel, {len(shared)} times")
    if channels is None:
        return notes
    # Whether channels count from 0 or from 1 is not documented.
    used = {channel for channel, _ in given}
    last = channels - 1 if 0 in used else channels
    if beyond := [channel for channel in used if channel > last]:
        notes.append(f"participants in the metadata file has channel {max(beyond)}, of {channels}")
    people = len({person.participant_id for person in participants})
    if output is not None and output.channel is Channel.UNMIXED and people > channels:
        notes.append(f"participants in the metadata file has {people} on {channels} channels")
    return notes
