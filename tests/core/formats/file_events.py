"""File events as the service publishes them, to be broken field by field."""

import copy
from collections.abc import Sequence
from typing import Any

RECORDING = "eyJQbGF0Zm9ybUVuZHBvaW50SWQiOiI0YWY1In0"
SERVER_CALL = "aHR0cHM6Ly9hcGkuZmxpZ2h0cHJveHk/c2t5cGU+Y29t+/=="
"""Base64 with a slash, a plus and padding, as the service sends it."""
SUBJECT = f"/recording/call/call-1/serverCallId/{SERVER_CALL}/recordingId/{RECORDING}"
CHUNKS_PATH = "data.recordingStorageInfo.recordingChunks"
_HOST = "https://eu-api.asm.skype.com/v1/objects"


def chunk(index: int = 0, document_id: str | None = None) -> dict[str, Any]:
    """One announced chunk."""
    document = f"0-weu-d1-{index:032x}" if document_id is None else document_id
    return {
        "documentId": document,
        "index": index,
        "endReason": "SessionEnded",
        "contentLocation": f"{_HOST}/{document}/content/video",
        "metadataLocation": f"{_HOST}/{document}/content/acsmetadata",
        "deleteLocation": f"{_HOST}/{document}",
    }


def file_event(chunks: Sequence[dict[str, Any]] | None = None, **fields: object) -> dict[str, Any]:
    """An event in the Event Grid schema; `fields` replace those of its top level."""
    event: dict[str, Any] = {
        "id": "event-1",
        "topic": "/subscriptions/s/resourcegroups/g/providers/microsoft.communication/communicationservices/n",
        "subject": SUBJECT,
        "eventType": "Microsoft.Communication.RecordingFileStatusUpdated",
        "eventTime": "2026-03-01T10:20:30.1234567Z",
        "dataVersion": "1.0",
        "metadataVersion": "1",
        "data": {
            "recordingStorageInfo": {"recordingChunks": list(chunks or [chunk()])},
            "recordingStartTime": "2026-03-01T10:00:00Z",
            "recordingDurationMs": 61_500,
            "sessionEndReason": "CallEnded",
            "storageType": "ACS",
        },
    }
    return {**event, **fields}


def cloud_event(spelling: str = "specversion") -> dict[str, Any]:
    """The same event as a CloudEvent; Microsoft's samples spell it `specVersion`."""
    event = file_event()
    return {
        spelling: "1.0",
        "id": event["id"],
        "source": event["topic"],
        "subject": event["subject"],
        "type": event["eventType"],
        "time": event["eventTime"],
        "data": event["data"],
    }


def changed(event: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """A copy with another value at a path such as `data.recordingStorageInfo.recordingChunks[0].index`."""
    result: dict[str, Any] = copy.deepcopy(event)
    *parents, last = _steps(path)
    here: Any = result
    for step in parents:
        here = here[step]
    here[last] = value
    return result


def without(event: dict[str, Any], path: str) -> dict[str, Any]:
    """A copy that lacks the field at a path."""
    result: dict[str, Any] = copy.deepcopy(event)
    *parents, last = _steps(path)
    here: Any = result
    for step in parents:
        here = here[step]
    del here[last]
    return result


def _steps(path: str) -> list[str | int]:
    return [int(step) if step.isdecimal() else step for step in path.replace("[", ".").replace("]", "").split(".")]
