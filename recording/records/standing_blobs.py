"""What stands of a recording in the containers: found by listing, not by what its entry says alone.

An entry that an event has made, after the catalog had lost the one before, does not name all of it. Copies and files of
tries that nobody has noted are in no entry at all.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from recording import log
from recording.core.errors import Permanent
from recording.core.formats.records.manifests import read_manifest
from recording.core.model import BlobName, CatalogEntry, Chunk, RecordingId
from recording.core.naming import encode
from recording.ports import Inventory, ListedBlob

DECISIONS = "ends/"
"""The folder of the archive with what people decide about ends, under each recording's own name."""
MOST_MANIFEST = 16 << 20
"""Bytes of a manifest: what has such a name and is longer is none."""

type Standing = tuple[str, BlobName]
"""What the container is for, and the name of a blob there."""


@dataclass(frozen=True, slots=True)
class StandingBlobs:
    """Find them; `inventories` by what the container is for."""

    inventories: Mapping[str, Inventory]

    def all_of(self, entry: CatalogEntry) -> tuple[list[Standing], set[Standing]]:
        """Every blob of an entry's chunks, and of those that only its manifests name; and what is under its own name.

        Raises:
            Transient: not all can be listed now.
        """
        recording_id, own = entry.recording.recording_id, set(self.own(entry))
        names = {chunk.name for chunk in entry}
        for _, manifest in own:
            names |= _chunks_named_by(self.inventories["archive"], manifest, recording_id)
        return list(self.standing(recording_id, sorted(names), ())), own

    def own(self, entry: CatalogEntry) -> Iterator[Standing]:
        """What stands under its own name: if the catalog loses its entry, only that says what else there is of it."""
        yield from self.standing(entry.recording.recording_id, (), folders_of(entry, entry))

    def standing(
        self, recording_id: RecordingId, chunks: Iterable[BlobName], folders: Iterable[str]
    ) -> Iterator[Standing]:
        """Every blob of these chunks in each container, and what stands under the recording's own name in folders."""
        for chunk in chunks:
            for role, inventory in self.inventories.items():
                yield from ((role, name) for name in names_of(inventory, chunk) if is_of(name, chunk))
        for folder in folders:
            yield from (("archive", blob.name) for blob in _own_in(self.inventories["archive"], folder, recording_id))


def own_blobs(archived: Inventory, entry: CatalogEntry) -> Iterator[ListedBlob]:
    """As `StandingBlobs.own`, with what the listing says of each blob."""
    for folder in folders_of(entry, entry):
        yield from _own_in(archived, folder, entry.recording.recording_id)


def folders_of(entry: CatalogEntry, chunks: Iterable[Chunk]) -> list[str]:
    """Where what stands under the recording's own name may be: beside its chunks, its manifest, and among decisions."""
    manifest = entry.recording.manifest_name
    names = (*(chunk.name for chunk in chunks), *([manifest] if manifest else []))
    return sorted({DECISIONS, *map(folder_of, names)})


def folder_of(name: BlobName) -> str:
    """The beginning of the name, to its last slash."""
    return name[: name.rfind("/") + 1]


def is_of(name: BlobName, chunk: BlobName) -> bool:
    """Whether a blob is the chunk's: what follows its name begins with a point, which no id contains."""
    return name == chunk or name.startswith(f"{chunk}.")


def is_manifest_of(found: CatalogEntry, recording_id: RecordingId) -> bool:
    """Whether a manifest is of that recording, and names no chunk of another: each has the id in its name.

    Whoever can write a blob of that name must not decide what else is removed.
    """
    return found.recording.recording_id == recording_id and all(encode(recording_id) in chunk.name for chunk in found)


def listed(inventory: Inventory, prefix: str) -> Iterator[ListedBlob]:
    """All blobs of a container whose names begin so."""
    marker, is_last = "", False
    while not is_last:
        page = inventory.page(prefix, marker)
        yield from page.blobs
        marker, is_last = page.marker, not page.marker


def names_of(inventory: Inventory, prefix: str) -> Iterator[BlobName]:
    """The names of these blobs."""
    return (blob.name for blob in listed(inventory, prefix))


def _own_in(archived: Inventory, folder: str, recording_id: RecordingId) -> Iterator[ListedBlob]:
    """Manifests, and what is beside them."""
    return listed(archived, f"{folder}{encode(recording_id)}.")


def _chunks_named_by(archived: Inventory, manifest: BlobName, recording_id: RecordingId) -> set[BlobName]:
    """The chunks that a manifest of a recording names.

    None of one that cannot be read, or is none, or is another recording's: a whole entry says them too.
    """
    for blob in listed(archived, manifest) if ".manifest" in manifest else ():
        if blob.name == manifest and blob.length <= MOST_MANIFEST:
            try:
                found = read_manifest(archived.read(blob), manifest, blob.modified_at)
            except Permanent as error:
                log.event("recording.manifest_unread", {"manifest": manifest, "cause": error}, logging.WARNING)
                continue
            if is_manifest_of(found, recording_id):
                return {chunk.name for chunk in found}
    return set()
