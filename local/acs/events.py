"""The events ACS raises, in the forms observed on the wire. Wire names live here and in `metadata.py`."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, TypedDict

from local.acs.model import Call, Prompted, Recording, StoredObject

Event = dict[str, Any]
Schema = Literal["eventgrid", "cloudevents"]
SubjectForm = Literal["full", "recording", "call"]

FILE_STATUS_UPDATED = "Microsoft.Communication.RecordingFileStatusUpdated"
CALL_STARTED = "Microsoft.Communication.CallStarted"
CALL_ENDED = "Microsoft.Communication.CallEnded"
CALL_CONNECTED = "Microsoft.Communication.CallConnected"
CALL_DISCONNECTED = "Microsoft.Communication.CallDisconnected"
START_RECORDING_FAILED = "Microsoft.Communication.StartRecordingFailed"
PARTICIPANTS_UPDATED = "Microsoft.Communication.ParticipantsUpdated"
RECORDING_STATE_CHANGED = "Microsoft.Communication.RecordingStateChanged"

RESOURCE_ID = "491a8f30-1c7e-4a56-9c8e-3f1f4a1d2b60"
"""The resource's immutable id."""

TOPIC = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/contoso"
    "/providers/Microsoft.Communication/communicationServices/contoso"
)


class FileEventOptions(TypedDict, total=False):
    """The form of a file event; without a key, the usual form."""

    schema: Schema
    subject_form: SubjectForm
    optional_fields: bool
    omit: Sequence[str]
    replace: Mapping[str, Any]
    only_chunks: Sequence[int]
    extra_data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Envelope:
    kind: str
    subject: str
    body: Mapping[str, Any]
    at: datetime
    event_id: str
    schema: Schema = "eventgrid"

    def event(self) -> Event:
        if self.schema == "cloudevents":
            return {
                "id": self.event_id,
                "source": TOPIC,
                "type": self.kind,
                "subject": self.subject,
                "time": wire_time(self.at),
                "specversion": "1.0",
                "data": dict(self.body),
            }
        return {
            "id": self.event_id,
            "topic": TOPIC,
            "subject": self.subject,
            "eventType": self.kind,
            "eventTime": wire_time(self.at),
            "dataVersion": "1.0",
            "metadataVersion": "1",
            "data": dict(self.body),
        }


def wire_time(at: datetime, digits: int = 3) -> str:
    """ISO 8601 in UTC with `digits` (0 to 7) digits of a second and a Z."""
    moment = at.astimezone(UTC)
    fraction = f"{moment.microsecond:06d}0"[:digits]
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + (f".{fraction}" if fraction else "") + "Z"


def file_event(recording: Recording, chunks: Sequence[StoredObject], at: datetime, options: FileEventOptions) -> Event:
    """RecordingFileStatusUpdated of a recording.

    `omit` and `replace` change every chunk entry, `extra_data` changes `data`; `optional_fields=False` leaves out
    fields that older events lack; `only_chunks` keeps the chunks with these indexes.
    """
    wanted = options.get("only_chunks")
    entries = []
    for chunk in chunks:
        if wanted is not None and chunk.index not in wanted:
            continue
        entry: dict[str, Any] = {
            "documentId": chunk.document_id,
            "index": chunk.index,
            "endReason": chunk.end_reason,
            "metadataLocation": chunk.metadata_location,
            "contentLocation": chunk.content_location,
            "deleteLocation": chunk.delete_location,
        }
        entry.update(options.get("replace", {}))
        entries.append({key: value for key, value in entry.items() if key not in options.get("omit", ())})
    body: dict[str, Any] = {
        "recordingStorageInfo": {"recordingChunks": entries},
        "recordingStartTime": wire_time(recording.media_started or recording.started, 7),
        "recordingDurationMs": recording.duration_ms,
        "sessionEndReason": recording.session_end_reason,
    }
    if options.get("optional_fields", True):
        body |= {
            "recordingId": recording.recording_id,
            "storageType": "azureBlobStorage" if recording.external_container else "ACS",
            "recordingContentType": _pascal(recording.output.content),
            "recordingChannelType": _pascal(recording.output.channel),
            "recordingFormatType": _pascal(recording.output.format),
        }
    body |= options.get("extra_data", {})
    subject = _subject(recording, options.get("subject_form", "full"))
    schema = options.get("schema", "eventgrid")
    return _Envelope(FILE_STATUS_UPDATED, subject, body, at, recording.event_id, schema).event()


def _subject(recording: Recording, form: SubjectForm) -> str:
    subject = f"/recording/call/{recording.call.correlation_id}"
    if form == "full":
        subject += f"/serverCallId/{recording.call.server_call_id}"
    if form != "call":
        subject += f"/recordingId/{recording.recording_id}"
    return subject


def _pascal(word: str) -> str:
    return word[:1].upper() + word[1:]


def call_started(call: Call, at: datetime, schema: Schema = "eventgrid") -> Event:
    """CallStarted, as Event Grid publishes it for VoIP calls."""
    return _call_event(CALL_STARTED, call, at, {}, schema)


def call_ended(call: Call, at: datetime, schema: Schema = "eventgrid") -> Event:
    """CallEnded, with its duration in seconds."""
    seconds = ((call.ended or at) - call.started).total_seconds()
    return _call_event(CALL_ENDED, call, at, {"durationOfCall": round(seconds, 3)}, schema)


def _call_event(kind: str, call: Call, at: datetime, more: Mapping[str, Any], schema: Schema) -> Event:
    who = call.participants[0]
    body: dict[str, Any] = {
        "startedBy": {"communicationIdentifier": _identifier(who), "role": "Presenter"},
        "serverCallId": call.server_call_id,
        "isTwoParty": len(call.participants) <= 2,  # noqa: PLR2004 - it is what the name says
        "correlationId": call.correlation_id,
        "isRoomsCall": call.room_id is not None,
        **more,
    }
    if call.group_id:
        body["group"] = {"id": call.group_id}
    if call.room_id:
        body["room"] = {"id": call.room_id}
    subject = f"call/{call.server_call_id}/startedBy/{who}"
    return _Envelope(kind, subject, body, at, str(uuid.uuid4()), schema).event()


def _identifier(raw: str) -> dict[str, Any]:
    if raw.startswith("4:"):
        return {"rawId": raw, "phoneNumber": {"value": raw[2:]}}
    prefix, _, rest = raw.rpartition(":")
    if prefix == "8:orgid":
        return {"rawId": raw, "microsoftTeamsUser": {"userId": rest, "isAnonymous": False, "cloud": "public"}}
    if prefix == "28:orgid":
        return {"rawId": raw, "microsoftTeamsApp": {"appId": rest, "cloud": "public"}}
    if prefix == "8:acs" and rest.count("_") == 2:  # noqa: PLR2004 - RESOURCE_TENANT_USER
        resource, tenant, user = rest.split("_")
        ids = {"resourceId": resource, "tenantId": tenant, "userId": user, "cloud": "public"}
        return {"rawId": raw, "teamsExtensionUser": ids}
    return {"rawId": raw, "communicationUser": {"id": raw}}


def call_automation_callback(kind: str, call: Call, at: datetime, more: Mapping[str, Any]) -> list[Event]:
    """The body of a Call Automation callback: an array with one CloudEvent."""
    body = {
        "version": "2026-03-12",
        "operationContext": call.operation_context,
        "resultInformation": {"code": 200, "subCode": 0, "message": ""},
        "callConnectionId": call.call_connection_id,
        "serverCallId": call.server_call_id,
        "correlationId": call.correlation_id,
        "publicEventType": kind,
        **more,
    }
    return [
        {
            "id": str(uuid.uuid4()),
            "source": f"calling/callConnections/{call.call_connection_id}",
            "type": kind,
            "data": body,
            "time": wire_time(at, 7),
            "specversion": "1.0",
            "datacontenttype": "application/json",
            "subject": f"calling/callConnections/{call.call_connection_id}",
        }
    ]


def prompt_report(call: Call, prompted: Prompted, at: datetime, tone: str | None, *, failed: bool) -> list[Event]:
    """What became of a prompt: played or not; or, of one that awaited a key, the key, or that none came."""
    operation = "Recognize" if prompted.target else "Play"
    is_silent = prompted.target is not None and tone is None
    kind = f"Microsoft.Communication.{operation}{'Failed' if failed or is_silent else 'Completed'}"
    more: dict[str, Any] = {"operationContext": prompted.context}
    if failed:
        subcode = 8511 if prompted.target else 8536
        message = "Action failed, encountered failure while trying to play the prompt."
        more["resultInformation"] = {"code": 500, "subCode": subcode, "message": message}
    elif is_silent:
        message = "Action failed, initial silence timeout reached."
        more["resultInformation"] = {"code": 400, "subCode": 8510, "message": message}
    elif prompted.target:
        message = "Action completed, max digits received."
        more["resultInformation"] = {"code": 200, "subCode": 8531, "message": message}
        more |= {"recognitionType": "dtmf", "dtmfResult": {"tones": [tone]}}
    return call_automation_callback(kind, call, at, more)


def recording_state_changed(recording: Recording, at: datetime, *, active: bool) -> list[Event]:
    """RecordingStateChanged for a `recordingStateCallbackUri`; startDateTime is year 1 while inactive."""
    more = {
        "recordingId": recording.recording_id,
        "state": "active" if active else "inactive",
        "startDateTime": wire_time(recording.started, 7) if active else "0001-01-01T00:00:00Z",
        "recordingKind": "azureCommunicationServices",
    }
    return call_automation_callback(RECORDING_STATE_CHANGED, recording.call, at, more)


def start_recording_failed(recording: Recording, at: datetime) -> list[Event]:
    """StartRecordingFailed for a `recordingStateCallbackUri`, of a start that was accepted."""
    result = {"code": 500, "subCode": 8570, "message": "The recorder could not join the call."}
    more = {"recordingId": recording.recording_id, "resultInformation": result}
    return call_automation_callback(START_RECORDING_FAILED, recording.call, at, more)


def participants_updated(call: Call, at: datetime) -> list[Event]:
    """ParticipantsUpdated, with everybody who is in the call."""
    people = [{"identifier": _identifier(who), "isMuted": False, "isOnHold": False} for who in call.participants]
    more = {"participants": people, "sequenceNumber": call.participant_lists}
    return call_automation_callback(PARTICIPANTS_UPDATED, call, at, more)


def as_schema(event: Event, schema: Schema) -> Event:
    """The same event in the other schema; unchanged if it has this one."""
    if (schema == "cloudevents") == ("specversion" in event):
        return event
    if schema == "cloudevents":
        pairs = (
            ("id", "id"),
            ("topic", "source"),
            ("eventType", "type"),
            ("subject", "subject"),
            ("eventTime", "time"),
        )
        changed = {new: event[old] for old, new in pairs if old in event} | {"specversion": "1.0"}
    else:
        pairs = (
            ("id", "id"),
            ("source", "topic"),
            ("type", "eventType"),
            ("subject", "subject"),
            ("time", "eventTime"),
        )
        changed = {new: event[old] for old, new in pairs if old in event}
        changed |= {"dataVersion": "1.0", "metadataVersion": "1"}
    return changed | {"data": json.loads(json.dumps(event.get("data")))}
