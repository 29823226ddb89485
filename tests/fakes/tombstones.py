"""The tombstones of erased recordings in memory."""

from dataclasses import dataclass, field

from recording.core.errors import BlobExists
from recording.core.formats.records.tombstones import Tombstone, read_tombstone, tombstone_json, tombstone_name
from recording.core.model import RecordingId
from tests.fakes.archive import FakeArchive


@dataclass
class FakeTombstones:
    """`Tombstones` over the blobs of a container."""

    archive: FakeArchive = field(default_factory=FakeArchive)

    def put(self, tombstone: Tombstone) -> None:
        name, body = tombstone_name(tombstone.recording_id), tombstone_json(tombstone)
        try:
            self.archive.put(name, memoryview(body), {}, "application/json")
        except BlobExists:
            return

    def find(self, recording_id: RecordingId) -> Tombstone | None:
        name = tombstone_name(recording_id)
        return read_tombstone(self.archive.blobs[name].content) if self.archive.find(name) else None
