"""Removes from the second account what the archive holds by now. Not a part of `Archive`: no copy can name a delete."""

from typing import Protocol

from recording.core.model import BlobName, Proof


class OverflowCopies(Protocol):
    """The blobs in the container of the overflow."""

    def remove(self, name: BlobName, etag: str, proof: Proof) -> bool:
        """Delete a blob if it has that ETag; whether there is none any more, which is so too if there was none.

        False: it has been changed, and was left. The proof is that of the copy in the archive, and required: the caller
        has just checked that the archive still holds it.

        Raises:
            ArchiveBusy, ArchiveRefused: it may or may not be deleted.
        """
