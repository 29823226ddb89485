"""The blobs of the audit trails: created and read, never changed or deleted."""

from dataclasses import dataclass
from typing import Protocol

from recording.core.model import BlobName


@dataclass(frozen=True, slots=True)
class TrailPage:
    """Some blobs, by name, with their bytes; and the marker of the next page, empty after the last.

    Of a blob that is longer than any act only the beginning is there.
    """

    blobs: tuple[tuple[BlobName, bytes], ...]
    marker: str = ""


class Trail(Protocol):
    """The container of the audit trails."""

    def write(self, name: BlobName, body: bytes) -> None:
        """Create the blob; nothing is done if it stands already with these bytes.

        Raises:
            ArchiveDamaged: a blob of that name has other bytes; it is left as it is.
            ArchiveBusy, ArchiveRefused: it may or may not be written; retry.
        """

    def page(self, folder: str, marker: str = "", limit: int = 500) -> TrailPage:
        """At most `limit` blobs whose names begin with `folder`, by name.

        Args:
            folder: prefix of the names.
            marker: of the page before; empty for the first page.
            limit: 1 to 500. A page may have fewer blobs, also none, and still not be the last one.

        Raises:
            InvalidRequest: `marker` is no page's.
        """
