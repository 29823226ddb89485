"""Carries a chunk of many blocks: what is staged already stays, the rest is read and staged by several threads."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from recording.copying.buffer_pool import BufferPool
from recording.copying.concurrency import ConcurrencyController
from recording.copying.destination import CutOff, Destination, Progress
from recording.copying.range_reader import RangeReader
from recording.copying.range_requests import RangeIgnored
from recording.core import blocks
from recording.core.blocks import Block, StagedBlock
from recording.core.errors import SourceChanged, TransferBroken


@dataclass(frozen=True, slots=True)
class AllStaged:
    """Every block is staged: the digests by index, and the ids to commit, in order."""

    digests: dict[int, bytes]
    block_ids: list[str]


class BlockStager:
    """One chunk on its way, from its first block in hand to all blocks staged.

    Args:
        ranges: the source, begun.
        to: the blob to be.
        buffers: the memory of all copies of this process.
        connections: the most to use at a time.
        monotonic: the clock, in seconds.
        until: the time at which no further block is begun.
        progress: told of every block that has become safe.
        resumed: told of the bytes that were safe before.
    """

    def __init__(
        self,
        ranges: RangeReader,
        to: Destination,
        buffers: BufferPool,
        *,
        connections: int,
        monotonic: Callable[[], float],
        until: float,
        progress: Progress,
        resumed: Progress,
    ) -> None:
        if ranges.total > blocks.MAX_BLOCKS * buffers.size:
            raise TransferBroken(
                "copy chunk",
                f"{ranges.total} bytes need more than {blocks.MAX_BLOCKS} blocks of {buffers.size} bytes",
                hint="raise COPY_BLOCK_MIB if the length is true",
            )
        self._ranges = ranges
        self._to = to
        self._buffers = buffers
        self._monotonic = monotonic
        self._until = until
        self._progress = progress
        self._resumed = resumed
        self._fingerprint: int | None = None
        self._plan = blocks.plan(ranges.total, buffers.size)
        self._digests: dict[int, bytes] = {}
        self._missing: deque[Block] = deque()
        self._most = min(connections, buffers.count)
        self._pace = ConcurrencyController(self._most)
        self._flowing = 0
        self._changed = threading.Condition()
        self._active = 0
        self._failure: BaseException | None = None

    def carry(self, first: memoryview, release_first: Callable[[], None]) -> AllStaged | CutOff:
        """Stage what is missing.

        Args:
            first: the first block's view, which `ranges.first` fills.
            release_first: gives its buffer back; called once the block is staged.

        Raises:
            Transient: what is staged stays staged.
        """
        staged = self._to.archive.staged(self._to.name)
        if staged or self._ranges.whole:
            self._go_on_from(staged, first, release_first)
        else:
            # Nothing is there to go on from: the first block comes in beside the others.
            self._missing.extend(self._plan[1:])
        if self._ranges.whole:
            self._follow_stream(self._plan[1:])
        elif staged:
            self._read_ranges(None)
        else:
            self._read_ranges(lambda arrived: self._stage_first(first, release_first, arrived))
        if len(self._digests) < len(self._plan):
            return CutOff(sum(self._plan[index].length for index in self._digests))
        return AllStaged(self._digests, blocks.block_ids(self._digests, self._identify(self._digests[0])))

    def _go_on_from(
        self, staged: tuple[StagedBlock, ...], first: memoryview, release_first: Callable[[], None]
    ) -> None:
        """Believe what an earlier try has staged, where its ids say that it is of this content and this cut."""
        sha256 = self._ranges.first()
        digests = blocks.staged_digests(self._plan, staged, self._identify(sha256))
        # A first block unlike the one that is staged belongs to other content: then nothing staged can be used.
        self._digests = digests if digests.get(0, sha256) == sha256 else {}
        self._resumed(sum(self._plan[index].length for index in self._digests))
        if 0 not in self._digests:
            self._stage(self._plan[0], first, sha256)
        release_first()
        self._missing.extend(block for block in self._plan if block.index not in self._digests)

    def _identify(self, first_sha256: bytes) -> int:
        """The fingerprint of this copy's blocks, which the first of them decides."""
        found = blocks.fingerprint(self._ranges.total, self._ranges.validators, self._buffers.size, first_sha256)
        with self._changed:
            self._fingerprint = found
            self._changed.notify_all()
        return found

    def _stage_first(self, first: memoryview, release_first: Callable[[], None], arrived: Progress) -> None:
        try:
            sha256 = self._ranges.first(arrived)
            self._identify(sha256)
            self._stage(self._plan[0], first, sha256)
        finally:
            release_first()  # whatever follows may need it, and it may be the only one

    def _stage(self, block: Block, view: memoryview, sha256: bytes) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._fingerprint is not None or self._failure is not None)
            if self._fingerprint is None:
                return  # the first block has failed, and with it the copy
            block_id = blocks.block_id(block.index, sha256, self._fingerprint)
        self._to.archive.stage(self._to.name, block_id, view)
        with self._changed:
            self._digests[block.index] = sha256
            self._progress(block.length)

    # Many ranges at a time

    def _read_ranges(self, first: Callable[[Progress], None] | None) -> None:
        """Read and stage what is missing, beginning with the `first` block, where it is not staged yet."""
        self._ranges.on_busy = self._slow_down
        with ThreadPoolExecutor(self._most, "copy") as pool, self._changed:
            if first is not None:
                self._active += 1
                pool.submit(self._guarded, first)
            while True:
                while self._active < self._pace.target and self._has_work():
                    self._active += 1
                    pool.submit(self._guarded, None)
                if not self._active:
                    break
                self._changed.wait()
        if isinstance(self._failure, RangeIgnored) and self._fingerprint is not None:
            self._failure = None
            self._ranges.restart()
            self._follow_stream(self._plan)
        elif self._failure is not None:
            raise self._failure

    def _guarded(self, first: Callable[[Progress], None] | None) -> None:
        """Work, as one of many; a failure ends the copy."""
        try:
            with self._flow() as arrived:
                if first is not None:
                    first(arrived)
                self._work(arrived)
        except BaseException as error:  # noqa: BLE001 - carried to the thread that waits for this one
            with self._changed:
                self._failure = self._failure or error
            self._ranges.stopped.set()
        finally:
            with self._changed:
                self._active -= 1
                self._changed.notify_all()

    @contextmanager
    def _flow(self) -> Iterator[Progress]:
        """Tells the pace what arrives over one connection, and that it flows."""
        flows = False

        def arrived(length: int) -> None:
            nonlocal flows
            with self._changed:
                if not flows:
                    flows = True
                    self._flowing += 1
                    self._pace.flowing(self._flowing, self._monotonic())
                before = self._pace.target
                self._pace.arrived(length, self._monotonic())
                if self._pace.target > before:
                    self._changed.notify_all()

        try:
            yield arrived
        finally:
            if flows:
                with self._changed:
                    self._flowing -= 1
                    self._pace.flowing(self._flowing, self._monotonic())

    def _work(self, arrived: Progress) -> None:
        while run := self._next_run():
            with self._ranges.span(run[0].offset, sum(block.length for block in run), arrived) as span:
                while run and not self._is_over():
                    with self._buffers.borrow() as buffer:
                        if self._is_over():
                            break  # it may have waited long for its buffer
                        block = run.popleft()
                        view = buffer[: block.length]
                        self._stage(block, view, span.read(view))
                with self._changed:
                    self._missing.extendleft(reversed(run))

    def _next_run(self) -> deque[Block]:
        """Blocks that follow each other, to be read in one request.

        Two at least, so that not every block waits for a first byte; more where there are buffers for more than one on
        each connection; fewer towards the end, for all connections to end alike; and one while their number may yet
        change. A kill costs the blocks in hand, and what the sockets hold of those that were asked for with them.
        """
        run: deque[Block] = deque()
        with self._changed:
            if self._has_work() and self._active <= self._pace.target:
                share = -(-len(self._missing) // (2 * self._pace.target))
                most = min(share, max(2, self._buffers.count // self._pace.target)) if self._pace.settled else 1
                run.append(self._missing.popleft())
                while len(run) < most and self._missing[0].index == run[-1].index + 1:
                    run.append(self._missing.popleft())
        return run

    def _has_work(self) -> bool:
        return bool(self._missing) and not self._is_over()

    def _is_over(self) -> bool:
        return self._failure is not None or self._monotonic() >= self._until

    def _slow_down(self) -> None:
        with self._changed:
            self._pace.busy(self._monotonic())

    # One stream, where the source takes no notice of ranges

    def _follow_stream(self, expected: tuple[Block, ...]) -> None:
        """Read block after block; staging goes on beside it. No time slice ends it: its next would begin anew."""
        staging: deque[Future[None]] = deque()
        with ThreadPoolExecutor(self._most, "copy") as pool:
            for block in expected:
                while staging and staging[0].done():
                    staging.popleft().result()  # where one has failed, the rest of the stream is not read for nothing
                with ExitStack() as stack:
                    view = stack.enter_context(self._buffers.borrow())[: block.length]
                    sha256 = self._ranges.follow(view, ends=block is self._plan[-1])
                    known = self._digests.get(block.index)
                    if known is None:
                        staging.append(pool.submit(self._stage_and_release, block, view, sha256, stack.pop_all()))
                    elif known != sha256:
                        raise SourceChanged("copy chunk", "the content is not what was staged of it before")
        for staged in staging:
            staged.result()

    def _stage_and_release(self, block: Block, view: memoryview, sha256: bytes, stack: ExitStack) -> None:
        with stack:
            self._stage(block, view, sha256)
