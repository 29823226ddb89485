"""The results as a table in the terminal, as markdown, JSON and a picture."""

import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.cases import Result, Row
from bench.figures import Goal, of, ratio, spread

HEADINGS = (
    "contender",
    "process",
    "wall s",
    "MiB/s",
    "CPU s/GiB",
    "peak RSS MiB",
    "above idle MiB",
    "start-up s",
    "wall / reference",
)
GOAL_HEADINGS = ("case", "figure", "goal", "measured", "")
_PACKAGES = (
    "azure-core",
    "azure-storage-blob",
    "azure-communication-callautomation",
    "awscrt",
    "requests",
    "urllib3",
    "obstore",
)
_METHOD = """
Contenders take turns; figures are medians over the rounds (least–greatest), ratios are taken round by round. CPU is
user and system time of the client alone, its children included for tools. The null sink throws bodies away, so that the
client is what is measured. Warm processes have done their imports (start-up is shown apart), whole processes are timed
from exec to exit. Compare figures of one table only. The plot is `results.png`, all runs are in `results.json`; `make
bench` makes them.
"""


def machine(tools: dict[str, str]) -> dict[str, Any]:
    """What it was measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 30
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "cores": len(os.sched_getaffinity(0)),
        "cpu": _cpu_model(),
        "memory_gib": memory,
        "system": f"{platform.system()} {platform.release().split('-')[0]} {platform.machine()}",
        "python": platform.python_version(),
        "load_at_start": round(os.getloadavg()[0], 2),
        "packages": {name: _version(name) for name in _PACKAGES},
        "tools": tools,
    }


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()


def _version(package: str) -> str:
    try:
        return version(package)
    except ModuleNotFoundError:
        return "not installed"


def cells(result: Result, row: Row) -> list[str]:
    """One row of a case's table."""
    if not row.runs:
        return [row.contender, row.how, f"skipped: {row.skipped}", *[""] * (len(HEADINGS) - 3)]
    idle, startup = of(row, lambda run: run.idle_mib).median, of(row, lambda run: run.startup)
    reference = result.row(result.reference)
    name = row.contender + (f" (a round failed: {row.skipped})" if row.skipped else "")
    return [
        name,
        row.how,
        of(row, lambda run: run.seconds).shown(),
        f"{of(row, lambda run: run.rate).median:.0f}",
        of(row, lambda run: run.cpu_per_gib).shown(),
        f"{of(row, lambda run: run.peak_mib).median:.0f}",
        f"{of(row, lambda run: run.peak_mib - run.idle_mib).median:.0f}" if idle else "",
        f"{startup.median:.2f}" if startup.median else "",
        ratio(row, reference, lambda run: run.seconds).shown() if reference else "",
    ]


def extra(row: Row) -> list[str]:
    """Figures of one case alone, as lines."""
    names = sorted({name for run in row.runs for name in run.notes} - {"digest", "threads"})
    values = [spread([run.notes[name] for run in row.runs if name in run.notes]) for name in names]
    return [
        f"{row.contender}: {name.replace('_mib', ', MiB').replace('_', ' ')} {value.shown(1)}"
        for name, value in zip(names, values, strict=True)
    ]


def goal_cells(goal: Goal) -> list[str]:
    """One row of the table of goals."""
    return [goal.case, goal.figure, goal.limit, goal.measured.shown(goal.digits) if goal.measured else "", goal.verdict]


def show(console: Console, results: Sequence[Result], goals: Sequence[Goal]) -> None:
    """Print everything."""
    for result in results:
        table = Table(title=result.title, caption=result.note or None, caption_justify="left", title_justify="left")
        for number, heading in enumerate(HEADINGS):
            table.add_column(heading, justify="left" if number < 2 else "right")  # noqa: PLR2004 - two columns of words
        for row in result.rows:
            table.add_row(*cells(result, row))
        console.print(f"{result.title}: skipped: {result.skipped}" if result.skipped else table)
        for line in [line for row in result.rows for line in extra(row)]:
            console.print(f"  {line}")
    if not goals:
        return
    table = Table(*GOAL_HEADINGS, title="Goals", title_justify="left")
    for goal in goals:
        table.add_row(*goal_cells(goal), style={True: "green", False: "red", None: ""}[goal.met])
    console.print(table)


def markdown(about: dict[str, Any], results: Sequence[Result], goals: Sequence[Goal]) -> str:
    """Everything as a page."""
    versions = ", ".join(f"{name} {value}" for name, value in about["packages"].items())
    tools = ", ".join(about["tools"].values())
    measured = (
        f"Measured {about['date']} on {about['cores']} cores ({about['cpu']}, {about['memory_gib']} GiB, "
        f"{about['system']}), CPython {about['python']}, everything on loopback, load {about['load_at_start']} before "
        f"it began. {versions}. {tools}."
    )
    lines = [
        "# What moving a recording costs",
        "",
        measured,
        _METHOD.rstrip(),
    ]
    for result in results:
        lines += ["", f"## {result.title}", ""]
        if result.skipped:
            lines += [f"Skipped: {result.skipped}."]
            continue
        lines += [*_table(HEADINGS, [cells(result, row) for row in result.rows])]
        notes = [line for row in result.rows for line in extra(row)]
        if result.reference:
            notes.append(f"The reference is: {result.reference}.")
        lines += ["", result.note] if result.note else []
        lines += ["", *(f"- {note}" for note in notes)] if notes else []
    lines += ["", "## Goals", "", *_table(GOAL_HEADINGS, [goal_cells(goal) for goal in goals]), ""]
    return "\n".join(lines)


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [headings, ["---"] * len(headings), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |" for line in lines]


def plain(about: dict[str, Any], results: Sequence[Result], goals: Sequence[Goal]) -> str:
    """Everything as JSON, each run included."""
    return json.dumps(
        {
            "machine": about,
            "cases": [
                {
                    "name": result.name,
                    "title": result.title,
                    "note": result.note,
                    "reference": result.reference,
                    "skipped": result.skipped,
                    "rows": [
                        {
                            "contender": row.contender,
                            "process": row.how,
                            "skipped": row.skipped,
                            "runs": [run.plain() for run in row.runs],
                        }
                        for row in result.rows
                    ],
                }
                for result in results
            ],
            "goals": [
                dict(zip(("case", "figure", "goal", "measured", "verdict"), goal_cells(goal), strict=True))
                for goal in goals
            ],
        },
        indent=1,
        ensure_ascii=False,
    )
