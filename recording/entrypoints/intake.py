"""A few threads of their own for what comes in, so that a burst of events starves neither copies nor health."""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from recording.core.errors import Transient

THREADS = 4
MOST_WAITING = 1500
"""Deliveries that wait for a thread; at a hundred a second the last is answered in time for Event Grid's 30 s."""
MOST_BYTES = 64 << 20
"""Of all deliveries in hand: 1,500 of two megabytes each would be more memory than a worker has."""


class Intake:
    """Runs deliveries on its threads, called from one event loop. More than it can hold are sent back at once."""

    def __init__(self, threads: int = THREADS, most_waiting: int = MOST_WAITING, most_bytes: int = MOST_BYTES) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="intake")
        self._most = threads + most_waiting
        self._most_bytes = most_bytes
        self._held = 0
        self._bytes = 0

    async def run[T](self, act: Callable[[], T], length: int) -> T:
        """Run it on one of the threads, in the caller's context, by which the worker tells whose log lines these are.

        Args:
            act: takes a delivery.
            length: of the delivery, in bytes. One alone may have any.

        Raises:
            Transient: too many wait already; it must come again.
        """
        if self._held >= self._most or (self._held and self._bytes + length > self._most_bytes):
            cause = f"{self._held} deliveries of {self._bytes} bytes are in hand already"
            raise Transient("take events", cause, retry_after=10.0)
        self._held += 1
        self._bytes += length
        try:
            context = contextvars.copy_context()
            return await asyncio.get_running_loop().run_in_executor(self._pool, context.run, act)
        finally:
            self._held -= 1
            self._bytes -= length
