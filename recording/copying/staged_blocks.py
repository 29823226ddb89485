"""The blocks of one copy that are staged: by this try, or by an earlier one that this one continues."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from recording.copying.destination import Destination, Progress
from recording.copying.range_requests import SourceContent
from recording.core import blocks
from recording.core.blocks import Block, StagedBlock
from recording.core.errors import TransferBroken


@dataclass(frozen=True, slots=True)
class AllStaged:
    """Every block is staged: the digests by index, and the ids to commit, in order."""

    digests: Mapping[int, bytes]
    block_ids: list[str]


class StagedBlocks:
    """Stages the blocks of one content, and knows which are staged.

    The id of a block contains the fingerprint of the content, which the first block decides. So `stage` waits until
    `identify` is called, or `give_up` where the copy fails before. Thread-safe.

    Args:
        to: the blob to be.
        content: what is copied.
        block_size: in bytes.
        progress: called with the length of each block that is staged, by one thread at a time.

    Attributes:
        plan: all blocks, in order.
        digests: the SHA-256 of the blocks that are staged, by index.
    """

    def __init__(self, to: Destination, content: SourceContent, block_size: int, progress: Progress) -> None:
        if content.total > blocks.MAX_BLOCKS * block_size:
            raise TransferBroken(
                "copy chunk",
                f"{content.total} bytes need more than {blocks.MAX_BLOCKS} blocks of {block_size} bytes",
                hint="raise COPY_BLOCK_MIB if the length is true",
            )
        self.plan = blocks.plan(content.total, block_size)
        self.digests: dict[int, bytes] = {}
        self._to = to
        self._content = content
        self._block_size = block_size
        self._progress = progress
        self._lock = threading.Lock()
        self._fingerprint: int | None = None
        self._decided = threading.Event()

    @property
    def is_identified(self) -> bool:
        """Whether the first block has been read."""
        return self._fingerprint is not None

    @property
    def length(self) -> int:
        """How many bytes are staged."""
        return sum(self.plan[index].length for index in self.digests)

    def identify(self, first_sha256: bytes) -> int:
        """Take the digest of the first block: the fingerprint in the ids of all blocks."""
        found = blocks.fingerprint(self._content.total, self._content.validators, self._block_size, first_sha256)
        self._fingerprint = found
        self._decided.set()
        return found

    def give_up(self) -> None:
        """The copy has failed: nobody waits for the first block any more."""
        self._decided.set()

    def resume(self, first_sha256: bytes, listed: Iterable[StagedBlock]) -> None:
        """Take over the blocks of an earlier try whose ids name this content and this block size."""
        digests = blocks.staged_digests(self.plan, listed, self.identify(first_sha256))
        # Only a forged id can name this content and another first block; then the others may be forged as well.
        self.digests = digests if digests.get(0, first_sha256) == first_sha256 else {}

    def missing(self) -> list[Block]:
        """The blocks that are not staged, in order."""
        return [block for block in self.plan if block.index not in self.digests]

    def stage(self, block: Block, view: memoryview, sha256: bytes) -> None:
        """Stage one block; it is left out where the copy was given up before the first block was read."""
        self._decided.wait()
        if self._fingerprint is None:
            return
        self._to.archive.stage(self._to.name, blocks.block_id(block.index, sha256, self._fingerprint), view)
        with self._lock:
            self.digests[block.index] = sha256
            self._progress(block.length)

    def all_staged(self) -> AllStaged | None:
        """What to commit; None while a block is missing."""
        if len(self.digests) < len(self.plan):
            return None
        return AllStaged(self.digests, blocks.block_ids(self.digests, self.identify(self.digests[0])))
