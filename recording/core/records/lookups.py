"""A look at people's recordings that concerns no single recording: an act of its own, kept beside the audit trails."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from recording.core.model import Actor, BlobName
from recording.core.times import format_time

FOLDER = "acts/"
SCHEMA = "recording-lookup/1"


@dataclass(frozen=True, slots=True)
class Lookup:
    """Somebody looked for a person's recordings, or at what is kept of a person.

    Attributes:
        lookup_id: a UUID.
        at: when.
        by: who.
        what: which operation.
        purpose: what for, as they say.
        people: the keyed hashes of those who were looked for; none for the recordings that may be of anybody.
        key_id: of the key of these hashes.
        count: how many recordings, or keys, were shown.
    """

    lookup_id: str
    at: datetime
    by: Actor
    what: str
    purpose: str
    people: tuple[str, ...] = ()
    key_id: str = ""
    count: int = 0

    @property
    def name(self) -> BlobName:
        """The name of its blob, by day (UTC)."""
        utc = self.at.astimezone(UTC)
        return BlobName(f"{FOLDER}{utc.year:04}/{utc:%m/%d/%H%M%S%f}-{self.lookup_id}.json")

    def to_json(self) -> bytes:
        """The content of its blob."""
        fields = {
            "schema": SCHEMA,
            "id": self.lookup_id,
            "at": format_time(self.at),
            "by": self.by,
            "what": self.what,
            "purpose": self.purpose,
            "people": list(self.people),
            "keyId": self.key_id,
            "count": self.count,
        }
        return json.dumps(fields, indent=2).encode() + b"\n"
