"""`python -m local demo|up|status|timeline`: what `make` runs.

Ctrl-C and SIGTERM end it in order, at whatever moment they come.

The programs are imported here and not above: an interrupt while the imports run must end in one line as well.
"""

import importlib
import io
import os
import signal
import sys
import threading

from local.proxies import past_proxies

_PROGRAMS = {"demo": "local.demo.program", "up": "local.up", "status": "local.status", "timeline": "local.timeline"}
_INTERRUPTED = 128 + signal.SIGINT


def main(arguments: list[str]) -> int:
    """Run a program by its name; its exit status."""
    if not arguments or arguments[0] not in _PROGRAMS:
        print(f"usage: python -m local {'|'.join(_PROGRAMS)} …", file=sys.stderr)
        return 2
    _interrupt_once()
    os.environ.update(past_proxies(os.environ))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal may lack our characters
    try:
        status: int = importlib.import_module(_PROGRAMS[arguments[0]]).main(arguments[1:])
    except KeyboardInterrupt:
        print("stopped.", file=sys.stderr)
        return _INTERRUPTED
    return status


def _interrupt_once() -> None:
    """Interrupt at the first signal: a further one must not interrupt the shutdown, which has its own timeouts.

    SIGINT stays ignored if the parent process ignores it, as tools/interruptible does.
    """
    is_stopping = threading.Event()

    def interrupt(*_: object) -> None:
        if not is_stopping.is_set():
            is_stopping.set()
            os.write(sys.stderr.fileno(), b"\nStopping: ")  # print may be what was interrupted
            raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, interrupt)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
