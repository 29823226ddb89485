"""What the API tells of a recording, as JSON."""

from dataclasses import dataclass
from datetime import datetime

from recording.core.lifecycle import doubts_about_whole, lacks
from recording.core.model import CatalogEntry, Chunk, Failure, Output, Place, Proof, Subject, Unread
from recording.core.times import format_time, in_milliseconds


@dataclass(frozen=True, slots=True)
class Containers:
    """The names of the containers that a view speaks of."""

    archive: str
    quarantine: str


def recording_view(
    entry: CatalogEntry, now: datetime, containers: Containers, service_state: str | None = None
) -> dict[str, object]:
    """What the API tells of a recording; times in UTC, durations in milliseconds, lengths in bytes.

    No location at the source is in it: one opens the recording to whoever has the service's key.
    """
    recording = entry.recording
    left = entry.due - now if entry.due else None
    return {
        "recordingId": recording.recording_id,
        "state": str(recording.state),
        "serviceState": service_state,
        "startedByThisApp": recording.requested_at is not None,
        "callId": recording.call_id,
        "serverCallId": recording.server_call_id,
        "callConnectionId": recording.call_connection_id,
        "groupCallId": recording.group_call_id,
        "roomId": recording.room_id,
        "output": _output_view(recording.output),
        "startedAt": _moment(recording.started_at or recording.requested_at),
        "durationMs": in_milliseconds(recording.duration) if recording.duration is not None else None,
        "announcedAt": _moment(recording.announced_at),
        "due": _moment(entry.due),
        "goneBy": _moment(entry.gone_by),
        "secondsLeft": int(left.total_seconds()) if left is not None else None,
        "lacks": list(lacks(entry)),
        "doubts": list(doubts_about_whole(entry)),
        "unread": [_unread_view(unread) for unread in recording.unread],
        "completedAt": _moment(recording.completed_at),
        "container": containers.archive if recording.manifest_name else None,
        "manifest": recording.manifest_name,
        "revision": recording.revision,
        "chunks": [_chunk_view(chunk, containers) for chunk in entry],
    }


def _chunk_view(chunk: Chunk, containers: Containers) -> dict[str, object]:
    apart = chunk.apart
    return {
        "index": chunk.index,
        "documentId": chunk.document_id,
        "state": str(chunk.state),
        **_copy_view(chunk.proof, containers),
        "apart": {**_copy_view(apart, containers), "reasons": list(chunk.doubts)} if apart or chunk.doubts else None,
        "lacks": list(_lacks(chunk)),
        "candidates": len(chunk.candidates),
        "due": _moment(chunk.due),
        "goneBy": _moment(chunk.gone_by),
        "nextLookAt": _moment(chunk.look_at),
        "tries": chunk.tries,
        "failures": dict(chunk.failures),
        "lastFailure": _failure_view(chunk.last_failure) if chunk.last_failure else None,
        "releasedAt": _moment(chunk.released_at),
        "keptReason": chunk.kept_reason or None,
        "notes": list(chunk.notes),
    }


def _copy_view(proof: Proof | None, containers: Containers) -> dict[str, object]:
    """A copy that was verified, in the archive or apart; nulls where there is none."""
    if proof is None:
        return dict.fromkeys(("container", "blob", "length", "digest", "verifiedAt", "metadata"))
    metadata = proof.metadata
    return {
        "container": containers.archive if proof.place is Place.ARCHIVE else containers.quarantine,
        "blob": proof.name,
        "length": proof.length,
        "digest": {"sha256OfBlocks": proof.digest.sha256, "blockSize": proof.digest.block_size},
        "verifiedAt": _moment(proof.verified_at),
        "metadata": {"blob": metadata.name, "length": metadata.length, "sha256": metadata.sha256} if metadata else None,
    }


def _lacks(chunk: Chunk) -> tuple[str, ...]:
    """Which of the chunk's two files are not in the archive."""
    has_metadata = chunk.announced.metadata_location is None or bool(chunk.proof and chunk.proof.metadata)
    return (*([] if chunk.is_proven else [str(Subject.MEDIA)]), *([] if has_metadata else [str(Subject.METADATA)]))


def _failure_view(failure: Failure) -> dict[str, object]:
    return {
        "at": format_time(failure.at),
        "operation": failure.operation,
        "subject": str(failure.subject),
        "code": failure.code,
        "cause": failure.cause,
        "hint": failure.hint or None,
    }


def _unread_view(unread: Unread) -> dict[str, object]:
    return {
        "eventId": unread.event_id,
        "cause": unread.cause,
        "documentId": unread.document_id,
        "index": unread.index,
    }


def _output_view(output: Output | None) -> dict[str, str] | None:
    if output is None:
        return None
    return {"content": str(output.content), "channel": str(output.channel), "format": str(output.format)}


def _moment(moment: datetime | None) -> str | None:
    return format_time(moment) if moment else None
