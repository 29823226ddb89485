"""Which chunks this worker has in hand: a second message for one of them is answered by the first."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from recording.core.steps import Step


class InHand:
    """The chunks at work in this process.

    A chunk that is asked for while it is in hand is marked, and whoever has it looks once more before letting go: what
    the second message came for, such as a new announcement, is not missed.
    """

    def __init__(self) -> None:
        self._marked: dict[Step, bool] = {}
        self._lock = threading.Lock()

    @contextmanager
    def take(self, step: Step) -> Iterator[bool]:
        """Whether the chunk was free and is now in hand; if it was not, it is marked."""
        with self._lock:
            is_free = step not in self._marked
            self._marked[step] = not is_free
        try:
            yield is_free
        finally:
            if is_free:
                with self._lock:
                    self._marked.pop(step, None)

    def let_go(self, step: Step) -> bool:
        """Let go of a chunk in hand, unless it was marked meanwhile, which is taken back; whether it is let go."""
        with self._lock:
            if self._marked.get(step):
                self._marked[step] = False
                return False
            self._marked.pop(step, None)
            return True
