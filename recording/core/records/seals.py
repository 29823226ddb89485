"""What is found when the archived chunks of a recording are read once more, and held against their proofs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from recording.core.model import (
    BlobName,
    CatalogEntry,
    Chunk,
    ChunkState,
    Digest,
    DocumentId,
    Place,
    Proof,
    RecordingId,
    RecordingState,
)
from recording.core.naming import is_muted
from recording.core.records.audio import Sound
from recording.core.records.silence import NOTHING_SILENT, Heard, Silence, groups_of, silence_of

_STATE = RecordingState
_WITH_MEDIA = frozenset({_STATE.ARCHIVED, _STATE.RELEASED, _STATE.QUARANTINED, _STATE.INCOMPLETE, _STATE.LOST})
"""The states of a recording that may have a manifest, and media that are not being erased."""


@dataclass(frozen=True, slots=True)
class Read:
    """A blob that was read to its end: its length in bytes, its digests in hex, and what it sounds like.

    Attributes:
        sha256: of the file, as `sha256sum` computes it.
        digest: over blocks of the size that the proof has.
        crc64: CRC-64/NVME of the file.
        sound: None if it was not measured; `no_sound` says why.
        numbers: of the channels that participants have, as the metadata file counts them.
    """

    length: int
    sha256: str
    digest: Digest
    crc64: str
    sound: Sound | None = None
    no_sound: str = ""
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class NotRead:
    """A blob that was not read: as it cannot be now (`unread`), or as it is not what was proven (`damage`)."""

    unread: str = ""
    damage: str = ""


@dataclass(frozen=True, slots=True)
class ChunkSeal:
    """What was found of one chunk.

    Attributes:
        name, container, etag: of the proof that it was held against.
        read: None if it could not be read; `unread` says why.
        damage: what is not as it was proven; empty if nothing is.
        is_sure: False for a damage that was seen once: it is looked at again before anything is said.
    """

    document_id: DocumentId
    index: int
    name: BlobName
    container: str
    etag: str
    at: datetime
    read: Read | None = None
    unread: str = ""
    damage: str = ""
    is_sure: bool = True

    def is_of(self, proof: Proof) -> bool:
        """Whether it was held against this proof."""
        return (self.name, self.container, self.etag) == (proof.name, proof.container, proof.etag)


@dataclass(frozen=True, slots=True)
class RecordingSeal:
    """What was found of the chunks that a manifest lists. `not_judged` says why nothing is said about silence."""

    recording_id: RecordingId
    manifest: BlobName
    revision: int
    chunks: tuple[ChunkSeal, ...]
    silence: Silence = NOTHING_SILENT
    not_judged: str = ""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A recording was sealed as its manifest says, at that moment; `told` are the silences that were told."""

    manifest: BlobName
    at: datetime
    told: tuple[str, ...] = ()


def is_to_seal(entry: CatalogEntry, sealed: Sealed | None) -> bool:
    """Whether its manifest is written, lists a chunk, and it has not been sealed as that says."""
    recording = entry.recording
    if recording.state not in _WITH_MEDIA or recording.completed_at is None or not proven(entry):
        return False
    return recording.manifest_name is not None and (sealed is None or sealed.manifest != recording.manifest_name)


def proven(entry: CatalogEntry) -> tuple[tuple[Chunk, Proof], ...]:
    """The chunks that are to be read, with their proofs."""
    return tuple((chunk, chunk.proof) for chunk in entry if chunk.proof is not None)


def damage_of(proof: Proof, length: int, digest: Digest | None = None) -> str:
    """What of a blob is not as it was proven, as far as its digest is known; empty if nothing is."""
    if length != proof.length:
        return f"the proven blob {proof.name} has {length} bytes, and {proof.length} were proven"
    if digest not in {None, proof.digest}:
        return f"the proven blob {proof.name} holds other bytes than were proven"
    return ""


def is_too_late(chunk: Chunk, now: datetime) -> bool:
    """Whether a damaged chunk cannot be copied anew, as its source has ended, or is the damaged blob itself."""
    is_native = chunk.proof is not None and chunk.proof.place is Place.NATIVE
    return chunk.state is ChunkState.RELEASED or is_native or now >= chunk.gone_by


def seal_of(recording_id: RecordingId, manifest: BlobName, revision: int, chunks: Sequence[ChunkSeal]) -> RecordingSeal:
    """The seal of a recording, with what is silent in it: judged if each chunk was measured."""
    heard: list[Heard] = []
    why = ""
    for chunk in chunks:
        if is_muted(chunk.name):
            why = why or "a channel of it was muted on purpose"
        elif chunk.read is None:
            why = why or chunk.unread or chunk.damage
        elif chunk.read.sound is None:
            why = why or chunk.read.no_sound
        else:
            groups = groups_of(chunk.read.numbers, len(chunk.read.sound.channels))
            heard.append(Heard(chunk.read.sound, groups))
    silence = NOTHING_SILENT if why else silence_of(heard)
    return RecordingSeal(recording_id, manifest, revision, tuple(chunks), silence, why)
