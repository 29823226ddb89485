"""Removes what stands beside a recording that somebody was taken out of, and is not what its entry names.

It needs not be known who that was: metadata files, people documents, and, once a channel is muted, media and seals.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from recording.core.errors import BlobProtected, CatalogConflict, RecordingOpen
from recording.core.model import BlobName, CatalogEntry, MetadataProof, Proof
from recording.core.naming import is_muted, sibling_name
from recording.core.records.blobs import blobs_of
from recording.ports import Archive, Catalog, Inventory, Removal
from recording.records.keeping.holding import Holding
from recording.records.standing_blobs import is_of, names_of, own_blobs

_OPERATION = "unlink person"


@dataclass(frozen=True, slots=True)
class RemovingRest:
    """Remove it. `removals`, `inventories`: by what the container is for, with the overflow if there is one."""

    archive: Archive
    catalog: Catalog
    holding: Holding
    removals: Mapping[str, Removal]
    inventories: Mapping[str, Inventory]

    def remove(self, entry: CatalogEntry) -> None:
        """Remove metadata files, people documents and media of muted chunks that entry and last manifest do not name.

        Raises:
            BlobProtected: a hold, or a time, keeps a blob.
            CatalogConflict: the entry has changed meanwhile.
            RecordingOpen: what the entry names does not stand: nothing is removed.
        """
        recording_id = entry.recording.recording_id
        rest = sorted(set(self._rest(entry)))
        if not rest:
            return
        latest = self.catalog.load(recording_id)
        if latest is None or _names_of(latest) != _names_of(entry):
            raise CatalogConflict(_OPERATION, "it has changed meanwhile", ids={"recording_id": recording_id})
        self.check_holds(entry)
        for proof in _proofs(entry):
            found = self.archive.find(proof.name)
            if found is None or found.length != proof.length:
                cause = f"its blob {proof.name} is gone, or another one: what stands beside it is kept"
                hint = "find out what deletes or changes archived blobs"
                raise RecordingOpen(_OPERATION, cause, hint=hint, ids={"recording_id": recording_id})
        for role, name in rest:
            self.removals[role].remove(name)

    def check_holds(self, entry: CatalogEntry) -> None:
        """Ask for the holds once more.

        Raises:
            BlobProtected: one covers it.
        """
        recording_id = entry.recording.recording_id
        if holds := self.holding.of(recording_id, entry):
            ids = {"recording_id": recording_id, "hold_id": holds[0].hold_id}
            raise BlobProtected(_OPERATION, "a hold was made meanwhile", hint="it is done once that ends", ids=ids)

    def _rest(self, entry: CatalogEntry) -> Iterator[tuple[str, BlobName]]:
        kept = set(blobs_of(entry))
        for chunk in entry:
            if not chunk.is_closed:  # it is being copied: what is written of it is not in the entry yet
                continue
            for role, inventory in self.inventories.items():
                of_chunk = chunk.name if chunk.proof and is_muted(chunk.proof.name) else f"{chunk.name}.metadata"
                for name in names_of(inventory, of_chunk):
                    if is_of(name, chunk.name) and (role, name) not in kept:
                        yield role, name
        has_muted = any(chunk.proof is not None and is_muted(chunk.proof.name) for chunk in entry)
        kinds = ("people", "seal") if has_muted else ("people",)  # a seal has the waveform of each channel
        manifest = entry.recording.manifest_name
        current = () if manifest is None else tuple(sibling_name(manifest, kind) for kind in kinds)
        for blob in own_blobs(self.inventories["archive"], entry):
            if any(f".{kind}" in blob.name for kind in kinds) and blob.name not in current:
                yield "archive", blob.name


def _names_of(entry: CatalogEntry) -> tuple[object, ...]:
    """What an entry says that stands, and who is being taken out: what is written for that is in no entry yet."""
    recording = entry.recording
    unlinked = tuple((one.erasure_id, one.rewritten_at) for one in recording.unlinked)
    return recording.manifest_name, recording.completed_at, entry.chunks, unlinked


def _proofs(entry: CatalogEntry) -> Iterator[Proof | MetadataProof]:
    """Of what must stand in the archive."""
    for chunk in entry:
        proof = chunk.proof
        if proof is not None and not proof.container:
            yield proof
        if proof is not None and proof.metadata is not None and not proof.metadata.container:
            yield proof.metadata
