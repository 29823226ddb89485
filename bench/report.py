"""Shows results and goals as tables, in the terminal and as a Markdown page."""

import os
import platform
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import cases, short
from bench.cases import Figure, Result, Spread, spread

_GOALS = ("case", "figure", "goal", "measured", "")
_PACKAGES = ("azure-core", "azure-storage-blob", "azure-communication-callautomation", "awscrt", "urllib3", "obstore")
_METHOD = """
Contenders take turns. Figures are medians over the rounds (minimum–maximum); ratios are computed round by round. CPU is
user and system time of the client only, for tools including its children. The null sink discards bodies, so that only
the client is measured. Warm processes have done their imports; whole processes are timed from exec to exit. Compare
only figures of the same table. `make bench` writes this page; `README.md` explains the figures.
"""


@dataclass(frozen=True, slots=True)
class Goal:
    """One line of the table of goals."""

    case: str
    figure: str
    sign: str
    limit: float
    measure: Callable[[Mapping[str, Result]], Spread | None]

    def cells(self, results: Mapping[str, Result]) -> list[str]:
        """The cells of its row."""
        measured = self.measure(results)
        limit = f"{self.sign} {self.limit:g}"
        if measured is None:
            return [self.case, self.figure, limit, "", "not measured"]
        is_met = measured.median <= self.limit if self.sign == "≤" else measured.median >= self.limit
        return [self.case, self.figure, limit, measured.shown(), "met" if is_met else "not met"]


def _over(case: str, mine: str, other: str, figure: Figure) -> Callable[[Mapping[str, Result]], Spread | None]:
    def measure(results: Mapping[str, Result]) -> Spread | None:
        result = results.get(case)
        first, second = (result.row(mine), result.row(other)) if result else (None, None)
        return first.over(second, figure) if first and second else None

    return measure


def _of(case: str, figure: Figure) -> Callable[[Mapping[str, Result]], Spread | None]:
    def measure(results: Mapping[str, Result]) -> Spread | None:
        rows = [row for row in results[case].rows if row.runs] if case in results else []
        return spread([figure(run) for row in rows for run in row.runs]) if rows else None

    return measure


def _grown(results: Mapping[str, Result]) -> Spread | None:
    rows = [row for row in results["growth"].rows if row.runs] if "growth" in results else []
    if len(rows) < 2:  # noqa: PLR2004 - the smallest and the largest
        return None
    return spread([last.peak_mib - first.peak_mib for first, last in zip(rows[0].runs, rows[-1].runs, strict=False)])


def _sweep_growth(results: Mapping[str, Result]) -> Spread | None:
    rows = [row for row in results["sweep"].rows if row.runs] if "sweep" in results else []
    if len(rows) < 2:  # noqa: PLR2004 - the small archive and the large one
        return None
    return rows[-1].over(rows[0], lambda run: run.notes["requests"])


GOALS = (
    Goal("short recordings, Azurite", "host CPU a recording / the sample's", "≤", 1.6,
         _over("short", short.OURS, short.SAMPLE, lambda run: run.cpu)),
    Goal("the same", "recordings a second / the sample's", "≥", 0.6,
         _over("short", short.OURS, short.SAMPLE, lambda run: 1 / run.seconds)),
    Goal("short recordings, blobs in the sink", "host CPU a recording / the sample's", "≤", 1.6,
         _over("short-sink", short.OURS, short.SAMPLE, lambda run: run.cpu)),
    Goal("the same", "recordings a second / the sample's", "≥", 0.6,
         _over("short-sink", short.OURS, short.SAMPLE, lambda run: 1 / run.seconds)),
    Goal("one recording of one block, event to completion", "requests to all services", "≤", 17,
         _of("requests", lambda run: sum(run.notes.values()))),
    Goal("event trigger answered", "p99 / p99 of the two writes it must make", "≤", 3,
         _over("answer", short.TRIGGER, short.WRITES, lambda run: run.notes["p99_ms"])),
    Goal("cold start", "import and index / imports it cannot avoid", "≤", 1.15,
         _over("cold", short.INDEX, short.IMPORTS, lambda run: run.cpu)),
    Goal("one pass of the sweep", "requests with an archive 100 times as large / with the small one", "≤", 1.1,
         _sweep_growth),
    Goal("1 GiB proven", "wall / (rclone, then read back)", "≤", 0.5,
         _over("proven", cases.ENGINE, cases.RCLONE_CHECKED, lambda run: run.seconds)),
    Goal("1 GiB to the null sink", "CPU / rclone's", "≤", 1.75,
         _over("large", cases.ENGINE, cases.RCLONE, lambda run: run.cpu)),
    Goal("throttled, 8 connections", "MiB/s / best single connection", "≥", 6,
         _over("throttled", cases.ENGINE, cases.RCLONE, lambda run: run.rate)),
    Goal("64 → 2560 MiB", "growth of peak RSS, MiB", "≤", 10, _grown),
    Goal("the same", "peak RSS above idle, MiB", "≤", 64, _of("growth", cases.above_idle)),
    Goal("killed at 90 %", "MiB read again, of 48 that can be in flight", "≤", 48,
         _of("kill", lambda run: run.notes["again_mib"])),
)  # fmt: skip


def goals(results: Sequence[Result]) -> list[list[str]]:
    """The goals with the measured figures."""
    by_name = {result.name: result for result in results}
    return [goal.cells(by_name) for goal in GOALS]


def _cells(result: Result) -> list[list[str]]:
    rows = [["contender", "process", *result.columns]]
    for row in result.rows:
        name = row.contender + (f" (a round failed: {row.skipped})" if row.runs and row.skipped else "")
        figures = [column(row) for column in result.columns.values()] if row.runs else [f"skipped: {row.skipped}"]
        rows.append([name, row.how, *figures, *[""] * (len(result.columns) - len(figures))])
    return rows


def show(console: Console, results: Sequence[Result]) -> None:
    """Print all results and the goals."""
    for result in results:
        if result.skipped:
            console.print(f"{result.title}: skipped: {result.skipped}")
            continue
        headings, *rows = _cells(result)
        table = Table(*headings, title=result.title, caption=result.note, caption_justify="left", title_justify="left")
        for row in rows:
            table.add_row(*row)
        console.print(table)
    table = Table(*_GOALS, title="Goals", title_justify="left")
    for cells in goals(results):
        table.add_row(*cells, style={"met": "green", "not met": "red"}.get(cells[-1], ""))
    console.print(table)


def markdown(results: Sequence[Result], load: float) -> str:
    """All results and the goals as a page; `load` is the machine's load average before the bench."""
    lines = ["# What moving a recording costs", "", _machine(load), _METHOD.rstrip(), "", "## Goals", ""]
    lines += _table([list(_GOALS), *goals(results)])
    for result in results:
        lines += ["", f"## {result.title}", ""]
        lines += [f"Skipped: {result.skipped}."] if result.skipped else _table(_cells(result))
        lines += ["", result.note] if result.note else []
    return "\n".join([*lines, ""])


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [rows[0], ["---"] * len(rows[0]), *rows[1:]]
    return ["| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |" for line in lines]


def _machine(load: float) -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 30
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line for line in lines if line.startswith("model name")]
    cpu = models[0].partition(":")[2].strip() if models else platform.processor()
    cpu += ", with" if any({"sha_ni", "sha2"} & set(line.split()) for line in lines) else ", without"
    cpu += " instructions for SHA-256"
    system = f"{platform.system()} {platform.release().split('-')[0]} {platform.machine()}"
    packages = ", ".join(f"{name} {_version(name)}" for name in _PACKAGES)
    rclone = "no rclone"
    if shutil.which("rclone"):
        said = subprocess.run(["rclone", "version"], capture_output=True, text=True, check=False).stdout
        rclone = said.partition("\n")[0]
    where = f"{len(os.sched_getaffinity(0))} cores ({cpu}, {memory} GiB, {system}), CPython {platform.python_version()}"
    return (
        f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC on {where}, everything on loopback, load {load:.1f}. "
        f"{packages}. {rclone}."
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
