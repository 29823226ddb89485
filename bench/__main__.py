"""`make bench`: measures, prints, and writes results.md, results.json and results.png."""

import argparse
from pathlib import Path

from rich.console import Console

from bench import cases, plot, report
from bench.cases import ROOT, Bench
from bench.figures import goals
from bench.inside import inside_the_host
from bench.killing import kill_and_continue
from bench.measuring import Tools
from bench.peers import Azcopy, versions
from bench.servers import Programs, Unavailable

WORK = ROOT / ".local" / "bench"
FULL_ROUNDS, QUICK_ROUNDS = 5, 2
CASES = cases.CASES | {"kill": kill_and_continue, "host": inside_the_host}
_WIDTH = 180
"""Columns where no terminal says how many it has."""


def main() -> int:
    """Run the bench; the exit status tells only whether it could be run."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="small and quick: a first look; its results go to .local/bench"
    )
    parser.add_argument("--only", action="append", choices=sorted(CASES), help="this case alone; may be given again")
    parser.add_argument("--rounds", type=int, help=f"default {FULL_ROUNDS}, or {QUICK_ROUNDS} with --quick")
    parser.add_argument(
        "--to", type=Path, help="folder for the results; default bench/, or .local/bench for less than all"
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
    azcopy = Azcopy(WORK)
    about = report.machine(versions(azcopy))
    to = given.to or (WORK if given.quick or given.only else ROOT / "bench")
    results = []
    with console.status("") as status:
        bench = Bench(
            programs=programs,
            tools=Tools(WORK),
            azcopy=azcopy,
            folder=WORK,
            rounds=given.rounds or (QUICK_ROUNDS if given.quick else FULL_ROUNDS),
            quick=given.quick,
            say=lambda text: status.update(text) if console.is_terminal else console.print(text),
        )
        for name, case in CASES.items():
            if not given.only or name in given.only:
                results.append(case(bench))
    reached = [goal for goal in goals(results) if goal.measured or not given.only]
    report.show(console, results, reached)
    to.mkdir(parents=True, exist_ok=True)
    (to / "results.md").write_text(report.markdown(about, results, reached), encoding="utf-8")
    (to / "results.json").write_text(report.plain(about, results, reached) + "\n", encoding="utf-8")
    plot.draw(results, to / "results.png")
    where = to.relative_to(ROOT) if to.is_relative_to(ROOT) else to
    console.print(f"Written: results.md, results.json and results.png in {where}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
