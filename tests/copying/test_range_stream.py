"""A range of several blocks is one request; where a reply ends early, it is resumed."""

import pytest

from recording.copying.range_reader import RangeReader
from recording.copying.stall_watchdog import StallWatchdog
from recording.core.errors import TransferBroken
from tests.copying.contents import CONTENT, opened, read_stream, view_of
from tests.copying.copies import BLOCK, Clock, media, source_with

pytestmark = pytest.mark.usefixtures("quick_tries")


def test_a_stream_is_one_request() -> None:
    """However many blocks are read from it."""
    source, reader = opened()

    assert CONTENT[100:295] == read_stream(reader, [BLOCK, BLOCK, BLOCK, 3])
    assert [(100, 195)] == [(one.offset, one.length) for one in source.opened[1:]]


def test_a_stream_that_breaks_is_resumed_where_it_broke() -> None:
    """In one request for all that is left of it."""
    source, reader = opened()
    source.arm("reset_mid_body", at=110)
    source.arm("truncated_chunked", at=200)

    assert CONTENT[100:295] == read_stream(reader, [BLOCK, BLOCK, BLOCK, 3])
    assert [(100, 195), (110, 185), (200, 95)] == [(one.offset, one.length) for one in source.opened[1:]]


@pytest.mark.parametrize("fault", ["reset_mid_body", "hang_mid_body", "truncated_right_length", "truncated_chunked"])
def test_bytes_that_have_come_are_not_asked_for_again(fault: str) -> None:
    """However often it breaks within one block."""
    source, reader = opened()
    source.arm(fault, at=110)
    source.arm(fault, at=120)
    view = view_of()
    reader.read(100, view)

    assert CONTENT[100 : 100 + BLOCK] == view
    assert [100, 110, 120] == [one.offset for one in source.opened[1:]]


def test_a_stream_that_goes_on_after_its_end_is_not_believed() -> None:
    """The last block is read again; those before it are staged already."""
    source, reader = opened()
    source.arm("overlong")

    assert CONTENT[100:228] == read_stream(reader, [BLOCK, BLOCK])
    assert [(100, 128), (164, 64)] == [(one.offset, one.length) for one in source.opened[1:]]


def test_bytes_are_reported_as_they_come() -> None:
    """Not before they are read."""
    _source, reader = opened()
    told: list[int] = []
    with reader.stream(100, 2 * BLOCK, told.append) as stream:
        assert [] == told
        stream.read_next(view_of())
        assert BLOCK == sum(told)


def test_breaks_that_bring_bytes_each_time_do_not_end_a_range() -> None:
    """The tries are counted anew."""
    source, reader = opened()
    source.arm("breaks_every", times=None, amount=7)
    view = view_of()
    reader.read(100, view)

    assert CONTENT[100 : 100 + BLOCK] == view
    assert -(-BLOCK // 7) == len(source.opened) - 1


@pytest.mark.parametrize("fault", ["breaks_every", "short_206"])
def test_replies_of_one_byte_do_not_keep_a_range_alive_for_ever(fault: str) -> None:
    """All its replies together must keep the minimum throughput."""
    source, location = source_with(media(100_000))
    clock = Clock()
    reader = RangeReader(source, StallWatchdog(clock), location)
    reader.open(view_of())
    asked = len(source.opened)
    source.arm(fault, times=None, amount=1)
    source.on_open = lambda: clock.forward(10.0)
    with pytest.raises(TransferBroken):
        reader.read(1000, view_of(90_000))

    assert len(source.opened) - asked < 20
