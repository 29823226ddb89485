"""Whether the archive still holds what was proven: asked once more just before a copy elsewhere is deleted."""

from recording.core.model import BlobName, Proof
from recording.ports import Archive


def damage_of(archive: Archive, proof: Proof) -> str:
    """What has changed in the archive since the proof; empty if nothing has.

    Raises:
        Transient: it cannot be asked now.
    """
    media = _differs(archive, proof.name, proof.length, proof.etag)
    if media or proof.metadata is None:
        return media
    return _differs(archive, proof.metadata.name, proof.metadata.length, proof.metadata.etag)


def _differs(archive: Archive, name: BlobName, length: int, etag: str) -> str:
    found = archive.find(name)
    if found is None:
        return f"the proven blob {name} is gone: something deletes archived blobs"
    if (found.length, found.etag) != (length, etag):
        return f"the proven blob {name} has been changed: something rewrites archived blobs"
    return ""
