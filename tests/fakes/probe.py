"""The container and the queue of health checks in memory."""

from dataclasses import dataclass

from recording.core.errors import ArchiveRefused
from recording.core.model import BlobName
from tests.fakes.archive import FakeArchive


@dataclass
class FakeProbe:
    """`ProbeContainer` over a container; every blob is in the tier `tier_of_all`."""

    container: FakeArchive
    tier_of_all: str = "Hot"

    def tier(self, name: BlobName) -> str:
        if self.container.find(name) is None:
            raise ArchiveRefused("read tier", "404 BlobNotFound")
        return self.tier_of_all

    def remove(self, name: BlobName) -> None:
        self.container.find(name)
        self.container.blobs.pop(name, None)


@dataclass
class FakeProbeQueue:
    """`ProbeQueue`."""

    exists: bool = True

    def peek(self) -> None:
        if not self.exists:
            raise ArchiveRefused("peek messages", "404 QueueNotFound", hint="check that the queue exists")
