"""The tests' side of the fork server: start a run, kill it, wait for its end."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).parents[2]
ENOUGH = 300.0
"""A timeout in seconds for any run, far longer than any needs."""

Try = dict[str, str]
"""The result of one try: its `outcome`, or its `error`, `family` and `cause`."""


@dataclass(eq=False)
class Run:
    """A child that handles some messages; `status` is its exit code, negative if a signal ended it."""

    pid: int = 0
    status: int | None = None
    results: list[Try] = field(default_factory=list)
    begun: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    killed_with: int = 0

    def kill(self, with_signal: signal.Signals = signal.SIGKILL) -> None:
        """Send it a signal, and wait until it is gone."""
        if not self.ended.is_set():
            self.killed_with = with_signal
            try:
                os.kill(self.pid, with_signal)  # the id is not reused before the fork server has reported the end
            except ProcessLookupError:  # it has ended by itself, and that is not reported yet
                self.killed_with = 0
        self.wait()

    def wait(self, seconds: float = ENOUGH) -> list[Try]:
        """The result for every message; empty if the child was killed.

        Raises:
            TimeoutError: it has not ended.
        """
        if not self.ended.wait(seconds):
            message = f"run {self.pid} has not ended after {seconds:.0f} s"
            raise TimeoutError(message)
        assert self.status in {0, -self.killed_with}, f"the child ended with {self.status}: its log says how"
        return self.results


class Workers:
    """A fork server; a context manager. `log` is the standard error of the children."""

    def __init__(self, log: Path) -> None:
        self._log = log.open("ab")
        self._lock = threading.Lock()
        self._ordered: deque[Run] = deque()
        self._running: dict[int, Run] = {}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.endurance.worker"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self._reading = threading.Thread(target=self._read, name="workers", daemon=True)
        self._reading.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for run in list(self._running.values()):
            run.kill()
        self._process.communicate(timeout=ENOUGH)
        self._log.close()

    def start(self, messages: Sequence[tuple[str, str]], environment: Mapping[str, str], **order: Any) -> Run:  # noqa: ANN401 - JSON
        """Let a new child handle the messages; returns once it runs."""
        run = Run()
        assert self._process.stdin
        with self._lock:
            self._ordered.append(run)
            self._process.stdin.write(json.dumps({"messages": messages, "environment": environment, **order}) + "\n")
            self._process.stdin.flush()
        if not run.begun.wait(ENOUGH):
            raise TimeoutError("the fork server does not fork")
        return run

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            told = json.loads(line)
            if "status" not in told:
                run = self._ordered.popleft()
                run.pid = told["pid"]
                self._running[run.pid] = run
                run.begun.set()
            else:
                run = self._running.pop(told["pid"])
                run.status, run.results = told["status"], told["results"]
                run.ended.set()
