"""The legal holds of a recording's blobs: a second guard, below that of the holds themselves.

They are set on what the entry names. Where somebody is taken out of it, or an event has made it anew after the catalog
had lost the one before, other blobs may have got one when an entry still named them: they are found by listing, and by
the manifests, or nobody could ever remove them.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from recording import log
from recording.core.errors import ArchiveRefused
from recording.core.lifecycle import lacks
from recording.core.model import BlobName, CatalogEntry
from recording.core.records.blobs import blobs_of
from recording.ports import Removal
from recording.records.standing_blobs import StandingBlobs


@dataclass(frozen=True, slots=True)
class HeldBlobs:
    """Set, clear and look at the legal holds; `removals` by what the container is for."""

    removals: Mapping[str, Removal]
    standing: StandingBlobs

    def set(self, entry: CatalogEntry, *, on: bool) -> bool:
        """Set or clear the legal hold of every blob of a recording; whether the storage takes legal holds.

        Raises:
            Transient: not all are done; do it again.
        """
        try:
            of_chunks, own = ((), ()) if on or _names_all(entry) else self.standing.all_of(entry)
            for role, name in dict.fromkeys((*self._of(entry), *of_chunks, *sorted(own))):
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


def _names_all(entry: CatalogEntry) -> bool:
    """Whether an entry is sure to name every blob that ever got a legal hold."""
    return not entry.recording.unlinked and not lacks(entry) and all(chunk.is_proven for chunk in entry)
