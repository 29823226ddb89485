"""Copies of small contents, in blocks of a few bytes, with a clock that tests set."""

import hashlib
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass

from recording.copying.buffer_pool import BufferPool
from recording.copying.destination import Copied, CutOff, Destination, Progress, unwatched
from recording.copying.engine import Engine
from recording.core.model import BlobName, Digest, Location
from recording.ports import Archive, Source
from tests.fakes import FakeSource

BLOCK = 64
NAME = BlobName("2026/03/01/0000.wav")
IDENTITY = {"acsrecordingid": "r", "acsdocumentid": "d", "acschunkindex": "0"}
JOIN_SECONDS = 30.0


@dataclass
class Clock:
    """A monotonic clock that moves only by `forward`."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now

    def forward(self, seconds: float) -> None:
        """Let so many seconds pass."""
        self.now += seconds


def media(length: int, seed: int = 1) -> bytes:
    """Bytes of which no two blocks are alike."""
    return random.Random(seed).randbytes(length)


def digest_of(content: bytes, block_size: int = BLOCK) -> Digest:
    """The composite digest, computed in the simplest way."""
    parts = [hashlib.sha256(content[at : at + block_size]).digest() for at in range(0, len(content), block_size)]
    return Digest(hashlib.sha256(b"".join(parts)).hexdigest(), block_size)


def destination(archive: Archive, name: BlobName = NAME) -> Destination:
    """Where a copy goes."""
    return Destination(archive, name, IDENTITY, "audio/wav")


def engine_of(
    source: Source,
    *,
    block: int = BLOCK,
    buffers: int = 4,
    connections: int = 4,
    monotonic: Callable[[], float] | None = None,
) -> Engine:
    """An engine with so many buffers of one block."""
    return Engine(source, BufferPool(block, block * buffers), connections=connections, monotonic=monotonic or Clock())


def copy(
    engine: Engine,
    location: Location,
    to: Destination,
    *,
    until: float = 1e12,
    progress: Progress = unwatched,
    resumed: Progress = unwatched,
) -> Copied | CutOff:
    """One try of a copy."""
    with engine.open(location) as opened:
        return opened.store(to, until, progress, resumed)


def copied(engine: Engine, location: Location, to: Destination) -> Copied:
    """One try of a copy, which must be completed by it."""
    found = copy(engine, location, to)
    assert isinstance(found, Copied)
    return found


def source_with(content: bytes) -> tuple[FakeSource, Location]:
    """A source that holds one content."""
    source = FakeSource()
    return source, source.add(content)


def run_together(*work: Callable[[], object]) -> None:
    """Run all at once, each on its thread; a failure of one is raised, and a deadlock is one."""
    failures: list[BaseException] = []

    def run(one: Callable[[], object]) -> None:
        try:
            one()
        except BaseException as error:  # noqa: BLE001 - raised below, where pytest sees it
            failures.append(error)

    threads = [threading.Thread(target=run, args=(one,), daemon=True) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(JOIN_SECONDS)
    assert not any(thread.is_alive() for thread in threads), "deadlock"
    if failures:
        raise failures[0]
