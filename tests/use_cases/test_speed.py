"""The progress and speed that a copy logs."""

import logging
from itertools import count

import pytest

from recording.chunks.archiving import Outcome
from recording.core.errors import ArchiveBusy
from recording.core.formats.messages import ChunkMessage
from recording.core.model import BlobName, DocumentId
from tests.use_cases.world import RECORDING, World

MESSAGE = ChunkMessage(RECORDING, DocumentId("document-0"))


def said(caplog: pytest.LogCaptureFixture, name: str) -> list[dict[str, str]]:
    """The fields of each log line with that name."""
    lines = [record.getMessage().split(" ") for record in caplog.records]
    return [dict(field.split("=", 1) for field in fields) for first, *fields in lines if first == f"recording.{name}"]


@pytest.mark.parametrize("operation", ["stage", "commit"])
def test_what_an_earlier_try_brought_makes_no_copy_faster(caplog: pytest.LogCaptureFixture, operation: str) -> None:
    """With half of the chunk already staged, a copy was logged at twice its speed."""
    caplog.set_level(logging.INFO, "recording")
    world = World()
    blocks = count()
    left = [20.0]

    def fail_halfway(done: str, _name: BlobName) -> None:
        if done == "stage" and next(blocks) > 80:
            raise ArchiveBusy("stage block", "503")

    def pass_time(done: str, _name: BlobName) -> None:
        if done == operation and left:
            world.clock.sleep(left.pop())

    world.archive.before = fail_halfway
    world.announce(world.add(seconds=20.0))
    assert Outcome.WAITS == world.hand_out(MESSAGE)
    (blobs,) = world.archive.uncommitted.values()
    staged = sum(map(len, blobs.values()))
    world.archive.before = pass_time
    world.run()

    (copied,) = said(caplog, "chunk_copied")
    length = int(copied["bytes"])
    assert staged > length / 3
    assert pytest.approx((length - staged) / 20 / (1 << 20), abs=1e-3) == float(copied["mib_per_second"])
    for progress in said(caplog, "copy_progress"):
        assert staged < int(progress["done"]) <= length
    assert (operation == "stage") == bool(said(caplog, "copy_progress"))
