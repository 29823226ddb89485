"""Ends transfers that drip: each byte in time for the socket, all of them together too slow to ever finish."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from recording.ports import Transfer
from recording.timelimits import Limit, TimeLimits


class StallWatchdog:
    """Aborts a transfer that has not brought its bytes at a tenable rate.

    Args:
        monotonic: the clock, in seconds.
        slowest: bytes per second below which a transfer is given up.
        grace: seconds that any transfer may take.
    """

    def __init__(self, monotonic: Callable[[], float], slowest: int = 64 << 10, grace: float = 30.0) -> None:
        self._monotonic = monotonic
        self._limits = TimeLimits(monotonic)
        self._slowest = slowest
        self._grace = grace

    def watching(self, transfer: Transfer, length: int) -> AbstractContextManager[Limit]:
        """While inside, the transfer of `length` bytes is aborted once its time is over."""
        return self._limits.within(self._tenable(length), transfer.abort)

    def patience(self, length: int) -> Callable[[], bool]:
        """Whether there is time left, counted from now, for `length` bytes, however many transfers bring them."""
        due = self._monotonic() + self._tenable(length)
        return lambda: self._monotonic() < due

    def _tenable(self, length: int) -> float:
        return self._grace + length / self._slowest
