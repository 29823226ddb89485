"""Reads the blob of an act: the other direction of `chain`."""

import json

from recording.core.model import Act, Actor, DocumentId, RecordingId
from recording.core.times import parse_time
from recording.core.trail.chain import SCHEMA


def read_act(body: bytes) -> tuple[RecordingId, Act] | None:
    """The recording and the act of a blob; None if it is none. Whether it belongs to the chain is not looked at."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        return None
    recording_id, at, what, by = (found.get(name) for name in ("recordingId", "at", "what", "by"))
    moment, document_id, details = parse_time(at), found.get("documentId"), found.get("details")
    if moment is None or not all(isinstance(one, str) for one in (recording_id, what, by)):
        return None
    if not isinstance(details, dict) or not isinstance(document_id, str | None):
        return None
    pairs = tuple((name, text) for name, text in details.items() if isinstance(text, str))
    document = None if document_id is None else DocumentId(document_id)
    return RecordingId(str(recording_id)), Act(moment, str(what), Actor(str(by)), document, pairs)
