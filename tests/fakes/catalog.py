"""A catalog in memory."""

import threading
from dataclasses import dataclass, field, replace
from itertools import count

from recording.core.errors import CatalogConflict, Permanent
from recording.core.model import CatalogEntry, RecordingId
from recording.ports import StartClaim

MOST_CHUNKS = 99


@dataclass
class FakeCatalog:
    """`Catalog`: entries with versions, claims first come first served."""

    entries: dict[RecordingId, CatalogEntry] = field(default_factory=dict)
    claims: dict[str, StartClaim] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._versions = count(1)

    def load(self, recording_id: RecordingId) -> CatalogEntry | None:
        return self.entries.get(recording_id)

    def save(self, entry: CatalogEntry) -> CatalogEntry:
        recording_id = entry.recording.recording_id
        if len(entry.chunks) > MOST_CHUNKS:
            raise Permanent("save entry", f"{len(entry.chunks)} chunks", ids={"recording_id": recording_id})
        with self._lock:
            standing = self.entries.get(recording_id)
            if entry.version != (standing.version if standing else ""):
                raise CatalogConflict("save entry", "it has changed meanwhile", ids={"recording_id": recording_id})
            saved = replace(entry, version=str(next(self._versions)))
            self.entries[recording_id] = saved
            return saved

    def claim(self, claim: StartClaim) -> StartClaim:
        with self._lock:
            return self.claims.setdefault(claim.key, replace(claim, version=str(next(self._versions))))

    def find_claim(self, key: str) -> StartClaim | None:
        return self.claims.get(key)

    def settle(self, claim: StartClaim) -> StartClaim:
        with self._lock:
            standing = self.claims.get(claim.key)
            if standing is None:
                raise CatalogConflict("find start", "the claim has gone meanwhile", ids={"claim": claim.key})
            if standing.version == claim.version:
                self.claims[claim.key] = replace(claim, version=str(next(self._versions)))
            return self.claims[claim.key]
