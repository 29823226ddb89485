"""A copy of each hold in the archive, for as long as it holds: a table that is lost must not end a hold."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import msgspec

from recording import log
from recording.core.errors import BlobExists, BlobProtected, JobRefused
from recording.core.model import BlobName
from recording.core.records.holds import Hold, HoldState
from recording.ports import Archive, Inventory, Removal
from recording.records.standing_blobs import listed

_FOLDER = "holds/"
# Created at import: see `adapters.rows`.
_HOLD = msgspec.json.Decoder(Hold)


@dataclass(frozen=True, slots=True)
class KeptHolds:
    """The copies. They name whose recordings are held, so that each goes when its hold has ended.

    Attributes:
        archive: the archive's container; what is written by this is not kept against us.
        archived: the same, listed.
        removal: the same, to remove from.
    """

    archive: Archive
    archived: Inventory
    removal: Removal

    def keep(self, hold: Hold) -> None:
        """Keep a copy of a hold; idempotent.

        Raises:
            Transient: it may or may not be kept.
        """
        body = msgspec.json.encode(replace(hold, version=""))
        try:
            self.archive.put(_name(hold.hold_id), memoryview(body), {"hold": hold.hold_id}, "application/json")
        except BlobExists:
            return  # an id is given once

    def forget(self, hold_id: str) -> None:
        """Remove the copy of a hold that has ended; idempotent. One that the storage protects is left, and told."""
        try:
            self.removal.remove(_name(hold_id))
        except BlobProtected as error:
            log.event("hold.copy_left", {"hold_id": hold_id, "code": error.code, "cause": error})

    def all(self) -> Iterator[Hold]:
        """All that are kept, each to be placed again: what it has held before is not known any more.

        Raises:
            JobRefused: one cannot be read. Passed over, it would hold nothing, and nobody would know.
        """
        for blob in listed(self.archived, _FOLDER):
            try:
                hold = _HOLD.decode(self.archived.read(blob))
            except msgspec.MsgspecError as error:
                cause = f"{blob.name} is no copy of a hold"
                hint = "restore the blob; or remove it, and make the hold"
                raise JobRefused("bring back holds", cause, hint=hint) from error
            yield replace(hold, state=HoldState.PLACING, job_id="", job_state=None)


def _name(hold_id: str) -> BlobName:
    return BlobName(f"{_FOLDER}{hold_id}.json")
