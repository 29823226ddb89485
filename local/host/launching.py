"""Starts, kills and stops a Functions host as a process of its own."""

import contextlib
import json
import os
import random
import secrets
import socket
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Self

_ROOT = Path(__file__).parents[2]
_START_UP = 30.0  # seconds; the platform's limit for a start
_STOP = 30.0  # seconds; longer than the host's own limit for running functions
_TAIL = 40  # lines
_PORTS = range(20_000, 32_000)
"""Below the ephemeral ports: an outgoing connection could otherwise take the port of a stopped host."""


class HostNotReadyError(RuntimeError):
    """The host ended or timed out before it was ready; the message contains the end of its log."""


class FunctionsHost:
    """One Functions app in its own process. Port and keys stay the same over restarts."""

    def __init__(
        self,
        app: Path,
        environment: Mapping[str, str],
        *,
        log: Path,
        port: int = 0,
        settings: Path | None = None,
    ) -> None:
        """Prepares a host; nothing runs yet.

        Args:
            app: the folder of function_app.py and host.json.
            environment: laid over this process's own environment; LOCAL_*_KEY in it fix the keys.
            log: the file for the host's log and the functions' output; appended to.
            port: 0 takes a free one at the first start.
            settings: a local.settings.json, if any.
        """
        self._app = app
        self._log = log
        self._port = port
        self._settings = settings
        self.function_key = environment.get("LOCAL_FUNCTION_KEY") or secrets.token_urlsafe(32)
        self.master_key = environment.get("LOCAL_MASTER_KEY") or secrets.token_urlsafe(32)
        self.system_key = environment.get("LOCAL_SYSTEM_KEY") or secrets.token_urlsafe(32)
        self._environment = {
            **os.environ,
            **environment,
            "LOCAL_FUNCTION_KEY": self.function_key,
            "LOCAL_MASTER_KEY": self.master_key,
            "LOCAL_SYSTEM_KEY": self.system_key,
            "PYTHONUNBUFFERED": "1",
        }
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._announced = threading.Event()
        self._ready: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where it answers, without a slash at the end."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int | None:
        """The process's id while it runs."""
        return self._process.pid if self._process else None

    @property
    def functions(self) -> list[str]:
        """The names of the functions it found."""
        return [function["name"] for function in self._ready["functions"]]

    def event_grid_url(self, function: str) -> str:
        """The webhook of an Event Grid function, with its key."""
        return f"{self.url}/runtime/webhooks/EventGrid?functionName={function}&code={self.system_key}"

    def start(self) -> None:
        """Starts the host and waits until it serves.

        Raises:
            HostNotReadyError: it refused the app, ended, or took longer than the platform's limit.
        """
        if self._process is not None:
            raise RuntimeError("this host runs already")
        command = [
            sys.executable,
            "-m",
            "local.host",
            "--app",
            str(self._app.resolve()),
            "--port",
            str(self._port or free_port()),
            "--end-with-stdin",
        ]
        if self._settings is not None:
            command += ["--settings", str(self._settings.resolve())]
        self._announced.clear()
        self._ready = {}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=_ROOT,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                encoding="utf-8",
                errors="replace",
            )
        if self._process.stdout is None:
            raise RuntimeError("a pipe was asked for and not made")
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True)
        self._reader.start()
        in_time = self._announced.wait(_START_UP)
        if not self._ready:
            self.kill()
            what = "ended before it was ready" if in_time else f"was not ready after {_START_UP:.0f} s"
            raise HostNotReadyError(f"the Functions host {what}. The end of {self._log}:\n{self._tail()}")
        self._port = int(self._ready["url"].rpartition(":")[2])

    def stop(self) -> int:
        """Ends it with SIGTERM, waits and returns its status; runs that exceed the limit are cut off."""
        if self._process is None:
            return 0
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_STOP)
        return self._ended()

    def kill(self) -> None:
        """Ends it at once (SIGKILL), as a lost instance ends."""
        if self._process is not None:
            self._ended()

    def restart(self) -> None:
        """Stops it and starts it again, on the same port and with the same keys.

        Raises:
            HostNotReadyError: see `start`.
        """
        self.stop()
        self.start()

    def _ended(self) -> int:
        if self._process is None or self._reader is None:
            raise RuntimeError("this host does not run")
        self._process.kill()
        status = self._process.wait()
        self._reader.join()
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process = None
        return status

    def _read(self, stdout: IO[str]) -> None:
        """Reads the line that says it is ready and logs the others: that line has keys, which the log must not have."""
        with stdout, self._log.open("a", encoding="utf-8") as log:
            for line in stdout:
                if not self._ready and line.startswith('{"ready": true'):
                    self._ready = json.loads(line)
                    self._announced.set()
                else:
                    log.write(line)
                    log.flush()
        self._announced.set()

    def _tail(self) -> str:
        with self._log.open(encoding="utf-8", errors="replace") as log:
            return "".join(deque(log, _TAIL))


def free_port() -> int:
    """A port that is free, and stays free while the host is stopped."""
    for port in random.sample(_PORTS, len(_PORTS)):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("every port is taken")
