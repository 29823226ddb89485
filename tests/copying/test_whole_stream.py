"""Without ranges: the content as one stream, a small content at once, and a length that only counting tells."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from recording.copying.range_reader import RangeReader
from recording.copying.stall_watchdog import StallWatchdog
from recording.copying.whole_stream import find_length, read_small
from recording.core.errors import SourceUnexpected, TransferBroken
from recording.core.model import Location
from tests.copying.contents import CONTENT, opened, reader_of, requests_of, sha256, view_of
from tests.copying.copies import BLOCK, Clock, media
from tests.fakes import FakeSource
from tests.fakes.source import FakeTransfer

pytestmark = pytest.mark.usefixtures("quick_tries")


# As one stream


def test_a_stream_that_goes_on_after_its_end_is_refused() -> None:
    """Its length was another than it said, and so may be its bytes."""
    source, reader = opened()
    source.arm("overlong")
    stream = reader.open_whole()
    with pytest.raises(TransferBroken, match="longer"):
        stream.read_next(view_of(len(CONTENT)), ends=True)


def test_a_stream_that_breaks_in_its_first_block_is_read_anew() -> None:
    """From its beginning; nothing of the broken reply is kept, and it is closed."""
    block = 128 << 10
    content = media(2 * block)
    source, reader = reader_of(content)
    source.ignores_ranges = True
    source.arm("reset_mid_body", at=block - 1)
    view = view_of(block)
    reader.open(view)

    assert sha256(content[:block]) == reader.read_first_block()
    assert content[:block] == view
    assert (2, block - 1) == (len(source.opened), source.served)


def test_a_stream_that_breaks_in_its_head_is_opened_again() -> None:
    """There is no range to resume it with."""
    source, reader = reader_of()
    source.ignores_ranges = True
    source.arm("reset_mid_body", at=40)
    view = view_of()
    reader.open(view)

    assert sha256(CONTENT[:BLOCK]) == reader.read_first_block()
    assert (CONTENT[:BLOCK], 2) == (bytes(view), len(source.opened))


def test_a_stream_that_breaks_later_is_not_resumed() -> None:
    """The next try begins anew."""
    source, reader = reader_of()
    source.ignores_ranges = True
    source.arm("reset_mid_body", at=2 * BLOCK)
    reader.open(view_of())
    reader.read_first_block()
    assert reader.whole is not None
    reader.whole.read_next(view_of(), ends=False)

    with pytest.raises(TransferBroken):
        reader.whole.read_next(view_of(), ends=False)
    assert 1 == len(source.opened)


# Small contents


def test_a_small_content_is_read_whole() -> None:
    """Whether or not the reply tells its length."""
    for fault in (None, "no_length_200"):
        source, requests = requests_of()
        if fault:
            source.arm(fault)
        assert CONTENT == read_small(requests, len(CONTENT))


@pytest.mark.parametrize("fault", ["reset_mid_body", "overlong", "hang"])
def test_a_small_content_that_breaks_is_read_again(fault: str) -> None:
    """From its beginning."""
    source, requests = requests_of()
    source.arm(fault)

    assert CONTENT == read_small(requests, 1000)


def test_a_content_that_is_not_small_is_refused() -> None:
    """It is not read to its end."""
    _source, requests = requests_of()
    with pytest.raises(TransferBroken, match="longer"):
        read_small(requests, len(CONTENT) - 1)


@pytest.mark.parametrize("fault", ["html_for_media", "html_for_middle_range"])
def test_a_small_content_may_be_of_any_type(fault: str) -> None:
    """What it should be, its reader knows."""
    source, requests = requests_of()
    source.arm(fault)

    assert read_small(requests, len(CONTENT)).startswith(b"<!DOCTYPE html>")


# The length


@pytest.mark.parametrize(("fault", "read"), [("no_total", 0), ("no_length_200", len(CONTENT))])
def test_a_length_is_counted_only_where_no_reply_tells_it(fault: str, read: int) -> None:
    """A whole reply mostly does, before any of it is read."""
    source, requests = requests_of()
    source.arm(fault, times=None)

    assert (len(CONTENT), read) == (find_length(requests, view_of()), source.served)


class Endless(FakeTransfer):
    """Content without a length and without an end."""

    def readinto(self, view: memoryview) -> int:
        if self.stalls:
            self.stalls()
        return len(view)


@dataclass
class EndlessSource(FakeSource):
    """A source of it, each piece of which takes ten seconds."""

    clock: Clock = field(default_factory=Clock)

    @contextmanager
    def open(self, location: Location, offset: int = 0, length: int | None = None) -> Iterator[FakeTransfer]:
        del offset, length
        yield Endless(location, 0, None, None, b"", stalls=lambda: self.clock.forward(10.0))


def test_a_content_without_length_or_end_is_left_to_the_queue() -> None:
    """Within the time of one run; it is not tried again at once."""
    source = EndlessSource()
    began = source.clock()
    reader = RangeReader(source, StallWatchdog(source.clock), Location("https://x.asm.skype.com/v1/objects/1"))
    with pytest.raises(SourceUnexpected, match="goes on"):
        reader.open(view_of())

    assert source.clock() - began < 20 * 60


@pytest.mark.parametrize("is_shorter", [True, False])
def test_a_count_that_comes_out_differently_is_not_believed(*, is_shorter: bool) -> None:
    """The content ended early the first time, or goes on the second time: which is true, nobody knows."""
    source, reader = reader_of(CONTENT[:100] if is_shorter else CONTENT)
    source.arm("no_length_200", times=None)
    reader.open(view_of())
    source.contents = dict.fromkeys(source.contents, CONTENT if is_shorter else CONTENT[:100])
    stream = reader.open_whole()
    with pytest.raises(TransferBroken):
        stream.read_next(view_of(reader.content.total), ends=True)
