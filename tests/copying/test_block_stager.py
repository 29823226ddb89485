"""How a copy asks for what it needs: over how many connections, and how much at a time."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from recording.copying.destination import CutOff
from recording.copying.range_reader import HEAD
from recording.core.errors import TransferBroken
from recording.core.model import Location
from tests.copying.copies import (
    BLOCK,
    NAME,
    Clock,
    copied,
    copy,
    destination,
    engine_of,
    media,
    run_together,
    source_with,
)
from tests.fakes import FakeArchive, FakeSource, FakeTransfer

pytestmark = pytest.mark.usefixtures("quick_tries")
CONTENT = media(9 * BLOCK + 5)


def test_few_connections_ask_for_several_blocks_at_a_time() -> None:
    """Fewer towards the end, so that all of them end at about the same time."""
    source, location = source_with(CONTENT)
    copied(engine_of(source, connections=1, buffers=9), location, destination(FakeArchive()))

    assert [BLOCK, 5 * BLOCK, 2 * BLOCK, BLOCK, 5] == [one.length for one in source.opened]


@pytest.mark.parametrize(("connections", "blocks"), [(1, 8), (2, 4), (4, 2)])
def test_no_request_asks_for_much_more_than_there_are_buffers(connections: int, blocks: int) -> None:
    """What was asked for and is not staged is the most that a kill can cost."""
    source, location = source_with(media(100 * BLOCK))
    copied(engine_of(source, connections=connections, buffers=8), location, destination(FakeArchive()))

    assert blocks * BLOCK == max(one.length or 0 for one in source.opened)


class SlowSource(FakeSource):
    """Each request takes a moment, however many there are at a time; `most` tells how many there were."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.now = self.most = 0
        self.counting = threading.Lock()

    @contextmanager
    def open(self, location: Location, offset: int = 0, length: int | None = None) -> Iterator[FakeTransfer]:
        with self.counting:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(0.02)
        with super().open(location, offset, length) as transfer:
            yield transfer
        with self.counting:
            self.now -= 1


def test_more_connections_are_used_where_each_is_slow() -> None:
    """As many as are allowed."""
    source = SlowSource()
    location = source.add(media(150 * BLOCK))
    engine = engine_of(source, connections=8, buffers=8, monotonic=time.monotonic)
    copied(engine, location, destination(FakeArchive()))

    assert 8 == source.most


@pytest.mark.parametrize("buffers", [1, 2, 4])
def test_a_first_block_that_breaks_where_ranges_are_then_ignored_hangs_nobody(buffers: int) -> None:
    """Nothing is known of the content yet to go on with: the next try begins with the stream."""
    block = 2 * HEAD
    content = media(3 * block + 5)
    source, location = source_with(content)
    source.arm("reset_mid_body", at=HEAD + 10)
    source.arm("range_ignored", times=None)
    archive = FakeArchive()
    engine = engine_of(source, block=block, buffers=buffers)

    def twice() -> None:
        with suppress(TransferBroken):
            copied(engine, location, destination(archive))
        if NAME not in archive.blobs:
            copied(engine, location, destination(archive))

    run_together(twice)
    assert content == archive.blobs[NAME].content


def test_no_block_is_begun_when_the_time_was_up_before_its_buffer_came() -> None:
    """The budget is shared: another copy may have kept it for long."""
    source, location = source_with(media(4 * BLOCK))
    clock = Clock()
    engine = engine_of(source, buffers=2, connections=2, monotonic=clock)
    borrow = engine.buffers.borrow

    @contextmanager
    def late() -> Iterator[memoryview]:
        with borrow() as view:
            if source.opened:
                clock.forward(100)
            yield view

    engine.buffers.borrow = late  # type: ignore[method-assign]

    assert CutOff(BLOCK) == copy(engine, location, destination(FakeArchive()), until=clock.now + 50)
    assert [0] == [one.offset for one in source.opened]
