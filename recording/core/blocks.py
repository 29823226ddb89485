"""How a chunk is divided into blocks, what a block id contains, and which blocks a restarted copy need not read again.

A block id is 48 bytes in base64url, 64 characters, the longest that Blob storage allows: the block's index (2 bytes), a
fingerprint of the source and the block size (14 bytes), and the SHA-256 of the block. So the list of staged blocks
tells a restarted copy which blocks there are and what they contain, and nothing else need be stored.
"""

import base64
import binascii
import hashlib
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from recording.core.model import Digest

MAX_BLOCKS = 50_000
"""The most blocks of one blob that Blob storage allows."""

_ID = struct.Struct(">H14s32s")
_FINGERPRINT = 14


@dataclass(frozen=True, slots=True)
class Block:
    """A byte interval of the chunk: `length` bytes from `offset`; `index` counts the blocks of the blob from 0."""

    index: int
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class StagedBlock:
    """A block as the archive lists it: its id and its size in bytes."""

    block_id: str
    length: int


def plan(length: int, block_size: int) -> tuple[Block, ...]:
    """Divide `length` bytes into blocks of `block_size` bytes; the last one may be shorter.

    Raises:
        ValueError: a number is not positive (an empty chunk is never archived), or there are more than `MAX_BLOCKS`.
    """
    if length <= 0 or block_size <= 0 or length > MAX_BLOCKS * block_size:
        message = f"no plan cuts {length} bytes into blocks of {block_size}"
        raise ValueError(message)
    return tuple(
        Block(index, offset, min(block_size, length - offset))
        for index, offset in enumerate(range(0, length, block_size))
    )


def fingerprint(length: int, validators: str, block_size: int, first: bytes) -> int:
    """A number of 14 bytes that differs for another state of the source, and for another block size.

    Args:
        length: of the whole content, in bytes.
        validators: the source's ETag and similar headers; often empty.
        block_size: in bytes. With another block size a block of the same index and length has other bytes.
        first: the SHA-256 of the first block. Without an ETag it is the only sign that the content has changed.
    """
    digest = hashlib.sha256(f"{length}\n{block_size}\n{validators}\n".encode() + first).digest()
    return int.from_bytes(digest[:_FINGERPRINT])


def block_id(index: int, sha256: bytes, source: int) -> str:
    """The id of the block at `index` with that SHA-256, read from the source with that fingerprint."""
    return base64.urlsafe_b64encode(_ID.pack(index, source.to_bytes(_FINGERPRINT), sha256)).decode()


def _read_block_id(text: str) -> tuple[int, int, bytes] | None:
    try:
        index, source, sha256 = _ID.unpack(base64.b64decode(text, altchars=b"-_", validate=True))
    except (binascii.Error, struct.error, ValueError):
        return None  # not an error: another program staged this block
    return index, int.from_bytes(source), sha256


def staged_digests(blocks: Sequence[Block], staged: Iterable[StagedBlock], source: int) -> dict[int, bytes]:
    """The SHA-256 of each planned block that a restarted copy need not read again, by the block's index.

    A staged block counts only if its id is one of ours, it was read from the same state of the source, and it has the
    planned size. Where two staged blocks have the same index, neither counts.
    """
    claims: dict[int, set[bytes]] = {}
    for block in staged:
        parsed = _read_block_id(block.block_id)
        if parsed is None:
            continue
        index, block_source, sha256 = parsed
        if block_source == source and index < len(blocks) and block.length == blocks[index].length:
            claims.setdefault(index, set()).add(sha256)
    return {index: next(iter(claimed)) for index, claimed in claims.items() if len(claimed) == 1}


def block_ids(digests: Mapping[int, bytes], source: int) -> list[str]:
    """The ids to commit, in order; `digests` has every block's SHA-256 by its index."""
    return [block_id(index, digests[index], source) for index in range(len(digests))]


def composite(digests: Mapping[int, bytes], block_size: int) -> Digest:
    """The digest of the whole: the SHA-256 over the blocks' SHA-256 digests in order, and the block size in bytes."""
    whole = hashlib.sha256()
    for index in range(len(digests)):
        whole.update(digests[index])
    return Digest(whole.hexdigest(), block_size)


class Hasher:
    """Computes the composite digest of bytes that come in pieces of any size."""

    def __init__(self, block_size: int) -> None:
        self._block_size = block_size
        self._digests: dict[int, bytes] = {}
        self._sha256 = hashlib.sha256()
        self._missing = block_size

    def update(self, piece: memoryview) -> None:
        """Add the next bytes."""
        while piece:
            taken = piece[: self._missing]
            self._sha256.update(taken)
            self._missing -= len(taken)
            piece = piece[len(taken) :]
            if not self._missing:
                self._close_block()

    def digest(self) -> Digest:
        """The digest of all bytes added; call it once, at the end."""
        if self._missing < self._block_size:
            self._close_block()
        return composite(self._digests, self._block_size)

    def _close_block(self) -> None:
        self._digests[len(self._digests)] = self._sha256.digest()
        self._sha256 = hashlib.sha256()
        self._missing = self._block_size
