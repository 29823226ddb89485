"""The chunks that this worker process is working on: at most one run for each at a time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from recording.core.formats.messages import ChunkMessage


class Run:
    """The one run that works on a chunk."""

    def __init__(self, running: dict[ChunkMessage, "Run"], lock: threading.Lock, message: ChunkMessage) -> None:
        self._running = running
        self._lock = lock
        self._message = message
        self.is_asked_again = False
        """Whether another message for the chunk has come since the run last read the entry."""

    def finish(self) -> bool:
        """End the run, unless another message has come meanwhile; then reset the mark and return False."""
        with self._lock:
            if self.is_asked_again:
                self.is_asked_again = False
                return False
            self._remove()
            return True

    def abandon(self) -> None:
        """End the run in any case; idempotent."""
        with self._lock:
            self._remove()

    def _remove(self) -> None:
        if self._running.get(self._message) is self:  # after `finish` it may be another run's
            del self._running[self._message]


class RunningChunks:
    """The chunks that have a run in this process.

    A second message for a chunk that has a run marks that run, and the run then reads the entry once more before it
    ends. So whatever the second message came for, such as a new announcement, is not missed.
    """

    def __init__(self) -> None:
        self._running: dict[ChunkMessage, Run] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """How many have a run now."""
        return len(self._running)

    @contextmanager
    def start(self, message: ChunkMessage) -> Iterator[Run | None]:
        """A run for the chunk; None if it has one already, which is then marked."""
        with self._lock:
            other = self._running.get(message)
            mine = Run(self._running, self._lock, message) if other is None else None
            if other is not None:
                other.is_asked_again = True
            elif mine is not None:
                self._running[message] = mine
        try:
            yield mine
        finally:
            if mine is not None:
                mine.abandon()
