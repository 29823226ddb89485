"""Runs the checks of all services at once, within a time limit, and one set of them at a time."""

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextvars import copy_context
from dataclasses import dataclass, field

from recording import log
from recording.core.errors import RecordingError
from recording.watch.checks import Check

LIMIT = 20.0
"""Seconds in which every check must end; they run together."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found: what is wrong, empty if nothing is; and how many seconds it took."""

    name: str
    problem: str
    seconds: float


@dataclass(slots=True)
class _Running:
    """A check that has been started."""

    thread: threading.Thread
    began: float
    finding: Finding | None = None


@dataclass
class Probing:
    """Checks all services.

    Attributes:
        checks: by name.
        monotonic: the clock, in seconds.
        limit: seconds for all of them.
    """

    checks: Mapping[str, Check]
    monotonic: Callable[[], float]
    limit: float = LIMIT
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _asked: "Future[tuple[Finding, ...]] | None" = field(default=None, repr=False)
    _started: dict[str, _Running] = field(default_factory=dict, repr=False)

    def ask(self) -> "Future[tuple[Finding, ...]]":
        """What every check finds, in order, once all have ended. Who asks while the checks run gets what these find.

        Only a thread of its own waits for the checks: none of the caller's, however many ask.
        """
        with self._lock:
            asked = self._asked
            if asked is None:
                asked = Future()
                asked.set_running_or_notify_cancel()  # so that nobody who stops waiting can cancel it for the others
                context = copy_context()  # the worker assigns log lines to invocations by it
                threading.Thread(target=context.run, args=(self._answer, asked), name="checks", daemon=True).start()
                self._asked = asked
        return asked

    def _answer(self, asked: "Future[tuple[Finding, ...]]") -> None:
        try:
            found = self._probe()
        except BaseException as error:  # noqa: BLE001 - whoever waits raises it
            self._forget()
            asked.set_exception(error)
        else:
            self._forget()
            asked.set_result(found)

    def _forget(self) -> None:
        with self._lock:
            self._asked = None

    def _probe(self) -> tuple[Finding, ...]:
        began = self.monotonic()
        for name, check in self.checks.items():
            running = self._started.get(name)
            if running is None or not running.thread.is_alive():  # one that hangs is not started again
                self._start(name, check)
        findings = []
        for name in self.checks:
            running = self._started[name]
            running.thread.join(max(0.0, began + self.limit - self.monotonic()))
            findings.append(running.finding or self._hanging(name, running))
        return tuple(findings)

    def _start(self, name: str, check: Check) -> None:
        thread = threading.Thread(target=lambda: self._run(name, check), name=f"check-{name}", daemon=True)
        self._started[name] = _Running(thread, self.monotonic())
        thread.start()

    def _run(self, name: str, check: Check) -> None:
        running = self._started[name]
        problem = ""
        try:
            check()
        except RecordingError as error:
            problem = str(error)
            log.event("health.check_failed", {"check": name, "code": error.code, "cause": error}, logging.WARNING)
        except Exception as error:  # noqa: BLE001 - a bug in a check is a finding too
            problem = f"a fault of the app: {type(error).__name__}"
            log.bug("health.check_failed", {"check": name, "code": type(error).__name__}, error)
        running.finding = Finding(name, problem, self.monotonic() - running.began)

    def _hanging(self, name: str, running: _Running) -> Finding:
        seconds = self.monotonic() - running.began
        log.event("health.check_failed", {"check": name, "code": "hanging", "seconds": seconds}, logging.WARNING)
        return Finding(name, f"no answer within {self.limit:.0f} seconds", seconds)
