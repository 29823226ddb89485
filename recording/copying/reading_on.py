"""Reads a blob where it stands, block by block, and stores nothing; a reading that was cut off is continued."""

from collections.abc import Callable
from dataclasses import dataclass

from recording.copying.buffer_pool import BufferPool
from recording.copying.range_reader import RangeReader
from recording.core import blocks
from recording.core.model import Digest

_SHA256 = 32


@dataclass(frozen=True, slots=True)
class ReadSoFar:
    """The SHA-256 digests of the blocks that were read, from the first on, one after the other.

    `length` is that of the whole content in bytes.
    """

    digests: bytes
    length: int
    block_size: int

    @property
    def is_whole(self) -> bool:
        """Whether every block was read."""
        return len(self.digests) // _SHA256 * self.block_size >= self.length

    def digest(self) -> Digest:
        """The composite digest of what was read."""
        places = range(0, len(self.digests), _SHA256)
        return blocks.composite(
            {number: self.digests[at : at + _SHA256] for number, at in enumerate(places)}, self.block_size
        )


def read_on(reader: RangeReader, known: bytes, pool: BufferPool, is_time_left: Callable[[], bool]) -> ReadSoFar:
    """Read on, as far as the time allows.

    Args:
        reader: the blob, not opened yet, in the state in which an earlier try has read it.
        known: what that try has read; empty if there was none. It counts if it begins as the blob does.
        pool: one of its buffers is used; its size is that of the blocks.
        is_time_left: whether a further block may be begun. At least one is read, so that each try comes further.

    Raises:
        Transient: it cannot be read now.
    """
    with pool.borrow() as buffer:
        at = reader.open(buffer)
        total, size = reader.content.total, pool.size
        first = reader.read_first_block()
        digests = bytearray(first)
        is_known = known[:_SHA256] == first and len(known) // _SHA256 * size <= total + size - 1
        if is_known and reader.whole is None:
            digests = bytearray(known)
            at = min(len(known) // _SHA256 * size, total)
        while at < total:
            view = buffer[: min(len(buffer), total - at)]
            if reader.whole is None:
                digests += reader.read(at, view)
            else:
                digests += reader.whole.read_next(view, ends=at + len(view) == total)
            at += len(view)
            if not is_time_left():
                break
    return ReadSoFar(bytes(digests), total, size)
