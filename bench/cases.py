"""The cases: what each copies, from where to where, by which contenders. Contenders take turns in every round."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median

from bench.contenders import Contender, Rclone, Warm
from bench.measuring import MEBIBYTE, Failed, Run, Worker, reason
from bench.servers import SOURCE_HOST, Place, Programs, Unavailable

ENGINE, RCLONE, RCLONE_CHECKED, OBSTORE = "engine", "rclone copyurl", "rclone copyurl, then read back", "obstore"
_OURS = "ours:Ours"
_REAL_RATE, _REAL_LATENCY_MS = 20_000_000, 50
"""A source like the real one: bytes per second for each connection, milliseconds to the first byte."""
_WARM_UP = 64 * MEBIBYTE
_KILL_AT = 0.9
_LONGEST = 60.0

Figure = Callable[[Run], float]


@dataclass(frozen=True, slots=True)
class Spread:
    """A median with minimum and maximum."""

    median: float
    least: float
    most: float

    def shown(self, digits: int = 2) -> str:
        """`0.86 (0.77–0.91)`; only the median if all values are equal."""
        if self.least == self.most:
            return f"{self.median:.{digits}f}"
        return f"{self.median:.{digits}f} ({self.least:.{digits}f}–{self.most:.{digits}f})"


def spread(values: Sequence[float]) -> Spread:
    """The spread of at least one value."""
    return Spread(median(values), min(values), max(values))


@dataclass(slots=True)
class Row:
    """One contender in one case; `skipped` is why there are no runs, or no more."""

    contender: str
    how: str
    runs: list[Run] = field(default_factory=list)
    skipped: str = ""

    def of(self, figure: Figure) -> Spread:
        """The spread of a figure over all rounds."""
        return spread([figure(run) for run in self.runs])

    def over(self, other: "Row", figure: Figure) -> Spread:
        """The ratio of a figure to another contender's, round by round."""
        return spread([figure(mine) / figure(its) for mine, its in zip(self.runs, other.runs, strict=False)])


Column = Callable[[Row], str]
COPY: dict[str, Column] = {
    "wall s": lambda row: row.of(lambda run: run.seconds).shown(),
    "MiB/s": lambda row: row.of(lambda run: run.rate).shown(0),
    "CPU s/GiB": lambda row: row.of(lambda run: run.cpu_per_gib).shown(),
    "peak RSS MiB": lambda row: row.of(lambda run: run.peak_mib).shown(0) if row.runs[0].peak_mib else "",
    "above idle MiB": lambda row: row.of(above_idle).shown(0) if row.runs[0].idle_mib else "",
}


def above_idle(run: Run) -> float:
    """Memory that a job took, MiB."""
    return run.peak_mib - run.idle_mib


@dataclass(slots=True)
class Result:
    """The measurements of one case; `columns` are the figures in its table."""

    name: str
    title: str
    note: str = ""
    columns: Mapping[str, Column] = field(default_factory=lambda: COPY)
    rows: list[Row] = field(default_factory=list)
    skipped: str = ""

    def row(self, contender: str) -> Row | None:
        """The row of that contender, if it has runs."""
        return next((row for row in self.rows if row.contender == contender and row.runs), None)


@dataclass(frozen=True, slots=True)
class Bench:
    """What all cases share. `say` shows the progress."""

    programs: Programs
    folder: Path
    rounds: int
    quick: bool
    say: Callable[[str], None]

    @property
    def slow_rounds(self) -> int:
        """Rounds of the cases that take long and vary little; one for a quick bench."""
        return 1 if self.quick else self.rounds

    def size(self, full: int, quick: int) -> int:
        """Bytes, from MiB for the full bench and for the quick one."""
        return (quick if self.quick else full) * MEBIBYTE

    def rclone(self, name: str, *, check: bool = False) -> Rclone:
        """A contender: rclone."""
        return Rclone(name, self.folder / "tool.log", check=check)


def interleave(
    bench: Bench, result: Result, place: Place, turns: Sequence[tuple[Contender, int]], rounds: int
) -> Result:
    """Let the contenders run in turn, each with its own size, for a number of rounds."""
    with ExitStack() as stack:
        ready: list[tuple[Contender, int, Row]] = []
        for contender, size in turns:
            row = Row(contender.name, contender.how)
            result.rows.append(row)
            stack.callback(contender.close)
            try:
                contender.prepare(place)
                ready.append((contender, size, row))
            except (Unavailable, Failed) as error:
                row.skipped = reason(error)
        for turn in range(rounds):
            for contender, size, row in list(ready):
                bench.say(f"{result.title}: round {turn + 1} of {rounds}, {contender.name}")
                try:
                    row.runs.append(contender.run(place, size))
                except Failed as error:
                    row.skipped = reason(error)  # earlier rounds stay valid; the table shows the reason
                    ready.remove((contender, size, row))
    return result


def large(bench: Bench) -> Result:
    """One large chunk, without throttling."""
    size = bench.size(1024, 256)
    note = "The engine hashes every block (SHA-256) and sends its checksum (CRC-64); peers hash and check nothing."
    result = Result("large", f"{size // MEBIBYTE} MiB to the null sink", note)
    with bench.programs.source() as source, bench.programs.sink() as sink:
        contenders: list[Contender] = [
            Warm(ENGINE, _OURS, warm_up=_WARM_UP),
            bench.rclone(RCLONE),
            Warm(OBSTORE, "obstore_copy:ObstoreCopy", warm_up=_WARM_UP, package="obstore"),
        ]
        return interleave(bench, result, Place(source, sink), [(each, size) for each in contenders], bench.rounds)


def proven(bench: Bench) -> Result:
    """The engine and a tool that must read back for the same guarantee."""
    size = bench.size(1024, 256)
    note = (
        "The sink keeps the bodies in memory, so that they can be read back. The engine's proof is the checksum that "
        "the service checks on each block; rclone's is the blob read back and hashed (MD5)."
    )
    result = Result("proven", f"{size // MEBIBYTE} MiB, proven", note)
    with bench.programs.source() as source, bench.programs.sink(keep=True) as sink:
        contenders: list[Contender] = [
            Warm(ENGINE, _OURS, warm_up=_WARM_UP),
            bench.rclone(RCLONE_CHECKED, check=True),
        ]
        return interleave(bench, result, Place(source, sink), [(each, size) for each in contenders], bench.rounds)


def growth(bench: Bench) -> Result:
    """Memory for a small and a large chunk."""
    sizes = [64, 256] if bench.quick else [64, 2560]
    result = Result(
        "growth", "Memory by size", "Each run is the first of a new process, so its memory is that of this size."
    )
    turns = [(Warm(f"{ENGINE}, {size} MiB", _OURS, fresh=True), size * MEBIBYTE) for size in sizes]
    with bench.programs.source() as source, bench.programs.sink() as sink:
        return interleave(bench, result, Place(source, sink), turns, bench.slow_rounds)


def throttled(bench: Bench) -> Result:
    """A source like the real one, where a single connection is slow."""
    size = bench.size(256, 64)
    result = Result(
        "throttled",
        f"{size // MEBIBYTE} MiB from a source of {_REAL_RATE / 1e6:.0f} MB/s a connection and {_REAL_LATENCY_MS} ms",
        "An idle connection saves up no bytes, and each range waits for its first byte. rclone represents every tool "
        "that reads one stream.",
    )
    with bench.programs.source(_REAL_RATE, _REAL_LATENCY_MS) as source, bench.programs.sink() as sink:
        turns: list[tuple[Contender, int]] = [(Warm(ENGINE, _OURS), size), (bench.rclone(RCLONE), size)]
        return interleave(bench, result, Place(source, sink), turns, bench.slow_rounds)


def tls(bench: Bench) -> Result:
    """The same with TLS on both sides, as in Azure."""
    size = bench.size(1024, 256)
    note = (
        "For all contenders the source has its host name, through HTTPS_PROXY and a local CA; the sink has its address."
    )
    result = Result("tls", f"{size // MEBIBYTE} MiB, TLS on both sides", note)
    if bench.programs.ca is None:
        result.skipped = "OpenSSL's headers are not installed; on Debian: apt-get install libssl-dev"
        return result
    with bench.programs.source() as source, bench.programs.sink() as sink:
        contenders: list[Contender] = [
            Warm(ENGINE, _OURS, warm_up=_WARM_UP),
            bench.rclone(RCLONE),
            Warm(
                OBSTORE,
                "obstore_copy:ObstoreCopy",
                options={"source": f"https://{SOURCE_HOST}"},
                warm_up=_WARM_UP,
                package="obstore",
            ),
        ]
        place = Place(source, sink, bench.programs.ca)
        return interleave(bench, result, place, [(each, size) for each in contenders], bench.rounds)


def anatomy(bench: Bench) -> Result:
    """The parts of the engine, each alone."""
    size = bench.size(1024, 256)
    note = "With as many threads as a copy has connections at most."
    result = Result("anatomy", f"Parts of a copy of {size // MEBIBYTE} MiB, each alone", note)
    parts = ("receive", "SHA-256", "stage", "checksum")
    with bench.programs.source() as source, bench.programs.sink() as sink:
        turns = [(Warm(part, "anatomy:Anatomy", job={"name": part}, moves=False), size) for part in parts]
        return interleave(bench, result, Place(source, sink), turns, bench.slow_rounds)


def kill(bench: Bench) -> Result:
    """SIGKILL when the sink has nine tenths, then continued by another process; the source counts what it sent."""
    size = bench.size(1024, 256)
    result = Result(
        "kill",
        f"Killed at 90 % of {size // MEBIBYTE} MiB, then continued by a new process",
        "Read again: the bytes that the source sent to both processes, less the length. It includes bytes that were "
        "sent to sockets that then broke. The digest must be that of a copy without a break.",
        COPY | {"read again MiB": lambda row: row.of(lambda run: run.notes["again_mib"]).shown(1)},
    )
    row = Row(ENGINE, "second process, imports apart")
    result.rows.append(row)
    with bench.programs.source() as source, bench.programs.sink() as sink:
        for turn in range(bench.rounds):
            bench.say(f"{result.title}: round {turn + 1} of {bench.rounds}")
            try:
                row.runs.append(_interrupt(Place(source, sink), size))
            except Failed as error:
                row.skipped = reason(error)
                break
    return result


def _interrupt(place: Place, size: int) -> Run:
    options = {"source": place.source_base, "sink": place.sink_base}
    place.reset()
    first = Worker(_OURS, options, {})
    try:
        first.begin(size=size, name="interrupted")
        due = time.monotonic() + _LONGEST
        while (seen := place.sink.stats())["staged"] < size * _KILL_AT:
            if time.monotonic() > due or seen["blobs"]:
                raise Failed(f"nine tenths were never seen: {seen}")
    finally:
        first.kill()
    before = place.source.stats()["bytes"]
    second = Worker(_OURS, options, {})
    try:
        run = second.run(size, name="interrupted")
        sent, seen = place.source.stats()["bytes"], place.sink.stats()
        whole = second.run(size, name="unbroken")
    finally:
        second.kill()
    if seen["committed"] != size or run.notes["digest"] != whole.notes["digest"]:
        raise Failed(f"continued to another blob: {seen}")
    return replace(run, bytes=sent - before, notes={"again_mib": (sent - size) / MEBIBYTE})
