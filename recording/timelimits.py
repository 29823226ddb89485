"""Ends operations that take too long as a whole, though each of their single reads is in time."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_RECHECK = 1.0
"""Seconds at most between two checks: a limit added meanwhile is enforced at most this much too late."""


class Limit:
    """A deadline: at `due`, `end` is called; `over` says that this has happened."""

    def __init__(self, due: float, end: Callable[[], object]) -> None:
        self.due = due
        self.end = end
        self.over = False


class TimeLimits:
    """Enforces limits from one thread for all of them, which runs while there are any.

    Args:
        monotonic: the clock, in seconds.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._watched: set[Limit] = set()
        self._changed = threading.Condition()
        self._running = False

    @contextmanager
    def within(self, seconds: float, end: Callable[[], object]) -> Iterator[Limit]:
        """While inside, `end` is called once the time is over, and then each second: the first call may be too early.

        Args:
            seconds: from now.
            end: makes the operation fail, such as by closing its socket. It runs in another thread and must not block.
        """
        limit = Limit(self._monotonic() + seconds, end)
        with self._changed:
            if not self._running:  # what follows is not reached where no thread can be had: the next one tries again
                threading.Thread(target=self._watch, name="time-limits", daemon=True).start()
                self._running = True
            self._watched.add(limit)
        try:
            yield limit
        finally:
            with self._changed:
                self._watched.remove(limit)

    def _watch(self) -> None:
        with self._changed:
            while self._watched:
                now = self._monotonic()
                for limit in self._watched:
                    if limit.due <= now:
                        limit.over = True
                        with suppress(Exception):  # one that cannot be ended must not keep the others from it
                            limit.end()
                nearest = min(limit.due for limit in self._watched) - now
                self._changed.wait(nearest if 0 < nearest < _RECHECK else _RECHECK)
            self._running = False
