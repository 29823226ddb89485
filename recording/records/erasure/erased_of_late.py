"""Looks again, for some days, at what was erased: a run that had loaded an entry before may write after that.

It may have been killed, and told nobody. A row for the daily pass says where such blobs may be: once it is erased, an
entry does not name them any more.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched

import msgspec

from recording import log
from recording.catalog_updates import CatalogUpdates
from recording.core.errors import (
    ArchiveDamaged,
    CatalogConflict,
    NewerSchema,
    Permanent,
    RecordingError,
)
from recording.core.model import BlobName, CatalogEntry, RecordingId
from recording.core.naming import encode
from recording.ports import Index, IndexRow, Removal
from recording.records.filing import about
from recording.records.index_rows import remove_rows, rows_in
from recording.records.keeping.holding import Holding
from recording.records.standing_blobs import StandingBlobs, folder_of, folders_of

OF_ONE = (Permanent, ArchiveDamaged, CatalogConflict, NewerSchema)
"""Errors that are about a single recording, though they may pass: a pass over many goes on with the next."""
UNLINKED = "unlinking"
"""The partition of the recordings that somebody is being taken out of, or was some days ago."""
_ERASED = "erased-of-late"
"""The partition of the recordings that were erased some days ago."""
LOOKS = timedelta(days=3)
"""For so long both are looked at again: no run that had begun before, and no source, lasts longer."""
_RECENT = timedelta(days=1)
"""Of a recording that was completed longer ago no run can be copying anything that had begun before its end."""
_NAMES = 20
"""Of chunks in a row: they may be long."""

type Forget = Callable[[CatalogEntry], None]
"""Removes what another use case has written about a recording; idempotent, and raises Transient to be called again."""


@dataclass(frozen=True, slots=True)
class _Gone:
    """Some chunks of an erased recording, whose entry does not name them any more, and where its own blobs may be."""

    recording_id: RecordingId
    erased_at: datetime
    chunks: tuple[BlobName, ...]
    folders: tuple[str, ...]
    is_first: bool = True


# Created at import: see `adapters.rows`.
_GONE = msgspec.json.Decoder(_Gone)


@dataclass(frozen=True, slots=True)
class ErasedOfLate:
    """Look again. `removals`, `blobs` and `forgets` are those of `Removing`."""

    updates: CatalogUpdates
    index: Index
    holding: Holding
    removals: Mapping[str, Removal]
    blobs: StandingBlobs
    forgets: Sequence[Forget]

    def note(self, entry: CatalogEntry) -> None:
        """Let the daily pass look again at what is being erased, if a run may be writing that had loaded it before."""
        recording, now = entry.recording, self.updates.now()
        is_old = recording.completed_at is not None and now - recording.completed_at > _RECENT
        if is_old and not self._is_unlinked_of_late(entry):
            return
        for number, chunks in enumerate(batched(entry, _NAMES, strict=False)):
            names, folders = tuple(chunk.name for chunk in chunks), tuple(folders_of(entry, chunks))
            body = msgspec.json.encode(_Gone(recording.recording_id, now, names, folders, is_first=number == 0))
            self.index.put(IndexRow(_ERASED, f"{encode(recording.recording_id)}~{number:04}", body))

    def look(self, is_over: Callable[[], bool]) -> int:
        """Look at all of them; how many could not be looked at, for one the rest if the time was over.

        Raises:
            Transient: they are looked at another time.
        """
        left = 0
        for row in rows_in(self.index, _ERASED):
            if is_over():  # its row stays until it was looked at after its days
                break
            left += not self._look(row)
        return left

    def remove_beside(self, entry: CatalogEntry, manifest: BlobName) -> None:
        """Remove what was written beside a manifest, and in rows, after the erasure was finished; idempotent.

        Raises:
            BlobProtected: a hold or a time protects a blob.
            Transient: it is not finished; do it again.
        """
        recording_id = entry.recording.recording_id
        self._remove(set(self.blobs.standing(recording_id, (), [folder_of(manifest)])))
        self._forget(entry)
        log.event("recording.erased_again", {"recording_id": recording_id}, logging.WARNING)

    def _look(self, row: IndexRow) -> bool:
        """Remove what was written since, and let others forget what they may have kept then; whether all was seen."""
        gone = _GONE.decode(row.body)
        recording_id = gone.recording_id
        try:
            found = set(self.blobs.standing(recording_id, gone.chunks, gone.folders))
            entry = self.updates.load(recording_id)
            if found and self.holding.of(recording_id, entry):
                return False
            self._remove(found)
            if entry is not None and gone.is_first:  # such as of a call that may have gone on when it was erased
                self._forget(entry)
        except OF_ONE as error:
            log_left(recording_id, error)
            return False
        if found:
            fields = {"recording_id": recording_id, "blobs": len(found)}
            log.event("recording.erased_again", fields, logging.WARNING)
        if self.updates.now() - gone.erased_at > LOOKS:
            self.index.delete(_ERASED, row.key)
        return True

    def _remove(self, blobs: Iterable[tuple[str, BlobName]]) -> None:
        for role, name in blobs:
            self.removals[role].remove(name)

    def _forget(self, entry: CatalogEntry) -> None:
        for forget in self.forgets:
            forget(entry)
        remove_rows(self.index, about(entry.recording.recording_id))

    def _is_unlinked_of_late(self, entry: CatalogEntry) -> bool:
        """Whether a run may be taking somebody out of it, also one that has not noted that yet, or was given up."""
        if any(one.finished_at is None for one in entry.recording.unlinked):
            return True
        return self.index.get(UNLINKED, encode(entry.recording.recording_id)) is not None


def log_left(recording_id: RecordingId, error: RecordingError) -> None:
    """Log that an erasure could not be finished, or looked at again, today."""
    fields = {"recording_id": recording_id, "code": error.code, "cause": error}
    log.event("recording.erasure_left", fields, logging.WARNING)
