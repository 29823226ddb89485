"""One container of the customer's own storage, and the journal of events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from recording.core.blocks import StagedBlock
from recording.core.model import BlobName


@dataclass(frozen=True, slots=True)
class ArchivedBlob:
    """A committed blob. `blob_metadata` is ASCII. `tier` is its access tier, empty where the service says none."""

    length: int
    etag: str
    blob_metadata: Mapping[str, str] = field(default_factory=dict)
    tier: str = field(default="", compare=False)

    @property
    def is_offline(self) -> bool:
        """Whether it cannot be read before somebody brings it back from the archive tier."""
        return self.tier == "Archive"


@dataclass(frozen=True, slots=True)
class BlockList:
    """The blocks of a committed blob in order; `length` and `etag` are those of the blob."""

    blocks: tuple[StagedBlock, ...]
    length: int
    etag: str


class Archive(Protocol):
    """One container of the customer's own storage. Nothing is overwritten: writes carry `If-None-Match: *`."""

    def find(self, name: BlobName) -> ArchivedBlob | None:
        """The committed blob of that name, or None; uncommitted blocks are not a blob."""

    def staged(self, name: BlobName) -> tuple[StagedBlock, ...]:
        """The uncommitted blocks of that name; empty if there are none.

        Raises:
            BlobExists: a committed blob of that name exists.
        """

    def stage(self, name: BlobName, block_id: str, content: memoryview) -> None:
        """Stage one block, with a checksum that the archive verifies.

        Raises:
            ArchiveDamaged: the checksum did not match; nothing is staged.
            ArchiveBusy, ArchiveRefused: it may or may not be staged.
        """

    def commit(
        self, name: BlobName, block_ids: Sequence[str], blob_metadata: Mapping[str, str], content_type: str
    ) -> str:
        """Commit those blocks as one blob, atomically, if none of that name exists; its ETag.

        Raises:
            BlobExists: conflict; possibly our own commit whose reply was lost: read what is there and compare.
            StagedBlocksGone: the blocks were discarded, by a concurrent commit or because they expired.
        """

    def put(self, name: BlobName, content: memoryview, blob_metadata: Mapping[str, str], content_type: str) -> str:
        """Write a blob in one request, if none of that name exists; its ETag. Checksum as in `stage`.

        Raises:
            BlobExists: conflict, as in `commit`.
        """

    def committed(self, name: BlobName) -> BlockList | None:
        """The committed block list of a blob, or None if there is no blob."""

    def read(self, name: BlobName, offset: int, view: memoryview) -> int:
        """Fill `view` from `offset` of the committed blob; the number of bytes read."""


class Journal(Protocol):
    """The raw events, stored before they are processed."""

    def write(self, name: BlobName, body: bytes) -> None:
        """Store the body under that name; if the name exists already, do nothing."""
