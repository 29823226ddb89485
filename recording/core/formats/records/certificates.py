"""The certificate of an erasure: what was erased, what is deferred and why, and what is left on purpose.

It names nobody: of the person there are keyed hashes, of whoever asked and of the purpose digests: it stays for ever.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from recording.core.formats import reading
from recording.core.lifecycle.acts import without_name
from recording.core.model import Actor, BlobName, RecordingId
from recording.core.records.erasing import Deferral, Mode
from recording.core.times import format_time

SCHEMA = "recording-erasure/1"
FOLDER = "certificates/"
MOST_CERTIFICATE = 16 << 20
"""Bytes of one that is read."""
_STRIPPED = "the catalog's entries of the recordings: ids, times, and that they were erased"
LEFT = (
    "the audit trails and tombstones of the recordings: ids, times and acts, which name no participant",
    _STRIPPED,
    "what the service has written into native containers, which are not this app's",
    "the sources at the service, which end by themselves within a day of their recording",
    "blocks that were staged and never committed, which the storage drops within a week",
    "what the storage account keeps of deleted blobs: for the days of its soft delete, and as versions until their end",
    "logs, events that were published, packages that were downloaded, and backups of others",
)
"""What no erasure touches."""
_HEARD = "the recordings: their media, in which the person can be heard, and what is said of others in them"
_MUTED = "the recordings: their media, in which the person's own channel is silent, and what is said of others in them"
KEPT = (
    "that somebody was taken out of them, when, and by which erasure, in entries, manifests and audit trails",
    "marks in place of the person in metadata files and people documents: that somebody is heard, on which channel",
    "the evidence of consent: keyed hashes of those who were asked",
)
"""What is kept, besides that, if the media are."""


def left_by(mode: Mode) -> tuple[str, ...]:
    """What is left on purpose."""
    if mode is Mode.WHOLE:
        return LEFT
    return (_MUTED if mode is Mode.MUTE else _HEARD, *KEPT, *(one for one in LEFT if one != _STRIPPED))


_NAME = re.compile(FOLDER + r"(?P<erasure>[^/]+)-(?P<number>[1-9]\d{0,5})\.json", re.ASCII)


def erasure_in(name: str) -> tuple[str, int] | None:
    """Of which erasure a certificate is, by the name of its blob, and which number it has; None for another blob."""
    found = _NAME.fullmatch(name)
    return None if found is None else (found["erasure"], int(found["number"]))


def deferred_in(body: bytes) -> int | None:
    """How many recordings a certificate has as deferred; None if it is none."""
    fields = reading.mapping(body.decode("utf-8", "replace"))
    deferred = fields.get("deferred") if fields is not None and fields.get("schema") == SCHEMA else None
    return len(deferred) if isinstance(deferred, list) else None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a recording: erased, or deferred by these."""

    recording_id: RecordingId
    deferred: tuple[Deferral, ...] = ()


@dataclass(frozen=True, slots=True)
class Certificate:
    """The certificate.

    Attributes:
        number: an erasure of which something was deferred gets another one each time that more is erased.
        people: keyed hashes of the person's ids, by the key with this id.
        events: blobs of journal and dead letters that named the recordings or the person, and are removed.
    """

    erasure_id: str
    number: int
    plan: str
    mode: Mode
    purpose: str
    by: Actor
    begun_at: datetime
    at: datetime
    people: tuple[str, ...]
    key_id: str
    outcomes: Sequence[Outcome]
    events: int

    @property
    def name(self) -> BlobName:
        """The name of its blob."""
        return BlobName(f"{FOLDER}{self.erasure_id}-{self.number}.json")

    def to_json(self) -> bytes:
        """The content of its blob."""
        fields = {
            "schema": SCHEMA,
            "erasureId": self.erasure_id,
            "number": self.number,
            "planHash": self.plan,
            "mode": self.mode,
            "purposeSha256": hashlib.sha256(self.purpose.encode()).hexdigest(),
            "by": without_name(self.by),
            "begunAt": format_time(self.begun_at),
            "at": format_time(self.at),
            "person": {"hashes": list(self.people), "keyId": self.key_id},
            "erased": [one.recording_id for one in self.outcomes if not one.deferred],
            "deferred": [
                {
                    "recordingId": one.recording_id,
                    "by": [
                        {"why": two.why, "by": two.by, "until": two.until.isoformat() if two.until else None}
                        for two in one.deferred
                    ],
                }
                for one in self.outcomes
                if one.deferred
            ],
            "eventBlobs": self.events,
            "left": list(left_by(self.mode)),
        }
        return json.dumps(fields, indent=2).encode() + b"\n"
