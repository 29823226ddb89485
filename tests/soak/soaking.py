"""Carries out a plan on the real stack, sets everything right, and waits for the books to close."""

import math
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from local.host import HostNotReadyError
from local.stack import DEAD_LETTERS
from tests.scenarios.worlds import outlive
from tests.soak import plan
from tests.soak.books import Books, Finding
from tests.soak.stack import TIME_TO_LIVE, SoakStack
from tests.soak.steps import Log, Steps

_TICK = 0.05
_LOOK_EVERY = 1.0
_SAY_EVERY = 10.0
_STARTS = 4
_GIVES_UP = 0.6
"""Share of the outage after which Event Grid has given up the first events of it."""
_LAST = 1_000_000
"""Number of the recording whose event comes once everything is right."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a soak has found, what it has done, and how long it took until the books closed."""

    findings: tuple[Finding, ...]
    counts: Counter[str]
    struck: Counter[str]
    states: Counter[str]
    seconds: float


def soak(
    wanted: plan.Plan, folder: Path, media_folder: Path, say: Callable[[str], object], patience: float = 120.0
) -> Result:
    """Carry out a plan.

    Args:
        wanted: what to do.
        folder: where state and logs go; `soak.jsonl` has each step with its time, and all that was published.
        media_folder: where made media is kept between runs.
        say: where progress goes.
        patience: seconds in which the books must close once everything is right.
    """
    stack = SoakStack(folder, wanted.outage * _GIVES_UP / TIME_TO_LIVE, media_folder)
    with (folder / "soak.jsonl").open("w", encoding="utf-8") as log, stack, Books(stack) as books:
        run = _Run(wanted, stack, books, say, Log(log.write))
        try:
            return run.through(patience)
        finally:
            run.end()


class _Run:
    """One run: the plan's time, and the host, which is killed and started again."""

    def __init__(
        self, wanted: plan.Plan, stack: SoakStack, books: Books, say: Callable[[str], object], log: Log
    ) -> None:
        self._plan, self._stack, self._books, self._say, self._log = wanted, stack, books, say, log
        self._counts: Counter[str] = Counter()
        self._steps = Steps(stack, books, log, self._now)
        self._outliving: set[str] = set()
        self._down_until: float | None = None
        self._starting = 0.0
        self._began = time.monotonic()

    def through(self, patience: float) -> Result:
        for line in self._plan.lines():
            self._log("planned", **line)
        self._disturb()
        self._set_right()
        findings, seconds = self._wait_for_books(patience)
        findings += self._books.leaks()
        for event in self._stack.event_grid.topic.received:
            self._log("published", event=event)
        for finding in findings:
            self._log("finding", subject=finding.subject, says=finding.says)
        return Result(tuple(findings), self._counts, self._steps.struck, self._books.states, seconds)

    def end(self) -> None:
        self._steps.stop()

    # --- the three parts ---

    def _disturb(self) -> None:
        """All steps of the plan at their times, or soon after; then the end of the outage."""
        steps = list(self._plan.steps)
        is_out, said = False, 0.0
        while (now := self._now()) < self._plan.seconds or steps:
            self._steps.end_faults(now)
            if not is_out and now >= self._plan.outage_at:
                is_out = True
                self._begin_outage()
            if not is_out and self._down_until is not None and now >= self._down_until:
                self._start_host()
            while steps and steps[0].at <= now:
                step = steps.pop(0)
                self._log("step", step=type(step).__name__, planned=step.at)
                self._counts[type(step).__name__] += 1
                if isinstance(step, plan.Kill):
                    self._kill(step)
                else:
                    self._steps.do(step)
            if now - said >= _SAY_EVERY:
                said = now
                self._say(self._progress(now))
            time.sleep(_TICK)

    def _begin_outage(self) -> None:
        self._say(f"{self._now():4.0f} s: the app is down for {self._plan.outage:.0f} s, and what was queued is lost")
        if self._down_until is None:
            self._stack.host.kill()
        self._down_until = self._plan.seconds
        for queue in plan.LOST_FROM:
            self._stack.lose_messages(queue)

    def _set_right(self) -> None:
        """No more faults but those that keep recordings in doubt; the app runs; what is at least once comes again."""
        self._steps.end_faults(math.inf)
        self._say(f"{self._now():4.0f} s: everything is set right")
        self._start_host()
        self._steps.end_calls()
        self._stack.event_grid.wait_idle(60)
        self._counts["dead letters"] = sum(1 for _ in self._stack.container(DEAD_LETTERS).list_blob_names())
        self._steps.do(plan.Announce(0.0, _LAST, plan.LENGTHS[:1]))

    def _outlive(self) -> None:
        """Let the last moment pass of the sources that are gone, which is a day away, as soon as the app knows them."""
        for recording_id in filter(self._books.knows, list(self._outliving)):
            outlive(self._stack, recording_id)
            self._outliving.discard(recording_id)

    def _wait_for_books(self, patience: float) -> tuple[list[Finding], float]:
        """Wait until the books close, or until for so many seconds no less was open: the machine may be slow."""
        began, said = time.monotonic(), 0.0
        fewest, fewer_at = math.inf, began
        self._outliving = set(self._books.gone)
        while True:
            self._outlive()
            findings = self._books.look()
            seconds = time.monotonic() - began
            if len(findings) < fewest:
                fewest, fewer_at = len(findings), began + seconds
            if not findings or began + seconds - fewer_at > patience:
                return findings, seconds
            if seconds - said >= _SAY_EVERY:
                said = seconds
                self._say(f"{self._now():4.0f} s: {len(findings)} things are open; {findings[0].says}")
            time.sleep(_LOOK_EVERY)

    # --- the host, and the time ---

    def _kill(self, step: plan.Kill) -> None:
        if self._down_until is None:
            if step.in_order:
                self._stack.host.stop()
            else:
                self._stack.host.kill()
            self._down_until = self._now() + step.down

    def _start_host(self) -> None:
        if self._down_until is None:
            return
        began = time.monotonic()
        for _ in range(_STARTS):
            try:
                self._stack.host.start()
            except HostNotReadyError as error:
                self._log("host not ready", error=str(error)[:200])
                continue
            self._down_until = None
            self._starting += time.monotonic() - began
            self._counts["host started again"] += 1
            return
        raise RuntimeError("the host does not start any more; see host.log")

    def _progress(self, now: float) -> str:
        world = self._stack.acs.world
        gone = sum(not source.exists for source in world.objects.values())
        struck = self._steps.struck.total()
        host = "up" if self._down_until is None else "down"
        chunks = f"{gone} of {len(world.objects)} chunks are released"
        return (
            f"{now:4.0f} s: {len(world.recordings)} recordings, {chunks}; {struck} requests failed; the app is {host}"
        )

    def _now(self) -> float:
        """The time of the plan, in seconds: it stands still while the host starts, however slow the machine is."""
        return time.monotonic() - self._began - self._starting
