"""The next step for a chunk of an entry: the only place that decides it."""

from dataclasses import dataclass
from datetime import datetime

from recording.core.lifecycle.overflow import not_in_archive
from recording.core.lifecycle.wholeness import completion_at
from recording.core.model import Candidate, CatalogEntry, Chunk, ChunkState, DocumentId, RecordingState


@dataclass(frozen=True, slots=True)
class CopyChunk:
    """Copy the media of this candidate, and its metadata file if it is there, and verify both."""

    candidate: Candidate


@dataclass(frozen=True, slots=True)
class ProveInPlace:
    """Read the media of this candidate, and its metadata file, where the service has written them, and verify both."""

    candidate: Candidate


@dataclass(frozen=True, slots=True)
class AcceptCopy:
    """Copy what stands apart into the archive, as a person decided, and verify it."""


@dataclass(frozen=True, slots=True)
class ArchiveMetadata:
    """The media is proven and its metadata file is missing: archive that, and verify it."""

    candidate: Candidate


@dataclass(frozen=True, slots=True)
class RemoveOverflow:
    """Remove the copy in the overflow, or decide why it is left: the archive has a proven one."""


@dataclass(frozen=True, slots=True)
class ReleaseChunk:
    """Delete the source, or decide why it is kept."""


@dataclass(frozen=True, slots=True)
class CompleteRecording:
    """Write the manifest, of a whole recording or of what there is, and publish its event."""


@dataclass(frozen=True, slots=True)
class LookAgain:
    """There is nothing to do before that moment."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Done:
    """There is nothing left to do for this chunk, and none for its recording that another chunk's step will not do."""


NextStep = (
    CopyChunk
    | ProveInPlace
    | AcceptCopy
    | ArchiveMetadata
    | RemoveOverflow
    | ReleaseChunk
    | CompleteRecording
    | LookAgain
    | Done
)


def next_step(entry: CatalogEntry, document_id: DocumentId, now: datetime) -> NextStep:
    """The next step for a chunk; once all chunks that count are closed, for the recording. None of an erased one.

    Raises:
        KeyError: the entry has no such chunk: a programming error.
    """
    if entry.recording.state is RecordingState.ERASED:
        return Done()
    chunk = entry.chunk(document_id)
    if chunk is None:
        raise KeyError(document_id)
    if chunk.is_closed:
        return _for_recording(entry, now)
    if chunk.look_at is not None and chunk.look_at > now:
        return LookAgain(chunk.look_at)
    if chunk.is_accepted:
        return AcceptCopy()
    if chunk.state is not ChunkState.ARCHIVED:
        candidate = chunk.next_candidate
        return ProveInPlace(candidate) if candidate.is_native else CopyChunk(candidate)
    return _for_archived(chunk)


def _for_archived(chunk: Chunk) -> NextStep:
    # A copy compared only with its own blob metadata is never an authority to delete: its metadata file is not needed.
    is_metadata_awaited = chunk.is_metadata_owed and not (chunk.proof and chunk.proof.by_its_own_word)
    if chunk.overflow is not None and not (is_metadata_awaited and not_in_archive(chunk)):
        return RemoveOverflow()
    if is_metadata_awaited:
        return ArchiveMetadata(chunk.metadata_candidate)
    return ReleaseChunk()


def _for_recording(entry: CatalogEntry, now: datetime) -> NextStep:
    at = completion_at(entry, now)
    if at is None:
        return Done()
    return CompleteRecording() if at <= now else LookAgain(at)
