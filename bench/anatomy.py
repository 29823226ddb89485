"""Measures each part of a copy alone: receiving, hashing, staging, checksums."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bench.ours import Ours, location
from recording.adapters.archive import checksum
from recording.core import blocks
from recording.core.model import BlobName

_SLICE = 1 << 20


class Anatomy(Ours):
    """Does one part of a copy, with as many threads as a copy has connections at most."""

    def __init__(self, options: dict[str, Any]) -> None:
        super().__init__(options)
        self._block = self.settings.copy.block_bytes
        self._buffers = [memoryview(bytearray(self._block)) for _ in range(self.settings.copy.connections)]

    def __call__(self, size: int, name: str = "") -> dict[str, float]:
        """Do the part of this name with `size` bytes."""
        threads = len(self._buffers)

        def work(of: int) -> None:
            for block in blocks.plan(size, self._block)[of::threads]:
                self._do(name, self._buffers[of][: block.length], block.offset, size)

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, range(threads)))
        return {}

    def _do(self, part: str, view: memoryview, offset: int, size: int) -> None:
        match part:
            case "receive":
                self._receive(view, offset, size)
            case "SHA-256":
                _hash(view)
            case "stage":
                block_id = blocks.block_id(offset // self._block, bytes(32), 0)
                self.archive.stage(BlobName("anatomy"), block_id, view)
            case "checksum":
                checksum(view)

    def _receive(self, view: memoryview, offset: int, size: int) -> None:
        with self.engine.source.open(location(size), offset, len(view)) as transfer:
            got = 0
            while got < len(view):
                got += transfer.readinto(view[got : got + _SLICE])


def _hash(view: memoryview) -> None:
    hasher = hashlib.sha256()
    for begin in range(0, len(view), _SLICE):
        hasher.update(view[begin : begin + _SLICE])
