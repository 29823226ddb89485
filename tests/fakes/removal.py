"""Removes and holds blobs of a container in memory."""

from dataclasses import dataclass, field

from recording.core.errors import BlobProtected
from recording.core.model import BlobName
from tests.fakes.archive import FakeArchive


@dataclass
class FakeRemoval:
    """`Removal` over a fake container; `held` and `kept` are the blobs that a hold, or their time, protects."""

    archive: FakeArchive
    held: set[BlobName] = field(default_factory=set)
    kept: set[BlobName] = field(default_factory=set)

    def remove(self, name: BlobName) -> bool:
        if name in self.archive.blobs and name in self.held | self.kept:
            raise BlobProtected("remove blob", "409 BlobImmutableDueToLegalHold", ids={"blob": str(name)})
        return self.archive.blobs.pop(name, None) is not None

    def hold(self, name: BlobName, *, on: bool) -> bool:
        if name not in self.archive.blobs:
            return False
        (self.held.add if on else self.held.discard)(name)
        return True

    def is_held(self, name: BlobName) -> bool:
        return name in self.held and name in self.archive.blobs
