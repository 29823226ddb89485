"""A container in memory: staged blocks, atomic commits, nothing is overwritten."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

from recording.core.blocks import StagedBlock
from recording.core.errors import ArchiveRefused, BlobExists, ForeignBlocks, StagedBlocksGone
from recording.core.model import BlobName
from recording.ports import ArchivedBlob, BlockList

type Watch = Callable[[str, BlobName], None]


_SOME_TIME = datetime(2026, 3, 1, 12, tzinfo=UTC)


def _unwatched(operation: str, name: BlobName) -> None:
    """The default of `before` and `after`: do nothing."""


@dataclass
class Blob:
    """A committed blob; one written by `put` has no blocks."""

    content: bytes
    blocks: tuple[StagedBlock, ...]
    blob_metadata: Mapping[str, str]
    content_type: str
    etag: str
    written_at: datetime = _SOME_TIME
    tier: str = "Hot"


@dataclass
class FakeArchive:
    """`Archive` and `Journal`.

    Attributes:
        blobs: committed blobs; tests may change them as another program would.
        uncommitted: staged blocks, by name and block id.
        before: called before every operation; may raise to simulate a kill or a fault.
        after: called after every change; may raise to simulate a lost reply.
        exists: whether the container exists.
        calls: every operation so far.
        now: the clock that dates the blobs.
    """

    blobs: dict[BlobName, Blob] = field(default_factory=dict)
    uncommitted: dict[BlobName, dict[str, bytes]] = field(default_factory=dict)
    before: Watch = _unwatched
    after: Watch = _unwatched
    exists: bool = True
    calls: list[tuple[str, BlobName]] = field(default_factory=list)
    now: Callable[[], datetime] = lambda: _SOME_TIME

    def __post_init__(self) -> None:
        self._lock = threading.RLock()
        self._marks = count(1)

    def _begin(self, operation: str, name: BlobName) -> None:
        self.before(operation, name)
        with self._lock:
            self.calls.append((operation, name))
        if not self.exists:
            raise ArchiveRefused(operation, "404 ContainerNotFound", hint="check that the container exists")

    def find(self, name: BlobName) -> ArchivedBlob | None:
        self._begin("find", name)
        blob = self.blobs.get(name)
        return ArchivedBlob(len(blob.content), blob.etag, dict(blob.blob_metadata), blob.tier) if blob else None

    def staged(self, name: BlobName) -> tuple[StagedBlock, ...]:
        self._begin("staged", name)
        with self._lock:
            self._refuse_committed("staged", name)
            blocks = self.uncommitted.get(name, {})
            return tuple(StagedBlock(block_id, len(content)) for block_id, content in blocks.items())

    def stage(self, name: BlobName, block_id: str, content: memoryview) -> None:
        self._begin("stage", name)
        with self._lock:
            blocks = self.uncommitted.setdefault(name, {})
            if any(len(other) != len(block_id) for other in blocks):
                raise ForeignBlocks("stage", "400 InvalidBlobOrBlock")
            blocks[block_id] = bytes(content)
        self.after("stage", name)

    def commit(
        self, name: BlobName, block_ids: Sequence[str], blob_metadata: Mapping[str, str], content_type: str
    ) -> str:
        self._begin("commit", name)
        with self._lock:
            self._refuse_committed("commit", name)
            blocks = self.uncommitted.get(name, {})
            if any(block_id not in blocks for block_id in block_ids):
                raise StagedBlocksGone("commit", "400 InvalidBlockList")
            listed = tuple(StagedBlock(block_id, len(blocks[block_id])) for block_id in block_ids)
            content = b"".join(blocks[block_id] for block_id in block_ids)
            etag = self._publish(name, content, listed, blob_metadata, content_type)
        self.after("commit", name)
        return etag

    def put(self, name: BlobName, content: memoryview, blob_metadata: Mapping[str, str], content_type: str) -> str:
        self._begin("put", name)
        with self._lock:
            self._refuse_committed("put", name)
            etag = self._publish(name, bytes(content), (), blob_metadata, content_type)
        self.after("put", name)
        return etag

    def committed(self, name: BlobName) -> BlockList | None:
        self._begin("committed", name)
        blob = self.blobs.get(name)
        return BlockList(blob.blocks, len(blob.content), blob.etag) if blob else None

    def read(self, name: BlobName, offset: int, view: memoryview) -> int:
        self._begin("read", name)
        if name not in self.blobs:
            raise ArchiveRefused("read", "404 BlobNotFound")
        if self.blobs[name].tier == "Archive":
            raise BlobExists("read", "409 BlobArchived")
        piece = self.blobs[name].content[offset : offset + len(view)]
        view[: len(piece)] = piece
        return len(piece)

    def write(self, name: BlobName, body: bytes) -> None:
        try:
            self.put(name, memoryview(body), {}, "application/json")
        except BlobExists:
            return

    def put_as_stranger(self, name: BlobName, content: bytes, blob_metadata: Mapping[str, str] | None = None) -> None:
        """Write or overwrite a blob as a program would that does not know this app."""
        with self._lock:
            self._publish(name, content, (), blob_metadata or {}, "application/octet-stream")

    def _publish(
        self,
        name: BlobName,
        content: bytes,
        blocks: tuple[StagedBlock, ...],
        blob_metadata: Mapping[str, str],
        content_type: str,
    ) -> str:
        etag = f"0x{next(self._marks):X}"
        self.blobs[name] = Blob(content, blocks, dict(blob_metadata), content_type, etag, self.now())
        self.uncommitted.pop(name, None)
        return etag

    def _refuse_committed(self, operation: str, name: BlobName) -> None:
        if name in self.blobs:
            raise BlobExists(operation, "409 BlobAlreadyExists")
