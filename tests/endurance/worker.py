"""A fork server: imports the app once, then forks a child for every run, which lives and dies as a worker does.

Reads orders from its standard input, one JSON object a line: `environment`, `steps` ([recording id, document id]),
`threads`, `tries` (how often a step that fails is given back to it), `clock_rate`. Writes `{"pid"}` when a child runs
and `{"pid", "status", "results"}` once it has ended. A child writes its results into a pipe that breaks when it is
killed.
"""

import gc
import json
import os
import selectors
import signal
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from recording.bootstrap import App, compose
from recording.core.errors import RecordingError
from recording.core.model import DocumentId, RecordingId
from recording.settings import Settings


def main() -> None:
    """Serve until the standard input ends."""
    gc.freeze()  # what is imported stays shared with the children
    waiting = selectors.DefaultSelector()
    waiting.register(sys.stdin.fileno(), selectors.EVENT_READ, 0)
    found: dict[int, bytes] = {}
    unread = b""
    while True:
        for key, _ in waiting.select():
            received = os.read(key.fd, 1 << 16)
            pid: int = key.data
            if pid == 0:
                if not received:
                    return
                *orders, unread = (unread + received).split(b"\n")
                for order in orders:
                    child, pipe = _fork(json.loads(order), waiting)
                    waiting.register(pipe, selectors.EVENT_READ, child)
                    found[child] = b""
            elif received:
                found[pid] += received
            else:
                waiting.unregister(key.fd)
                os.close(key.fd)
                status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                _tell({"pid": pid, "status": status, "results": json.loads(found.pop(pid) or b"[]")})


def _tell(message: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def _fork(order: dict[str, Any], waiting: selectors.BaseSelector) -> tuple[int, int]:
    """Start a child; its id and the pipe it will write to. A child has one thread: none exists before it is forked."""
    assert threading.active_count() == 1
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        _tell({"pid": pid})
        return pid, reading
    status = 1
    try:
        waiting.close()
        os.close(reading)
        os.close(sys.stdin.fileno())
        os.environ.update(order["environment"])
        results = json.dumps(_run(order)).encode()
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(results)
        status = 0
    except BaseException:  # noqa: BLE001 - the parent's loop must not run on in the child
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def _run(order: dict[str, Any]) -> list[list[dict[str, str]]]:
    rate: float = order.get("clock_rate", 1.0)
    app = compose(Settings.from_env(os.environ), monotonic=lambda: time.monotonic() * rate)
    with ThreadPoolExecutor(order.get("threads", 1)) as pool:
        return list(pool.map(lambda step: _drive(app, step, order.get("tries", 1)), order["steps"]))


def _drive(app: App, step: list[str], tries: int) -> list[dict[str, str]]:
    """Give one step to the app as the queue does, again while it fails or continues; what came of every try."""
    found: list[dict[str, str]] = []
    for _ in range(tries):
        try:
            outcome = app.archiving.archive_chunk(RecordingId(step[0]), DocumentId(step[1]))
            found.append({"outcome": str(outcome)})
            if outcome != "continues":
                break
        except RecordingError as error:
            found.append({"error": error.code, "family": type(error).__mro__[1].__name__, "cause": str(error)})
    return found


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the tests, whose end closes the standard input
    main()
