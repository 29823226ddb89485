"""Compares a source with a blob of the archive, block by block; a comparison that was cut off is continued."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from recording.copying.buffer_pool import BufferPool
from recording.copying.destination import Destination
from recording.copying.hashing_buffer import OPERATION
from recording.copying.range_reader import RangeReader
from recording.core import blocks
from recording.core.errors import SourceUnexpected


@dataclass(frozen=True, slots=True)
class Matched:
    """So many bytes from the beginning are the same; `source` is the fingerprint of the source's state."""

    source: int
    length: int


def match(
    reader: RangeReader,
    to: Destination,
    length: int,
    known: Matched | None,
    pool: BufferPool,
    is_time_left: Callable[[], bool],
) -> Matched | None:
    """How far the source is the blob at the destination, as far as the time allows; None as soon as it is not.

    Args:
        reader: the source, not opened yet.
        to: the blob.
        length: of the blob.
        known: what an earlier try has found; it counts if the source is as it was.
        pool: one of its buffers is used.
        is_time_left: whether a further block may be begun. At least one is compared, so that each try comes further.

    Raises:
        SourceUnexpected: the source ignores ranges, and an earlier try did not come to its end.
        Transient: it cannot be read now.
    """
    with pool.borrow() as buffer:
        at = reader.open(buffer)
        total = reader.content.total
        if total != length:
            return None
        first = reader.read_first_block()
        source = blocks.fingerprint(total, reader.content.validators, pool.size, first)
        if _archived(to, 0, buffer[:at]) != first:
            return None
        if known is not None and known.source == source and known.length > at:
            if reader.whole is not None:
                cause = "the source ignores ranges, and is longer than what a run can read"
                raise SourceUnexpected(OPERATION, cause, hint="the copy stands in the archive nevertheless")
            at = known.length
        while at < total:
            view = buffer[: min(len(buffer), total - at)]
            if reader.whole is None:
                found = reader.read(at, view)
            else:
                found = reader.whole.read_next(view, ends=at + len(view) == total)
            if _archived(to, at, view) != found:
                return None
            at += len(view)
            if not is_time_left():
                break
    return Matched(source, at)


def _archived(to: Destination, offset: int, view: memoryview) -> bytes:
    """The SHA-256 of what the archive returns for an interval; what is in the view is lost."""
    filled = 0
    while filled < len(view):
        read = to.archive.read(to.name, offset + filled, view[filled:])
        if read == 0:
            break  # it is shorter: the digest differs
        filled += read
    return hashlib.sha256(view[:filled]).digest()
