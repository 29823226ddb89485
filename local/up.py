"""`python -m local.up`: everything on this machine, kept running, with ready-made curl lines."""

import argparse
import json
import shutil
import signal
import sys
import threading
from pathlib import Path

from local.eventgrid import HandshakeError
from local.host import HostNotReadyError
from local.stack import ROOT, Stack

_PORT = 7071
_GUIDE = """
Everything runs. The app answers at {app}/api (function key in the lines below).

  a call; its call_connection_id and server_call_id are in the answer
    curl -s -X POST {control}/calls -d '{{}}'
  connect it: the app gets the callback and starts the recording of RECORDING_OUTPUT
    curl -s -X POST {control}/calls/CALL_CONNECTION_ID/connect
  or start a recording of your choice
    curl -s -X POST '{app}/api/recordings?code={key}' -d '{{"serverCallId": "SERVER_CALL_ID",
         "content": "audio", "channel": "mixed", "format": "mp3"}}'
  what the service records
    curl -s {control}/recordings
  what the app says of it; pause, resume, stop
    curl -s '{app}/api/recordings/RECORDING_ID?code={key}'
    curl -s -X POST '{app}/api/recordings/RECORDING_ID/pause?code={key}'
  end the call: the media is made, its event comes, and the archive begins
    curl -s -X POST {control}/calls/CALL_CONNECTION_ID/end
  misbehave: what can go wrong, and to let the next download break half way
    curl -s {control}/faults
    curl -s -X POST {control}/faults -d '{{"name": "reset_mid_body"}}'

  log of the app      {log}
  for Core Tools      {settings}
                      start this by `make up ARGS=--no-host`, copy that file to local.settings.json, `func start`
  Blob, Queue, Table  the ARCHIVE_STORAGE connection string in that file, for Storage Explorer
Ctrl-C ends it; the next run begins anew.
"""


def main() -> int:
    """Run until told to stop."""
    parser = argparse.ArgumentParser(prog="make up", description=__doc__)
    parser.add_argument("--port", type=int, default=_PORT, help="of the Functions host (default %(default)s)")
    parser.add_argument("--no-host", action="store_true", help="leave the Functions host to Core Tools' func start")
    arguments = parser.parse_args()
    folder = ROOT / ".local" / "up"
    shutil.rmtree(folder, ignore_errors=True)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        with Stack(
            folder, media_folder=ROOT / ".local" / "media", port=arguments.port, with_host=not arguments.no_host
        ) as stack:
            settings = _write_settings(stack, folder / "local.settings.json")
            print(
                _GUIDE.format(
                    app=stack.host.url,
                    key=stack.host.function_key,
                    control=stack.acs.control_url,
                    log=folder / "host.log",
                    settings=settings,
                ),
                flush=True,
            )
            if arguments.no_host:
                _wait_for_core_tools(stack, stopped)
            stopped.wait()
    except HostNotReadyError as error:
        print(f"The Functions host did not start: {error}", file=sys.stderr)
        return 1
    return 0


def _wait_for_core_tools(stack: Stack, stopped: threading.Event) -> None:
    """Subscribe as soon as `func start` answers the handshake."""
    print(f"Waiting for func start on port {_PORT} …", flush=True)
    while not stopped.wait(2):
        try:
            stack.subscribe()
        except (HandshakeError, OSError):
            continue
        print("Core Tools answers; file events go to it.", flush=True)
        return


def _write_settings(stack: Stack, path: Path) -> Path:
    values = {"FUNCTIONS_WORKER_RUNTIME": "python", **stack.environment()}
    content = {"IsEncrypted": False, "Values": values, "Host": {"LocalHttpPort": _PORT}}
    path.write_text(json.dumps(content, indent=2) + "\n")
    return path


if __name__ == "__main__":
    sys.exit(main())
