"""The digests that manifests hold, computed in constant memory."""

import hashlib
from collections.abc import Callable
from typing import Protocol

PIECE = 1 << 20
"""Bytes read at once."""


class Readable(Protocol):
    """A stream of bytes; a file that is opened without a buffer is one."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Fill the buffer from its start; 0 at the end."""


def digest_of(stream: Readable, block_size: int | None, on_read: Callable[[int], None]) -> str:
    """The digest of the rest of a stream, in hex.

    Args:
        stream: read to its end.
        block_size: the digest is SHA-256 over the SHA-256 of each block of this many bytes, the last one shorter;
            without it, plain SHA-256.
        on_read: called with the number of bytes of each piece.
    """
    buffer = memoryview(bytearray(PIECE))
    whole, block, room = hashlib.sha256(), hashlib.sha256(), block_size or 0
    while count := stream.readinto(buffer):
        on_read(count)
        piece = buffer[:count]
        if block_size is None:
            whole.update(piece)
            continue
        while piece:
            taken, piece = piece[:room], piece[room:]
            block.update(taken)
            room -= len(taken)
            if not room:
                whole.update(block.digest())
                block, room = hashlib.sha256(), block_size
    if block_size is not None and room < block_size:
        whole.update(block.digest())
    return whole.hexdigest()
