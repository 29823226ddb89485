"""What a run costs: wall time, CPU of the client alone, peak memory; of whole processes and of jobs in warm ones."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

MEBIBYTE = 1 << 20
GIBIBYTE = 1 << 30
_LONGEST = 240.0
"""Seconds after which a run is given up."""


class Failed(Exception):
    """A run did not do its work; the message has the last of what it said."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one contender.

    Attributes:
        seconds: wall time.
        user, system: CPU seconds of the client's process, and of its children for tools.
        peak_mib: the most memory resident, MiB.
        idle_mib: of a warm process: resident before the job.
        startup: of a warm process: seconds from its start to its readiness, imports included.
        bytes: moved by this run.
        notes: figures of one case alone.
    """

    seconds: float
    user: float
    system: float
    peak_mib: float
    bytes: int
    idle_mib: float = 0.0
    startup: float = 0.0
    notes: dict[str, float] = field(default_factory=dict)

    @property
    def cpu(self) -> float:
        """CPU seconds."""
        return self.user + self.system

    @property
    def cpu_per_gib(self) -> float:
        """CPU seconds per GiB moved."""
        return self.cpu * GIBIBYTE / self.bytes

    @property
    def rate(self) -> float:
        """MiB per second."""
        return self.bytes / MEBIBYTE / self.seconds

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"cpu": self.cpu, "cpu_per_gib": self.cpu_per_gib, "mib_per_s": self.rate}


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """A client's environment: no proxies and certificates but those of the case."""
    dropped = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"}
    dropped |= {"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"}
    kept = {key: value for key, value in os.environ.items() if key.upper() not in dropped}
    return {**kept, **extra}


class Tools:
    """Runs whole processes and says what they cost."""

    def __init__(self, folder: Path) -> None:
        """`folder` has the compiled `run`, and takes logs."""
        self._folder = folder

    def run(self, command: Sequence[str], size: int, extra: Mapping[str, str] | None = None) -> tuple[Run, str]:
        """Run a command that moves `size` bytes: its cost, and what it wrote to standard output.

        Raises:
            Failed: it ended with another status than 0, or not in time.
        """
        cost, log = self._folder / "cost.json", self._folder / "tool.log"
        cost.unlink(missing_ok=True)
        with log.open("wb") as errors:
            process = subprocess.Popen(
                [str(self._folder / "run"), str(cost), *command],
                env=environment(extra or {}),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
                text=True,
            )
            try:
                said, _none = process.communicate(timeout=_LONGEST)
            except BaseException as error:
                os.killpg(process.pid, signal.SIGKILL)  # Ctrl-C does not reach a session of its own
                process.communicate()
                if isinstance(error, subprocess.TimeoutExpired):
                    raise Failed(f"{command[0]}: no end after {_LONGEST:.0f} s") from None
                raise
        if process.returncode != 0:
            raise Failed(f"{command[0]} ended with {process.returncode}: {log.read_text(errors='replace')[-500:]}")
        found = json.loads(cost.read_text())
        return Run(found["seconds"], found["user"], found["system"], found["peak_kib"] / 1024, size), said


class Worker:
    """A warm Python process that does jobs of one kind; see `bench.worker`."""

    def __init__(self, kind: str, options: Mapping[str, Any], extra: Mapping[str, str] | None = None) -> None:
        """Start it and wait until its imports and clients are ready."""
        self._kind = kind
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.worker", kind, json.dumps(dict(options))],
            cwd=Path(__file__).parents[1],
            env=environment(extra or {}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        ready = self._answer()
        self.startup = float(ready["startup"])
        self.idle_mib = float(ready["idle_mib"])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def begin(self, **job: Any) -> None:  # noqa: ANN401 - JSON
        """Begin a job without waiting for its end."""
        assert self._process.stdin  # noqa: S101 - PIPE was asked for; Popen's type cannot say so
        try:
            self._process.stdin.write(json.dumps(job) + "\n")
            self._process.stdin.flush()
        except OSError as error:
            raise Failed(f"{self._kind}: the process is gone ({error.strerror})") from error

    def run(self, size: int, **job: Any) -> Run:  # noqa: ANN401 - JSON
        """Do one job that moves `size` bytes.

        Raises:
            Failed: it failed.
        """
        self.begin(size=size, **job)
        return self.end(size)

    def end(self, size: int) -> Run:
        """Wait for the job that was begun."""
        found = self._answer()
        return Run(
            seconds=found["seconds"],
            user=found["user"],
            system=found["system"],
            peak_mib=found["peak_mib"],
            bytes=size,
            idle_mib=self.idle_mib,
            startup=self.startup,
            notes=found["notes"],
        )

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self._process.kill()
        self._process.wait()

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
