"""Links to packages for those who may have one."""

from datetime import datetime
from typing import Protocol

from recording.core.model import BlobName


class Links(Protocol):
    """Makes links to the blobs of one container."""

    def link(self, name: BlobName, until: datetime) -> str:
        """A URL with which whoever has it can read this blob, and do nothing else, until that moment.

        It is a secret: no log, row or error contains it. Nothing is checked: the blob need not be there.

        Raises:
            ArchiveBusy, ArchiveRefused: it cannot be signed now.
        """
