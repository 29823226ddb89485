"""How many connections read, and how many blocks each asks for at a time."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.copying.destination import CutOff
from recording.copying.range_reader import HEAD
from recording.copying.range_workers import run_length
from recording.core.errors import SourceGone, TransferBroken
from recording.core.model import Location
from tests.copying.copies import BLOCK, Clock, copied, copy, destination, engine_of, media, run_together, source_with
from tests.fakes import FakeArchive, FakeSource, FakeTransfer

pytestmark = pytest.mark.usefixtures("quick_tries")
CONTENT = media(9 * BLOCK + 5)


@pytest.mark.parametrize(
    ("missing", "connections", "buffers", "blocks"),
    [
        (1, 1, 8, 1),
        (2, 1, 8, 1),
        (3, 1, 8, 2),
        (100, 1, 8, 8),
        (100, 2, 8, 4),
        (100, 4, 8, 2),
        (100, 8, 8, 2),
        (100, 1, 1, 2),
        (17, 4, 32, 3),
        (16, 4, 32, 2),
        (8, 4, 32, 1),
        (3, 8, 32, 1),
    ],
)
def test_a_run_has_the_buffers_of_a_connection_and_is_shorter_towards_the_end(
    missing: int, connections: int, buffers: int, blocks: int
) -> None:
    """Two blocks at least, while there are enough for all connections."""
    assert blocks == run_length(missing, connections, buffers)


@given(st.integers(1, 50_000), st.integers(1, 64), st.integers(1, 64))
def test_a_run_takes_at_most_half_of_what_is_missing(missing: int, connections: int, buffers: int) -> None:
    """Rounded up, so that there is always one to take."""
    assert 1 <= run_length(missing, connections, buffers) <= (missing + 1) // 2


def test_few_connections_ask_for_several_blocks_at_a_time() -> None:
    """In runs that get shorter."""
    source, location = source_with(CONTENT)
    copied(engine_of(source, connections=1, buffers=9), location, destination(FakeArchive()))

    assert [BLOCK, 5 * BLOCK, 2 * BLOCK, BLOCK, 5] == [one.length for one in source.opened]


@pytest.mark.parametrize(("connections", "blocks"), [(1, 8), (2, 4), (4, 2)])
def test_no_request_asks_for_much_more_than_there_are_buffers(connections: int, blocks: int) -> None:
    """That is the most that a killed process has to read again."""
    source, location = source_with(media(100 * BLOCK))
    copied(engine_of(source, connections=connections, buffers=8), location, destination(FakeArchive()))

    assert blocks * BLOCK == max(one.length or 0 for one in source.opened)


def test_requests_ask_for_one_block_while_the_number_of_connections_may_change() -> None:
    """Of what is asked for by few, connections that are added could not read their share."""
    source, location = source_with(CONTENT)
    copied(engine_of(source, connections=8, buffers=32), location, destination(FakeArchive()))

    assert {BLOCK, 5} == {one.length for one in source.opened}


class SlowSource(FakeSource):
    """Each request takes a moment, however many there are at a time; `at_once` tells how many there were at each."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.now = 0
        self.at_once: list[int] = []
        self.counting = threading.Lock()

    @contextmanager
    def open(self, location: Location, offset: int = 0, length: int | None = None) -> Iterator[FakeTransfer]:
        with self.counting:
            self.now += 1
            self.at_once.append(self.now)
        time.sleep(0.02)
        try:
            with super().open(location, offset, length) as transfer:
                yield transfer
        finally:
            with self.counting:
                self.now -= 1


def test_more_connections_are_used_where_each_is_slow() -> None:
    """Up to as many as are allowed."""
    source = SlowSource()
    location = source.add(media(150 * BLOCK))
    engine = engine_of(source, connections=8, buffers=8, monotonic=time.monotonic)
    copied(engine, location, destination(FakeArchive()))

    assert 8 == max(source.at_once)


def test_fewer_connections_are_used_once_the_source_throttles() -> None:
    """Half as many, until the rest is over."""
    source = SlowSource()
    location = source.add(media(100 * BLOCK))
    source.arm("busy_503", after=10)
    copied(engine_of(source, connections=4), location, destination(FakeArchive()))

    assert 2 >= max(source.at_once[len(source.at_once) // 2 :])


def test_the_first_failure_ends_the_copy() -> None:
    """A range that waits to be tried again is not, and its error is not the one that is raised."""
    source, location = source_with(CONTENT)
    source.arm("busy_429", at=BLOCK, retry_after=19.0)
    source.arm("not_ready_404", at=7 * BLOCK)
    with pytest.raises(SourceGone):
        copied(engine_of(source), location, destination(FakeArchive()))

    assert 1 >= [one.offset for one in source.opened].count(BLOCK)


def test_blocks_that_wait_for_the_first_one_do_not_wait_for_ever() -> None:
    """Where it cannot be read, the copy fails, and the next try begins anew."""
    block = 2 * HEAD
    source, location = source_with(media(5 * block))
    source.arm("reset_mid_body", at=HEAD + 10, times=None)
    archive = FakeArchive()

    def fail() -> None:
        with pytest.raises(TransferBroken):
            copied(engine_of(source, block=block), location, destination(archive))

    run_together(fail)
    assert ({}, {}) == (archive.blobs, archive.uncommitted)


def test_no_block_is_begun_where_the_time_is_up_before_its_buffer_comes() -> None:
    """Other copies use the pool too, so a buffer may be long in coming."""
    source, location = source_with(media(4 * BLOCK))
    clock = Clock()
    engine = engine_of(source, buffers=2, connections=2, monotonic=clock)
    borrow = engine.pool.borrow

    @contextmanager
    def late() -> Iterator[memoryview]:
        with borrow() as view:
            if source.opened:
                clock.forward(100)
            yield view

    engine.pool.borrow = late  # type: ignore[method-assign]

    assert CutOff(BLOCK) == copy(engine, location, destination(FakeArchive()), until=clock.now + 50)
    assert [0] == [one.offset for one in source.opened]
