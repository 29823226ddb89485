"""Medians, ranges and ratios of what was measured, and the goals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from bench import cases
from bench.cases import Result, Row
from bench.measuring import MEBIBYTE, Run

Figure = Callable[[Run], float]


@dataclass(frozen=True, slots=True)
class Spread:
    """A median with its least and its greatest."""

    median: float
    least: float
    most: float

    def shown(self, digits: int = 2) -> str:
        """`0.86 (0.77–0.91)`; the median alone where there is only one value."""
        if self.least == self.most:
            return f"{self.median:.{digits}f}"
        return f"{self.median:.{digits}f} ({self.least:.{digits}f}–{self.most:.{digits}f})"


def spread(values: Sequence[float]) -> Spread:
    """Of one value or more."""
    return Spread(median(values), min(values), max(values))


def of(row: Row, figure: Figure) -> Spread:
    """One figure over all rounds."""
    return spread([figure(run) for run in row.runs])


def ratio(row: Row, other: Row, figure: Figure) -> Spread:
    """One figure over another contender's, round by round."""
    return spread([figure(mine) / figure(theirs) for mine, theirs in zip(row.runs, other.runs, strict=False)])


@dataclass(frozen=True, slots=True)
class Goal:
    """One line of the table of goals; `measured` is None where it could not be measured."""

    case: str
    figure: str
    limit: str
    measured: Spread | None
    met: bool | None
    digits: int = 2

    @property
    def verdict(self) -> str:
        """In a word."""
        return {True: "met", False: "not met", None: "not measured"}[self.met]


def _goal(
    case: str, figure: str, sign: str, limit: float, measured: Spread | None, unit: str = "", digits: int = 2
) -> Goal:
    met = None if measured is None else (measured.median <= limit if sign == "≤" else measured.median >= limit)
    return Goal(case, figure, f"{sign} {limit:g}{unit}", measured, met, digits)


def goals(results: Sequence[Result]) -> list[Goal]:
    """Hold what was measured against what should be reached."""
    by_name = {result.name: result for result in results}

    def row(case: str, contender: str) -> Row | None:
        return by_name[case].row(contender) if case in by_name else None

    def compared(case: str, mine: str, theirs: str, figure: Figure) -> Spread | None:
        first, second = row(case, mine), row(case, theirs)
        return ratio(first, second, figure) if first and second else None

    checked, hashes = row("large", cases.CHECKED), row("large", cases.HASHES)
    title = by_name["large"].title if "large" in by_name else "1 GiB to the null sink"
    beyond = (
        spread([a.cpu_per_gib - b.cpu_per_gib for a, b in zip(checked.runs, hashes.runs, strict=False)])
        if checked and hashes
        else None
    )
    found = [
        _goal(f"{title}, no checksum header", "wall / rclone's", "≤", 1.0,
              compared("large", cases.PLAIN, cases.RCLONE, lambda run: run.seconds)),
        _goal("the same", "CPU / rclone's", "≤", 1.3,
              compared("large", cases.PLAIN, cases.RCLONE, lambda run: run.cpu)),
        _goal("the same, with the checksum too", "wall / (rclone copyurl, then rclone reading it back)", "≤", 0.7,
              compared("equal", cases.CHECKED, cases.RCLONE_CHECKED, lambda run: run.seconds)),
        _goal("the same", "CPU s/GiB beyond the hashes' own cost", "≤", 0.6, beyond),
        _goal("throttled, 8 connections", "MiB/s / best single-connection peer", "≥", 6,
              _over_best(by_name.get("throttled"))),
    ]  # fmt: skip
    growing = by_name.get("growth")
    if growing:
        found += _growth(growing)
    found += [
        _goal("1 MiB chunks, copy only", "chunks/s / obstore's", "≥", 0.6,
              compared("small", cases.CHECKED, cases.OBSTORE, lambda run: 1 / run.seconds)),
        _goal("quickstart in memory", "times less wall", "≥", 8,
              compared("large", cases.MEMORY, cases.CHECKED, lambda run: run.seconds)),
        _goal("the same", "times less memory", "≥", 15,
              compared("large", cases.MEMORY, cases.CHECKED, lambda run: run.peak_mib)),
    ]  # fmt: skip
    killed = by_name.get("kill")
    if killed and killed.rows and killed.rows[0].runs:
        runs = killed.rows[0].runs
        limit = max(run.notes["most_in_flight_mib"] for run in runs)
        again = spread([run.notes["again_mib"] for run in runs])
        met = again.most <= limit
        found.append(
            Goal(
                "killed at 90 %",
                "MiB read again",
                f"≤ {limit:.0f} MiB (the blocks that can be in flight)",
                again,
                met,
                1,
            )
        )
    return found


def _over_best(result: Result | None) -> Spread | None:
    if result is None or (mine := result.row(cases.CHECKED)) is None:
        return None
    single = [row for row in result.rows if row.runs and row.contender != cases.CHECKED]
    if not single:
        return None
    best = max(single, key=lambda row: of(row, lambda run: run.rate).median)
    return ratio(mine, best, lambda run: run.rate)


def _growth(result: Result) -> list[Goal]:
    rows = [row for row in result.rows if row.runs and row.contender.startswith(cases.CHECKED)]
    if not rows:
        return []
    sizes = [row.runs[0].bytes // MEBIBYTE for row in rows]
    peaks = [[run.peak_mib for run in row.runs] for row in rows]
    growth = spread([last - first for first, last in zip(peaks[0], peaks[-1], strict=False)])
    above = spread([run.peak_mib - run.idle_mib for row in rows for run in row.runs])
    case = f"{sizes[0]} → {sizes[-1]} MiB"
    return [
        _goal(case, "growth of peak RSS", "≤", 10, growth, " MiB", 1),
        _goal("the same", "peak RSS above an idle worker, default budget", "≤", 64, above, " MiB", 1),
    ]
