"""A thread pool for incoming events, so that a burst of them blocks neither copies nor the health check."""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from recording.core.errors import Transient

THREADS = 4
MOST_WAITING = 1500
"""Deliveries that may wait for a thread; at 100 a second the last is answered within the 30 s of Event Grid."""
MOST_BYTES = 64 << 20
"""Of all deliveries running and waiting: 1,500 of 2 MB each would exceed the worker's memory."""


class Intake:
    """Runs deliveries on its threads; called from one event loop. Rejects a delivery at once when it is full."""

    def __init__(self, threads: int = THREADS, most_waiting: int = MOST_WAITING, most_bytes: int = MOST_BYTES) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="intake")
        self._most = threads + most_waiting
        self._most_bytes = most_bytes
        self._held = 0
        self._bytes = 0

    async def run[T](self, act: Callable[[], T], length: int) -> T:
        """Run it on one of the threads, in the caller's context: the worker assigns log lines to invocations by it.

        Args:
            act: takes a delivery.
            length: of the delivery, in bytes. With no other delivery running, any length is accepted.

        Raises:
            Transient: the intake is full; retry.
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
