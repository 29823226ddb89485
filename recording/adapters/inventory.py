"""The blobs of a container, listed by the SDK's client and read by the archive's requests."""

from collections.abc import Callable, Sequence
from typing import Any

from azure.core.exceptions import AzureError
from azure.storage.blob import BlobPrefix, BlobServiceClient

from recording.adapters.archive import BlobArchive
from recording.adapters.storage_errors import storage_error
from recording.core.model import BlobName
from recording.ports import BlobPage, ListedBlob

_DELIMITER = "/"


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
        found = self._asked("list blobs", lambda: list(next(pages, ())))
        blobs = (ListedBlob(BlobName(one.name), int(one.size), one.last_modified) for one in found)
        return BlobPage(tuple(blobs), pages.continuation_token or "")

    def read(self, blob: ListedBlob) -> bytes:
        """See `ports.Inventory.read`."""
        if not blob.length:
            return b""
        content = memoryview(bytearray(blob.length))
        return bytes(content[: self._archive.read(blob.name, 0, content)])

    def _asked[T](self, operation: str, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except AzureError as error:
            raise storage_error(operation, "container", error, {"container": self._archive.container}) from error
