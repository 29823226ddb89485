"""Removes exports whose days are over: a package holds copies of recordings, and is made for somebody to fetch it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from recording import log
from recording.core.errors import BlobProtected, UnknownJob
from recording.core.model import BlobName
from recording.core.records.jobs import Job, JobState
from recording.ports import Inventory, Removal
from recording.records.standing_blobs import listed


@dataclass(frozen=True, slots=True)
class EndingExports:
    """The daily pass over the container of exports. `days`: for which a blob stays; 0: for ever.

    `load`: the job of an export. The run of one that was cancelled may have published its package just then, and have
    been cut off before it removed that.
    """

    inventory: Inventory
    removal: Removal
    days: int
    load: Callable[[str], Job]
    now: Callable[[], datetime]

    def run(self) -> None:
        """Remove what was written longer ago; the job of an export, which says what was given to whom, stays.

        Raises:
            Transient: the rest is removed tomorrow.
        """
        before, removed = self.now() - timedelta(days=self.days) if self.days else None, 0
        for blob in listed(self.inventory, ""):
            if (before is not None and blob.modified_at < before) or self._is_of_nobody(blob.name):
                try:
                    removed += self.removal.remove(blob.name)
                except BlobProtected as error:
                    log.event("exports.protected", {"code": error.code, "cause": error})
        log.event("exports.ended", {"removed": removed})

    def _is_of_nobody(self, name: BlobName) -> bool:
        try:
            return self.load(name.removesuffix(".zip")).state in {JobState.CANCELLED, JobState.FAILED}
        except UnknownJob:
            return False
