"""`make bench`: measures, prints, and writes results.md."""

import argparse
import os
from pathlib import Path

from rich.console import Console

from bench import cases, report, short, sweep
from bench.cases import Bench
from bench.measuring import ROOT
from bench.servers import Programs, Unavailable

WORK = ROOT / ".local" / "bench"
FULL_ROUNDS, QUICK_ROUNDS = 5, 2
CASES = {
    case.__name__.replace("_", "-"): case
    for case in (
        short.short,
        short.short_sink,
        short.requests,
        short.answer,
        short.cold,
        sweep.sweep,
        sweep.outage,
        cases.large,
        cases.proven,
        cases.tls,
        cases.throttled,
        cases.growth,
        cases.kill,
        cases.anatomy,
    )
}
_WIDTH = 180
"""Columns of the output if there is no terminal."""


def main() -> int:
    """Run the bench. The exit status says only whether it could be run."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="small and quick, for a first impression; its results go to .local/bench"
    )
    parser.add_argument("--only", action="append", choices=sorted(CASES), help="only this case; can be repeated")
    parser.add_argument("--rounds", type=int, help=f"default {FULL_ROUNDS}, or {QUICK_ROUNDS} with --quick")
    parser.add_argument(
        "--to", type=Path, help="folder for the page; default bench/, or .local/bench if not all is run"
    )
    given = parser.parse_args()
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDTH)
    try:
        programs = Programs(WORK)
    except Unavailable as error:
        console.print(f"The bench cannot run: {error}")
        return 1
    load = os.getloadavg()[0]
    with console.status("") as status:
        bench = Bench(
            programs=programs,
            folder=WORK,
            rounds=given.rounds or (QUICK_ROUNDS if given.quick else FULL_ROUNDS),
            quick=given.quick,
            say=lambda text: status.update(text) if console.is_terminal else console.print(text),
        )
        results = [case(bench) for name, case in CASES.items() if not given.only or name in given.only]
    report.show(console, results)
    to = given.to or (WORK if given.quick or given.only else ROOT / "bench")
    to.mkdir(parents=True, exist_ok=True)
    (to / "results.md").write_text(report.markdown(results, load), encoding="utf-8")
    where = to.relative_to(ROOT) if to.is_relative_to(ROOT) else to
    console.print(f"Written: results.md in {where}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
