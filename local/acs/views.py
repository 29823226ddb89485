"""What the control API shows, as JSON in camelCase: calls, recordings, stored objects, armed faults."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from local.acs.faults import Fault
from local.acs.model import Call, Recording, StoredObject


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def call_view(call: Call) -> dict[str, Any]:
    """A call, with what the REST API and the events call it."""
    return {
        "callConnectionId": call.call_connection_id,
        "serverCallId": call.server_call_id,
        "correlationId": call.correlation_id,
        "groupCallId": call.group_id,
        "roomId": call.room_id,
        "participants": list(call.participants),
        "prompts": [{"text": prompted.text or prompted.url, "to": prompted.target} for prompted in call.prompts],
        "state": "ended" if call.ended else "established" if call.established else "ringing",
    }


def recording_view(recording: Recording, objects: Mapping[str, StoredObject]) -> dict[str, Any]:
    """A recording with its chunks."""
    output = recording.output
    return {
        "recordingId": recording.recording_id,
        "callConnectionId": recording.call.call_connection_id,
        "serverCallId": recording.call.server_call_id,
        "output": {"content": output.content, "channel": output.channel, "format": output.format},
        "state": recording.state,
        "startedAt": _time(recording.started),
        "endedAt": _time(recording.ended),
        "announcedAt": _time(recording.announced),
        "chunks": [object_view(objects[document]) for document in recording.documents],
    }


def object_view(entry: StoredObject) -> dict[str, Any]:
    """One stored chunk, and whether it still exists."""
    return {
        "documentId": entry.document_id,
        "index": entry.index,
        "length": entry.length,
        "exists": entry.exists,
        "deletedAt": _time(entry.deleted),
        "expiresAt": _time(entry.expires),
        "contentLocation": entry.content_location,
    }


def fault_view(fault: Fault) -> dict[str, Any]:
    """An armed fault, and how often it has struck."""
    return {
        "name": fault.name,
        "documentId": fault.document_id,
        "on": fault.on,
        "hop": fault.hop,
        "count": fault.count,
        "after": fault.after,
        "at": fault.at,
        "hits": fault.hits,
    }
