"""Which chunks this worker has in hand: a second message for one of them is answered by the first."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from recording.core.formats.messages import ChunkMessage


class Held:
    """One chunk in hand, by whoever took it."""

    def __init__(self, held: dict[ChunkMessage, "Held"], lock: threading.Lock, step: ChunkMessage) -> None:
        self._held = held
        self._lock = lock
        self._step = step
        self.is_marked = False
        """Whether a second message has come since its last look."""

    def let_go(self) -> bool:
        """Let go of it, unless it was marked meanwhile, which is taken back; whether it is let go."""
        with self._lock:
            if self.is_marked:
                self.is_marked = False
                return False
            self._drop()
            return True

    def drop(self) -> None:
        """Let go of it, whatever has come meanwhile."""
        with self._lock:
            self._drop()

    def _drop(self) -> None:
        if self._held.get(self._step) is self:  # else it is let go already, and perhaps in other hands
            del self._held[self._step]


class InHand:
    """The chunks at work in this process.

    A chunk that is asked for while it is in hand is marked, and whoever has it looks once more before letting go: what
    the second message came for, such as a new announcement, is not missed.
    """

    def __init__(self) -> None:
        self._held: dict[ChunkMessage, Held] = {}
        self._lock = threading.Lock()

    @contextmanager
    def take(self, step: ChunkMessage) -> Iterator[Held | None]:
        """The chunk in hand, if it was free; if it was not, it is marked."""
        with self._lock:
            other = self._held.get(step)
            mine = Held(self._held, self._lock, step) if other is None else None
            if other is not None:
                other.is_marked = True
            elif mine is not None:
                self._held[step] = mine
        try:
            yield mine
        finally:
            if mine is not None:
                mine.drop()
