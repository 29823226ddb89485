"""The manifest of a recording: the JSON file beside the media that lists its chunks, with a proof of each.

Of a recording that is not whole it lists what there is, and names what it lacks. It holds no location at the source and
no participant: whoever may read the media may read it. Of a chunk that stands in a native container it names that.
"""

import json
import re

from recording.core.formats.applied import applied_fields
from recording.core.formats.consents import consent_view
from recording.core.formats.joined import joined_fields, pauses_view
from recording.core.lifecycle import doubts_about_whole, lacks
from recording.core.model import CatalogEntry, Chunk, MetadataProof, Output, Proof
from recording.core.outputs import facts_of, output_fields
from recording.core.times import format_known, format_time, in_milliseconds

SCHEMA = "recording-manifest/1"
_RELEASED = re.compile(rb'"releasedAt": "[^"]*"')
DIGEST_ALGORITHM = "sha256-of-block-sha256"
"""SHA-256 over the SHA-256 digests of the blocks, in order; `blockSize` (bytes) says where the blocks end."""


def manifest_json(entry: CatalogEntry) -> bytes:
    """The manifest of what is archived of a recording, as UTF-8; equal entries give equal bytes.

    Times are in UTC, `durationMs` in milliseconds, every `length` in bytes. What is not known is null.
    """
    recording, output = entry.recording, entry.recording.output
    chunks = [_chunk(chunk, chunk.proof, output) for chunk in entry if chunk.proof is not None]
    fields = {
        "schema": SCHEMA,
        "recordingId": recording.recording_id,
        "callId": recording.call_id,
        "serverCallId": recording.server_call_id,
        "output": None if output is None else output_fields(output),
        "startedAt": format_known(recording.started_at),
        "durationMs": None if recording.duration is None else in_milliseconds(recording.duration),
        "sessionEndReason": recording.session_end_reason,
        "rule": None if recording.applied is None else applied_fields(recording.applied),
        "revision": recording.revision,
        "pauses": pauses_view(recording, with_actors=False),
        **joined_fields(recording),
        "consent": consent_view(recording),
        "lacks": list(lacks(entry)),
        "doubts": list(doubts_about_whole(entry)),
        "totals": {"chunks": len(chunks), "length": sum(chunk.proof.length for chunk in entry if chunk.proof)},
        "chunks": chunks,
    }
    return json.dumps(fields, indent=2).encode() + b"\n"


def says_the_same(one: bytes, other: bytes) -> bool:
    """Whether two manifests differ in nothing but in the times at which chunks were released."""
    return _RELEASED.sub(b"", one) == _RELEASED.sub(b"", other)


def _chunk(chunk: Chunk, proof: Proof, output: Output | None) -> dict[str, object]:
    metadata = proof.metadata
    return {
        "index": chunk.index,
        "documentId": chunk.document_id,
        **_container(proof),
        "blob": proof.name,
        "length": proof.length,
        "contentType": None if output is None else facts_of(output).content_type,
        "digest": {
            "algorithm": DIGEST_ALGORITHM,
            "value": proof.digest.sha256,
            "blockSize": proof.digest.block_size,
        },
        "etag": proof.etag,
        "verifiedAt": format_time(proof.verified_at),
        "metadata": None
        if metadata is None
        else {**_container(metadata), "blob": metadata.name, "length": metadata.length, "sha256": metadata.sha256},
        "releasedAt": format_known(chunk.released_at),
        "keptReason": chunk.kept_reason,
        "endReason": chunk.announced.end_reason,
        "notes": list(chunk.notes),
    }


def _container(proof: Proof | MetadataProof) -> dict[str, object]:
    """The URL of the native container; nothing for what stands in the archive, beside the manifest."""
    return {"container": proof.container} if proof.container else {}
