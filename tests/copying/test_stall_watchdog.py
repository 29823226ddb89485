"""Stalled transfers are aborted."""

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
    """The grace, and its length at the minimum throughput."""
    clock = Clock()
    slow = transfer(lambda: clock.forward(40.1))
    with StallWatchdog(clock, min_rate=1, grace=30.0).watching(slow, 10), pytest.raises(TransferBroken):
        slow.readinto(memoryview(bytearray(10)))


def test_a_transfer_in_time_is_left_alone() -> None:
    """Another one, which is not, is aborted: so the watchdog has checked both."""
    clock = Clock()
    quick, slow = transfer(), transfer()
    watchdog = StallWatchdog(clock, min_rate=1, grace=30.0)
    with watchdog.watching(quick, 1000), watchdog.watching(slow, 1):
        clock.forward(100)
        assert slow.aborted.wait(WAIT)
        assert not quick.aborted.is_set()


def test_a_transfer_that_has_ended_is_no_longer_watched() -> None:
    """By an error too; and the next one is watched."""
    clock = Clock()
    watchdog = StallWatchdog(clock, min_rate=1, grace=30.0)
    ended, slow = transfer(), transfer()
    with pytest.raises(KeyError), watchdog.watching(ended, 1):
        raise KeyError
    with watchdog.watching(slow, 1):
        clock.forward(100)
        assert slow.aborted.wait(WAIT)
    assert not ended.aborted.is_set()


@pytest.mark.parametrize("after", [0, 1], ids=["the first range", "a later one"])
def test_a_range_that_stalls_is_asked_for_again(after: int) -> None:
    """The copy is complete."""
    clock = Clock()
    content = media(3 * BLOCK)
    source, location = source_with(content)
    source.arm("slow_body", after=after)
    source.on_stall = lambda: clock.forward(1000)
    found = copied(engine_of(source, monotonic=clock), location, destination(FakeArchive()))

    assert digest_of(content) == found.digest
