"""Ends transfers that drip: each byte in time for the socket, all of them together too slow to ever finish."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from recording.ports import Transfer


class Guard:
    """Aborts a transfer that has not brought its bytes at a tenable rate.

    Args:
        monotonic: the clock, in seconds.
        slowest: bytes per second below which a transfer is given up.
        grace: seconds that any transfer may take.
    """

    def __init__(self, monotonic: Callable[[], float], slowest: int = 64 << 10, grace: float = 30.0) -> None:
        self._monotonic = monotonic
        self._slowest = slowest
        self._grace = grace
        self._watched: dict[int, tuple[float, Transfer]] = {}
        self._changed = threading.Condition()
        self._running = False

    @contextmanager
    def watching(self, transfer: Transfer, length: int) -> Iterator[None]:
        """While inside, the transfer of `length` bytes is aborted once its time is over."""
        due = self._monotonic() + self._grace + length / self._slowest
        with self._changed:
            self._watched[id(transfer)] = (due, transfer)
            if not self._running:
                self._running = True
                threading.Thread(target=self._watch, name="transfer-guard", daemon=True).start()
        try:
            yield
        finally:
            with self._changed:
                del self._watched[id(transfer)]

    def _watch(self) -> None:
        with self._changed:
            while self._watched:
                now = self._monotonic()
                for due, transfer in self._watched.values():
                    if due <= now:
                        transfer.abort()
                self._changed.wait(1.0)
            self._running = False
