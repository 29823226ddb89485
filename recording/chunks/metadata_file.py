"""The metadata file of a chunk: read at the source, kept in the archive byte by byte, and proven there."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from recording.copying.engine import Engine
from recording.core.errors import BlobExists, RecordingError, SourceNotReady, Transient
from recording.core.formats.metadata import ChunkMetadata, parse_metadata
from recording.core.model import BlobName, Candidate, Chunk, MetadataProof
from recording.core.naming import encode
from recording.ports import Archive

MOST_METADATA = 4 << 20
"""Bytes; a metadata file lists participants and pauses and has a few kilobytes."""

_OPERATION = "archive metadata"
_MOST_NAMES = 9
_DIGITS = 32


@dataclass(frozen=True, slots=True)
class MetadataRead:
    """A metadata file: its bytes and meaning, or why it cannot be had yet.

    One that came whole but says nothing has bytes and an error too: it is evidence, and a better one is waited for.
    """

    raw: bytes | None
    meaning: ChunkMetadata
    error: RecordingError | None = None


@dataclass(frozen=True, slots=True)
class MetadataFile:
    """Reads and stores metadata files."""

    engine: Engine

    def read(self, candidate: Candidate) -> MetadataRead:
        """Read the file that a candidate names; what is wrong with it is an outcome, as the media goes first."""
        location = candidate.announced.metadata_location
        if location is None:
            return MetadataRead(None, ChunkMetadata(notes=("the event named no metadataLocation",)))
        try:
            raw = self.engine.read_small(location, MOST_METADATA)
            meaning = parse_metadata(raw)
        except RecordingError as error:
            return MetadataRead(None, ChunkMetadata(), error)
        if meaning.makes_sense:
            return MetadataRead(raw, meaning)
        cause = "; ".join(meaning.notes) or "it says nothing"
        return MetadataRead(raw, meaning, SourceNotReady("read metadata", cause, hint="a better one is waited for"))

    def store(self, archive: Archive, chunk: Chunk, raw: bytes) -> MetadataProof:
        """Put the file beside its chunk, or find the same bytes there; one that differs is left, ours gets a number.

        After some numbers it gets its digest: a source that says something else at every look keeps no media out.

        Raises:
            Transient: it may or may not be stored; store it again.
        """
        blob_metadata = {"acsdocumentid": encode(chunk.document_id)}
        sha256 = hashlib.sha256(raw).hexdigest()
        for name in _names(chunk.name, sha256):
            try:
                etag = archive.put(name, memoryview(raw), blob_metadata, "application/json")
            except BlobExists:
                standing = _standing(archive, name, raw)
                if standing is None:
                    continue
                etag = standing
            return MetadataProof(name, len(raw), sha256, etag)
        raise Transient(
            _OPERATION,
            "other blobs stand under every name that the metadata file could have",
            hint="look at them: something else writes into the archive",
            ids={"blob": chunk.name},
        )


def _names(chunk_name: BlobName, sha256: str) -> Iterator[BlobName]:
    yield BlobName(f"{chunk_name}.metadata.json")
    for number in range(2, _MOST_NAMES + 1):
        yield BlobName(f"{chunk_name}.metadata-{number}.json")
    yield BlobName(f"{chunk_name}.metadata-{sha256[:_DIGITS]}.json")


def _standing(archive: Archive, name: BlobName, raw: bytes) -> str | None:
    """The ETag of the blob of that name, if it holds these bytes and nothing else."""
    found = archive.find(name)
    if found is None or found.length != len(raw):
        return None
    content = bytearray(len(raw))
    read = archive.read(name, 0, memoryview(content))
    return found.etag if read == len(raw) and bytes(content) == raw else None
