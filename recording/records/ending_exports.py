"""Removes exports whose days are over: a package holds copies of recordings, and is made for somebody to fetch it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from recording import log
from recording.core.errors import BlobProtected
from recording.ports import Inventory, Removal


@dataclass(frozen=True, slots=True)
class EndingExports:
    """The daily pass over the container of exports. `days`: for which a blob stays; 0: for ever."""

    inventory: Inventory
    removal: Removal
    days: int
    now: Callable[[], datetime]

    def run(self) -> None:
        """Remove what was written longer ago; the job of an export, which says what was given to whom, stays.

        Raises:
            Transient: the rest is removed tomorrow.
        """
        if not self.days:
            return
        before, removed = self.now() - timedelta(days=self.days), 0
        marker, is_last = "", False
        while not is_last:
            page = self.inventory.page("", marker)
            for blob in page.blobs:
                if blob.modified_at < before:
                    try:
                        removed += self.removal.remove(blob.name)
                    except BlobProtected as error:
                        log.event("exports.protected", {"code": error.code, "cause": error})
            marker, is_last = page.marker, not page.marker
        log.event("exports.ended", {"removed": removed})
