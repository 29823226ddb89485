"""`python -m local demo|up|status`: what `make` runs; Ctrl-C and SIGTERM end it in order, at whatever moment they come.

The programs are imported here and not above: an interrupt while the imports run must end in one line as well.
"""

import importlib
import os
import signal
import sys

_PROGRAMS = {"demo": "local.demo.program", "up": "local.up", "status": "local.status"}
_INTERRUPTED = 128 + signal.SIGINT


def main(arguments: list[str]) -> int:
    """Run a program by its name; its exit status."""
    if not arguments or arguments[0] not in _PROGRAMS:
        print(f"usage: python -m local {'|'.join(_PROGRAMS)} …", file=sys.stderr)
        return 2
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        status: int = importlib.import_module(_PROGRAMS[arguments[0]]).main(arguments[1:])
    except KeyboardInterrupt:
        print("stopped.", file=sys.stderr)
        return _INTERRUPTED
    return status


def _interrupt(*_: object) -> None:
    """Interrupt once: what follows must not break off the stopping of what runs, which has bounds of its own."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    os.write(sys.stderr.fileno(), b"\nStopping: ")  # print may be what was interrupted
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
