"""Whether the archive holds all that a copy in the overflow has, so that the copy may be removed."""

from recording.core.model import Chunk, Place


def not_in_archive(chunk: Chunk) -> str:
    """What of its copy in the overflow the archive lacks, in words for people; empty if nothing.

    A copy over blocks of another size, after the setting was changed, cannot be compared, and counts as another.
    """
    copy, proof = chunk.overflow, chunk.proof
    if copy is None:
        return ""
    if proof is None or proof.place is Place.NATIVE:
        return "the archive has no copy"
    if (copy.length, copy.digest) != (proof.length, proof.digest):
        return "the archive has other media, or media whose digest cannot be compared"
    if copy.metadata is None:
        return ""
    if proof.metadata is None:
        return "the archive has no metadata file"
    return "" if copy.metadata.sha256 == proof.metadata.sha256 else "the archive has another metadata file"
