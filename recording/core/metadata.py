"""The metadata file of a chunk: read as far as it makes sense, doubts kept as notes.

Real files have lacked every field but the document id, and have had numbers as text, durations with fractions
and content and channel type swapped. None of that is a reason to refuse the media.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from recording.core.errors import SourceNotReady
from recording.core.model import Content, DocumentId, Output
from recording.core.outputs import infer_output
from recording.core.times import parse_milliseconds, parse_time

MAX_CHUNK_DURATION = timedelta(hours=4)

_KNOWN = frozenset(
    {
        "resourceid",
        "callid",
        "chunkdocumentid",
        "chunkindex",
        "chunkstarttime",
        "chunkduration",
        "pauseresumeintervals",
        "recordinginfo",
        "participants",
    }
)


@dataclass(frozen=True, slots=True)
class Pause:
    """A part of the call that the recording skips."""

    started_at: datetime | None
    duration: timedelta


@dataclass(frozen=True, slots=True)
class Participant:
    """Someone who was recorded, and their channel when unmixed. The id is personal: no `repr` shows it."""

    participant_id: str = field(repr=False)
    channel: int | None = None


@dataclass(frozen=True, slots=True)
class ChunkMetadata:
    """What the service says of one chunk; `notes` name fields that made no sense, never what they held."""

    document_id: DocumentId | None = None
    index: int | None = None
    started_at: datetime | None = None
    duration: timedelta | None = None
    pauses: tuple[Pause, ...] = ()
    output: Output | None = None
    channels: int | None = None
    sample_rate: int | None = None
    participants: tuple[Participant, ...] = ()
    notes: tuple[str, ...] = ()
    makes_sense: bool = True

    @property
    def paused(self) -> timedelta:
        """How long the recording was paused in this chunk."""
        try:
            return sum((pause.duration for pause in self.pauses), timedelta())
        except OverflowError:
            return timedelta.max


def parse_metadata(raw: bytes) -> ChunkMetadata:
    """Read a metadata file.

    Args:
        raw: the file as it came, UTF-8 with or without a byte order mark, or UTF-16.

    Raises:
        SourceNotReady: it is no JSON object, or one that reports an error: the file is not there yet.
    """
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise _not_ready("it is empty" if not raw.strip() else "it is not JSON") from error
    if not isinstance(found, dict):
        raise _not_ready("it is JSON, but no object")
    fields = _Fields(found)
    if not fields.names & _KNOWN and fields.names & {"error", "code", "message", "title", "status"}:
        raise _not_ready("it is an error report")
    return _read(fields)


class _Fields:
    """An object of the file: its fields by name in any case; what makes no sense is noted by its path."""

    def __init__(self, found: object, path: str = "", notes: list[str] | None = None) -> None:
        self._path = path
        self.notes: list[str] = [] if notes is None else notes
        self._values: Mapping[str, object] = {}
        if isinstance(found, dict):
            self._values = {key.lower(): value for key, value in found.items()}
        elif found is not None:
            self.notes.append(f"{path} in the metadata file is no object")

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._values)

    def path(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name

    def get(self, name: str) -> object:
        return self._values.get(name.lower())

    def note(self, name: str, doubt: str) -> None:
        self.notes.append(f"{self.path(name)} in the metadata file {doubt}")

    def read[T](self, name: str, parse: Callable[[object], T | None]) -> T | None:
        """Read a field by `parse`; a value that it makes nothing of is noted."""
        value = self.get(name)
        parsed = None if value is None else parse(value)
        if parsed is None and value is not None:
            self.note(name, "makes no sense")
        return parsed

    def part(self, name: str) -> "_Fields":
        return _Fields(self.get(name), self.path(name), self.notes)

    def each(self, name: str) -> "Iterator[_Fields]":
        """Walk over the objects of a list."""
        items = self.get(name)
        if isinstance(items, list):
            for item in items:
                yield _Fields(item, self.path(f"{name}[]"), self.notes)
        elif items is not None:
            self.note(name, "is no list")


def _read(fields: _Fields) -> ChunkMetadata:
    document_id = fields.read("chunkDocumentId", _text)
    if document_id is None:
        fields.note("chunkDocumentId", "is missing")
    duration = fields.read("chunkDuration", parse_milliseconds)
    if duration is not None and duration > MAX_CHUNK_DURATION:
        fields.note("chunkDuration", "is more than the 4 hours a chunk can have")
    about = fields.part("recordingInfo")
    audio = about.part("audioConfiguration")
    return ChunkMetadata(
        document_id=None if document_id is None else DocumentId(document_id),
        index=fields.read("chunkIndex", _whole),
        started_at=fields.read("chunkStartTime", parse_time),
        duration=duration,
        pauses=tuple(_pauses(fields)),
        output=_output(about),
        channels=audio.read("channels", _whole),
        sample_rate=audio.read("sampleRate", _whole),
        participants=tuple(_participants(fields)),
        notes=tuple(dict.fromkeys(fields.notes)),  # a hundred participants alike are one doubt
    )


def _pauses(fields: _Fields) -> Iterator[Pause]:
    for item in fields.each("pauseResumeIntervals"):
        duration = item.read("duration", parse_milliseconds)
        if duration is not None:
            yield Pause(item.read("startTime", parse_time), duration)
        elif item.get("duration") is None:
            item.note("duration", "is missing")


def _participants(fields: _Fields) -> Iterator[Participant]:
    for item in fields.each("participants"):
        participant_id = item.read("participantId", _text)
        if participant_id is not None:
            yield Participant(participant_id, item.read("channel", _whole))
        elif item.get("participantId") is None:
            item.note("participantId", "is missing")


def _output(about: _Fields) -> Output | None:
    values = [about.get(name) for name in ("contentType", "channelType", "format")]
    output = infer_output(values)
    if output is None and any(value is not None for value in values):
        about.note("contentType, channelType and format", "do not tell one output")
    channel_type = about.get("channelType")
    if isinstance(channel_type, str) and channel_type.lower() in {content.lower() for content in Content}:
        about.note("contentType and channelType", "are swapped")
    return output


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _whole(value: object) -> int | None:
    """Read a whole number from 0 up, from a number or its text, `5580.0` included."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return int(number) if number.is_integer() and number >= 0 else None


def _not_ready(cause: str) -> SourceNotReady:
    return SourceNotReady("read metadata", cause, hint="the service may not have written the file yet")
