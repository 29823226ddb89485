"""The legal holds of a recording's blobs: a second guard, below that of the holds themselves."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from recording import log
from recording.core.errors import ArchiveRefused
from recording.core.model import BlobName, CatalogEntry
from recording.core.records.blobs import blobs_of
from recording.ports import Removal


@dataclass(frozen=True, slots=True)
class HeldBlobs:
    """Set, clear and look at the legal holds; `removals` by what the container is for."""

    removals: Mapping[str, Removal]

    def set(self, entry: CatalogEntry, *, on: bool) -> bool:
        """Set or clear the legal hold of every blob of a recording; whether the storage takes legal holds.

        Raises:
            Transient: not all are done; do it again.
        """
        try:
            for role, name in self._of(entry):
                self.removals[role].hold(name, on=on)
        except ArchiveRefused as error:
            fields = {"recording_id": entry.recording.recording_id, "on": on, "code": error.code, "cause": error}
            log.event("hold.unprotected", fields, logging.WARNING)
            return False
        return True

    def lifted(self, entry: CatalogEntry) -> tuple[BlobName, ...]:
        """Set the legal holds again that somebody has removed; the blobs that had none.

        Raises:
            ArchiveRefused: the storage does not take legal holds.
            Transient: look again.
        """
        found = [(role, name) for role, name in self._of(entry) if not self.removals[role].is_held(name)]
        return tuple(name for role, name in found if self.removals[role].hold(name, on=True))

    def _of(self, entry: CatalogEntry) -> list[tuple[str, BlobName]]:
        return [(role, name) for role, name in dict.fromkeys(blobs_of(entry)) if role in self.removals]
