"""Where the blobs of one container lie, and for how long nobody can delete them."""

from datetime import datetime
from typing import Protocol

from recording.core.model import BlobName
from recording.core.retention import Tier


class Shelf(Protocol):
    """The blobs of one container. Nothing of their content is changed."""

    def move(self, name: BlobName, tier: Tier) -> bool:
        """Move a blob into an access tier, unless it is in that or a cheaper one; False if there is none.

        Raises:
            ArchiveRefused: the app may not, or the account has no such tier.
        """

    def protect(self, name: BlobName, until: datetime) -> bool:
        """Let nobody change or delete a blob before a moment; a longer guard stays. False if there is no blob.

        Raises:
            ArchiveRefused: the container does not support it, or the app may not.
        """
