"""The manifest of a recording: the JSON file beside the media that lists its chunks, with a proof of each.

Of a recording that is not whole it lists what there is, and names what it lacks. It holds no location at the source and
no participant: whoever may read the media may read it. Of a chunk that stands in a native container it names that.

The catalog can be rebuilt from it: `formats.records.manifests` reads it. So it has also what only the catalog needs:
of each chunk when its source ends and by which door it came, and, under `apart`, the chunks that have no proof.
"""

import json
import re

from recording.core.formats.applied import applied_fields
from recording.core.formats.consents import consent_view
from recording.core.formats.joined import joined_fields, pauses_view
from recording.core.lifecycle import doubts_about_whole, lacks
from recording.core.model import CatalogEntry, Chunk, MetadataProof, Output, Proof, Recording, Unread
from recording.core.naming import is_muted
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
        **_known_of_call(recording),
        "output": None if output is None else output_fields(output),
        "startedAt": format_known(recording.started_at),
        "durationMs": None if recording.duration is None else in_milliseconds(recording.duration),
        "sessionEndReason": recording.session_end_reason,
        "rule": None if recording.applied is None else applied_fields(recording.applied),
        "revision": recording.revision,
        "pauses": pauses_view(recording, with_actors=False),
        **joined_fields(recording),
        "consent": consent_view(recording),
        **_unlinked(recording),
        "lacks": list(lacks(entry)),
        "doubts": list(doubts_about_whole(entry)),
        "unread": [_unread(one) for one in recording.unread],
        "totals": {"chunks": len(chunks), "length": sum(chunk.proof.length for chunk in entry if chunk.proof)},
        "chunks": chunks,
        "apart": [_apart(chunk) for chunk in entry if chunk.proof is None],
    }
    return json.dumps(fields, indent=2).encode() + b"\n"


def says_the_same(one: bytes, other: bytes) -> bool:
    """Whether two manifests differ in nothing but in the times at which chunks were released."""
    return _RELEASED.sub(b"", one) == _RELEASED.sub(b"", other)


def _known_of_call(recording: Recording) -> dict[str, object]:
    return {
        "callConnectionId": recording.call_connection_id,
        "groupCallId": recording.group_call_id,
        "roomId": recording.room_id,
        "requestedAt": format_known(recording.requested_at),
        "stoppedAt": format_known(recording.stopped_at),
        "announcedAt": format_known(recording.announced_at),
    }


def _unlinked(recording: Recording) -> dict[str, object]:
    """That somebody was taken out of it: when, and by which erasure; never who."""
    found = [
        {
            "erasureId": one.erasure_id,
            "at": format_time(one.begun_at),
            "isMuting": one.is_muting,
            "purposeSha256": one.purpose_sha256,
            "isFinished": one.finished_at is not None,
        }
        for one in recording.unlinked
    ]
    return {"unlinked": found} if found else {}


def _unread(one: Unread) -> dict[str, object]:
    return {
        "eventId": one.event_id,
        "cause": one.cause,
        "documentId": one.document_id,
        "index": one.index,
        "door": one.door,
    }


def _chunk(chunk: Chunk, proof: Proof, output: Output | None) -> dict[str, object]:
    return {
        "index": chunk.index,
        "documentId": chunk.document_id,
        **({} if chunk.name == proof.name else {"name": chunk.name}),
        **({"isMuted": True} if is_muted(proof.name) else {}),
        **_proof(proof, output),
        "releasedAt": format_known(chunk.released_at),
        "keptReason": chunk.kept_reason,
        **_known_of_source(chunk),
    }


def _apart(chunk: Chunk) -> dict[str, object]:
    """A chunk that has no proof: its state and why, and the copy that stands apart, if there is one."""
    copy = chunk.apart or chunk.overflow
    return {
        "index": chunk.index,
        "documentId": chunk.document_id,
        "name": chunk.name,
        "state": chunk.state,
        "reasons": list(chunk.doubts),
        "isGivenUp": chunk.is_given_up,
        "isDisputed": chunk.is_disputed,
        "copy": None if copy is None else {"place": copy.place, **_proof(copy, None)},
        **_known_of_source(chunk),
    }


def _proof(proof: Proof, output: Output | None) -> dict[str, object]:
    metadata = proof.metadata
    return {
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
        "byItsOwnWord": proof.by_its_own_word,
        "metadata": None
        if metadata is None
        else {
            **_container(metadata),
            "blob": metadata.name,
            "length": metadata.length,
            "sha256": metadata.sha256,
            "etag": metadata.etag,
        },
    }


def _known_of_source(chunk: Chunk) -> dict[str, object]:
    """What the event and the metadata file said; no location."""
    candidate = chunk.candidate
    return {
        "endReason": chunk.announced.end_reason,
        "durationMs": None if chunk.duration is None else in_milliseconds(chunk.duration),
        "pausedMs": in_milliseconds(chunk.paused),
        "notes": list(chunk.notes),
        "source": {
            "eventId": candidate.event_id,
            "door": candidate.door,
            "seenAt": format_time(candidate.seen_at),
            "native": list(candidate.native),
            "namesMetadata": chunk.announced.metadata_location is not None,
            "dueAt": format_time(chunk.due),
            "goneBy": format_time(chunk.gone_by),
        },
    }


def _container(proof: Proof | MetadataProof) -> dict[str, object]:
    """The URL of the native container; nothing for what stands in the archive, beside the manifest."""
    return {"container": proof.container} if proof.container else {}
