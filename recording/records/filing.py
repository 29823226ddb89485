"""Files a recording whose manifest is written: each filer writes its rows and blobs, and may do so twice."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import msgspec

from recording import log
from recording.core.model import CatalogEntry, RecordingId, RecordingState
from recording.core.naming import encode
from recording.core.records.filed import Filed, is_to_file
from recording.ports import Catalog, Index, IndexRow
from recording.records.late_writes import LateWrites

_FILED = "filed"
# Created at import: see `adapters.rows`.
_DECODER = msgspec.json.Decoder(Filed)


class Filer(Protocol):
    """Files one aspect of a recording; idempotent."""

    def file(self, entry: CatalogEntry) -> None:
        """Write what is to be found of it.

        Raises:
            Transient: it is filed again.
        """


def about(recording_id: RecordingId) -> str:
    """The partition of the rows about one recording."""
    return f"record~{encode(recording_id)}"


@dataclass(frozen=True, slots=True)
class Filing:
    """File recordings; the filers in order."""

    catalog: Catalog
    index: Index
    filers: Sequence[Filer]
    late: LateWrites
    now: Callable[[], datetime]

    def file(self, recording_id: RecordingId) -> bool:
        """File the recording, unless that is done; whether it was filed now.

        Raises:
            Transient: a filer, the catalog or the index fails; file it again.
        """
        entry = self.catalog.load(recording_id)
        if entry is None or not self.is_owed(entry):
            self.late.settle(recording_id)
            return False
        with self.late.of(entry):
            for filer in self.filers:
                filer.file(entry)
            manifest = entry.recording.manifest_name
            assert manifest is not None  # noqa: S101 - `is_owed` says so
            filed = Filed(entry.recording.revision, manifest, self.now())
            self.index.put(IndexRow(about(recording_id), _FILED, msgspec.json.encode(filed)))
        log.event("recording.filed", {"recording_id": recording_id, "manifest": manifest})
        return True

    def is_owed(self, entry: CatalogEntry) -> bool:
        """Whether the recording is to be filed, as its manifest is written, and it is not filed as that says."""
        if entry.recording.completed_at is None or entry.recording.state is RecordingState.ERASED:
            return False
        return is_to_file(entry, self.filed(entry.recording.recording_id))

    def filed(self, recording_id: RecordingId) -> Filed | None:
        """How it was filed last; None if it was not, or if the row cannot be read: then it is filed again."""
        row = self.index.get(about(recording_id), _FILED)
        if row is None:
            return None
        try:
            return _DECODER.decode(row.body)
        except msgspec.MsgspecError:
            return None
