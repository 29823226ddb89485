"""`python -m local.host --app DIR [--settings FILE] [--port N]`: serves one Functions app on this machine.

Beside the app's own settings the environment may hold:

    LOCAL_FUNCTION_KEY, LOCAL_MASTER_KEY, LOCAL_SYSTEM_KEY    the keys; random if absent
    LOCAL_HOST_LEASE_SECONDS     how long the queue messages of a killed host stay invisible, 600
    LOCAL_HOST_ANSWER_SECONDS    the limit of an HTTP answer, 230
    LOCAL_HOST_TELEMETRY         the folder for the app's spans and metrics; none are exported if absent
    LOCAL_HOST_DRAIN_SECONDS     how long SIGTERM waits for running functions, 10

Once it serves, one line of JSON on stdout says so, with the URL, the keys and the functions. Everything else
is the functions' own output, and the log on stderr. Exit status: 0 after a stop signal, 1 if the app is
refused or the host fails.
"""

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from local.host.hostjson import load_host_json
from local.host.keys import Keys
from local.host.plan import Limits, described, plan_for
from local.host.refusal import AppRefusedError
from local.host.serving import Host
from local.host.settings import load_settings
from local.host.worker import Worker

log = logging.getLogger("local.host")


def main() -> int:
    """Serves the app named on the command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m local.host", description="A Functions host for one machine.")
    parser.add_argument("--app", type=Path, required=True, help="the folder of function_app.py and host.json")
    parser.add_argument("--settings", type=Path, help="a local.settings.json; what the environment has wins")
    parser.add_argument("--port", type=int, default=0, help="the port to listen on; 0, the default, takes a free one")
    parser.add_argument(
        "--end-with-stdin",
        action="store_true",
        help="stop when standard input ends, so as to outlive no parent",
    )
    arguments = parser.parse_args()
    _log_to_stderr()
    try:
        if arguments.settings is not None:
            load_settings(arguments.settings, os.environ)
        end = _export()
        try:
            return asyncio.run(_serve(arguments.app.resolve(), arguments.port, end_with_stdin=arguments.end_with_stdin))
        finally:
            end()
    except AppRefusedError as refused:
        for reason in refused.reasons:
            log.critical("host.refused: %s", reason)
    except OSError as error:
        log.critical("host.not_started: %s", error)
    except Exception:
        # Python would now wait for the functions' threads, perhaps without end.
        log.exception("host.broke")
    return 1


def _export() -> Callable[[], None]:
    """Begins to write spans and metrics to files, where that is asked for; returns what ends it."""
    folder = os.environ.get("LOCAL_HOST_TELEMETRY", "")
    if not folder:
        return lambda: None
    # Only here, so that a host without it is as quick and as small as before.
    from local.host.telemetry import export_to_files  # noqa: PLC0415

    return export_to_files(Path(folder))


async def _serve(app: Path, port: int, *, end_with_stdin: bool) -> int:
    host_json = load_host_json(app / "host.json", os.environ)
    keys, limits = Keys.from_env(os.environ), Limits.from_env(os.environ)
    worker = Worker.index(app)
    plan = plan_for(worker.functions, host_json, os.environ)
    host = Host(worker, plan, host_json, keys, limits)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    if end_with_stdin:
        asyncio.get_running_loop().add_reader(sys.stdin, _read_to_the_end, stop)
    url = await host.start(port)
    ready = {
        "ready": True,
        "url": url,
        "functionKey": keys.function,
        "masterKey": keys.master,
        "systemKey": keys.system,
        "functions": described(plan),
    }
    print(json.dumps(ready), flush=True)
    await host.run(stop)
    log.info("host.stopping")
    await host.stop()
    return 0


def _read_to_the_end(stop: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 4096):
        asyncio.get_running_loop().remove_reader(sys.stdin)
        stop.set()


def _log_to_stderr() -> None:
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # One line for each request of an SDK, with its URL, is too much, and may tell secrets.
    for name in ("azure.core", "azure.identity", "azure.functions"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _leave(status: int) -> None:
    """Ends the process at once: a function cut off runs in a thread that Python would wait for."""
    sys.stdout.flush()
    logging.shutdown()
    os._exit(status)


if __name__ == "__main__":
    _leave(main())
