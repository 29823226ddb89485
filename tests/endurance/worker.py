"""A fork server: imports the app once, then forks a child for every run; a child stands for a worker process.

Reads orders from its standard input, one JSON object a line: `environment`, `messages` ([recording id, document id]),
`threads`, `clock` (a file; its size is the seconds by which the clock is ahead). Writes `{"pid"}` when a child runs
and `{"pid", "status", "results"}` once it has ended. A child writes its results into a pipe; a killed one writes none.
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
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from recording.bootstrap import App, compose
from recording.core.errors import RecordingError
from recording.core.model import DocumentId, RecordingId
from recording.settings import Settings


def main() -> None:
    """Serve until the standard input ends."""
    gc.freeze()  # imported modules stay shared with the children
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
                _write({"pid": pid, "status": status, "results": json.loads(found.pop(pid) or b"[]")})


def _write(message: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def _fork(order: dict[str, Any], waiting: selectors.BaseSelector) -> tuple[int, int]:
    """Fork a child; its id and the pipe it writes to. The parent has one thread: fork copies no other."""
    assert threading.active_count() == 1
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        _write({"pid": pid})
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


def _run(order: dict[str, Any]) -> list[dict[str, str]]:
    app = compose(Settings.from_env(os.environ), monotonic=_clock(order.get("clock", "")))
    with ThreadPoolExecutor(order.get("threads", 1)) as pool:
        return list(pool.map(lambda message: _try(app, message), order["messages"]))


def _clock(ahead: str) -> Callable[[], float]:
    return (lambda: time.monotonic() + Path(ahead).stat().st_size) if ahead else time.monotonic


def _try(app: App, message: list[str]) -> dict[str, str]:
    """Hand one message to the app, as the queue trigger does; the outcome or the error."""
    try:
        return {"outcome": str(app.archiving.archive_chunk(RecordingId(message[0]), DocumentId(message[1])))}
    except RecordingError as error:
        return {"error": error.code, "family": type(error).__mro__[1].__name__, "cause": str(error)}


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is handled by the tests, which then close the standard input
    main()
