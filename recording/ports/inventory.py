"""The blobs of a container, listed and read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from recording.core.model import BlobName


@dataclass(frozen=True, slots=True)
class ListedBlob:
    """A committed blob: its length in bytes, when it was last written, and its MD5 if the storage knows it."""

    name: BlobName
    length: int
    modified_at: datetime
    md5: bytes = b""


@dataclass(frozen=True, slots=True)
class BlobPage:
    """Some blobs by name, and the marker of the next page; an empty marker: there is none."""

    blobs: tuple[ListedBlob, ...]
    marker: str = ""


class Inventory(Protocol):
    """The blobs of one container, listed and read; nothing is changed."""

    def folders(self) -> Sequence[str]:
        """The first segments of all names that have more than one, each with its slash, sorted."""

    def page(self, prefix: str, marker: str = "", limit: int = 5000) -> BlobPage:
        """At most `limit` blobs whose names begin with the prefix, by name.

        Args:
            prefix: of the names.
            marker: of the page before; empty for the first page.
            limit: 1 to 5000. A page may have fewer blobs, also none, and still not be the last one.

        Raises:
            InvalidRequest: `marker` is no page's.
        """

    def read(self, blob: ListedBlob) -> bytes:
        """The content of a blob that was listed, at most as long as it was then.

        Raises:
            BlobExists: its content cannot be read now, such as in the archive tier.
            ArchiveRefused: it has been deleted, or the app may not read it.
        """
