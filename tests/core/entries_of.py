"""Catalog entries in any state, for tests of what follows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from recording.core.events import FileEvent
from recording.core.lifecycle import (
    Announced,
    Archived,
    ChunkFact,
    Completed,
    Damaged,
    Expired,
    Failed,
    Kept,
    Quarantined,
    Released,
)
from recording.core.model import (
    AnnouncedChunk,
    BlobName,
    CatalogEntry,
    Channel,
    Chunk,
    ChunkState,
    Content,
    Digest,
    DocumentId,
    Format,
    Location,
    Output,
    Proof,
    Recording,
    RecordingId,
    RecordingState,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DEADLINE = NOW + timedelta(hours=23)
RECORDING_ID = RecordingId("recording-1")
WAV = Output(Content.AUDIO, Channel.MIXED, Format.WAV)
MANIFEST = BlobName("2026/03/01/recording-1.manifest.json")


def document(index: int) -> DocumentId:
    """The document id of the chunk at an index."""
    return DocumentId(f"document-{index}")


def proof(index: int = 0, *, in_quarantine: bool = False) -> Proof:
    """A proof such as a copy gives."""
    name = BlobName(f"2026/03/01/{index:04d}.wav")
    return Proof(name, 100 + index, Digest("ab" * 32, 64), f"etag-{index}", NOW, in_quarantine=in_quarantine)


def chunk(index: int = 0, state: ChunkState = ChunkState.ANNOUNCED, *, kept: str = "", notes: str = "") -> Chunk:
    """A chunk as it is in that state."""
    base = f"https://eu-api.asm.skype.com/v1/objects/{document(index)}"
    announced = AnnouncedChunk(
        document_id=document(index),
        index=index,
        content_location=Location(f"{base}/content/audio"),
        metadata_location=Location(f"{base}/content/acsmetadata"),
        delete_location=Location(base),
    )
    is_proven = state in {ChunkState.ARCHIVED, ChunkState.RELEASED}
    return Chunk(
        announced,
        BlobName(f"2026/03/01/{index:04d}.wav"),
        state,
        proof=proof(index) if is_proven else None,
        released_at=NOW if state is ChunkState.RELEASED else None,
        kept_at_source=kept,
        notes=(notes,) if notes else (),
    )


def entry_of(
    *chunks: Chunk, state: RecordingState = RecordingState.ANNOUNCED, completed_at: datetime | None = None
) -> CatalogEntry:
    """An entry with these chunks."""
    recording = Recording(RECORDING_ID, state, deadline=DEADLINE, announced_at=NOW, completed_at=completed_at)
    return CatalogEntry(recording, chunks)


def announced(*indices: int) -> Announced:
    """The fact of a file event with chunks at these indices."""
    chunks = tuple(chunk(index) for index in indices)
    event = FileEvent("event", RECORDING_ID, tuple(one.announced for one in chunks))
    return Announced(event, chunks, DEADLINE)


def changed_recording(entry: CatalogEntry, **fields: object) -> CatalogEntry:
    """The entry with other fields of its recording."""
    return replace(entry, recording=replace(entry.recording, **fields))  # type: ignore[arg-type]


def chunk_facts(index: int = 0) -> tuple[ChunkFact, ...]:
    """One of each kind, about the chunk at an index."""
    of = document(index)
    return (
        Archived(of, proof(index), ("noted",)),
        Quarantined(of, ("doubted",), proof(index, in_quarantine=True)),
        Damaged(of, "gone"),
        Released(of),
        Kept(of, "told to"),
        Expired(of),
        Failed(of, "source_busy", "503"),
    )


def completed(*indices: int, revision: int = 1) -> Completed:
    """The manifest of these chunks is written."""
    return Completed(MANIFEST, revision, frozenset(map(document, indices)))
