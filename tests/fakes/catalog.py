"""A catalog in memory."""

import threading
from dataclasses import dataclass, field, replace
from itertools import count

from recording.adapters.rows import pack
from recording.core.errors import CatalogConflict, NewerSchema
from recording.core.model import CatalogEntry, DocumentId, RecordingId
from recording.ports import StartClaim


@dataclass
class FakeCatalog:
    """`Catalog`: entries with versions; of claims and owners the first writer wins.

    `newer` are recordings saved by a newer version of the app; the next `conflicts` saves fail with a conflict.
    `calls` are all requests for entries and owners so far.
    """

    entries: dict[RecordingId, CatalogEntry] = field(default_factory=dict)
    claims: dict[str, StartClaim] = field(default_factory=dict)
    owners: dict[str, tuple[RecordingId, DocumentId]] = field(default_factory=dict)
    newer: set[RecordingId] = field(default_factory=set)
    conflicts: int = 0
    calls: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._versions = count(1)

    def load(self, recording_id: RecordingId) -> CatalogEntry | None:
        self.calls.append("load")
        if recording_id in self.newer:
            raise NewerSchema("load entry", "a newer schema", ids={"recording_id": recording_id})
        return self.entries.get(recording_id)

    def save(self, entry: CatalogEntry) -> CatalogEntry:
        recording_id = entry.recording.recording_id
        self.calls.append("save")
        pack(entry)  # rejects what no row can hold, as the adapter does
        with self._lock:
            standing = self.entries.get(recording_id)
            stale = entry.version != (standing.version if standing else "")
            if stale or self.conflicts or recording_id in self.newer:
                self.conflicts = max(0, self.conflicts - 1)
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
                raise CatalogConflict("find start", "the claim has been deleted meanwhile", ids={"claim": claim.key})
            if standing.version == claim.version:
                self.claims[claim.key] = replace(claim, version=str(next(self._versions)))
            return self.claims[claim.key]

    def own(
        self, object_key: str, recording_id: RecordingId, document_id: DocumentId
    ) -> tuple[RecordingId, DocumentId]:
        self.calls.append("own")
        with self._lock:
            return self.owners.setdefault(object_key, (recording_id, document_id))
