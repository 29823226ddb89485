"""One container of the customer's own storage, and the journal of events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from recording.core.blocks import StagedBlock
from recording.core.model import BlobName


@dataclass(frozen=True, slots=True)
class ArchivedBlob:
    """A committed blob as the archive shows it. `labels` is its metadata (ASCII)."""

    length: int
    etag: str
    blob_metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BlockList:
    """The blocks of a committed blob in order; `length` and `etag` are those of the blob."""

    blocks: tuple[StagedBlock, ...]
    length: int
    etag: str


class Archive(Protocol):
    """One container of the customer's own storage. Nothing is ever overwritten."""

    def find(self, name: BlobName) -> ArchivedBlob | None:
        """The committed blob of that name, or None; staged blocks alone are no blob."""

    def staged(self, name: BlobName) -> tuple[StagedBlock, ...]:
        """The uncommitted blocks of that name; empty when there are none.

        Raises:
            BlobExists: a committed blob of that name stands already.
        """

    def stage(self, name: BlobName, block_id: str, content: memoryview) -> None:
        """Stage one block, with a checksum that the archive verifies on arrival.

        Raises:
            ArchiveDamaged: what arrived is not what was sent; nothing is staged.
            ArchiveBusy, ArchiveRefused: it may or may not be staged.
        """

    def commit(
        self, name: BlobName, block_ids: Sequence[str], blob_metadata: Mapping[str, str], content_type: str
    ) -> str:
        """Publish the blob of those blocks at once, if there is none of that name; its ETag.

        Raises:
            BlobExists: there is one, perhaps by our own commit whose reply was lost: look at it.
            StagedBlocksGone: a rival's commit or time has discarded the blocks.
        """

    def put(self, name: BlobName, content: memoryview, blob_metadata: Mapping[str, str], content_type: str) -> str:
        """Publish a blob that fits one request, if there is none of that name; its ETag. Checksum as in `stage`.

        Raises:
            BlobExists: there is one.
        """

    def committed(self, name: BlobName) -> BlockList | None:
        """The committed block list of a blob, or None when there is no blob."""

    def read(self, name: BlobName, offset: int, view: memoryview) -> int:
        """Fill `view` from `offset` of the committed blob; how many bytes there were."""


class Journal(Protocol):
    """The raw events, written before anything else."""

    def write(self, name: BlobName, body: bytes) -> None:
        """Keep the body under that name, for good; a name already there is left as it is."""
