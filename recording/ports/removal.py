"""Removes and holds the blobs of one container. Not a part of `Archive`: no copy can name a delete."""

from typing import Protocol

from recording.core.model import BlobName


class Removal(Protocol):
    """The blobs of one container."""

    def remove(self, name: BlobName) -> bool:
        """Delete a blob with its snapshots; whether there was one.

        Raises:
            BlobProtected: a legal hold, a lease, or a time that it is kept for, forbids it.
            ArchiveBusy, ArchiveRefused: it may or may not be deleted; retry.
        """

    def hold(self, name: BlobName, *, on: bool) -> bool:
        """Set or clear the legal hold of a blob; False if there is none.

        Raises:
            ArchiveRefused: the container does not support holds on single blobs, or the app may not set them.
        """

    def is_held(self, name: BlobName) -> bool:
        """Whether the blob has a legal hold; False if there is none."""
