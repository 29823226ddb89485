"""The blobs of a recording in the containers of this app, by the names that its entry gives them."""

import re
from collections.abc import Iterator

from recording.core.model import BlobName, CatalogEntry, Place, Proof
from recording.core.naming import sibling_name

SIBLINGS = ("people", "seal")
"""What stands beside each manifest."""
_ROLES = {Place.ARCHIVE: "archive", Place.QUARANTINE: "quarantine", Place.OVERFLOW: "overflow"}
_MANIFEST = re.compile(r"\.manifest(?:-[0-9]+)?\.json$")


def blobs_of(entry: CatalogEntry) -> Iterator[tuple[str, BlobName]]:
    """Container and name of each blob that there may be: media, metadata, all manifests, and what stands beside these.

    The container is named by what it is for, as in `RealParts.removals`. What the service itself has written into a
    native container is not among them.
    """
    for chunk in entry:
        for proof in (chunk.proof, chunk.apart, chunk.overflow):
            if proof is not None and proof.place in _ROLES:
                yield from ((_ROLES[proof.place], name) for name in _names(proof))
    name = entry.recording.manifest_name
    if name is None:
        return
    for revision in range(1, entry.recording.revision + 1):
        number = "" if revision == 1 else f"-{revision}"
        manifest = BlobName(_MANIFEST.sub(f".manifest{number}.json", name))
        yield "archive", manifest
        yield from (("archive", sibling_name(manifest, kind)) for kind in SIBLINGS)


def _names(proof: Proof) -> Iterator[BlobName]:
    yield proof.name
    if proof.metadata is not None and not proof.metadata.container:
        yield proof.metadata.name
