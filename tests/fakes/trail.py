"""The blobs of the audit trails in memory."""

from dataclasses import dataclass, field

from recording.core.errors import ArchiveDamaged, BlobExists, InvalidRequest
from recording.core.model import BlobName
from recording.core.trail import MOST_ACT
from recording.ports import TrailPage
from tests.fakes.archive import FakeArchive
from tests.fakes.inventory import FakeInventory


@dataclass
class FakeTrail:
    """`Trail` over the blobs of a container, which tests may change as another program would."""

    archive: FakeArchive = field(default_factory=FakeArchive)

    def write(self, name: BlobName, body: bytes) -> None:
        try:
            self.archive.put(name, memoryview(body), {}, "application/json")
        except BlobExists as error:
            if self.archive.blobs[name].content != body:
                raise ArchiveDamaged("write trail", "another blob has the name of this act") from error

    def page(self, folder: str, marker: str = "", limit: int = 500) -> TrailPage:
        if marker and not marker.startswith(folder):
            raise InvalidRequest("after", "not what an earlier page named as the next")
        listed = FakeInventory(self.archive).page(folder, marker, limit)
        found = ((blob.name, self.archive.blobs[blob.name].content[: MOST_ACT + 1]) for blob in listed.blobs)
        return TrailPage(tuple(found), listed.marker)
