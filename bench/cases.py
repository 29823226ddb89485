"""The cases: what is copied from where to where, by whom, and how often; contenders take turns in every round."""

import json
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from bench import peers
from bench.contenders import Contender, Warm
from bench.measuring import MEBIBYTE, Failed, Run, Tools
from bench.places import Place
from bench.servers import SOURCE_HOST, Programs, Unavailable

PLAIN, CHECKED = "engine, no checksum header", "engine, checksums"
RCLONE, RCLONE_CHECKED = "rclone copyurl", "rclone copyurl, then read back"
OBSTORE, STREAM, AZCOPY = "obstore", "SDK upload_blob of a stream", "curl | azcopy"
MEMORY, BY_FILE = "quickstart in memory", "quickstart by a file"
HASHES = "SHA-256 and checksum alone"
REAL_RATE, REAL_LATENCY_MS = 20_000_000, 50
"""A source like the real one: bytes a second for each connection, milliseconds to the first byte."""
_WARM_UP = 64 * MEBIBYTE
_LONGEST_REASON = 400
ROOT = Path(__file__).parents[1]


@dataclass(slots=True)
class Row:
    """One contender in one case; `skipped` says why there are no runs."""

    contender: str
    how: str
    runs: list[Run] = field(default_factory=list)
    skipped: str = ""


@dataclass(slots=True)
class Result:
    """One case as measured. `reference` names the contender that others are compared with, round by round."""

    name: str
    title: str
    note: str = ""
    reference: str = ""
    rows: list[Row] = field(default_factory=list)
    skipped: str = ""

    def row(self, contender: str) -> Row | None:
        """The row of that contender, if it has runs."""
        return next((row for row in self.rows if row.contender == contender and row.runs), None)


@dataclass(frozen=True, slots=True)
class Bench:
    """What all cases share. `say` tells a person what is going on."""

    programs: Programs
    tools: Tools
    azcopy: peers.Azcopy
    folder: Path
    rounds: int
    quick: bool
    say: Callable[[str], None]

    @property
    def slow_rounds(self) -> int:
        """Rounds of the cases that take long and vary little: one is enough for a first look."""
        return 1 if self.quick else self.rounds

    def size(self, full: int, quick: int) -> int:
        """Bytes, from MiB for the full bench and for the quick one."""
        return (quick if self.quick else full) * MEBIBYTE


def reason(error: Exception) -> str:
    """What an error says, on one line and without the paths of this machine."""
    return " ".join(str(error).split())[:_LONGEST_REASON].replace(str(ROOT), ".")


def interleave(
    bench: Bench, result: Result, place: Place, turns: Sequence[tuple[Contender, int]], rounds: int
) -> Result:
    """Let all contenders run in turn, as many rounds as are wanted; each with the size that it is given."""
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
                    row.skipped = reason(error)  # the rounds before stand; the table says what happened
                    ready.remove((contender, size, row))
    return result


def ours(name: str, *, checksum: bool, **job: int) -> Warm:
    """The engine in a warm process, with the defaults of the app's settings."""
    return Warm(name, "ours", options={"checksum": checksum}, job=job, warm_up=_WARM_UP, checksums=checksum)


def obstore(place: Place, **job: int) -> Warm:
    """The Rust object store, in a warm process."""
    base = f"https://{SOURCE_HOST}" if place.ca else place.source.http
    return Warm(OBSTORE, "obstore", options={"source": base}, job=job, warm_up=_WARM_UP)


def stream() -> Warm:
    """The SDK's own chunking of one stream, in a warm process."""
    return Warm(STREAM, "stream", warm_up=_WARM_UP)


def one_gibibyte(bench: Bench) -> Result:
    """One large chunk, as fast as everything goes."""
    size = bench.size(1024, 256)
    result = Result(
        "large",
        f"{size // MEBIBYTE} MiB to the null sink",
        "SHA-256 in every block's id for both rows of the engine; peers hash nothing and send no checksum.",
        RCLONE,
    )
    file = bench.folder / "file"
    _fill(file, size)
    with bench.programs.source() as source, bench.programs.sink() as sink:
        place = Place(source, sink)
        contenders: list[Contender] = [
            peers.curl_get(bench.tools),
            peers.curl_put(bench.tools, file),
            ours(PLAIN, checksum=False),
            ours(CHECKED, checksum=True),
            peers.rclone_copyurl(bench.tools),
            stream(),
            obstore(place),
            peers.curl_azcopy(bench.tools, bench.azcopy),
            Warm(BY_FILE, "quickstart_file", fresh=True),
            Warm(MEMORY, "quickstart_memory", fresh=True),
            Warm(HASHES, "hashes", reads=False, writes=False),
        ]
        try:
            return interleave(bench, result, place, [(contender, size) for contender in contenders], bench.rounds)
        finally:
            file.unlink()


def _fill(file: Path, size: int) -> None:
    """A file whose pages are in memory."""
    piece = bytes(MEBIBYTE)
    with file.open("wb") as stream:
        for _ in range(size // len(piece)):
            stream.write(piece)


def equal_promise(bench: Bench) -> Result:
    """The engine with its checksums against a tool that has to read back to know."""
    size = bench.size(1024, 256)
    result = Result(
        "equal",
        f"{size // MEBIBYTE} MiB, proven",
        "The sink keeps the bodies in memory here, for both, so that they can be read back. The engine's proof is the "
        "checksum that the service checks on each block; rclone's is the blob read back and hashed (MD5).",
        RCLONE_CHECKED,
    )
    with bench.programs.source() as source, bench.programs.sink(keep=True) as sink:
        turns: list[tuple[Contender, int]] = [
            (ours(CHECKED, checksum=True), size),
            (peers.rclone_and_check(bench.tools), size),
        ]
        return interleave(bench, result, Place(source, sink), turns, bench.rounds)


def growth(bench: Bench) -> Result:
    """Time and memory by size; each run of the engine is a new process's first."""
    sizes = [64, 256] if bench.quick else [64, 256, 1024, 2560]
    result = Result("growth", "Growth from 64 MiB on", "Each run in a fresh process: its memory is that of this size.")
    turns: list[tuple[Contender, int]] = []
    for size in sizes:
        fresh = Warm(sized(CHECKED, size), "ours", options={"checksum": True}, fresh=True, checksums=True)
        other = peers.rclone_copyurl(bench.tools)
        other.name = sized(RCLONE, size)
        turns += [(fresh, size * MEBIBYTE), (other, size * MEBIBYTE)]
    with bench.programs.source() as source, bench.programs.sink() as sink:
        return interleave(bench, result, Place(source, sink), turns, bench.slow_rounds)


def sized(contender: str, mebibytes: int) -> str:
    """The name of a row for one size."""
    return f"{contender}, {mebibytes} MiB"


def throttled(bench: Bench) -> Result:
    """A source like the real one, where a single connection is slow."""
    size = bench.size(256, 64)
    result = Result(
        "throttled",
        f"{size // MEBIBYTE} MiB from a source of {REAL_RATE / 1e6:.0f} MB/s a connection and {REAL_LATENCY_MS} ms",
        "A connection earns nothing while it idles, and a new range has no allowance and waits for its first byte. "
        "Every tool that reads one stream is as slow as the connection, so two of them stand for all.",
        RCLONE,
    )
    with bench.programs.source(REAL_RATE, REAL_LATENCY_MS) as source, bench.programs.sink() as sink:
        place = Place(source, sink)
        engine = Warm(CHECKED, "ours", options={"checksum": True, "connections": 8}, checksums=True)
        contenders: list[Contender] = [
            engine,
            peers.rclone_copyurl(bench.tools),
            Warm(STREAM, "stream"),
        ]
        return interleave(bench, result, place, [(contender, size) for contender in contenders], bench.slow_rounds)


def small_chunks(bench: Bench) -> Result:
    """Short calls are most calls."""
    chunks = 200 if bench.quick else 1000
    threads = threads_of_the_app()
    result = Result(
        "small",
        f"{chunks} chunks of 1 MiB",
        f"Copy only. The engine by {threads} threads, as many messages as an instance takes at a time; obstore 8.",
        OBSTORE,
    )
    with bench.programs.source() as source, bench.programs.sink() as sink:
        place = Place(source, sink)
        contenders = [
            ours(PLAIN, checksum=False, chunks=chunks, threads=threads),
            ours(CHECKED, checksum=True, chunks=chunks, threads=threads),
            obstore(place, chunks=chunks, threads=8),
        ]
        for contender in contenders:
            contender.warm_up = 0
        return interleave(bench, result, place, [(each, chunks * MEBIBYTE) for each in contenders], bench.rounds)


def threads_of_the_app() -> int:
    """How many queue messages one instance works on at a time, by host.json."""
    queues = json.loads((ROOT / "host.json").read_text())["extensions"]["queues"]
    return int(queues["batchSize"]) + int(queues["newBatchThreshold"])


def tls(bench: Bench) -> Result:
    """The same over TLS, as in Azure; the engine's whole real way."""
    size = bench.size(1024, 256)
    result = Result(
        "tls",
        f"{size // MEBIBYTE} MiB, TLS on both sides",
        "The source by its host name through HTTPS_PROXY and a local CA, for all alike; the sink by its address.",
        RCLONE,
    )
    if bench.programs.ca is None:
        result.skipped = "OpenSSL's headers are not installed; on Debian: apt-get install libssl-dev"
        return result
    with bench.programs.source() as source, bench.programs.sink() as sink:
        place = Place(source, sink, bench.programs.ca)
        contenders: list[Contender] = [
            peers.curl_get(bench.tools),
            ours(PLAIN, checksum=False),
            ours(CHECKED, checksum=True),
            peers.rclone_copyurl(bench.tools),
            obstore(place),
            peers.curl_azcopy(bench.tools, bench.azcopy),
        ]
        return interleave(bench, result, place, [(contender, size) for contender in contenders], bench.rounds)


def anatomy(bench: Bench) -> Result:
    """Where the engine's time goes: its parts, each alone."""
    size = bench.size(1024, 256)
    result = Result(
        "anatomy",
        f"Where it goes: parts of a copy of {size // MEBIBYTE} MiB, each alone",
        "Reading and staging by as many threads as a copy may have connections; the hashes on one thread.",
    )

    def part(name: str, **job: object) -> Warm:
        writes = False
        return Warm(name, "anatomy", job=job, reads=job["part"] != "stage", writes=writes)

    with bench.programs.source() as source, bench.programs.sink() as sink:
        contenders: list[Contender] = [
            part("receive ranges, unhashed", part="receive"),
            part("receive ranges, unhashed, 2 threads", part="receive", threads=2),
            part("receive ranges, unhashed, 1 thread", part="receive", threads=1),
            part("receive and hash ranges", part="read"),
            part("stage blocks", part="stage"),
            part("stage blocks, 1 thread", part="stage", threads=1),
            part("stage blocks with checksums", part="stage", checksum=True),
            Warm("SHA-256", "hashes", job={"crc64": False}, reads=False, writes=False),
            Warm("checksum", "hashes", job={"sha256": False}, reads=False, writes=False),
        ]
        return interleave(bench, result, Place(source, sink), [(each, size) for each in contenders], bench.slow_rounds)


CASES: dict[str, Callable[[Bench], Result]] = {
    "large": one_gibibyte,
    "equal": equal_promise,
    "growth": growth,
    "throttled": throttled,
    "small": small_chunks,
    "tls": tls,
    "anatomy": anatomy,
}
