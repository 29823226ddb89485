"""Catalog entries in any state, and facts, for tests."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from recording.core.lifecycle import (
    Announced,
    Announcement,
    Archived,
    ChunkFact,
    Compared,
    Completed,
    Damaged,
    Disputed,
    Expired,
    Failed,
    Kept,
    MetadataArchived,
    OverflowClosed,
    Overflowed,
    Quarantined,
    ReadOn,
    Released,
)
from recording.core.model import (
    AnnouncedChunk,
    AppliedRule,
    BlobName,
    Candidate,
    CatalogEntry,
    Channel,
    Chunk,
    ChunkState,
    Comparison,
    ConsentEvidence,
    ConsentKind,
    Content,
    Digest,
    DocumentId,
    Door,
    Failure,
    FileEvent,
    Format,
    Location,
    MetadataProof,
    Output,
    PartlyRead,
    Place,
    Proof,
    Reaction,
    Recording,
    RecordingId,
    RecordingState,
    Subject,
    Trail,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DUE = NOW + timedelta(hours=23)
GONE_BY = NOW + timedelta(hours=25)
RECORDING_ID = RecordingId("recording-1")
WAV = Output(Content.AUDIO, Channel.MIXED, Format.WAV)
COMPARISON = Comparison(
    "ab" * 32, "etag", Location("https://eu-api.asm.skype.com/v1/objects/d/content/audio"), "ab", 64
)
APPLIED = AppliedRule(
    "rule",
    "0" * 64,
    "why",
    retention_class="long",
    reaction=Reaction(restart=True, pause_limit=timedelta(minutes=5), resumes_at_limit=True, tries=2),
)
PARTLY_READ = PartlyRead(
    Location("https://customer.blob.core.windows.net/calls/0.wav"), "etag-of-native", 64, b"\x01" * 32
)
ATTESTED = ConsentEvidence(ConsentKind.ATTESTED, "contract", NOW, "somebody", NOW - timedelta(minutes=1))
UNERASED = tuple(state for state in RecordingState if state is not RecordingState.ERASED)
"""The states in which facts have the meaning that the tables say; see `test_erasing` for the other one."""
MANIFEST = BlobName("2026/03/01/recording-1.manifest.json")


def document(index: int) -> DocumentId:
    """The document id of the chunk at an index."""
    return DocumentId(f"document-{index}")


def metadata_proof(index: int = 0) -> MetadataProof:
    """A proof of a metadata file."""
    return MetadataProof(BlobName(f"2026/03/01/{index:04d}.wav.metadata.json"), 10, "cd" * 32, f"metadata-{index}")


def proof(index: int = 0, *, place: Place = Place.ARCHIVE, with_metadata: bool = True) -> Proof:
    """A proof such as a copy gives."""
    name = BlobName(f"2026/03/01/{index:04d}.wav")
    metadata = metadata_proof(index) if with_metadata else None
    return Proof(name, 100 + index, Digest("ab" * 32, 64), f"etag-{index}", NOW, metadata, place)


def announced_chunk(index: int = 0, host: str = "eu-api", end_reason: str = "") -> AnnouncedChunk:
    """A chunk as an event announces it."""
    base = f"https://{host}.asm.skype.com/v1/objects/{document(index)}"
    return AnnouncedChunk(
        document_id=document(index),
        index=index,
        content_location=Location(f"{base}/content/audio"),
        metadata_location=Location(f"{base}/content/acsmetadata"),
        delete_location=Location(base),
        end_reason=end_reason,
    )


def candidate(
    index: int = 0, *, door: Door = Door.EVENT_GRID, host: str = "eu-api", end_reason: str = "", seen_at: datetime = NOW
) -> Candidate:
    """Where an event says that the chunk at an index is."""
    return Candidate(announced_chunk(index, host, end_reason), f"event-of-{host}", door, seen_at)


def chunk(
    index: int = 0,
    state: ChunkState = ChunkState.ANNOUNCED,
    *,
    notes: str = "",
    door: Door = Door.EVENT_GRID,
    end_reason: str = "",
    with_metadata: bool = True,
    apart: bool = False,
) -> Chunk:
    """A chunk as it is in that state."""
    is_proven = state in {ChunkState.ARCHIVED, ChunkState.RELEASED, ChunkState.KEPT}
    where = candidate(index, door=door, end_reason=end_reason)
    return Chunk(
        document(index),
        BlobName(f"2026/03/01/{index:04d}.wav"),
        (where,),
        DUE,
        GONE_BY,
        state,
        proof=proof(index, with_metadata=with_metadata) if is_proven else None,
        proven=where if is_proven else None,
        apart=proof(index, place=Place.QUARANTINE) if apart else None,
        doubts=("doubted",) if state is ChunkState.QUARANTINED else (),
        look_at=NOW if state is ChunkState.QUARANTINED else None,
        released_at=NOW if state is ChunkState.RELEASED else None,
        kept_reason="told to" if state is ChunkState.KEPT else "",
        notes=(notes,) if notes else (),
    )


NATIVE = "https://customer.blob.core.windows.net/calls"


def native_candidate(index: int = 0, *, door: Door = Door.EVENT_GRID, metadata_stays: bool = True) -> Candidate:
    """Where an event says that the service has written a chunk itself; its metadata file may be at the service."""
    there = Location(f"{NATIVE}/{index}-acsmetadata.{document(index)}.json")
    announced = announced_chunk(index)
    metadata = there if metadata_stays else announced.metadata_location
    content = Location(f"{NATIVE}/{index}-audio.{document(index)}.wav")
    announced = replace(announced, content_location=content, metadata_location=metadata, delete_location=None)
    native = (Subject.MEDIA, Subject.METADATA) if metadata_stays else (Subject.MEDIA,)
    return Candidate(announced, "event-of-native", door, NOW, native)


def native_chunk(index: int = 0, state: ChunkState = ChunkState.ANNOUNCED, *, metadata_stays: bool = True) -> Chunk:
    """A chunk that the service has written into a native container, as it is in that state."""
    found, where = chunk(index, state), native_candidate(index, metadata_stays=metadata_stays)
    in_place = replace(proof(index), place=Place.NATIVE, container=NATIVE) if found.proof else None
    return replace(found, candidates=(where,), proof=in_place, proven=where if in_place else None)


def entry_of(
    *chunks: Chunk, state: RecordingState = RecordingState.ANNOUNCED, completed_at: datetime | None = None
) -> CatalogEntry:
    """An entry with these chunks."""
    return CatalogEntry(Recording(RECORDING_ID, state, announced_at=NOW, completed_at=completed_at), chunks)


def announcement(announced: AnnouncedChunk) -> Announcement:
    """What the app makes of an announced chunk."""
    return Announcement(announced, BlobName(f"2026/03/01/{announced.index:04d}.wav"), DUE, GONE_BY)


def announced(*indices: int, door: Door = Door.EVENT_GRID, host: str = "eu-api") -> Announced:
    """The fact of a file event with chunks at these indices."""
    chunks = tuple(announced_chunk(index, host) for index in indices)
    event = FileEvent(f"event-of-{host}", RECORDING_ID, chunks)
    return Announced(event, door, tuple(map(announcement, chunks)))


def changed_recording(entry: CatalogEntry, **fields: object) -> CatalogEntry:
    """The entry with other fields of its recording."""
    return replace(entry, recording=replace(entry.recording, **fields))  # type: ignore[arg-type]


def without_history(entry: CatalogEntry) -> CatalogEntry:
    """The entry as if nothing had been noted in its history and its trail."""
    return changed_recording(entry, history=(), trail=Trail())


def failure(code: str = "source_busy", cause: str = "503") -> Failure:
    """A failed try."""
    return Failure(NOW, "read source", Subject.MEDIA, code, cause, "wait")


def archived(index: int = 0, *notes: str, with_metadata: bool = True) -> Archived:
    """The fact that a chunk is archived."""
    return Archived(document(index), proof(index, with_metadata=with_metadata), candidate(index), notes)


def chunk_facts(index: int = 0) -> Mapping[str, ChunkFact]:
    """One of each kind, about the chunk at an index."""
    of = document(index)
    later = NOW + timedelta(minutes=5)
    facts: tuple[ChunkFact, ...] = (
        archived(index, "noted"),
        Compared(of, COMPARISON),
        ReadOn(of, PARTLY_READ),
        MetadataArchived(of, metadata_proof(index), ("noted",)),
        Quarantined(of, ("doubted",), later),
        Disputed(of, ("disputed",), later),
        Damaged(of, "gone"),
        Released(of, NOW),
        Kept(of, "told to"),
        Failed(of, failure(), later),
        Overflowed(of, proof(index, place=Place.OVERFLOW), (), later),
        OverflowClosed(of, "403"),
        Expired(of, failure()),
    )
    return {type(fact).__name__: fact for fact in facts}


def completed(*indices: int, revision: int = 1, lacks: tuple[str, ...] = ()) -> Completed:
    """The manifest of these chunks is written."""
    return Completed(MANIFEST, revision, frozenset(map(document, indices)), lacks)
