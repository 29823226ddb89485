"""Tells what stands in the archive, by reading it back."""

import hashlib

from recording.copying.buffer_pool import BufferPool
from recording.copying.destination import BLOCK_SIZE_LABEL, DIGEST_LABEL, LENGTH_LABEL, Copied, Destination
from recording.core import blocks
from recording.core.model import BlobName, Digest
from recording.ports import Archive


def prove_ours(to: Destination, buffers: BufferPool) -> Copied | None:
    """The copy that an earlier try of the same chunk has left, read back whole; None if the blob is not that.

    The blob must carry this chunk's identity and hold what its blob metadata says. The ids of its blocks say the same,
    but they are only names: whoever can write a blob can write them.
    """
    found = to.archive.find(to.name)
    if found is None or any(found.blob_metadata.get(key) != value for key, value in to.identity.items()):
        return None
    try:
        length, block_size = int(found.blob_metadata[LENGTH_LABEL]), int(found.blob_metadata[BLOCK_SIZE_LABEL])
        digest = Digest(found.blob_metadata[DIGEST_LABEL], block_size)
    except (KeyError, ValueError):
        return None
    if length != found.length or block_size <= 0:
        return None
    if read_back(to.archive, to.name, length, block_size, buffers) != digest:
        return None
    return Copied(length, digest, found.etag)


def first_block(to: Destination, length: int, buffers: BufferPool) -> bytes:
    """The SHA-256 of the first block, or of the `length` bytes, of what the archive returns."""
    with buffers.borrow() as buffer:
        read = to.archive.read(to.name, 0, buffer[: min(len(buffer), length)])
        return hashlib.sha256(buffer[:read]).digest()


def read_back(archive: Archive, name: BlobName, length: int, block_size: int, buffers: BufferPool) -> Digest:
    """The composite digest of what the archive really returns, read from beginning to end in one buffer."""
    hasher = blocks.Hasher(block_size)
    at = 0
    with buffers.borrow() as buffer:
        while at < length:
            read = archive.read(name, at, buffer[: min(len(buffer), length - at)])
            if read == 0:
                break  # shorter than it was said to be: the digest will tell
            hasher.update(buffer[:read])
            at += read
    return hasher.digest()
