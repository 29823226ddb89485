"""The blobs of a container, listed by the SDK's client and read by the archive's requests."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

from azure.core.exceptions import AzureError
from azure.storage.blob import BlobPrefix, BlobServiceClient

from recording.adapters.archive import BlobArchive
from recording.adapters.sdk_errors import status_of
from recording.adapters.storage_errors import storage_error
from recording.core.errors import ArchiveDamaged, ArchiveRefused, InvalidRequest
from recording.core.model import BlobName
from recording.ports import BlobPage, ListedBlob

_DELIMITER = "/"
_INVALID = 400


class BlobInventory:
    """`Inventory` over one container, which must exist.

    Args:
        service: lists blobs.
        archive: reads them; its container is the one that is listed.
    """

    def __init__(self, service: BlobServiceClient, archive: BlobArchive) -> None:
        self._archive = archive
        self._container = service.get_container_client(archive.container)

    def folders(self) -> Sequence[str]:
        """See `ports.Inventory.folders`."""
        found = self._asked("list folders", lambda: list(self._container.walk_blobs(delimiter=_DELIMITER)))
        return sorted(str(one.name) for one in found if isinstance(one, BlobPrefix))

    def page(self, prefix: str, marker: str = "", limit: int = 5000) -> BlobPage:
        """See `ports.Inventory.page`."""
        pages: Any = self._container.list_blobs(name_starts_with=prefix, results_per_page=limit).by_page(marker or None)
        try:
            found = self._asked("list blobs", lambda: list(next(pages, ())))
        except ArchiveRefused as error:
            cause = error.__cause__
            if marker and isinstance(cause, AzureError) and status_of(cause) == _INVALID:
                raise InvalidRequest("after", "not what an earlier page named as the next") from error
            raise
        return BlobPage(tuple(map(_listed, found)), pages.continuation_token or "")

    def read(self, blob: ListedBlob) -> bytes:
        """See `ports.Inventory.read`."""
        if not blob.length:
            return b""
        content = memoryview(bytearray(blob.length))
        read = bytes(content[: self._archive.read(blob.name, 0, content)])
        if blob.md5 and hashlib.md5(read, usedforsecurity=False).digest() != blob.md5:
            raise ArchiveDamaged(
                "read blob",
                "its bytes were damaged on their way, or it was written anew; it passes by itself",
                ids={"container": self._archive.container, "blob": blob.name},
            )
        return read

    def _asked[T](self, operation: str, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except AzureError as error:
            raise storage_error(operation, "container", error, {"container": self._archive.container}) from error


def _listed(blob: Any) -> ListedBlob:
    md5 = blob.content_settings.content_md5
    return ListedBlob(BlobName(blob.name), int(blob.size), blob.last_modified, bytes(md5 or b""))
