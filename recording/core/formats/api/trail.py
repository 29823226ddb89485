"""The audit trail of a recording as JSON of the HTTP API."""

import hashlib
import json
from collections.abc import Iterable

from recording.core.formats.api.paging import mark
from recording.core.model import BlobName, RecordingId
from recording.core.trail import Fault, Link, Verified, parse_name


def trail_view(
    recording_id: RecordingId, blobs: Iterable[tuple[BlobName, bytes]], unwritten: Iterable[Link], following: str
) -> dict[str, object]:
    """A page of acts, those last that no blob has yet; a blob that is not what its name says is only named."""
    acts = [_written(recording_id, name, body) for name, body in blobs]
    acts += [{**json.loads(link.body), "hash": link.hash, "blob": None, "fault": None} for link in unwritten]
    return {"recordingId": recording_id, "trail": acts, "next": mark(following) or None}


def verified_view(recording_id: RecordingId, verified: Verified) -> dict[str, object]:
    """Whether a trail is as it was written, and if not, where it is broken."""
    return {
        "recordingId": recording_id,
        "intact": not verified.breaks,
        "links": verified.links,
        "breaks": [{"number": one.number, "fault": str(one.fault), "blob": one.name} for one in verified.breaks],
        "more": verified.more,
    }


def _written(recording_id: RecordingId, name: BlobName, body: bytes) -> dict[str, object]:
    number, digest = parse_name(name, recording_id) or (None, "")
    if hashlib.sha256(body).hexdigest() == digest:
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, dict):
            return {**found, "hash": digest, "blob": name, "fault": None}
    return {"number": number, "blob": name, "fault": str(Fault.ADDED if number is None else Fault.CHANGED)}
