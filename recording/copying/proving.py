"""Reads back a blob from the archive, to prove whose it is and what it holds."""

import hashlib

from recording.copying.buffer_pool import BufferPool
from recording.copying.destination import BLOCK_SIZE_KEY, DIGEST_KEY, LENGTH_KEY, Copied, Destination
from recording.core import blocks
from recording.core.model import BlobName, Digest
from recording.ports import Archive


def prove_ours(to: Destination, pool: BufferPool) -> Copied | None:
    """The copy that an earlier try of the same chunk has left, read back whole; None if the blob is not that.

    Its metadata must name this chunk, and its bytes must have the length and digest that its metadata says. The ids of
    its blocks contain digests too, but prove nothing: who can write the blob can choose them.
    """
    found = to.archive.find(to.name)
    if found is None or any(found.blob_metadata.get(key) != value for key, value in to.identity.items()):
        return None
    try:
        length, block_size = int(found.blob_metadata[LENGTH_KEY]), int(found.blob_metadata[BLOCK_SIZE_KEY])
        digest = Digest(found.blob_metadata[DIGEST_KEY], block_size)
    except (KeyError, ValueError):
        return None
    if length != found.length or block_size <= 0:
        return None
    if read_back(to.archive, to.name, length, block_size, pool) != digest:
        return None
    return Copied(length, digest, found.etag)


def first_block(to: Destination, length: int, pool: BufferPool) -> bytes:
    """The SHA-256 of the first block, or of the `length` bytes, that the archive returns."""
    with pool.borrow() as buffer:
        read = to.archive.read(to.name, 0, buffer[: min(len(buffer), length)])
        return hashlib.sha256(buffer[:read]).digest()


def read_back(archive: Archive, name: BlobName, length: int, block_size: int, pool: BufferPool) -> Digest:
    """The composite digest of the bytes that the archive returns, read from beginning to end in one buffer."""
    hasher = blocks.Hasher(block_size)
    at = 0
    with pool.borrow() as buffer:
        while at < length:
            read = archive.read(name, at, buffer[: min(len(buffer), length - at)])
            if read == 0:
                break  # shorter than `length`: the digest differs
            hasher.update(buffer[:read])
            at += read
    return hasher.digest()
