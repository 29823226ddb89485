"""`python -m tests.simulation.hunting`: puts each known bug back, and says by which seed the simulation finds it."""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

from tests.simulation.mutants import LIKELY, MUTANTS
from tests.simulation.plan import plan_of
from tests.simulation.world import simulate

MOST_SEEDS = 100
"""Seeds in which every mutant must be found."""
_CALLS = 20


@dataclass(frozen=True)
class Hunt:
    """How the hunt for one mutant ended: by which seed and rule it was found; no seed if it was not."""

    name: str
    seed: int | None
    broken: str
    seconds: float


def hunt(name: str, seeds: int = MOST_SEEDS, calls: int = _CALLS) -> Hunt:
    """Run seed after seed with that bug, where much goes wrong, until one breaks a rule."""
    began = time.monotonic()
    for seed in range(1, seeds + 1):
        plan = plan_of(seed, calls)
        if plan.is_calm:
            continue
        plan = replace(plan, rates={**plan.rates, **LIKELY.get(name, {})})
        with MUTANTS[name]():
            broken = simulate(plan).broken
        if broken:
            return Hunt(name, seed, broken.partition("\n")[0], time.monotonic() - began)
    return Hunt(name, None, "", time.monotonic() - began)


def main(arguments: Sequence[str] | None = None) -> int:
    """Hunt for all of them; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.hunting", description=__doc__)
    parser.add_argument("names", nargs="*", default=list(MUTANTS), help="which mutants; all of them if none is named")
    parser.add_argument("--seeds", type=int, default=MOST_SEEDS, help="how many seeds each has")
    options = parser.parse_args(arguments)
    alive = 0
    with ProcessPoolExecutor(os.process_cpu_count()) as pool:
        for found in pool.map(partial(hunt, seeds=options.seeds), options.names):
            alive += found.seed is None
            end = "NOT FOUND" if found.seed is None else f"seed {found.seed}: {found.broken}"
            sys.stdout.write(f"  {found.name:<45} {found.seconds:6.1f} s  {end}\n")
            sys.stdout.flush()
    sys.stdout.write(f"\n{len(options.names)} known bugs, {alive} not found\n")
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main())
