"""`python -m tests.simulation`: runs many seeds on all cores, and tells the story of the first that fails."""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from tests.simulation.plan import plan_of
from tests.simulation.shrinking import shrunk
from tests.simulation.world import Result, simulate

_CALLS = 100
"""Calls of one seed."""
_SEEDS = 112
_PROGRESS_SECONDS = 10.0


def run_seed(calls: int, seed: int) -> Result:
    """One run, as a process of the pool does it."""
    return simulate(plan_of(seed, calls))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; the exit status."""
    options = _options(arguments)
    began = told = time.monotonic()
    results: list[Result] = []
    seeds = range(options.first, options.first + options.seeds)
    with ProcessPoolExecutor(options.processes) as pool:
        for result in pool.map(partial(run_seed, options.calls), seeds, chunksize=2):
            results.append(result)
            if result.broken:
                break
            if time.monotonic() - told > _PROGRESS_SECONDS:
                told = time.monotonic()
                sys.stdout.write(f"  {len(results)} of {len(seeds)} seeds, {told - began:.0f} s\n")
                sys.stdout.flush()
        pool.shutdown(cancel_futures=True)
    sys.stdout.write(_summary(results, time.monotonic() - began))
    if results[-1].broken:
        sys.stdout.write(tell(results[-1], options.calls))
        return 1
    return 0


def tell(failed: Result, calls: int) -> str:
    """The story of a failed seed, made as small as possible."""
    small = shrunk(plan_of(failed.seed, calls), failed)
    return (
        f"\nSeed {failed.seed} breaks a rule: {failed.broken}\n\nThe same, with as little as possible "
        f"({len(small.fired)} faults):\n{small.story}\n\n{small.broken}\n\n"
        f"Run it again: .venv/bin/python -m tests.simulation --first {failed.seed} --seeds 1 --calls {calls}\n"
    )


def _summary(results: Sequence[Result], seconds: float) -> str:
    outcomes: Counter[str] = Counter()
    consents: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    for result in results:
        outcomes += result.outcomes
        consents += result.consents
        faults.update(result.fired.values())
    rows = [
        ("seeds", len(results)),
        ("recordings", sum(result.recordings for result in results)),
        ("calls of ports", sum(result.steps for result in results)),
        ("faults", faults.total()),
        ("days", round(sum(result.days for result in results))),
        ("seconds", round(seconds)),
    ]
    lines = [f"  {name:<28} {number:>12,}" for name, number in rows]
    lines += ["", "How the chunks ended"]
    lines += [f"  {name:<28} {number:>12,}" for name, number in sorted(outcomes.items())]
    lines += ["", "How consents ended"]
    lines += [f"  {name:<28} {number:>12,}" for name, number in sorted(consents.items())]
    lines += ["", "What went wrong"]
    lines += [f"  {name:<28} {number:>12,}" for name, number in sorted(faults.items())]
    return "\n".join(lines) + "\n"


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=_SEEDS, help="how many seeds")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--calls", type=int, default=_CALLS, help="calls of one seed")
    parser.add_argument("--processes", type=int, default=os.process_cpu_count(), help="how many run at a time")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
