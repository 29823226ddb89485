"""The events that this app publishes to the customer's own topic: the only list of their names, and their content."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from recording.core.consent import Consent
from recording.core.formats.joined import joined_fields
from recording.core.lifecycle import doubts_about_whole, lacks
from recording.core.model import Alarm, Alert, BlobName, CallEvent, CatalogEntry, RecordingId, RemovalReason
from recording.core.records.seals import RecordingSeal
from recording.core.records.silence import shown
from recording.core.times import format_time

_NAMESPACE = uuid.UUID("5d1b9a4e-6c1f-4a57-9a34-0d6a3a6f2f11")


class EventName(StrEnum):
    """Every event type that this app publishes, or logs as an alert."""

    ARCHIVED = "RecordingArchived"
    INCOMPLETE = "RecordingIncomplete"
    AT_RISK = "RecordingAtRisk"
    QUARANTINED = "RecordingQuarantined"
    CONFLICT = "ConflictingEvents"
    MISSING = "RecordingMissing"
    SWEPT = "SweepFoundWork"
    UNREADABLE = "RecordingEventUnreadable"
    LOST = "RecordingLost"
    DAMAGED = "RecordingDamaged"
    INTERRUPTED = "RecordingInterrupted"
    NOT_STARTED = "RecordingNotStarted"
    PAUSED_LONG = "RecordingPausedLong"
    NOT_CONSENTED = "ConsentNotObtained"
    DELETED = "RecordingDeleted"
    RETENTION_LIMITED = "RetentionLimited"
    HOLD_OVERDUE = "HoldOverdue"
    HOLD_LIFTED = "HoldLifted"
    SILENT = "RecordingSilent"


_BY_ALARM: Mapping[Alarm, EventName] = {
    Alarm.QUARANTINED: EventName.QUARANTINED,
    Alarm.LOST: EventName.LOST,
    Alarm.DAMAGED: EventName.DAMAGED,
    Alarm.CONFLICT: EventName.CONFLICT,
    Alarm.UNREADABLE: EventName.UNREADABLE,
    Alarm.STUCK: EventName.AT_RISK,
    Alarm.IMPOSSIBLE: EventName.AT_RISK,
    Alarm.AT_RISK: EventName.AT_RISK,
    Alarm.MISSING: EventName.MISSING,
    Alarm.FOUND_BY_SWEEP: EventName.SWEPT,
    Alarm.INTERRUPTED: EventName.INTERRUPTED,
    Alarm.NOT_STARTED: EventName.NOT_STARTED,
    Alarm.PAUSED_LONG: EventName.PAUSED_LONG,
}


@dataclass(frozen=True, slots=True)
class OutgoingEvent:
    """An event for the customer's own topic; an event published again for the same fact has the same `event_id`."""

    event_id: str
    event_type: EventName
    subject: str
    body: Mapping[str, object]
    at: datetime


def completed(entry: CatalogEntry, container: str, manifest_name: str, now: datetime) -> OutgoingEvent:
    """The manifest is written, of a whole recording (RecordingArchived) or of one that is not (RecordingIncomplete)."""
    recording = entry.recording
    missing = lacks(entry)
    body: dict[str, object] = {
        "recordingId": recording.recording_id,
        "container": container,
        "manifest": manifest_name,
        "revision": recording.revision,
        "chunks": [
            {
                "index": chunk.index,
                "documentId": chunk.document_id,
                **({"container": chunk.proof.container} if chunk.proof.container else {}),
                "blob": chunk.proof.name,
                "length": chunk.proof.length,
            }
            for chunk in entry
            if chunk.proof is not None
        ],
        "lacks": list(missing),
        "doubts": list(doubts_about_whole(entry)),
        **joined_fields(recording),
    }
    return _event(
        EventName.INCOMPLETE if missing else EventName.ARCHIVED,
        recording.recording_id,
        str(recording.revision),
        body,
        now,
    )


def alert(recording_id: RecordingId, found: Alert, now: datetime) -> OutgoingEvent:
    """An alert of a recording or one of its chunks."""
    body: dict[str, object] = {"recordingId": recording_id, "alarm": str(found.alarm), "reason": found.reason}
    if found.document_id is not None:
        body["documentId"] = found.document_id
    return _event(_BY_ALARM[found.alarm], recording_id, f"{found.document_id}/{found.reason}", body, now)


def unreadable(event_id: str, cause: str, journal: str, now: datetime) -> OutgoingEvent:
    """An event that could not be read, so that no entry has it; `journal` is the name of the blob that has it."""
    body = {"eventId": event_id, "reason": cause, "journal": journal, "at": format_time(now)}
    return OutgoingEvent(
        _identity(EventName.UNREADABLE, journal), EventName.UNREADABLE, f"/events/{event_id}", body, now
    )


def not_consented(consent: Consent, now: datetime) -> OutgoingEvent:
    """Nobody could be told or asked: a call is not recorded, or who joined later was not told."""
    name, subject = EventName.NOT_CONSENTED, f"/calls/{consent.connection_id}"
    body = {
        "callConnectionId": consent.connection_id,
        "serverCallId": consent.wanted.order.locator.server_call_id,
        "recordingId": consent.recording_id,
        "reason": consent.failure or consent.reason,
        "at": format_time(now),
    }
    return OutgoingEvent(_identity(name, f"{consent.consent_id}/{consent.number}"), name, subject, body, now)


def not_begun(event: CallEvent, reason: str, journal: str, now: datetime) -> OutgoingEvent:
    """A call is not recorded although it should be: its event came, and nothing has begun. `journal` has the event."""
    name, call = EventName.NOT_STARTED, event.server_call_id or event.call_connection_id
    body = {
        "eventId": event.event_id,
        "callConnectionId": event.call_connection_id,
        "serverCallId": event.server_call_id,
        "reason": reason,
        "journal": journal,
        "at": format_time(now),
    }
    return OutgoingEvent(_identity(name, f"{call}/{event.event_id}"), name, f"/calls/{call}", body, now)


def deleted(recording_id: RecordingId, reason: RemovalReason, cause: str, now: datetime) -> OutgoingEvent:
    """Nothing of the recording is left; the same event if it is told again."""
    body = {"recordingId": recording_id, "reason": str(reason), "cause": cause}
    return _event(EventName.DELETED, recording_id, str(reason), body, now)


def retention_limited(day: date, cause: str, now: datetime) -> OutgoingEvent:
    """Recordings whose days are over are left for another day."""
    name, body = EventName.RETENTION_LIMITED, {"day": day.isoformat(), "reason": cause, "at": format_time(now)}
    return OutgoingEvent(_identity(name, day.isoformat()), name, "/retention", body, now)


def hold_overdue(hold_id: str, review_on: date, now: datetime) -> OutgoingEvent:
    """The day on which somebody was to look whether a hold is still needed has passed."""
    name, body = EventName.HOLD_OVERDUE, {"holdId": hold_id, "reviewOn": review_on.isoformat(), "at": format_time(now)}
    return OutgoingEvent(_identity(name, f"{hold_id}/{now.date()}"), name, f"/holds/{hold_id}", body, now)


def hold_lifted(hold_id: str, recording_id: RecordingId, blobs: int, now: datetime) -> OutgoingEvent:
    """Somebody has removed the legal hold of blobs of a recording that a hold covers; it was set again."""
    name = EventName.HOLD_LIFTED
    body = {"holdId": hold_id, "recordingId": recording_id, "blobs": blobs, "at": format_time(now)}
    return OutgoingEvent(_identity(name, f"{recording_id}/{now.date()}"), name, f"/holds/{hold_id}", body, now)


def silent(seal: RecordingSeal, name: BlobName, now: datetime) -> OutgoingEvent:
    """All of a recording is silent, or a channel that somebody has; `name` is the blob that says so."""
    body = {
        "recordingId": seal.recording_id,
        "reason": shown(seal.silence),
        "channels": [list(group) for group in seal.silence.groups],
        "seal": name,
    }
    return _event(EventName.SILENT, seal.recording_id, "/".join(seal.silence.keys), body, now)


def _event(
    name: EventName, recording_id: RecordingId, of: str, body: Mapping[str, object], now: datetime
) -> OutgoingEvent:
    told = {**body, "at": format_time(now)}
    return OutgoingEvent(_identity(name, f"{recording_id}/{of}"), name, f"/recordings/{recording_id}", told, now)


def _identity(name: EventName, of: str) -> str:
    """A UUID made of the arguments, which may contain lone surrogates that came in an event."""
    return str(uuid.uuid5(_NAMESPACE, f"{name}/{of}".encode("utf-8", "surrogatepass")))
