"""A recording as JSON of the HTTP API."""

from dataclasses import dataclass
from datetime import datetime

from recording.core import model
from recording.core.formats.api.shapes import Chunk, Copy, Failure, Known, Recording, UnreadMember
from recording.core.formats.applied import applied_fields
from recording.core.formats.consents import shown_consent
from recording.core.formats.joined import joined_fields, pauses_view
from recording.core.lifecycle import doubts_about_whole, lacks
from recording.core.model import CatalogEntry, Place, Proof, Unread
from recording.core.outputs import output_fields
from recording.core.owing import lacking
from recording.core.times import format_known, format_time, in_milliseconds


@dataclass(frozen=True, slots=True)
class Containers:
    """The names of the containers, as views show them; that of the overflow is in the second account."""

    archive: str
    quarantine: str
    overflow: str

    def of(self, proof: Proof) -> str:
        """The container that holds what is proven: its name, or the URL of a native one."""
        return {
            Place.ARCHIVE: self.archive,
            Place.QUARANTINE: self.quarantine,
            Place.OVERFLOW: self.overflow,
            Place.NATIVE: proof.container,
        }[proof.place]


def recording_view(
    entry: CatalogEntry, now: datetime, containers: Containers, service_state: str | None = None
) -> Recording:
    """A recording for the API: times in UTC, durations in milliseconds, lengths in bytes; null for what is not known.

    It contains no location at the source: with one, and the service's key, anybody can download the recording. It names
    no participant, not by a hash either: to read it is no look, of which an act would be kept.
    """
    recording = entry.recording
    left = entry.due - now if entry.due else None
    return {
        **known_view(entry),
        "state": recording.state,
        "serviceState": service_state,
        "startedByThisApp": recording.requested_at is not None,
        "rule": applied_fields(recording.applied) if recording.applied else None,
        "fileExpected": bool(entry.chunks) or not recording.has_recorded_nothing,
        "pauses": pauses_view(recording, with_actors=True),
        "interruptedAt": format_known(recording.interrupted_at),
        **joined_fields(recording),
        "attempt": recording.attempt,
        "participants": {str(kind): number for kind, number in recording.participants},
        "due": format_known(entry.due),
        "goneBy": format_known(entry.gone_by),
        "secondsLeft": int(left.total_seconds()) if left is not None else None,
        "consent": shown_consent(recording),
        "doubts": list(doubts_about_whole(entry)),
        "unread": [_unread_view(unread) for unread in recording.unread],
        "container": containers.archive if recording.manifest_name else None,
        "revision": recording.revision,
        "chunks": [_chunk_view(chunk, containers) for chunk in entry],
    }


def known_view(entry: CatalogEntry, most: int | None = None) -> Known:
    """What a list and the recording itself both show; of what it lacks at most so much."""
    recording = entry.recording
    return {
        "recordingId": recording.recording_id,
        "callId": recording.call_id,
        "serverCallId": recording.server_call_id,
        "callConnectionId": recording.call_connection_id,
        "groupCallId": recording.group_call_id,
        "roomId": recording.room_id,
        "output": output_fields(recording.output) if recording.output else None,
        "startedAt": format_known(recording.started_at or recording.requested_at),
        "durationMs": in_milliseconds(recording.duration) if recording.duration is not None else None,
        "announcedAt": format_known(recording.announced_at),
        "lacks": list(lacks(entry)[:most]),
        "completedAt": format_known(recording.completed_at),
        "manifest": recording.manifest_name,
    }


def _chunk_view(chunk: model.Chunk, containers: Containers) -> Chunk:
    apart, overflow = chunk.apart, chunk.overflow
    return {
        "index": chunk.index,
        "documentId": chunk.document_id,
        "state": chunk.state,
        **_copy_view(chunk.proof, containers),
        "apart": {**_copy_view(apart, containers), "reasons": list(chunk.doubts)} if apart or chunk.doubts else None,
        "overflow": {**_copy_view(overflow, containers), "reasons": list(chunk.overflow_doubts)} if overflow else None,
        "lacks": [str(subject) for subject in lacking(chunk)],
        "candidates": len(chunk.candidates),
        "due": format_known(chunk.due),
        "goneBy": format_known(chunk.gone_by),
        "nextLookAt": format_known(chunk.look_at),
        "tries": chunk.tries,
        "failures": dict(chunk.failures),
        "lastFailure": _failure_view(chunk.last_failure) if chunk.last_failure else None,
        "releasedAt": format_known(chunk.released_at),
        "keptReason": chunk.kept_reason or None,
        "notes": list(chunk.notes),
    }


def _copy_view(proof: Proof | None, containers: Containers) -> Copy:
    """A verified copy, wherever it is; nulls if there is none."""
    if proof is None:
        return {"container": None, "blob": None, "length": None, "digest": None, "verifiedAt": None, "metadata": None}
    metadata = proof.metadata
    return {
        "container": containers.of(proof),
        "blob": proof.name,
        "length": proof.length,
        "digest": {"sha256OfBlocks": proof.digest.sha256, "blockSize": proof.digest.block_size},
        "verifiedAt": format_known(proof.verified_at),
        "metadata": {"blob": metadata.name, "length": metadata.length, "sha256": metadata.sha256} if metadata else None,
    }


def _failure_view(failure: model.Failure) -> Failure:
    return {
        "at": format_time(failure.at),
        "operation": failure.operation,
        "subject": failure.subject,
        "code": failure.code,
        "cause": failure.cause,
        "hint": failure.hint or None,
    }


def _unread_view(unread: Unread) -> UnreadMember:
    return {
        "eventId": unread.event_id,
        "cause": unread.cause,
        "documentId": unread.document_id,
        "index": unread.index,
    }
