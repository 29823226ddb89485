"""Minimum throughput: a transfer that is slower than that over its whole length is stalled, and aborted.

The socket's timeout does not see a transfer that sends a few bytes again and again, each in time.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager

from recording.ports import Transfer
from recording.timelimits import Limit, TimeLimits


class StallWatchdog:
    """Aborts stalled transfers: one of n bytes may take `grace + n / min_rate` seconds.

    Args:
        monotonic: the clock, in seconds.
        min_rate: the minimum throughput, in bytes per second.
        grace: seconds that any transfer may take.
    """

    def __init__(self, monotonic: Callable[[], float], min_rate: int = 64 << 10, grace: float = 30.0) -> None:
        self._monotonic = monotonic
        self._limits = TimeLimits(monotonic)
        self._min_rate = min_rate
        self._grace = grace

    def watching(self, transfer: Transfer, length: int) -> AbstractContextManager[Limit]:
        """While inside, the transfer is aborted as soon as the time for `length` bytes is over."""
        return self._limits.within(self._seconds_for(length), transfer.abort)

    def timer(self, length: int) -> Callable[[], bool]:
        """Start to count the time for `length` bytes, over any number of transfers; call it: is there time left?"""
        due = self._monotonic() + self._seconds_for(length)
        return lambda: self._monotonic() < due

    def _seconds_for(self, length: int) -> float:
        return self._grace + length / self._min_rate
