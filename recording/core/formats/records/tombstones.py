"""Tombstones as JSON: that a recording was erased, when, why and by whom, and nothing else."""

import json
from dataclasses import dataclass
from datetime import datetime

from recording.core.formats import reading
from recording.core.lifecycle.acts import without_name
from recording.core.model import Actor, BlobName, RecordingId, RemovalReason
from recording.core.naming import encode
from recording.core.times import format_time, parse_time

SCHEMA = "recording-tombstone/1"
FOLDER = "tombstones/"
MOST_TOMBSTONE = 16 << 10
"""Bytes of a tombstone; a blob that is longer is none."""


@dataclass(frozen=True, slots=True)
class Tombstone:
    """The recording was erased, or its erasure has begun."""

    recording_id: RecordingId
    at: datetime
    reason: RemovalReason
    by: Actor


def tombstone_name(recording_id: RecordingId) -> BlobName:
    """The name of a recording's tombstone."""
    return BlobName(f"{FOLDER}{encode(recording_id)}.json")


def tombstone_json(tombstone: Tombstone) -> bytes:
    """The bytes of a tombstone. Of a name that a caller gave themselves it has only the digest: it stays for ever."""
    fields = {
        "schema": SCHEMA,
        "recordingId": tombstone.recording_id,
        "at": format_time(tombstone.at),
        "reason": tombstone.reason,
        "by": without_name(tombstone.by),
    }
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()


def read_tombstone(body: bytes) -> Tombstone | None:
    """The tombstone in those bytes; None if they are none."""
    try:
        found = reading.mapping(reading.json_body(body)[1]) or {}
    except ValueError:
        return None
    names = ("recordingId", "at", "by", "reason")
    recording_id, at, by, reason = (reading.text(found.get(name)) for name in names)
    moment = parse_time(at)
    is_whole = found.get("schema") == SCHEMA and reason in set(RemovalReason)
    if not is_whole or not recording_id or not by or not reason or moment is None:
        return None
    return Tombstone(RecordingId(recording_id), moment, RemovalReason(reason), Actor(by))
