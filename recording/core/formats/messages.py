"""The queue message that drives one chunk on."""

import json
from dataclasses import dataclass, field
from datetime import datetime

from recording.core.errors import InvalidRequest
from recording.core.formats import reading
from recording.core.model import DocumentId, RecordingId
from recording.core.times import format_time, parse_time


@dataclass(frozen=True, slots=True)
class ChunkMessage:
    """Drive this chunk of this recording on.

    `look_at` is the look at the chunk that the message was put for: one that comes when another look has taken its
    place is not needed any more. A message that a person puts has none.
    """

    recording_id: RecordingId
    document_id: DocumentId
    look_at: datetime | None = field(default=None, compare=False)

    def to_message(self) -> str:
        """The message's text: everything else is in the catalog, so that no message is ever out of date."""
        fields = {"recordingId": self.recording_id, "documentId": self.document_id}
        return json.dumps(fields if self.look_at is None else fields | {"lookAt": format_time(self.look_at)})


def parse_chunk_message(message: bytes) -> ChunkMessage:
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
    return ChunkMessage(RecordingId(recording_id), DocumentId(document_id), parse_time(fields.get("lookAt")))
