"""The metadata file of a chunk, in its documented form and in others that were observed."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from local.acs.events import wire_time
from local.acs.model import Call
from local.acs.outputs import SAMPLE_RATE, Output
from local.acs.timeline import PlannedChunk

VARIANTS: dict[str, str] = {
    "swapped": "contentType and channelType hold each other's value",
    "crlf": "lines end in CR LF",
    "floats": "durations are floats, 5580.0",
    "framerate": "`framerate` instead of `frameRate`",
    "fractions7": "seven digits of a second",
    "whole_seconds": "no fraction of a second, and +00:00 instead of Z",
    "string_rate": "sampleRate is a string",
    "sparse": "nothing but chunkDocumentId",
}
"""Names for `metadata_variants`, each with what it changes; they combine."""


@dataclass(frozen=True, slots=True)
class ChunkFacts:
    """The content of a metadata file; `ordered` are the participants that the start named for the first channels."""

    document_id: str
    call: Call
    output: Output
    recording_started: datetime
    chunk: PlannedChunk
    channels: int
    ordered: tuple[str, ...] = ()


def metadata_file(facts: ChunkFacts, resource_id: str, variants: Collection[str] = ()) -> bytes:
    """The file's bytes; raises ValueError for a variant that does not exist."""
    unknown = set(variants) - set(VARIANTS)
    if unknown:
        msg = f"no metadata variant is called {sorted(unknown)}; there are {', '.join(VARIANTS)}"
        raise ValueError(msg)
    document = _document(facts, resource_id, variants)
    text = json.dumps(document, indent=2)
    return (text.replace("\n", "\r\n") if "crlf" in variants else text).encode()


def _document(facts: ChunkFacts, resource_id: str, variants: Collection[str]) -> dict[str, Any]:
    if "sparse" in variants:
        return {"chunkDocumentId": facts.document_id}

    def moment(offset_ms: int) -> str:
        at = facts.recording_started + timedelta(milliseconds=offset_ms)
        if "whole_seconds" in variants:
            return wire_time(at, 0).replace("Z", "+00:00")
        return wire_time(at, 7 if "fractions7" in variants else 3)

    def span(duration_ms: int) -> int | float:
        return float(duration_ms) if "floats" in variants else duration_ms

    return {
        "resourceId": resource_id,
        "callId": facts.call.correlation_id,
        "chunkDocumentId": facts.document_id,
        "chunkIndex": facts.chunk.index,
        "chunkStartTime": moment(facts.chunk.start_ms),
        "chunkDuration": span(facts.chunk.duration_ms),
        "pauseResumeIntervals": [
            {"startTime": moment(pause.start_ms), "duration": span(pause.duration_ms)} for pause in facts.chunk.pauses
        ],
        "recordingInfo": _recording_info(facts, variants),
        "participants": _participants(_by_channel(facts), facts.output, facts.channels),
    }


def _recording_info(facts: ChunkFacts, variants: Collection[str]) -> dict[str, Any]:
    output = facts.output
    first, second = output.content, output.channel
    if "swapped" in variants:
        first, second = second, first
    bit_rate = 48_000 if output.format == "mp3" else 256_000
    info: dict[str, Any] = {
        "contentType": first,
        "channelType": second,
        "format": output.format,
        "audioConfiguration": {
            "sampleRate": str(SAMPLE_RATE) if "string_rate" in variants else SAMPLE_RATE,
            "bitRate": bit_rate,
            "channels": facts.channels,
        },
    }
    if output.content == "audioVideo":
        info["videoConfiguration"] = {
            "longerSideLength": 1920,
            "shorterSideLength": 1080,
            "framerate" if "framerate" in variants else "frameRate": 16,
            "bitRate": 1_000_000,
        }
    return info


def _by_channel(facts: ChunkFacts) -> Sequence[str]:
    taking_part = facts.call.participants
    return tuple(dict.fromkeys((*(who for who in facts.ordered if who in taking_part), *taking_part)))


def _participants(participants: Sequence[str], output: Output, channels: int) -> list[dict[str, Any]]:
    if output.channel != "unmixed":
        return [{"participantId": who} for who in participants]
    return [
        {"participantId": who, "channel": number} if number < channels else {"participantId": who}
        for number, who in enumerate(participants)
    ]
