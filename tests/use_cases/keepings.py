"""Holds and retention over the fakes."""

import base64
from dataclasses import dataclass, field, replace

from recording.core.errors import BlobProtected
from recording.core.lifecycle import Erased, ErasureBegun
from recording.core.model import Actor, CatalogEntry, RecordingId, RecordingState, RemovalReason
from recording.records.retention.retaining import Retaining
from tests.use_cases.world import World

PEOPLE_KEY = base64.b64encode(b"k" * 32).decode()


def file_all(world: World) -> None:
    """File every recording whose message is in the queue."""
    while world.record_queue.messages:
        world.app.records.filing.file(world.record_queue.messages.pop(0)[1].recording_id)


def run_jobs(world: World) -> int:
    """Hand out the messages of jobs until there is none; how many there were."""
    runs = 0
    while world.job_queue.jobs:
        world.app.records.jobs.run(world.job_queue.jobs.pop(0))
        runs += 1
    return runs


def erased(world: World, recording_id: str) -> None:
    """Erase a recording in the catalog."""
    found = RecordingId(recording_id)
    world.updates.apply(found, ErasureBegun(found, RemovalReason.ERASURE))
    world.updates.apply(found, Erased())


@dataclass
class FakeRemoving:
    """Removes recordings; `protected`: those of which a blob cannot be deleted now; `cut_off`: it dies at these."""

    world: World
    removed: list[str] = field(default_factory=list)
    protected: set[str] = field(default_factory=set)
    cut_off: set[str] = field(default_factory=set)

    def remove(self, entry: CatalogEntry, reason: RemovalReason, *, by: Actor) -> None:
        recording_id = entry.recording.recording_id
        self.world.updates.apply(recording_id, ErasureBegun(recording_id, reason), by=by)
        if recording_id in self.cut_off:
            raise KeyboardInterrupt
        if recording_id in self.protected:
            raise BlobProtected("remove blob", "409 BlobImmutableDueToPolicy")
        for name in [name for name in self.world.archive.blobs if f"/{recording_id}/" in name]:
            del self.world.archive.blobs[name]
        if entry.recording.state is not RecordingState.ERASED or recording_id not in self.removed:
            self.removed.append(recording_id)
        self.world.updates.apply(recording_id, Erased(), by=by)


def retaining(world: World, removing: FakeRemoving) -> Retaining:
    """The daily pass, which removes by that."""
    return replace(world.app.records.retaining, removing=removing)
