"""Reads a metadata file: whether it is one, and what it says."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import islice

from recording.core.errors import SourceNotReady
from recording.core.formats import reading
from recording.core.formats.metadata.doubts import doubts_about_people
from recording.core.formats.metadata.markup import refuse_markup
from recording.core.formats.metadata.meaning import ChunkMetadata, Participant, PausedInterval
from recording.core.model import Content, DocumentId, Output
from recording.core.outputs import infer_output
from recording.core.times import parse_milliseconds, parse_time

MAX_LENGTH = 1 << 20
"""Bytes of a file that is parsed: a file with thousands of participants has fewer, and parsed JSON takes far more."""

MAX_PARTICIPANTS = 5000
_MOST_PAUSES = 1000

_BEYOND = 1 << 53
"""From 2^53 on, not every JSON reader represents whole numbers exactly."""
_LONGEST_CHUNK = timedelta(hours=4)

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
_POSITION = re.compile(r"\[\d+\]")
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
        What it says. A complete file without a known field (also JSON that is no object, and XML) does not make sense,
        and a note says what it is; the same holds for one that is too long, or nested too deep, to be parsed.

    Raises:
        SourceNotReady: it is empty, HTML, truncated, not text, or an error report: the file is not there yet.
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
    notes: dict[str, None] = {}
    fields = reading.Fields(found, lambda path, fault: notes.update({_note(path, fault): None}), any_case=True)
    if fields.names & _KNOWN:
        read = _read(fields)
        doubts = doubts_about_people(read.participants, read.output, read.channels)
        return replace(read, notes=(*notes, *doubts))
    if fields.names & _OF_ERRORS:
        raise _not_ready("it is an error report")
    return _senseless("has no field that is known" if found else "is an object without any field")


def _read(fields: reading.Fields) -> ChunkMetadata:
    document_id = fields.read("chunkDocumentId", reading.text)
    if document_id is None:
        fields.report("chunkDocumentId", "is missing")
    duration = fields.read("chunkDuration", parse_milliseconds)
    if duration is not None and duration > _LONGEST_CHUNK:
        fields.report("chunkDuration", "is more than the 4 hours a chunk can have")
    about = fields.part("recordingInfo")
    return ChunkMetadata(
        document_id=None if document_id is None else DocumentId(document_id),
        index=fields.read("chunkIndex", _whole),
        started_at=fields.read("chunkStartTime", parse_time),
        duration=duration,
        paused=_paused(fields),
        pauses=tuple(_pauses(fields)),
        output=_output(about),
        channels=about.part("audioConfiguration").read("channels", _whole),
        participants=tuple(_participants(fields)),
    )


def _paused(fields: reading.Fields) -> timedelta:
    """The sum of the pauses' durations; at most the longest that can be represented."""
    paused = timedelta()
    for item in fields.each("pauseResumeIntervals"):
        duration = item.read("duration", parse_milliseconds)
        if item.get("duration") is None:
            item.report("duration", "is missing")
        paused += min(duration or timedelta(), timedelta.max - paused)
    return paused


def _pauses(fields: reading.Fields) -> Iterator[PausedInterval]:
    """The intervals that have a start; a start that is missing is noted only where it is needed: real files lack it."""
    for item in islice(fields.each("pauseResumeIntervals"), _MOST_PAUSES):
        since, length = parse_time(item.get("startTime")), parse_milliseconds(item.get("duration"))
        if since is not None and length is not None:
            yield PausedInterval(since, length)


def _participants(fields: reading.Fields) -> Iterator[Participant]:
    items = fields.get("participants")
    if isinstance(items, list) and len(items) > MAX_PARTICIPANTS:
        fields.report("participants", f"has more than {MAX_PARTICIPANTS}: the rest is not read")
    for item in islice(fields.each("participants"), MAX_PARTICIPANTS):
        participant_id = item.read("participantId", reading.text)
        if participant_id is not None:
            yield Participant(participant_id, item.read("channel", _whole))
        elif item.get("participantId") is None:
            item.report("participantId", "is missing")


def _output(about: reading.Fields) -> Output | None:
    values = [about.get(name) for name in ("contentType", "channelType", "format")]
    output = infer_output(values)
    if output is None and any(value is not None for value in values):
        about.report("contentType, channelType and format", "do not tell one output")
    channel_type = about.get("channelType")
    if isinstance(channel_type, str) and channel_type.lower() in {content.lower() for content in Content}:
        about.report("contentType and channelType", "are swapped")
    return output


def _whole(value: object) -> int | None:
    """A whole number from 0 up to the largest that JSON represents exactly."""
    number = reading.whole(value)
    return number if number is not None and 0 <= number < _BEYOND else None


def _note(path: str, fault: str) -> str:
    """A note on the file, without the positions in arrays, so that the same fault of a hundred members is one note."""
    return f"{_POSITION.sub('[]', path)} in the metadata file {fault}"


def _integer(digits: str) -> int | float:
    """Parse a whole number of JSON; Python's `int` refuses thousands of digits."""
    try:
        return int(digits)
    except ValueError:
        return float(digits)


def _senseless(what: str) -> ChunkMetadata:
    return ChunkMetadata(notes=(f"the metadata file {what}",), makes_sense=False)


def _not_ready(cause: str) -> SourceNotReady:
    return SourceNotReady("read metadata", cause, hint="the service may not have written the file yet")
