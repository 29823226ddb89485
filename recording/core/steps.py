"""The queue message that drives one chunk on."""

import json
from dataclasses import dataclass

from recording.core import reading
from recording.core.errors import InvalidRequest
from recording.core.model import DocumentId, RecordingId


@dataclass(frozen=True, slots=True)
class Step:
    """Drive this chunk of this recording on."""

    recording_id: RecordingId
    document_id: DocumentId

    def to_message(self) -> str:
        """The message's text: everything else is in the catalog, so that no message is ever out of date."""
        return json.dumps({"recordingId": self.recording_id, "documentId": self.document_id})


def parse_step(message: bytes) -> Step:
    """Read a queue message: JSON as it is or in base64, as tools write it that put a message back by hand.

    Raises:
        InvalidRequest: naming the field that is missing; however often it comes, it will never be a step.
    """
    try:
        found = json.loads(reading.message_text(message))
    except (ValueError, RecursionError) as error:
        raise InvalidRequest("message", "neither JSON nor base64 of it, or nested too deep") from error
    fields = found if isinstance(found, dict) else {}
    recording_id, document_id = (reading.text(fields.get(name)) for name in ("recordingId", "documentId"))
    if recording_id is None or document_id is None:
        raise InvalidRequest("documentId" if recording_id else "recordingId", "missing or not a text")
    return Step(RecordingId(recording_id), DocumentId(document_id))
