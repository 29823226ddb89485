"""What is to be done for a chunk of an entry: the one place that decides it."""

from dataclasses import dataclass
from datetime import datetime

from recording.core.lifecycle.wholeness import completion_at
from recording.core.model import Candidate, CatalogEntry, ChunkState, DocumentId


@dataclass(frozen=True, slots=True)
class CopyChunk:
    """Copy the media of this candidate, with what can be had of its metadata, and prove it."""

    candidate: Candidate


@dataclass(frozen=True, slots=True)
class ArchiveMetadata:
    """The media is proven: fetch the metadata file that it still lacks, and prove that."""

    candidate: Candidate


@dataclass(frozen=True, slots=True)
class ReleaseChunk:
    """Delete at the source, or say why not."""


@dataclass(frozen=True, slots=True)
class CompleteRecording:
    """Write the manifest, of the whole or of what there is, and publish it."""


@dataclass(frozen=True, slots=True)
class LookAgain:
    """Nothing can be done before that moment."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing is left to do for this chunk: what the recording still owes, another chunk's step does."""


NextStep = CopyChunk | ArchiveMetadata | ReleaseChunk | CompleteRecording | LookAgain | Done


def next_step(entry: CatalogEntry, document_id: DocumentId, now: datetime) -> NextStep:
    """What is to be done now for a chunk, or for the recording once its chunks are closed.

    Raises:
        KeyError: the entry has no such chunk: a programming error.
    """
    chunk = entry.chunk(document_id)
    if chunk is None:
        raise KeyError(document_id)
    if chunk.is_closed:
        return _for_recording(entry, now)
    if chunk.look_at is not None and chunk.look_at > now:
        return LookAgain(chunk.look_at)
    if chunk.state is not ChunkState.ARCHIVED:
        return CopyChunk(chunk.next_candidate)
    # What a copy said of itself after its source had ended is no authority to delete: no use to wait for metadata.
    if chunk.is_metadata_owed and not (chunk.proof and chunk.proof.by_its_own_word):
        return ArchiveMetadata(chunk.candidate)
    return ReleaseChunk()


def _for_recording(entry: CatalogEntry, now: datetime) -> NextStep:
    at = completion_at(entry, now)
    if at is None:
        return Done()
    return CompleteRecording() if at <= now else LookAgain(at)
