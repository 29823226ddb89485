"""The queue messages of a chunk, and of a tick of the sweep."""

import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from recording.core.errors import InvalidRequest
from recording.core.formats import reading
from recording.core.model import DocumentId, RecordingId
from recording.core.times import format_time, parse_time


@dataclass(frozen=True, slots=True)
class ChunkMessage:
    """The next steps of this chunk are to be done.

    `look_at` is the value of the chunk's `look_at` when the message was put; if the chunk has another one when the
    message comes, another message has replaced this one. A message put by a person has none. `is_urgent` says which
    queue it is for; it is not in the message.

    `trace` is the trace context (W3C `traceparent`) of the file event, `last_run` that of the run that put the message.
    They are for telemetry and decide nothing: what is no trace context is none.
    """

    recording_id: RecordingId
    document_id: DocumentId
    look_at: datetime | None = field(default=None, compare=False)
    is_urgent: bool = field(default=False, compare=False)
    trace: str = field(default="", compare=False)
    last_run: str = field(default="", compare=False)

    def to_message(self) -> str:
        """The message as JSON. It contains ids only, as all else is in the catalog; so it is never out of date."""
        look_at = "" if self.look_at is None else format_time(self.look_at)
        fields = {"recordingId": self.recording_id, "documentId": self.document_id}
        optional = {"lookAt": look_at, "traceparent": self.trace, "lastRun": self.last_run}
        return json.dumps(fields | {name: text for name, text in optional.items() if text})


@dataclass(frozen=True, slots=True)
class Tick:
    """The sweep is to go on. `number` is the place of the tick in its chain."""

    number: int

    def to_message(self) -> str:
        """The message as JSON."""
        return json.dumps({"tick": self.number})


class Task(StrEnum):
    """What is to be done with a recording whose manifest is written."""

    FILE = "file"
    SEAL = "seal"
    """Read what is archived of it once more."""


@dataclass(frozen=True, slots=True)
class RecordMessage:
    """The task is to be done with this recording. `put_off` is how often it was put off, as copies went first."""

    recording_id: RecordingId
    task: Task
    put_off: int = 0

    def to_message(self) -> str:
        """The message as JSON."""
        optional = {"putOff": self.put_off} if self.put_off else {}
        return json.dumps({"recordingId": self.recording_id, "task": self.task, **optional})


def parse_record(message: bytes) -> RecordMessage:
    """Read the message of a recording to be filed.

    Raises:
        InvalidRequest: a field is missing or wrong.
    """
    fields = _fields(message)
    task = fields.need("task", reading.text, "missing or not a text")
    if task not in Task:
        raise InvalidRequest("task", "none that is known")
    recording_id = RecordingId(fields.need("recordingId", reading.text, "missing or not a text"))
    return RecordMessage(recording_id, Task(task), max(0, reading.whole(fields.get("putOff")) or 0))


def job_message(job_id: str) -> str:
    """The message of a job as JSON."""
    return json.dumps({"jobId": job_id})


def parse_job(message: bytes) -> str:
    """The job of a message.

    Raises:
        InvalidRequest: it names none.
    """
    return _fields(message).need("jobId", reading.text, "missing or not a text")


def parse_tick(message: bytes) -> Tick:
    """Read the message of a tick.

    Raises:
        InvalidRequest: it is none.
    """
    try:
        found = json.loads(reading.message_text(message))
    except (ValueError, RecursionError) as error:
        raise InvalidRequest("message", "neither JSON nor base64 of it, or nested too deep") from error
    number = found.get("tick") if isinstance(found, dict) else None
    if not isinstance(number, int):
        raise InvalidRequest("tick", "missing or not a whole number")
    return Tick(number)


def parse_chunk_message(message: bytes) -> ChunkMessage:
    """Read a queue message: JSON, or base64 of it, as tools write it with which a person puts a message back.

    Raises:
        InvalidRequest: a field is missing or no text; `field` names it.
    """
    fields = _fields(message)
    return ChunkMessage(
        RecordingId(fields.need("recordingId", reading.text, "missing or not a text")),
        DocumentId(fields.need("documentId", reading.text, "missing or not a text")),
        parse_time(fields.get("lookAt")),
        trace=_trace_context(fields.get("traceparent")),
        last_run=_trace_context(fields.get("lastRun")),
    )


def _fields(message: bytes) -> reading.StrictFields:
    try:
        found = json.loads(reading.message_text(message))
    except (ValueError, RecursionError) as error:
        raise InvalidRequest("message", "neither JSON nor base64 of it, or nested too deep") from error
    return reading.StrictFields(found if isinstance(found, dict) else None, InvalidRequest)


_TRACE_CONTEXT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}", re.ASCII)


def _trace_context(found: object) -> str:
    """A `traceparent` of version 00, the only one there is; empty if it is none."""
    return found if isinstance(found, str) and _TRACE_CONTEXT.fullmatch(found) else ""
