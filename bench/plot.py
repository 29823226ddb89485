"""The results as one picture: wall and CPU of the large case, memory by size, rate from a slow source."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from bench import cases
from bench.cases import Result, Row
from bench.figures import of
from bench.measuring import MEBIBYTE, Run

_OURS, _OTHERS = "#1f6f8b", "#b8b8b8"


def draw(results: Sequence[Result], file: Path) -> None:
    """Draw what there is; parts whose case was not run stay empty."""
    mpl.use("agg")
    by_name = {result.name: result for result in results}
    figure = Figure(figsize=(13, 8), layout="constrained")
    axes = figure.subplots(2, 2)
    _bars(axes[0][0], by_name.get("large"), "wall, s", lambda run: run.seconds)
    _bars(axes[0][1], by_name.get("large"), "CPU of the client, s/GiB", lambda run: run.cpu_per_gib)
    _lines(axes[1][0], by_name.get("growth"))
    _bars(axes[1][1], by_name.get("throttled"), "MiB/s", lambda run: run.rate)
    figure.savefig(file, dpi=110)


def _bars(axes: Any, result: Result | None, label: str, figure: Any) -> None:  # noqa: ANN401 - matplotlib comes without types here
    rows = [row for row in result.rows if row.runs and row.contender != cases.HASHES] if result else []
    if result is None or not rows:
        axes.set_axis_off()
        return
    spreads = [of(row, figure) for row in rows]
    names = [row.contender for row in rows]
    errors = [[each.median - each.least for each in spreads], [each.most - each.median for each in spreads]]
    colours = [_OURS if name in {cases.PLAIN, cases.CHECKED} else _OTHERS for name in names]
    axes.barh(names, [each.median for each in spreads], xerr=errors, color=colours, ecolor="#555555", capsize=3)
    axes.invert_yaxis()
    axes.set_title(result.title, loc="left", fontsize=10)
    axes.set_xlabel(f"{label} (median, least to greatest)")


def _lines(axes: Any, result: Result | None) -> None:  # noqa: ANN401 - as above
    if result is None:
        axes.set_axis_off()
        return
    for name, colour in ((cases.CHECKED, _OURS), (cases.RCLONE, _OTHERS)):
        rows: list[Row] = [row for row in result.rows if row.runs and row.contender.startswith(f"{name},")]
        sizes = [row.runs[0].bytes / MEBIBYTE for row in rows]
        axes.plot(sizes, [of(row, _peak).median for row in rows], "o-", color=colour, label=name)
        if any(row.runs[0].idle_mib for row in rows):
            idle = [of(row, _idle).median for row in rows]
            axes.plot(sizes, idle, ":", color=colour, label="the same, idle")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("MiB copied")
    axes.set_ylabel("peak RSS, MiB")
    axes.set_title("Memory by size", loc="left", fontsize=10)
    axes.legend()


def _peak(run: Run) -> float:
    return run.peak_mib


def _idle(run: Run) -> float:
    return run.idle_mib
