"""The container of the overflow in memory, of which copies are removed."""

from dataclasses import dataclass

from recording.core.model import BlobName, Proof
from tests.fakes.archive import FakeArchive


@dataclass
class FakeOverflowCopies:
    """`OverflowCopies` over a container."""

    container: FakeArchive

    def remove(self, name: BlobName, etag: str, proof: Proof) -> bool:
        assert proof.etag
        if self.container.find(name) is None:
            return True
        if self.container.blobs[name].etag != etag:
            return False
        del self.container.blobs[name]
        self.container.after("remove", name)
        return True
