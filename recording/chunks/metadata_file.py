"""The metadata file of a chunk: read from the source, stored unchanged in the archive, and verified there.

Or read in the native container where the service has written it.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from recording.chunks.native_containers import Found, NativeContainers
from recording.copying.engine import Engine
from recording.core.errors import BlobExists, RecordingError, SourceNotReady, Transient
from recording.core.formats.metadata import ChunkMetadata, parse_metadata, with_nobody
from recording.core.lifecycle import has_taken_out
from recording.core.model import BlobName, CatalogEntry, Chunk, Location, MetadataProof
from recording.core.naming import encode
from recording.ports import Archive

MOST_METADATA = 4 << 20
"""Bytes. A metadata file lists participants and pauses, and takes a few kilobytes."""

_OPERATION = "archive metadata"
_SUFFIX = ".metadata.json"
_KEY = "acsdocumentid"
_MOST_NAMES = 9
_DIGITS = 32


@dataclass(frozen=True, slots=True)
class MetadataRead:
    """A metadata file: its bytes and what they say, or the error why it is not available yet.

    A file that was read whole but says nothing has both bytes and an error: it is stored, and a better one awaited.
    `standing` is the proof of one that was read in a native container.
    """

    raw: bytes | None
    meaning: ChunkMetadata
    error: RecordingError | None = None
    standing: MetadataProof | None = None


@dataclass(frozen=True, slots=True)
class MetadataFile:
    """Reads and stores metadata files; `engine` reads what lies in none of the native containers."""

    engine: Engine
    natives: NativeContainers = field(default_factory=NativeContainers)

    def read(self, location: Location | None) -> MetadataRead:
        """Read a metadata file; None: none is named. An error is returned, not raised: it must not delay the media."""
        if location is None:
            return MetadataRead(None, ChunkMetadata(notes=("the event named no metadataLocation",)))
        try:
            found = self.natives.find(location)
            if found is not None:
                return _native(found)
            return _meaning(self.engine.read_small(location, MOST_METADATA))
        except RecordingError as error:
            return MetadataRead(None, ChunkMetadata(), error)

    def standing(self, archive: Archive, chunk: Chunk) -> MetadataRead:
        """The metadata file that an earlier try has stored beside its chunk in the archive, if there is one.

        Raises:
            Transient: it cannot be read now.
        """
        name = BlobName(f"{chunk.name}{_SUFFIX}")
        found = archive.find(name)
        if found is None or found.length > MOST_METADATA or found.blob_metadata.get(_KEY) != encode(chunk.document_id):
            return MetadataRead(None, ChunkMetadata())
        content = bytearray(found.length)
        archive.read(name, 0, memoryview(content))
        try:
            return _meaning(bytes(content))
        except RecordingError as error:
            return MetadataRead(None, ChunkMetadata(), error)

    def store(self, archive: Archive, entry: CatalogEntry, chunk: Chunk, raw: bytes) -> MetadataProof:
        """Put the file beside its chunk, or find the same bytes there.

        A file with other bytes is never overwritten: this one gets a number in its name, and after some numbers its
        digest. So a source whose metadata file changes at every look does not block the media.

        Once somebody was taken out of the recording, what comes of it later is stored without its participants: nobody
        knows any more who that was.

        Raises:
            Transient: it may or may not be stored; try again.
        """
        raw = with_nobody(raw) if has_taken_out(entry) else raw
        blob_metadata = {_KEY: encode(chunk.document_id)}
        sha256 = hashlib.sha256(raw).hexdigest()
        for name in _names(chunk.name, sha256):
            try:
                etag = archive.put(name, memoryview(raw), blob_metadata, "application/json")
            except BlobExists:
                found = _etag_of_same(archive, name, raw)
                if found is None:
                    continue
                etag = found
            return MetadataProof(name, len(raw), sha256, etag)
        raise Transient(
            _OPERATION,
            "other blobs stand under every name that the metadata file could have",
            hint="look at them: something else writes into the archive",
            ids={"blob": chunk.name},
        )


def _native(found: Found) -> MetadataRead:
    """The metadata file at a place in a native container.

    Raises:
        RecordingError: it cannot be read or parsed.
    """
    raw = found.engine.read_small(found.location, MOST_METADATA)
    sha256 = hashlib.sha256(raw).hexdigest()
    return replace(_meaning(raw), standing=MetadataProof(found.name, len(raw), sha256, found.etag, found.container))


def _meaning(raw: bytes) -> MetadataRead:
    """What a metadata file says; with an error, if it says nothing.

    Raises:
        RecordingError: it cannot be parsed.
    """
    meaning = parse_metadata(raw)
    if meaning.makes_sense:
        return MetadataRead(raw, meaning)
    cause = "; ".join(meaning.notes) or "it says nothing"
    return MetadataRead(raw, meaning, SourceNotReady("read metadata", cause, hint="a better one is waited for"))


def _names(chunk_name: BlobName, sha256: str) -> Iterator[BlobName]:
    yield BlobName(f"{chunk_name}{_SUFFIX}")
    for number in range(2, _MOST_NAMES + 1):
        yield BlobName(f"{chunk_name}.metadata-{number}.json")
    yield BlobName(f"{chunk_name}.metadata-{sha256[:_DIGITS]}.json")


def _etag_of_same(archive: Archive, name: BlobName, raw: bytes) -> str | None:
    """The ETag of the blob of that name, if its content is exactly these bytes."""
    found = archive.find(name)
    if found is None or found.length != len(raw):
        return None
    content = bytearray(len(raw))
    read = archive.read(name, 0, memoryview(content))
    return found.etag if read == len(raw) and bytes(content) == raw else None
