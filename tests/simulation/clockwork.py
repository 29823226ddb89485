"""Simulated time: tasks that take turns in one thread, in the order of their simulated time.

A task is a greenlet, so the app's code needs no change to be interrupted inside a call. It runs until it calls `sleep`;
then the task whose moment comes first goes on. Nothing else decides the order, so one seed gives one run.
"""

import heapq
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from types import TracebackType

from greenlet import getcurrent, greenlet

START = datetime(2026, 3, 1, tzinfo=UTC)
"""The time of day at second 0."""


class EndlessError(Exception):
    """So much happens that it never ends, such as messages that put more and more messages."""


class Clockwork:
    """The agenda: what happens at which second. `now` is the simulated time in seconds.

    Args:
        most_steps: how often tasks may sleep.
    """

    def __init__(self, most_steps: int) -> None:
        self.now = 0.0
        self._most_steps = most_steps
        self.steps = 0
        self._agenda: list[tuple[float, int, Callable[[], object]]] = []
        self._numbers = count()
        self._hub = getcurrent()
        self._until = 0.0
        self._recurring = 0

    def later(self, seconds: float, act: Callable[[], object], *, recurs: bool = False) -> None:
        """Call `act` after so many seconds; it must not sleep. `recurs`: it puts itself on the agenda for ever."""
        if recurs:
            self._recurring += 1
            heapq.heappush(self._agenda, (self.now + seconds, next(self._numbers), lambda: self._recur(act)))
        else:
            heapq.heappush(self._agenda, (self.now + seconds, next(self._numbers), act))

    def begin(self, act: Callable[[], object], whom: str) -> "Task":
        """Begin a task, which may sleep; `whom` it concerns."""
        task = Task(act, self._hub)
        task.whom = whom
        self.later(0, task.switch)
        return task

    def sleep(self, seconds: float) -> None:
        """Let time pass for the current task; other tasks go on meanwhile."""
        self.steps += 1
        at = self.now + seconds
        if (not self._agenda or self._agenda[0][0] > at) and at <= self._until:
            self.now = at
            return
        self.later(seconds, getcurrent().switch)
        self._hub.switch()

    def suspend(self) -> None:
        """Let the current task wait until another one resumes it."""
        self._hub.switch()

    def run(self, until: float) -> bool:
        """Run everything up to that moment; whether anything is left on the agenda but what recurs."""
        self._until = until
        while self._agenda and self._agenda[0][0] <= until:
            self.now, _, act = heapq.heappop(self._agenda)
            act()
            if self.steps > self._most_steps:
                raise EndlessError(f"more than {self._most_steps} requests have been made")
        self.now = max(self.now, until)
        return len(self._agenda) > self._recurring

    def _recur(self, act: Callable[[], object]) -> None:
        self._recurring -= 1
        act()


class Task(greenlet):  # type: ignore[misc]  # it has no types
    """What takes turns; `whom` it concerns is part of the keys of its faults."""

    whom: str = ""


class Lock:
    """A lock between tasks: `threading.Lock` would block the one thread that all of them share."""

    def __init__(self, clockwork: Clockwork) -> None:
        self._clockwork = clockwork
        self._is_held = False
        self._waiting: deque[greenlet] = deque()

    def __enter__(self) -> None:
        """Wait for the lock."""
        while self._is_held:
            self._waiting.append(getcurrent())
            self._clockwork.suspend()
        self._is_held = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give it to the next task."""
        self._is_held = False
        if self._waiting:
            self._clockwork.later(0, self._waiting.popleft().switch)
