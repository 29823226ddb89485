"""Copies a proven copy from one container of ours into another, and proves that the new one is the same."""

import hashlib
from dataclasses import dataclass

from recording.chunks.metadata_file import MetadataFile, MetadataRead
from recording.chunks.storing import Attempt, InTheWay, Storing
from recording.copying.destination import Copied, CutOff, Destination
from recording.copying.engine import OpenedChunk
from recording.core.errors import (
    ArchiveDamaged,
    CopyInTheWay,
    CopyLost,
    ForeignBlocks,
    SourceChanged,
    SourceGone,
    StagedBlocksGone,
)
from recording.core.formats.metadata import ChunkMetadata
from recording.core.locations import of_blob
from recording.core.model import CatalogEntry, Chunk, Proof

_OPERATION = "copy from our storage"
NO_METADATA = MetadataRead(None, ChunkMetadata())


@dataclass(frozen=True, slots=True)
class Recopying:
    """Copies from one container. The engine of `metadata_file` reads it."""

    metadata_file: MetadataFile
    storing: Storing

    def read_metadata(self, copy: Proof) -> MetadataRead:
        """The metadata file that stands beside the copy, as it was proven.

        Raises:
            CopyLost: it is gone, or has been changed.
            Transient: it cannot be read now.
        """
        proof = copy.metadata
        if proof is None:
            return NO_METADATA
        found = self.metadata_file.read(of_blob(proof.name, proof.etag))
        if isinstance(found.error, SourceGone | SourceChanged):
            raise is_lost(proof.name) from found.error
        if found.raw is None and found.error is not None:
            raise found.error
        if found.raw is None or hashlib.sha256(found.raw).hexdigest() != proof.sha256:
            raise is_lost(proof.name)
        return found

    def copy(self, entry: CatalogEntry, chunk: Chunk, copy: Proof, to: Destination, attempt: Attempt) -> Copied | None:
        """Copy, and compare with the proof of the copy; None when the time slice ended.

        Raises:
            CopyLost: the copy is gone, or has been changed.
            CopyInTheWay: another blob has the name; it is left alone.
            Transient: try again; staged blocks stay staged.
        """
        try:
            with self.metadata_file.engine.open(of_blob(copy.name, copy.etag)) as opened:
                outcome = self.storing.store(opened, to, entry, chunk, attempt)
                if isinstance(outcome, InTheWay):
                    outcome = _compare(opened, to, outcome)
        except (SourceGone, SourceChanged) as error:
            raise is_lost(copy.name) from error
        if isinstance(outcome, CutOff):
            return None
        self.check_same(copy, outcome, to)
        return outcome

    def check_same(self, copy: Proof, copied: Copied, to: Destination) -> None:
        """That what was copied is the copy, also where the two have digests over blocks of different size.

        Raises:
            ArchiveDamaged: it is not.
        """
        digest, block_size = copied.digest, copy.digest.block_size
        if digest.block_size != block_size:
            digest = self.metadata_file.engine.read_back(to, copied.length, block_size)
        if (copied.length, digest) != (copy.length, copy.digest):
            raise ArchiveDamaged(
                _OPERATION,
                "the new copy is not the proven one",
                hint="compare the two blobs",
                ids={"blob": to.name, "copy": copy.name},
            )


def is_lost(name: str) -> CopyLost:
    """The error: a copy of that name is no longer what was proven."""
    return CopyLost(
        _OPERATION,
        f"the copy {name} is gone, or was changed after it was proven",
        hint="restore it, or decide anew while the source lives",
        ids={"copy": name},
    )


def _compare(opened: OpenedChunk, to: Destination, found: InTheWay) -> Copied:
    """The blob that has the name already, if it is the same."""
    ids = {"blob": to.name}
    if isinstance(found.error, ForeignBlocks):
        raise CopyInTheWay(_OPERATION, found.error.cause, hint=found.error.hint, ids=ids)
    standing = to.archive.find(to.name)
    if standing is None:
        raise StagedBlocksGone(_OPERATION, found.error.cause, hint="they are staged again", ids=ids)
    copied = opened.compare(to, standing)
    if copied is None:
        cause = "another blob has its name in the archive"
        raise CopyInTheWay(_OPERATION, cause, hint="compare the two, and remove one", ids=ids)
    return copied
