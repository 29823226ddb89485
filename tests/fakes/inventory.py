"""The blobs of a container in memory, listed and read."""

from collections.abc import Sequence
from dataclasses import dataclass

from recording.core.errors import ArchiveRefused
from recording.core.model import BlobName
from recording.ports import BlobPage, ListedBlob
from tests.fakes.archive import FakeArchive


@dataclass
class FakeInventory:
    """`Inventory` over the blobs of an archive; a page has at most `most` of them."""

    archive: FakeArchive
    most: int = 5000

    def folders(self) -> Sequence[str]:
        self._begin("folders", BlobName(""))
        return sorted({f"{name.partition('/')[0]}/" for name in self.archive.blobs if "/" in name})

    def page(self, prefix: str, marker: str = "", limit: int = 5000) -> BlobPage:
        self._begin("page", BlobName(prefix))
        names = sorted(name for name in self.archive.blobs if name.startswith(prefix) and name >= marker)
        here, rest = names[: min(limit, self.most)], names[min(limit, self.most) :]
        return BlobPage(tuple(map(self._listed, here)), rest[0] if rest else "")

    def read(self, blob: ListedBlob) -> bytes:
        content = memoryview(bytearray(blob.length))
        return bytes(content[: self.archive.read(blob.name, 0, content)])

    def _begin(self, operation: str, name: BlobName) -> None:
        self.archive.before(operation, name)
        self.archive.calls.append((operation, name))
        if not self.archive.exists:
            raise ArchiveRefused(operation, "404 ContainerNotFound", hint="check that the container exists")

    def _listed(self, name: BlobName) -> ListedBlob:
        blob = self.archive.blobs[name]
        return ListedBlob(name, len(blob.content), blob.written_at)
