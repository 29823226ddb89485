"""The legal holds of a recording's blobs: a second guard, below that of the holds themselves.

They are set on what the entry names. Where somebody is taken out of it, what stands beside that may have got one when
the entry still named it: it is found by listing, or nobody could ever remove it.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from recording import log
from recording.core.errors import ArchiveRefused
from recording.core.model import BlobName, CatalogEntry
from recording.core.records.blobs import blobs_of
from recording.ports import Inventory, Removal
from recording.records.erasing_events import names_of
from recording.records.removing import is_of
from recording.records.rewriting import own_blobs


@dataclass(frozen=True, slots=True)
class HeldBlobs:
    """Set, clear and look at the legal holds; `removals` and `inventories` by what the container is for."""

    removals: Mapping[str, Removal]
    inventories: Mapping[str, Inventory]

    def set(self, entry: CatalogEntry, *, on: bool) -> bool:
        """Set or clear the legal hold of every blob of a recording; whether the storage takes legal holds.

        Raises:
            Transient: not all are done; do it again.
        """
        try:
            beside = [] if on or not entry.recording.unlinked else self._beside(entry)
            for role, name in dict.fromkeys((*self._of(entry), *beside)):
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

    def _beside(self, entry: CatalogEntry) -> Iterator[tuple[str, BlobName]]:
        """Whatever stands under the names of its chunks, and under its own."""
        for chunk in entry:
            for role, inventory in self.inventories.items():
                yield from ((role, name) for name in names_of(inventory, chunk.name) if is_of(name, chunk.name))
        yield from (("archive", blob.name) for blob in own_blobs(self.inventories["archive"], entry))
