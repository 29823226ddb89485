"""The events that the archive sends to the customer's own topic: the one list of their names, and what is in them."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from recording.core.lifecycle import Alarm, Alert
from recording.core.model import CatalogEntry, RecordingId
from recording.core.times import format_time

_NAMESPACE = uuid.UUID("5d1b9a4e-6c1f-4a57-9a34-0d6a3a6f2f11")


class EventName(StrEnum):
    """Every event type that this app may publish or log as an alert."""

    ARCHIVED = "RecordingArchived"
    AT_RISK = "RecordingAtRisk"
    MISSING = "RecordingMissing"
    QUARANTINED = "RecordingQuarantined"
    LOST = "RecordingLost"
    DAMAGED = "RecordingDamaged"


_BY_ALARM: Mapping[Alarm, EventName] = {
    Alarm.QUARANTINED: EventName.QUARANTINED,
    Alarm.LOST: EventName.LOST,
    Alarm.DAMAGED: EventName.DAMAGED,
    Alarm.IMPOSSIBLE: EventName.AT_RISK,
}


@dataclass(frozen=True, slots=True)
class OutgoingEvent:
    """An event for the customer's own topic; the same fact always has the same `event_id`."""

    event_id: str
    event_type: EventName
    subject: str
    body: Mapping[str, object]
    at: datetime


def archived(entry: CatalogEntry, container: str, manifest_name: str, now: datetime) -> OutgoingEvent:
    """All chunks are archived, and released unless they are kept at the source on purpose."""
    recording = entry.recording
    body: dict[str, object] = {
        "recordingId": recording.recording_id,
        "container": container,
        "manifest": manifest_name,
        "revision": recording.revision,
        "chunks": [
            {"index": chunk.index, "documentId": chunk.document_id, "blob": chunk.name, "length": chunk.proof.length}
            for chunk in entry
            if chunk.proof is not None
        ],
    }
    return _event(EventName.ARCHIVED, recording.recording_id, str(recording.revision), body, now)


def alert(recording_id: RecordingId, found: Alert, now: datetime) -> OutgoingEvent:
    """Something that a person must hear of."""
    body: dict[str, object] = {"recordingId": recording_id, "alarm": str(found.alarm), "reason": found.reason}
    if found.document_id is not None:
        body["documentId"] = found.document_id
    return _event(_BY_ALARM[found.alarm], recording_id, f"{found.document_id}/{found.reason}", body, now)


def _event(
    name: EventName, recording_id: RecordingId, of: str, body: Mapping[str, object], now: datetime
) -> OutgoingEvent:
    identity = uuid.uuid5(_NAMESPACE, f"{name}/{recording_id}/{of}")
    return OutgoingEvent(str(identity), name, f"/recordings/{recording_id}", {**body, "at": format_time(now)}, now)
