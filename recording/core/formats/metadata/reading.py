"""Reads a metadata file: what came, whether it is one, and what it says."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import islice

from recording.core.errors import SourceNotReady
from recording.core.formats import reading
from recording.core.formats.metadata.fields import Fields
from recording.core.formats.metadata.markup import refuse_markup
from recording.core.formats.metadata.meaning import ChunkMetadata, Participant, Pause, total
from recording.core.formats.metadata.people import doubts_about
from recording.core.model import Content, DocumentId, Output
from recording.core.outputs import infer_output
from recording.core.times import parse_milliseconds, parse_time

MAX_CHUNK_DURATION = timedelta(hours=4)

MAX_LENGTH = 1 << 20
"""Bytes that are read for their meaning: a call of thousands has fewer, and parsed JSON takes many times its length."""

_BEYOND = 1 << 53
"""Whole numbers from here on, not every reader of JSON has exactly."""
MAX_PARTICIPANTS = 5000
MAX_PAUSES = 1000

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
_OF_ERRORS = frozenset({"error", "code", "message", "title", "status"})
_KINDS = {
    list: "an array",
    str: "a text",
    int: "a number",
    float: "a number",
    bool: "true or false",
    type(None): "null",
}


def parse_metadata(raw: bytes) -> ChunkMetadata:
    """Read a metadata file.

    Args:
        raw: the file as it came, UTF-8 with or without a byte order mark, or UTF-16.

    Returns:
        What it says. A file that is whole and says nothing that is known, JSON that is no object or XML, does not
        make sense, and a note says what it is; so does one that is too long or too deep to be read.

    Raises:
        SourceNotReady: it is empty, HTML, cut off, no text at all, or reports an error: the file is not there yet.
    """
    if not raw.strip():
        raise _not_ready("it is empty")
    refusal = refuse_markup(raw)
    if refusal:
        raise _not_ready(refusal)
    if refusal is not None:
        return _senseless("is XML")
    if len(raw) > MAX_LENGTH:
        return _senseless(f"has {len(raw)} bytes, more than the {MAX_LENGTH} that are read")
    try:
        found = json.loads(raw, parse_int=_integer)
    except RecursionError:
        return _senseless("is nested too deeply to be read")
    except ValueError as error:
        raise _not_ready("it is not JSON") from error
    if not isinstance(found, dict):
        return _senseless(f"is {_KINDS[type(found)]} and no object")
    fields = Fields(found)
    if fields.names & _KNOWN:
        return _read(fields)
    if fields.names & _OF_ERRORS:
        raise _not_ready("it is an error report")
    return _senseless("has no field that is known" if found else "is an object without any field")


def _read(fields: Fields) -> ChunkMetadata:
    document_id = fields.read("chunkDocumentId", reading.text)
    if document_id is None:
        fields.note("chunkDocumentId", "is missing")
    duration = fields.read("chunkDuration", parse_milliseconds)
    if duration is not None and duration > MAX_CHUNK_DURATION:
        fields.note("chunkDuration", "is more than the 4 hours a chunk can have")
    about = fields.part("recordingInfo")
    audio = about.part("audioConfiguration")
    found = ChunkMetadata(
        document_id=None if document_id is None else DocumentId(document_id),
        index=fields.read("chunkIndex", _whole),
        started_at=fields.read("chunkStartTime", parse_time),
        duration=duration,
        pauses=_pauses(fields),
        output=_output(about),
        channels=audio.read("channels", _whole),
        sample_rate=audio.read("sampleRate", _whole),
        participants=tuple(_participants(fields)),
    )
    doubts = doubts_about(found.participants, found.output, found.channels)
    return replace(found, notes=(*fields.notes, *doubts))


def _pauses(fields: Fields) -> tuple[Pause, ...]:
    """The pauses; those beyond the most that are kept as one, so that their sum is right."""
    found: list[Pause] = []
    rest = timedelta()
    for item in fields.each("pauseResumeIntervals"):
        duration = item.read("duration", parse_milliseconds)
        if duration is None:
            if item.get("duration") is None:
                item.note("duration", "is missing")
        elif len(found) < MAX_PAUSES:
            found.append(Pause(item.read("startTime", parse_time), duration))
        else:
            rest = total((Pause(None, rest), Pause(None, duration)))
    if rest:
        fields.note("pauseResumeIntervals", f"has more than {MAX_PAUSES}: the rest is kept as one")
        found.append(Pause(None, rest))
    return tuple(found)


def _participants(fields: Fields) -> Iterator[Participant]:
    items = fields.get("participants")
    if isinstance(items, list) and len(items) > MAX_PARTICIPANTS:
        fields.note("participants", f"has more than {MAX_PARTICIPANTS}: the rest is not read")
    for item in islice(fields.each("participants"), MAX_PARTICIPANTS):
        participant_id = item.read("participantId", reading.text)
        if participant_id is not None:
            yield Participant(participant_id, item.read("channel", _whole))
        elif item.get("participantId") is None:
            item.note("participantId", "is missing")


def _output(about: Fields) -> Output | None:
    values = [about.get(name) for name in ("contentType", "channelType", "format")]
    output = infer_output(values)
    if output is None and any(value is not None for value in values):
        about.note("contentType, channelType and format", "do not tell one output")
    channel_type = about.get("channelType")
    if isinstance(channel_type, str) and channel_type.lower() in {content.lower() for content in Content}:
        about.note("contentType and channelType", "are swapped")
    return output


def _whole(value: object) -> int | None:
    """A whole number from 0 up that can be meant."""
    number = reading.whole(value)
    return number if number is not None and 0 <= number < _BEYOND else None


def _integer(digits: str) -> int | float:
    """Read a whole number of JSON; Python refuses to read thousands of digits."""
    try:
        return int(digits)
    except ValueError:
        return float(digits)


def _senseless(what: str) -> ChunkMetadata:
    return ChunkMetadata(notes=(f"the metadata file {what}",), makes_sense=False)


def _not_ready(cause: str) -> SourceNotReady:
    return SourceNotReady("read metadata", cause, hint="the service may not have written the file yet")
