"""The legal holds of a recording's blobs: a second guard, below that of the holds themselves.

They are set on what the entry names. Where somebody is taken out of it, or an event has made it anew after the catalog
had lost the one before, or several copies in doubt were made of a chunk, or one was left in the second account, other
blobs may have got one when an entry still named them: they are found by listing, and by the manifests, or nobody could
ever remove them.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from recording import log
from recording.core.errors import ArchiveRefused
from recording.core.lifecycle import lacks, was_left_in_overflow
from recording.core.model import BlobName, CatalogEntry
from recording.core.records.blobs import blobs_of
from recording.ports import Removal
from recording.records.standing_blobs import StandingBlobs

_ARCHIVE = "archive"


@dataclass(frozen=True, slots=True)
class HeldBlobs:
    """Set, clear and look at the legal holds; `removals` by what the container is for."""

    removals: Mapping[str, Removal]
    standing: StandingBlobs

    def set(self, entry: CatalogEntry, *, on: bool) -> bool:
        """Set or clear the legal hold of every blob of a recording; whether the archive lets that be done.

        A container that takes none keeps no blob of another one from it: that of the second account has no such guard.

        Raises:
            Transient: not all are done; do it again.
        """
        of_chunks, own = ((), ()) if on or _names_all(entry) else self.standing.all_of(entry)
        refused = set[str]()
        for role, name in dict.fromkeys((*self._of(entry), *of_chunks, *sorted(own))):
            if role not in refused:
                try:
                    self.removals[role].hold(name, on=on)
                except ArchiveRefused as error:
                    if not (on or self.removals[role].is_held(name)):
                        continue  # there is none to be cleared: it had none, or a person has cleared it
                    refused.add(role)
                    fields = {"recording_id": entry.recording.recording_id, "on": on, "container": role}
                    log.event("hold.unprotected", {**fields, "code": error.code, "cause": error}, logging.WARNING)
        return _ARCHIVE not in refused

    def lifted(self, entry: CatalogEntry) -> tuple[BlobName, ...]:
        """Set the legal holds again that somebody has removed; the blobs that had none.

        Raises:
            ArchiveRefused: the archive does not take legal holds.
            Transient: look again.
        """
        found, refused = list[BlobName](), set[str]()
        for role, name in self._of(entry):
            if role not in refused and not self.removals[role].is_held(name):
                try:
                    found += [name] if self.removals[role].hold(name, on=True) else []
                except ArchiveRefused:
                    if role == _ARCHIVE:
                        raise
                    refused.add(role)
        return tuple(found)

    def _of(self, entry: CatalogEntry) -> list[tuple[str, BlobName]]:
        return [(role, name) for role, name in dict.fromkeys(blobs_of(entry)) if role in self.removals]


def _names_all(entry: CatalogEntry) -> bool:
    """Whether an entry is sure to name every blob that ever got a legal hold."""
    is_plain = all(chunk.is_proven and chunk.apart is None and not was_left_in_overflow(chunk) for chunk in entry)
    return is_plain and not entry.recording.unlinked and not lacks(entry)
