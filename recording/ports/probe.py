"""What a health check needs beside the ports of a copy: to remove what it has written, and to look into a queue."""

from typing import Protocol

from recording.core.model import BlobName


class ProbeContainer(Protocol):
    """The container of the blobs that health checks write. It holds nothing else."""

    def tier(self, name: BlobName) -> str:
        """The access tier of a committed blob, as the account names it.

        Raises:
            ArchiveBusy, ArchiveRefused: it cannot be had, also if there is no such blob.
        """

    def remove(self, name: BlobName) -> None:
        """Delete a blob; nothing happens if there is none.

        Raises:
            ArchiveBusy, ArchiveRefused: it may or may not be deleted.
        """


class ProbeQueue(Protocol):
    """One queue."""

    def peek(self) -> None:
        """Look at its first message, which stays as it is.

        Raises:
            ArchiveBusy, ArchiveRefused: it cannot be read.
        """
