"""`make soak SECONDS=300`: the real stack with faults at random, killed again and again, until its books close."""

import argparse
import os
import secrets
import signal
import sys
from collections.abc import Callable
from functools import partial

from rich import box
from rich.console import Console
from rich.table import Table

from local.claim import LOCAL, FolderInUseError, claimed, folder_for
from local.proxies import past_proxies
from tests.soak.plan import plan_of
from tests.soak.soaking import Result, soak

_SHOWN = 40


def main() -> int:
    """Soak; 0 if the books close."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=300.0, help="of disturbance (default %(default).0f)")
    parser.add_argument("--seed", type=int, default=None, help="of the plan; by default another one each time")
    parser.add_argument("--patience", type=float, default=180.0, help="seconds in which the books must close after it")
    parser.add_argument("--name", default="", help="of a second soak, to run beside another")
    asked = parser.parse_args()
    seed = secrets.randbelow(1_000_000) if asked.seed is None else asked.seed
    os.environ.update(past_proxies(os.environ))
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what make sends; everything is stopped in order then
    console = Console()
    folder = folder_for("soak", asked.name)
    try:
        with claimed(folder, "make soak"):
            folder.mkdir(parents=True, exist_ok=True)
            console.print(f"Seed {seed}, {asked.seconds:.0f} s. All of it: .local/{folder.name}/soak.jsonl, host.log")
            result = soak(plan_of(seed, asked.seconds), folder, LOCAL / "media", _say(console), asked.patience)
    except FolderInUseError as taken:
        sys.exit(f"A soak runs already: {taken}")
    except KeyboardInterrupt:
        sys.exit(f"stopped. Again: make soak SECONDS={asked.seconds:.0f} SEED={seed}")
    _show(console, result, seed, asked.seconds)
    return int(bool(result.findings))


def _say(console: Console) -> Callable[[str], None]:
    return partial(console.print, highlight=False, markup=False, soft_wrap=True)


def _show(console: Console, result: Result, seed: int, seconds: float) -> None:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=0)
    table.add_column("what")
    table.add_column("how often", justify="right")
    for title, counts in (("", result.counts), ("fault ", result.struck), ("recordings ", result.states)):
        for name, count in sorted(counts.items()):
            table.add_row(f"{title}{name}", str(count))
    console.print(table, "")
    for finding in result.findings[:_SHOWN]:
        console.print(f"{finding.subject}: {finding.says}", highlight=False, markup=False, soft_wrap=True)
    if result.findings:
        again = f"make soak SECONDS={seconds:.0f} SEED={seed}"
        console.print(f"{len(result.findings)} things do not close after {result.seconds:.0f} s. Again: {again}")
    else:
        console.print(f"The books close, {result.seconds:.0f} s after everything was set right.")


if __name__ == "__main__":
    sys.exit(main())
