"""Measures a run: wall time, CPU of the client only, peak memory; for tools and for jobs in warm Python processes."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MEBIBYTE = 1 << 20
GIBIBYTE = 1 << 30
ROOT = Path(__file__).parents[1]
_LONGEST = 240.0
"""Seconds after which a run is killed."""
_TICK = os.sysconf("SC_CLK_TCK")
_LONGEST_REASON = 400


class Failed(Exception):
    """A run failed; the message has the end of its output."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one contender.

    Attributes:
        seconds: wall time.
        cpu: user and system seconds of the client's process; for a tool also of its children.
        bytes: number of bytes copied.
        peak_mib: for a warm process: peak resident memory, MiB.
        idle_mib: for a warm process: resident memory before the job, MiB.
        notes: figures of only one case.
    """

    seconds: float
    cpu: float
    bytes: int
    peak_mib: float = 0.0
    idle_mib: float = 0.0
    notes: Mapping[str, float] = field(default_factory=dict)

    @property
    def cpu_per_gib(self) -> float:
        """CPU seconds per GiB copied."""
        return self.cpu * GIBIBYTE / self.bytes

    @property
    def rate(self) -> float:
        """MiB per second."""
        return self.bytes / MEBIBYTE / self.seconds


def reason(error: Exception) -> str:
    """The message of an error, on one line and without paths of this machine."""
    return " ".join(str(error).split())[:_LONGEST_REASON].replace(str(ROOT), ".")


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """A client's environment: only the case's own proxies and certificates; bytecode is cached."""
    dropped = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "PYTHONDONTWRITEBYTECODE"}
    dropped |= {"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"}
    kept = {key: value for key, value in os.environ.items() if key.upper() not in dropped}
    return {**kept, **extra}


def cpu_of(process: int) -> float:
    """User and system seconds of a running process so far, including children that it has waited for."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / _TICK


def run_tool(command: Sequence[str], size: int, log: Path, extra: Mapping[str, str]) -> tuple[Run, str]:
    """Run a command that copies `size` bytes; its cost, and its standard output.

    Raises:
        Failed: its exit status was not 0, or it was too slow.
    """
    began = time.perf_counter()
    with log.open("wb") as errors:
        process = subprocess.Popen(
            command, env=environment(extra), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors,
            start_new_session=True, text=True,
        )  # fmt: skip
    watchdog = threading.Timer(_LONGEST, lambda: os.killpg(process.pid, signal.SIGKILL))
    watchdog.start()
    try:
        with process.stdout or sys.stdin as stdout:
            said = stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)  # Ctrl-C does not reach another session
        raise
    finally:
        watchdog.cancel()
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise Failed(f"{command[0]} ended with {process.returncode}: {log.read_text(errors='replace')[-500:]}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, size), said


class Worker:
    """A warm Python process that runs jobs of one class; see `bench.worker`."""

    def __init__(self, kind: str, options: Mapping[str, Any], extra: Mapping[str, str]) -> None:
        """Start it and wait until its imports and clients are ready."""
        self._kind = kind
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.worker", kind, json.dumps(dict(options))],
            cwd=ROOT,
            env=environment(extra),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._idle_mib = float(self._answer()["idle_mib"])

    def begin(self, **job: Any) -> None:  # noqa: ANN401 - JSON
        """Start a job without waiting for its end."""
        assert self._process.stdin  # noqa: S101 - PIPE was asked for; Popen's type cannot say so
        try:
            self._process.stdin.write(json.dumps(job) + "\n")
            self._process.stdin.flush()
        except OSError as error:
            raise Failed(f"{self._kind}: the process is gone ({error.strerror})") from error

    def run(self, size: int, **job: Any) -> Run:  # noqa: ANN401 - JSON
        """Run one job that copies `size` bytes.

        Raises:
            Failed: the job failed.
        """
        self.begin(size=size, **job)
        found = self._answer()
        return Run(found["seconds"], found["cpu"], size, found["peak_mib"], self._idle_mib, found["notes"])

    def kill(self) -> None:
        """SIGKILL, and wait until the process has ended; idempotent."""
        self._process.kill()
        self._process.communicate()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout  # noqa: S101 - PIPE was asked for; Popen's type cannot say so
        watchdog = threading.Timer(_LONGEST, self._process.kill)
        watchdog.start()
        line = self._process.stdout.readline()
        watchdog.cancel()
        if not line:
            raise Failed(f"{self._kind}: the process ended with {self._process.wait()}")
        found: dict[str, Any] = json.loads(line)
        if "failed" in found:
            raise Failed(f"{self._kind}: {found['failed']}")
        return found
