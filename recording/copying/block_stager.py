"""Gets all blocks of an opened chunk staged: those of an earlier try are kept, the others are read and staged."""

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial

from recording.copying.buffer_pool import BufferPool
from recording.copying.destination import CutOff, Destination, Progress
from recording.copying.range_reader import RangeReader
from recording.copying.range_requests import RangeIgnored
from recording.copying.range_workers import FirstBlock, RangeWorkers
from recording.copying.staged_blocks import AllStaged, StagedBlocks
from recording.copying.whole_stream import WholeStream
from recording.core.blocks import Block, StagedBlock
from recording.core.errors import SourceChanged


class BlockStager:
    """Stages one chunk of several blocks: by ranges, many at a time, or by one stream where ranges are ignored.

    Args:
        reader: the content, open.
        to: the blob to be.
        pool: the memory of all copies of this process.
        connections: the most to use at a time.
        monotonic: the clock, in seconds.
        until: the time at which no further block is begun.
        progress: called with the length of each block that is staged.
        resumed: called with the number of bytes that an earlier try has staged.
    """

    def __init__(
        self,
        reader: RangeReader,
        to: Destination,
        pool: BufferPool,
        *,
        connections: int,
        monotonic: Callable[[], float],
        until: float,
        progress: Progress,
        resumed: Progress,
    ) -> None:
        self._reader = reader
        self._to = to
        self._pool = pool
        self._connections = connections
        self._monotonic = monotonic
        self._until = until
        self._resumed = resumed
        self._staged = StagedBlocks(to, reader.content, pool.size, progress)

    def stage_all(self, first: memoryview, release_first: Callable[[], None]) -> AllStaged | CutOff:
        """Stage what is missing.

        Args:
            first: the first block's view, which `RangeReader.read_first_block` fills.
            release_first: gives its buffer back; called once the block is staged.

        Raises:
            Transient: what is staged stays staged.
        """
        listed = self._to.archive.staged(self._to.name)
        whole = self._reader.whole
        if listed or whole is not None:
            self._resume(listed, first, release_first)
        if whole is not None:
            self._stage_stream(whole, self._staged.plan[1:])
        elif listed:
            self._stage_ranges(self._staged.missing(), None)
        else:
            # There is nothing to resume: the first block is read beside the others.
            self._stage_ranges(self._staged.plan[1:], partial(self._stage_first, first, release_first))
        return self._staged.all_staged() or CutOff(self._staged.length)

    def _resume(self, listed: tuple[StagedBlock, ...], first: memoryview, release_first: Callable[[], None]) -> None:
        """Read the first block, which decides whether staged blocks can be used; stage it if it is missing."""
        sha256 = self._reader.read_first_block()
        self._staged.resume(sha256, listed)
        self._resumed(self._staged.length)
        if 0 not in self._staged.digests:
            self._staged.stage(self._staged.plan[0], first, sha256)
        release_first()

    def _stage_first(self, first: memoryview, release_first: Callable[[], None], received: Progress) -> None:
        try:
            sha256 = self._reader.read_first_block(received)
            self._staged.identify(sha256)
            self._staged.stage(self._staged.plan[0], first, sha256)
        finally:
            release_first()  # another thread may need it, and it may be the only one

    def _stage_ranges(self, missing: Iterable[Block], first_block: FirstBlock | None) -> None:
        workers = RangeWorkers(
            self._reader,
            self._staged,
            self._pool,
            connections=self._connections,
            monotonic=self._monotonic,
            until=self._until,
        )
        try:
            workers.run(missing, first_block)
        except RangeIgnored:
            if not self._staged.is_identified:
                raise
            self._stage_stream(self._reader.open_whole(), self._staged.plan)

    def _stage_stream(self, stream: WholeStream, expected: tuple[Block, ...]) -> None:
        """Read block after block, and stage the blocks in other threads meanwhile.

        A block that is staged already must be the same. `until` does not end it: the next try would read all again.
        """
        staging: deque[Future[None]] = deque()
        with ThreadPoolExecutor(min(self._connections, self._pool.count), "copy") as threads:
            for block in expected:
                while staging and staging[0].done():
                    staging.popleft().result()  # where one has failed, the rest of the stream is not read
                with ExitStack() as stack:
                    view = stack.enter_context(self._pool.borrow())[: block.length]
                    sha256 = stream.read_next(view, ends=block is self._staged.plan[-1])
                    known = self._staged.digests.get(block.index)
                    if known is None:
                        staging.append(threads.submit(self._stage_and_release, block, view, sha256, stack.pop_all()))
                    elif known != sha256:
                        raise SourceChanged("copy chunk", "the content is not what was staged of it before")
        for future in staging:
            future.result()

    def _stage_and_release(self, block: Block, view: memoryview, sha256: bytes, buffer: ExitStack) -> None:
        with buffer:
            self._staged.stage(block, view, sha256)
