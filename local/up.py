"""`make up`: the whole stack, kept running, with a session to paste."""

import argparse
import json
import signal
import socket
import sys
import time
from pathlib import Path

from local.azurite import AzuriteError
from local.claim import LOCAL, FolderInUseError, claimed, folder_for
from local.eventgrid import HandshakeError
from local.guide import session
from local.host import HostNotReadyError
from local.running import Running
from local.stack import Stack

_PORT = 7071
_PLACES = """\
what it holds and owes   make status{arguments}
a recording in time      make timeline{arguments}
the API, in a browser    {app}/docs
log of the app           {folder}/host.log
its spans and metrics    spans.jsonl and metrics.jsonl beside it
Blob, Queue and Table    ARCHIVE_STORAGE in {folder}/local.settings.json
another policy, setting  make up ARGS='--set RECORDING_POLICY=draft.yaml'
Core Tools               make up ARGS=--no-host leaves the host to them
Ctrl-C ends it; the next run starts empty.
"""
_WAITING = "Copy {folder}/local.settings.json to this folder, and run: func start. Waiting for it on port {port} …"


def main(arguments: list[str]) -> int:
    """Run until interrupted; the exit status of a start that failed."""
    parser = argparse.ArgumentParser(prog="make up", description=__doc__)
    parser.add_argument("--port", type=int, default=_PORT, help="of the Functions host (default %(default)s)")
    parser.add_argument("--name", default="", help="of a second stack, to run beside the first")
    parser.add_argument("--no-host", action="store_true", help="leave the Functions host to Core Tools' func start")
    parser.add_argument(
        "--set",
        action="append",
        type=_setting,
        default=[],
        metavar="KEY=VALUE",
        help="a setting of the app, such as API_AUTH=both or RECORDING_POLICY=draft.yaml; once for each",
    )
    asked = parser.parse_args(arguments)
    folder = folder_for("up", asked.name)
    try:
        with claimed(folder, f"on port {asked.port}"):
            _check_port(asked.port)
            _run(folder, asked.name, asked.port, dict(asked.set), with_host=not asked.no_host)
    except FolderInUseError as taken:
        second = f"make up ARGS='--name second --port {asked.port + 1}'"
        return _failed(f"make up runs already, {taken}. End it there, or start a second stack: {second}")
    except (_PortTakenError, AzuriteError, HostNotReadyError) as error:
        return _failed(f"It did not start: {error}")
    return 0


def _failed(why: str) -> int:
    print(why, file=sys.stderr)
    return 1


def _setting(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE")
    return key, value


def _run(folder: Path, name: str, port: int, settings: dict[str, str], *, with_host: bool) -> None:
    print("Starting Azurite, local Communication Services, Event Grid and Functions host …", flush=True)
    with Stack(folder, settings=settings, media_folder=LOCAL / "media", port=port, with_host=with_host) as stack:
        running = Running.of(stack)
        running.write(folder)
        _write_settings(stack, port)
        place = folder.relative_to(LOCAL.parent)
        if not with_host:
            print(_WAITING.format(folder=place, port=port), flush=True)
            _wait_for_core_tools(stack)
        arguments = f" ARGS='--name {name}'" if name else ""
        print(session(running) + _PLACES.format(folder=place, arguments=arguments, app=running.app), flush=True)
        while True:
            signal.pause()


class _PortTakenError(Exception):
    """The port is in use; the message suggests another one."""


def _check_port(port: int) -> None:
    """Before anything starts: the host would fail only after the other parts have started."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise _PortTakenError(f"port {port} is taken. Try make up ARGS='--port {port + 1}'") from None


def _write_settings(stack: Stack, port: int) -> None:
    values = {"FUNCTIONS_WORKER_RUNTIME": "python", **stack.environment()}
    content = {"IsEncrypted": False, "Values": values, "Host": {"LocalHttpPort": port}}
    (stack.folder / "local.settings.json").write_text(json.dumps(content, indent=2) + "\n")


def _wait_for_core_tools(stack: Stack) -> None:
    """Subscribe as soon as `func start` answers the handshake."""
    while True:
        try:
            return stack.subscribe()
        except (HandshakeError, OSError):
            time.sleep(2)
