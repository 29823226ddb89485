"""Transfers that drip are ended."""

from collections.abc import Callable

import pytest

from recording.copying.stall_watchdog import StallWatchdog
from recording.core.errors import TransferBroken
from recording.core.model import Location
from tests.copying.copies import BLOCK, Clock, copied, destination, digest_of, engine_of, media, source_with
from tests.fakes import FakeArchive
from tests.fakes.source import FakeTransfer

pytestmark = pytest.mark.usefixtures("quick_tries")
WAIT = 30.0


def transfer(stalls: Callable[[], object] = bool) -> FakeTransfer:
    """One that brings nothing until it is aborted."""
    return FakeTransfer(Location("https://x.asm.skype.com/a"), 0, 10, 10, b"0123456789", stalls=stalls)


def test_a_transfer_is_aborted_when_its_time_is_over() -> None:
    """Grace, and the bytes at the slowest rate that is tenable."""
    clock = Clock()
    slow = transfer(lambda: clock.forward(40.1))
    with StallWatchdog(clock, slowest=1, grace=30.0).watching(slow, 10), pytest.raises(TransferBroken):
        slow.readinto(memoryview(bytearray(10)))


def test_a_transfer_in_time_is_left_alone() -> None:
    """One beside it that is not in time is aborted: the guard has looked."""
    clock = Clock()
    quick, slow = transfer(), transfer()
    guard = StallWatchdog(clock, slowest=1, grace=30.0)
    with guard.watching(quick, 1000), guard.watching(slow, 1):
        clock.forward(100)
        assert slow.aborted.wait(WAIT)
        assert not quick.aborted.is_set()


def test_what_has_ended_is_not_watched_any_more() -> None:
    """However it ended; and the guard takes up the next one."""
    clock = Clock()
    guard = StallWatchdog(clock, slowest=1, grace=30.0)
    ended, slow = transfer(), transfer()
    with pytest.raises(KeyError), guard.watching(ended, 1):
        raise KeyError
    with guard.watching(slow, 1):
        clock.forward(100)
        assert slow.aborted.wait(WAIT)
    assert not ended.aborted.is_set()


@pytest.mark.parametrize("after", [0, 1], ids=["the first range", "a later one"])
def test_a_range_that_drips_is_asked_for_again(after: int) -> None:
    """The copy ends whole."""
    clock = Clock()
    content = media(3 * BLOCK)
    source, location = source_with(content)
    source.arm("slow_drip", after=after)
    source.on_stall = lambda: clock.forward(1000)
    found = copied(engine_of(source, monotonic=clock), location, destination(FakeArchive()))

    assert digest_of(content) == found.digest
