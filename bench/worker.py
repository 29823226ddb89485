"""A warm process: `python -m bench.worker KIND OPTIONS`. Reads one job a line, answers what it cost, in one line.

Memory is the peak since the job began, where Linux lets a process reset its high-water mark, else since the start.
"""

import json
import os
import resource
import sys
import threading
import time
import traceback
from contextlib import suppress
from pathlib import Path

_STATUS = Path("/proc/self/status")


def resident(field: str, status: Path = _STATUS) -> float:
    """`VmRSS` or `VmHWM` of a process, of this one without more, MiB."""
    for line in status.read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(kind: str, options: str) -> None:
    """Serve jobs until standard input ends."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever a library prints is no answer
    from bench.jobs import JOBS  # noqa: PLC0415 - imports are part of the start-up that is measured

    job = JOBS[kind](json.loads(options))
    started = time.clock_gettime(time.CLOCK_BOOTTIME) - _started_at()
    print(json.dumps({"startup": started, "idle_mib": resident("VmRSS")}), file=answers)
    for line in sys.stdin:
        with suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the high-water mark begins anew
        before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
        try:
            notes = job(**json.loads(line))
        except Exception as error:  # noqa: BLE001 - told to who asked
            traceback.print_exc()
            print(json.dumps({"failed": f"{type(error).__name__}: {error}"}), file=answers)
            continue
        seconds = time.perf_counter() - began
        after = resource.getrusage(resource.RUSAGE_SELF)
        found = {
            "seconds": seconds,
            "user": after.ru_utime - before.ru_utime,
            "system": after.ru_stime - before.ru_stime,
            "peak_mib": resident("VmHWM"),
            "notes": {**notes, "threads": threading.active_count()},
        }
        print(json.dumps(found), file=answers)


def _started_at() -> float:
    """When this process began, in seconds since the machine's start."""
    ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    return ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
