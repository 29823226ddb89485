"""The parts of a copy, each alone, so that the whole can be told apart: hashes, reading, staging."""

import hashlib
import os
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

from bench.ours import acs_source, archive, default, location
from recording.adapters.archive import checksum
from recording.copying.range_reader import RangeReader
from recording.copying.stall_watchdog import StallWatchdog
from recording.core import blocks
from recording.core.model import BlobName
from recording.settings import MEBIBYTE

_SLICE = 1 << 20
_names = (f"chunk-{os.getpid()}-{number}" for number in count())


class Hashes:
    """What the hashes of a copy cost by themselves: SHA-256 in slices as they are read, and the checksum of a block."""

    def __init__(self, _options: dict[str, Any]) -> None:
        self._block = memoryview(bytearray(default("COPY_BLOCK_MIB") * MEBIBYTE))

    def __call__(self, size: int, *, sha256: bool = True, crc64: bool = True) -> dict[str, float]:
        """Hash `size` bytes on one thread."""
        for at in range(0, size, len(self._block)):
            view = self._block[: min(len(self._block), size - at)]
            if sha256:
                hasher = hashlib.sha256()
                for begin in range(0, len(view), _SLICE):
                    hasher.update(view[begin : begin + _SLICE])
            if crc64:
                checksum(view)
        return {}


class Anatomy:
    """Reading without staging, and staging without reading, with as many threads as a copy has at most."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._source = acs_source(options["source"])
        self._archives = {checked: archive(options["sink"], checksum=checked) for checked in (True, False)}
        self._block = default("COPY_BLOCK_MIB") * MEBIBYTE
        self._threads = default("COPY_CONNECTIONS")
        self._buffers = [memoryview(bytearray(self._block)) for _ in range(self._threads)]

    def __call__(self, size: int, part: str, threads: int = 0, *, checksum: bool = False) -> dict[str, float]:
        """Do one part of a copy of `size` bytes: `read` (which hashes), `receive` (which does not) or `stage`."""
        plan = blocks.plan(size, self._block)
        name = BlobName(next(_names))
        threads = threads or self._threads
        watchdog = StallWatchdog(time.monotonic)

        def read(of: int) -> None:
            with RangeReader(self._source, watchdog, location(size)) as reader:
                reader.open(self._buffers[of][: min(self._block, size)][:1])
                for block in plan[of::threads]:
                    reader.read(block.offset, self._buffers[of][: block.length])

        def receive(of: int) -> None:
            for block in plan[of::threads]:
                with self._source.open(location(size), block.offset, block.length) as transfer:
                    got = 0
                    while got < block.length:
                        got += transfer.readinto(self._buffers[of][got : min(got + _SLICE, block.length)])

        def stage(of: int) -> None:
            for block in plan[of::threads]:
                block_id = blocks.block_id(block.index, bytes(32), 0)
                self._archives[checksum].stage(name, block_id, self._buffers[of][: block.length])

        work = {"read": read, "receive": receive, "stage": stage}[part]
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, range(threads)))
        return {}
