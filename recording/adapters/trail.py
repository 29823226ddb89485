"""The audit trails in a container of Blob storage."""

from recording.adapters.archive import BlobArchive
from recording.adapters.inventory import BlobInventory
from recording.core.errors import ArchiveDamaged, BlobExists
from recording.core.model import BlobName
from recording.core.trail import MOST_ACT
from recording.ports import TrailPage


class BlobTrail:
    """`Trail` over one container, which must exist.

    Args:
        archive: creates and reads blobs.
        inventory: lists them, in the same container.
    """

    def __init__(self, archive: BlobArchive, inventory: BlobInventory) -> None:
        self._archive = archive
        self._inventory = inventory

    def write(self, name: BlobName, body: bytes) -> None:
        """See `ports.Trail.write`."""
        try:
            self._archive.put(name, memoryview(body), {}, "application/json")
        except BlobExists as error:
            if self._read(name, len(body) + 1) != body:
                raise ArchiveDamaged(
                    "write trail",
                    "another blob has the name of this act",
                    hint="verify the trail; find out who wrote the blob, and move it away",
                    ids={"container": self._archive.container, "blob": name},
                ) from error

    def page(self, folder: str, marker: str = "", limit: int = 500) -> TrailPage:
        """See `ports.Trail.page`."""
        listed = self._inventory.page(folder, marker, limit)
        blobs = ((blob.name, self._read(blob.name, min(blob.length, MOST_ACT + 1))) for blob in listed.blobs)
        return TrailPage(tuple(blobs), listed.marker)

    def _read(self, name: BlobName, length: int) -> bytes:
        if not length:
            return b""
        view = memoryview(bytearray(length))
        return bytes(view[: self._archive.read(name, 0, view)])
