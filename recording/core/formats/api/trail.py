"""The audit trail of a recording as JSON of the HTTP API."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any, cast

from recording.core.formats.api.paging import mark
from recording.core.formats.api.shapes import TrailLink, TrailPage, TrailVerified
from recording.core.model import BlobName, RecordingId
from recording.core.trail import Fault, Link, Verified, parse_name


def trail_view(
    recording_id: RecordingId, blobs: Iterable[tuple[BlobName, bytes]], unwritten: Iterable[Link], following: str
) -> TrailPage:
    """A page of acts, those last that no blob has yet; a blob that is not what its name says is only named."""
    acts = [_written(recording_id, name, body) for name, body in blobs]
    acts += [_link(json.loads(link.body), link.hash, None) for link in unwritten]
    return {"recordingId": recording_id, "trail": acts, "next": mark(following) or None}


def verified_view(recording_id: RecordingId, verified: Verified) -> TrailVerified:
    """Whether a trail is as it was written, and if not, where it is broken."""
    return {
        "recordingId": recording_id,
        "intact": not verified.breaks,
        "links": verified.links,
        "unwritten": verified.unwritten,
        "breaks": [{"number": one.number, "fault": one.fault, "blob": one.name} for one in verified.breaks],
        "more": verified.more,
    }


def _written(recording_id: RecordingId, name: BlobName, body: bytes) -> TrailLink:
    number, digest = parse_name(name, recording_id) or (None, "")
    if hashlib.sha256(body).hexdigest() == digest:
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, dict):
            if (found.get("recordingId"), found.get("number")) == (recording_id, number):
                return _link(found, digest, name)
            return {"number": number, "blob": name, "fault": Fault.ADDED}  # such as an act of another recording
    return {"number": number, "blob": name, "fault": Fault.ADDED if number is None else Fault.CHANGED}


def _link(found: dict[str, Any], digest: str, name: BlobName | None) -> TrailLink:
    """An act as it was written: its fields are what `core.trail` wrote, and its hash says so."""
    return cast("TrailLink", {**found, "hash": digest, "blob": name, "fault": None})
