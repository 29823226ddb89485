"""One memory budget per worker process, shared by all copies that run in it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class BufferPool:
    """A pool of buffers of equal size; `borrow` blocks while all are lent.

    Args:
        size: bytes of one buffer, which is the block size of every copy.
        budget: bytes of all buffers together; there is always at least one buffer.
    """

    def __init__(self, size: int, budget: int) -> None:
        self.size = size
        self.count = max(1, budget // size)
        # Last in, first out: a worker with one copy at a time touches the memory pages of one buffer only.
        self._idle: list[bytearray] = []
        self._lock = threading.Lock()
        self._free = threading.Semaphore(self.count)

    @contextmanager
    def borrow(self) -> Iterator[memoryview]:
        """One buffer, as soon as there is one. A thread that holds one must not borrow another: it could deadlock."""
        with self._free:
            with self._lock:
                buffer = self._idle.pop() if self._idle else bytearray(self.size)
            try:
                with memoryview(buffer) as view:
                    yield view
            finally:
                with self._lock:
                    self._idle.append(buffer)
