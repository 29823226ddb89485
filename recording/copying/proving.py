"""Tells what stands in the archive: by the ids of its blocks, which carry their digests, or by reading it back."""

from recording.copying.buffers import Buffers
from recording.copying.destination import BLOCK_SIZE_LABEL, DIGEST_LABEL, LENGTH_LABEL, Copied, Destination
from recording.core import blocks
from recording.core.model import BlobName, Digest
from recording.ports import Archive


def prove_ours(to: Destination, buffers: Buffers) -> Copied | None:
    """The copy that an earlier try of the same chunk has left, verified anew; None if the blob is not that.

    The blob must carry this chunk's identity, and hold what its labels say: by the digests in its block ids, or,
    where it was put whole, by reading it back.
    """
    found = to.archive.find(to.name)
    if found is None or any(found.labels.get(key) != value for key, value in to.identity.items()):
        return None
    try:
        length, block_size = int(found.labels[LENGTH_LABEL]), int(found.labels[BLOCK_SIZE_LABEL])
        digest = Digest(found.labels[DIGEST_LABEL], block_size)
    except (KeyError, ValueError):
        return None
    if length != found.length or block_size <= 0:
        return None
    held = _digest_by_ids(to.archive, to.name, length, found.etag, block_size)
    if (held or read_back(to.archive, to.name, length, block_size, buffers)) != digest:
        return None
    return Copied(length, digest, found.etag)


def _digest_by_ids(archive: Archive, name: BlobName, length: int, etag: str, block_size: int) -> Digest | None:
    listed = archive.committed(name)
    if listed is None or not listed.blocks or (listed.length, listed.etag) != (length, etag):
        return None
    digests = blocks.digests_of(listed.blocks)
    full, rest = divmod(length, block_size)
    cut = [block_size] * full + [rest] * bool(rest)
    if digests is None or [block.length for block in listed.blocks] != cut:
        return None  # not our ids, or not cut as the labels say: then reading it back tells
    return blocks.composite(digests, block_size)


def read_back(archive: Archive, name: BlobName, length: int, block_size: int, buffers: Buffers) -> Digest:
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
