"""The queue message that drives one chunk on."""

import json
from dataclasses import dataclass

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
    """Read a queue message.

    Raises:
        InvalidRequest: naming the field that is missing; such a message was not written by this app.
    """
    try:
        found = json.loads(message)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest("message", "not JSON") from error
    fields = found if isinstance(found, dict) else {}
    for name in ("recordingId", "documentId"):
        if not isinstance(fields.get(name), str) or not fields[name]:
            raise InvalidRequest(name, "missing or not a text")
    return Step(RecordingId(fields["recordingId"]), DocumentId(fields["documentId"]))
