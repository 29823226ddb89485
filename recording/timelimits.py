"""Ends what takes too long as a whole, though each of its steps is in time: replies and transfers that drip."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_LOOKS = 1.0
"""Seconds between two looks at what is watched: by so much a limit that came later may be missed."""


class Limit:
    """A time that something must be done by; `over` says that it was not, and has been ended."""

    def __init__(self, due: float, end: Callable[[], object]) -> None:
        self.due = due
        self.end = end
        self.over = False


class TimeLimits:
    """Ends what is not done in its time, from one thread for all, that lives while there is something to watch.

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
        """While inside, `end` is called once the time is over, and again each second: it may have come too early.

        Args:
            seconds: from now.
            end: makes what is going on fail; called from another thread, it must not wait for anything.
        """
        limit = Limit(self._monotonic() + seconds, end)
        with self._changed:
            self._watched.add(limit)
            if not self._running:
                self._running = True
                threading.Thread(target=self._watch, name="time-limits", daemon=True).start()
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
                        with suppress(Exception):  # what cannot be ended must not end the watch over all others
                            limit.end()
                nearest = min(limit.due for limit in self._watched) - now
                self._changed.wait(nearest if 0 < nearest < _LOOKS else _LOOKS)
            self._running = False
