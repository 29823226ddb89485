"""The whole way inside the Functions host: from the published event to the released source."""

import os
import shutil
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import override

from bench.cases import Bench, Result, Row, reason
from bench.measuring import MEBIBYTE, Failed, Run
from bench.servers import Server
from bench.worker import resident
from local.azurite import ACCOUNT, AzuriteError
from local.stack import Stack, wait_for

_LONGEST = 180.0
_RATE = 16_000
_TICK = os.sysconf("SC_CLK_TCK")


class _StackOverSink(Stack):
    """The same with the archive's blobs in the bench's sink; queues and the catalog stay in Azurite."""

    sink: Server

    @override
    def environment(self) -> dict[str, str]:
        parts = [part for part in self.azurite.connection_string.split(";") if not part.startswith("BlobEndpoint=")]
        return {
            **super().environment(),
            "ARCHIVE_STORAGE": ";".join([*parts, f"BlobEndpoint={self.sink.http}/{ACCOUNT}"]),
        }


def inside_the_host(bench: Bench) -> Result:
    """The real app in the local Functions host, with Azurite, and with the sink in its place."""
    size = bench.size(256, 32)
    result = Result(
        "host",
        f"A recording of {size // MEBIBYTE} MiB inside the Functions host, event to release",
        "The local ACS serves the media (Python, TLS, one process with its tunnel); CPU and memory are the Functions "
        "host's. Azurite is the limit of the first row: it shows that the way works, not how fast it is. The second "
        "has its blobs in the sink, which keeps them, and its queue and catalog in Azurite.",
    )
    with bench.programs.sink(keep=True) as sink:
        for name, over in (("the app, Azurite", None), ("the app, blobs in the sink", sink)):
            row = Row(name, "Functions host")
            result.rows.append(row)
            try:
                with _stack(bench.folder / "host", over) as stack:
                    media = _sound(bench.folder / "host" / "long.wav", size)
                    for turn in range(min(bench.slow_rounds, 3)):
                        bench.say(f"{result.title}: round {turn + 1}, {name}")
                        row.runs.append(_release(stack, media))
            except (Failed, TimeoutError, AzuriteError) as error:
                row.skipped = reason(error)
    return result


@contextmanager
def _stack(folder: Path, over: Server | None) -> Iterator[Stack]:
    shutil.rmtree(folder, ignore_errors=True)
    stack = Stack(folder) if over is None else _StackOverSink(folder)
    if isinstance(stack, _StackOverSink) and over is not None:
        stack.sink = over
    try:
        with stack:
            yield stack
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sound(path: Path, size: int) -> Path:
    """A wav of about that size, of noise that no block shares with the next."""
    noise = os.urandom(MEBIBYTE + 2)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_RATE)
        for _ in range(size // len(noise)):
            file.writeframesraw(noise)
    return path


def _release(stack: Stack, media: Path) -> Run:
    before = set(stack.acs.world.objects)
    event = stack.acs.world.add_recording([media], output="wav")
    (document,) = set(stack.acs.world.objects) - before
    process = _host_process()
    with suppress(OSError):
        (process / "clear_refs").write_text("5", encoding="ascii")
    used, began = _cpu(process), time.perf_counter()
    stack.event_grid.publish(event)
    wait_for(lambda: stack.acs.world.objects[document].deleted is not None, "the release", _LONGEST)
    seconds, after = time.perf_counter() - began, _cpu(process)
    peak = resident("VmHWM", process / "status")
    return Run(seconds, after[0] - used[0], after[1] - used[1], peak, media.stat().st_size)


def _host_process() -> Path:
    """The Functions host among our children, in /proc."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            if parent == os.getpid() and b"local.host" in (stat.parent / "cmdline").read_bytes():
                return stat.parent
    raise Failed("the Functions host is not to be found in /proc")


def _cpu(process: Path) -> tuple[float, float]:
    """User and system seconds of a process so far."""
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) / _TICK, int(fields[12]) / _TICK
