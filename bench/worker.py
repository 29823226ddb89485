"""A warm process: `python -m bench.worker MODULE:CLASS OPTIONS`. Reads one job a line, and writes its cost as one line.

Memory is the peak since the job began, if Linux allows a process to reset its high-water mark, else since its start.
"""

import importlib
import json
import os
import sys
import time
import traceback
from contextlib import suppress
from pathlib import Path


def resident(field: str) -> float:
    """`VmRSS` or `VmHWM` of this process, MiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{field}:")) / 1024


def main(kind: str, options: str) -> None:
    """Serve jobs until standard input ends."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # output of libraries must not mix with the answers
    module, _, name = kind.partition(":")
    job = getattr(importlib.import_module(f"bench.{module}"), name)(json.loads(options))
    print(json.dumps({"idle_mib": resident("VmRSS")}), file=answers)
    for line in sys.stdin:
        with suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # resets the high-water mark
        used, began = time.process_time(), time.perf_counter()
        try:
            notes = job(**json.loads(line))
        except Exception as error:  # noqa: BLE001 - reported to the caller
            traceback.print_exc()
            print(json.dumps({"failed": f"{type(error).__name__}: {error}"}), file=answers)
            continue
        seconds, cpu = time.perf_counter() - began, time.process_time() - used
        found = {"seconds": seconds, "cpu": cpu, "peak_mib": resident("VmHWM"), "notes": notes}
        print(json.dumps(found), file=answers)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
