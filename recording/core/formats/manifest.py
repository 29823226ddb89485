"""The manifest of a recording: the JSON beside the media that joins its chunks, to and from the model.

Of a recording that is not whole it lists what there is, and names what it lacks. It names no place at the source and no
participant: it may be read by whoever may read the media.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from recording.core.errors import InvalidRequest
from recording.core.lifecycle import doubts_about_whole, lacks
from recording.core.model import (
    BlobName,
    CallId,
    CatalogEntry,
    Chunk,
    Digest,
    DocumentId,
    Output,
    Proof,
    RecordingId,
    ServerCallId,
)
from recording.core.outputs import facts_of, parse_output
from recording.core.times import format_time, in_milliseconds, parse_time

SCHEMA = "recording-manifest/1"
DIGEST_ALGORITHM = "sha256-of-block-sha256"


@dataclass(frozen=True, slots=True)
class ChunkMetadataBlob:
    """Where the chunk's metadata file stands in the archive, its length in bytes, and its SHA-256 in hex."""

    blob: BlobName
    length: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ManifestChunk:
    """One archived chunk: where it stands and what proves it."""

    index: int
    document_id: DocumentId
    blob: BlobName
    length: int
    content_type: str | None
    digest: Digest
    etag: str
    verified_at: datetime
    metadata: ChunkMetadataBlob | None = None
    released_at: datetime | None = None
    kept_reason: str = ""
    end_reason: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """All of one archived recording; `revision` counts up when a chunk is announced after completion.

    `lacks` says what keeps it from being whole, `doubts` what is doubtful about the whole of it.
    """

    recording_id: RecordingId
    call_id: CallId | None
    server_call_id: ServerCallId | None
    output: Output | None
    started_at: datetime | None
    duration_ms: int | None
    session_end_reason: str
    revision: int
    chunks: tuple[ManifestChunk, ...]
    lacks: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()

    @property
    def total_length(self) -> int:
        """Bytes of all chunks' media together."""
        return sum(chunk.length for chunk in self.chunks)


def manifest_of(entry: CatalogEntry) -> Manifest:
    """Put together the manifest of what is archived of a recording."""
    recording = entry.recording
    return Manifest(
        recording_id=recording.recording_id,
        call_id=recording.call_id,
        server_call_id=recording.server_call_id,
        output=recording.output,
        started_at=recording.started_at,
        duration_ms=None if recording.duration is None else in_milliseconds(recording.duration),
        session_end_reason=recording.session_end_reason,
        revision=recording.revision,
        chunks=tuple(_chunk_of(chunk, chunk.proof, recording.output) for chunk in entry if chunk.proof is not None),
        lacks=lacks(entry),
        doubts=doubts_about_whole(entry),
    )


def _chunk_of(chunk: Chunk, proof: Proof, output: Output | None) -> ManifestChunk:
    metadata = proof.metadata
    return ManifestChunk(
        index=chunk.index,
        document_id=chunk.document_id,
        blob=proof.name,
        length=proof.length,
        content_type=None if output is None else facts_of(output).content_type,
        digest=proof.digest,
        etag=proof.etag,
        verified_at=proof.verified_at,
        metadata=None if metadata is None else ChunkMetadataBlob(metadata.name, metadata.length, metadata.sha256),
        released_at=chunk.released_at,
        kept_reason=chunk.kept_reason,
        end_reason=chunk.announced.end_reason,
        notes=chunk.notes,
    )


def to_json(manifest: Manifest) -> bytes:
    """Write a manifest; equal manifests give equal bytes."""
    output = manifest.output
    fields = {
        "schema": SCHEMA,
        "recordingId": manifest.recording_id,
        "callId": manifest.call_id,
        "serverCallId": manifest.server_call_id,
        "output": None
        if output is None
        else {"content": output.content, "channel": output.channel, "format": output.format},
        "startedAt": _time(manifest.started_at),
        "durationMs": manifest.duration_ms,
        "sessionEndReason": manifest.session_end_reason,
        "revision": manifest.revision,
        "lacks": list(manifest.lacks),
        "doubts": list(manifest.doubts),
        "totals": {"chunks": len(manifest.chunks), "length": manifest.total_length},
        "chunks": [_chunk_fields(chunk) for chunk in manifest.chunks],
    }
    return json.dumps(fields, indent=2).encode() + b"\n"


def _chunk_fields(chunk: ManifestChunk) -> dict[str, object]:
    metadata = chunk.metadata
    return {
        "index": chunk.index,
        "documentId": chunk.document_id,
        "blob": chunk.blob,
        "length": chunk.length,
        "contentType": chunk.content_type,
        "digest": {
            "algorithm": DIGEST_ALGORITHM,
            "value": chunk.digest.sha256,
            "blockSize": chunk.digest.block_size,
        },
        "etag": chunk.etag,
        "verifiedAt": format_time(chunk.verified_at),
        "metadata": None
        if metadata is None
        else {"blob": metadata.blob, "length": metadata.length, "sha256": metadata.sha256},
        "releasedAt": _time(chunk.released_at),
        "keptReason": chunk.kept_reason,
        "endReason": chunk.end_reason,
        "notes": list(chunk.notes),
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else format_time(moment)


def from_json(raw: bytes) -> Manifest:
    """Read a manifest back. Fields that a later version may add are passed over.

    Raises:
        InvalidRequest: it is no manifest of this schema; `field` is the path of what is missing or wrong.
    """
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest("manifest", "it is not JSON") from error
    fields = _Object(found, "manifest")
    if (schema := fields.text("schema")) != SCHEMA:
        raise InvalidRequest("manifest.schema", f"{schema[:80]!r} is not {SCHEMA!r}")
    call_id, server_call_id = (
        fields.optional("callId", fields.text),
        fields.optional("serverCallId", fields.text),
    )
    manifest = Manifest(
        recording_id=RecordingId(fields.text("recordingId")),
        call_id=None if call_id is None else CallId(call_id),
        server_call_id=None if server_call_id is None else ServerCallId(server_call_id),
        output=fields.optional("output", lambda name: _output_from(fields.part(name))),
        started_at=fields.optional("startedAt", fields.time),
        duration_ms=fields.optional("durationMs", fields.whole),
        session_end_reason=fields.text("sessionEndReason"),
        revision=fields.whole("revision"),
        chunks=tuple(_chunk_from(_Object(item, path)) for path, item in fields.items("chunks")),
        lacks=tuple(_text(item, path) for path, item in fields.items("lacks")),
        doubts=tuple(_text(item, path) for path, item in fields.items("doubts")),
    )
    totals = fields.part("totals")
    if (totals.whole("chunks"), totals.whole("length")) != (len(manifest.chunks), manifest.total_length):
        raise InvalidRequest("manifest.totals", "they are not those of its chunks")
    return manifest


def _output_from(fields: "_Object") -> Output:
    return parse_output(fields.text("content"), fields.text("channel"), fields.text("format"))


def _chunk_from(fields: "_Object") -> ManifestChunk:
    digest = fields.part("digest")
    if (algorithm := digest.text("algorithm")) != DIGEST_ALGORITHM:
        raise InvalidRequest(f"{digest.path}.algorithm", f"{algorithm[:80]!r} is not {DIGEST_ALGORITHM!r}")
    metadata = fields.optional("metadata", fields.part)
    return ManifestChunk(
        index=fields.whole("index"),
        document_id=DocumentId(fields.text("documentId")),
        blob=BlobName(fields.text("blob")),
        length=fields.whole("length"),
        content_type=fields.optional("contentType", fields.text),
        digest=Digest(digest.text("value"), digest.whole("blockSize")),
        etag=fields.text("etag"),
        verified_at=fields.time("verifiedAt"),
        metadata=None
        if metadata is None
        else ChunkMetadataBlob(BlobName(metadata.text("blob")), metadata.whole("length"), metadata.text("sha256")),
        released_at=fields.optional("releasedAt", fields.time),
        kept_reason=fields.text("keptReason"),
        end_reason=fields.text("endReason"),
        notes=tuple(_text(item, path) for path, item in fields.items("notes")),
    )


class _Object:
    """A JSON object whose fields are asked for by name and type, and refused by their path."""

    def __init__(self, found: object, path: str) -> None:
        if not isinstance(found, dict):
            raise InvalidRequest(path, "is no object")
        self._found: dict[str, object] = found
        self.path = path

    def text(self, name: str) -> str:
        return _text(self._found.get(name), f"{self.path}.{name}")

    def whole(self, name: str) -> int:
        value = self._found.get(name)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise InvalidRequest(f"{self.path}.{name}", "is no whole number from 0 up")
        return value

    def time(self, name: str) -> datetime:
        if (moment := parse_time(self._found.get(name))) is None:
            raise InvalidRequest(f"{self.path}.{name}", "is no moment in ISO 8601")
        return moment

    def part(self, name: str) -> "_Object":
        return _Object(self._found.get(name), f"{self.path}.{name}")

    def items(self, name: str) -> list[tuple[str, object]]:
        value = self._found.get(name)
        if not isinstance(value, list):
            raise InvalidRequest(f"{self.path}.{name}", "is no list")
        return [(f"{self.path}.{name}[{position}]", item) for position, item in enumerate(value)]

    def optional[T](self, name: str, read: Callable[[str], T]) -> T | None:
        return None if self._found.get(name) is None else read(name)


def _text(value: object, path: str) -> str:
    if not isinstance(value, str):
        raise InvalidRequest(path, "is no text")
    return value
