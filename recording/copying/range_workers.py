"""Threads that read ranges and stage their blocks: how many there are, and how much each reads at a time."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from recording.copying.buffer_pool import BufferPool
from recording.copying.concurrency import ConcurrencyController
from recording.copying.destination import Progress
from recording.copying.range_reader import RangeReader
from recording.copying.staged_blocks import StagedBlocks
from recording.core.blocks import Block

FirstBlock = Callable[[Progress], None]
"""Reads and stages the first block, and reports the bytes as they come."""


def run_length(missing: int, connections: int, buffers: int) -> int:
    """How many consecutive blocks one request asks for.

    As many as there are buffers for each connection, but at least two, so that not every block costs a round trip; and
    fewer towards the end, so that all connections end at about the same time. What was asked for and is not staged is
    the most that a killed process has to read again.

    At most `ceil(missing / 2)`, because `connections` is at least 1: a run of several blocks never takes all that are
    missing.
    """
    share = -(-missing // (2 * connections))
    return min(share, max(2, buffers // connections))


class RangeWorkers:
    """Reads and stages the blocks that are missing, by as many threads as the controller wants. Used once.

    Args:
        reader: the content, open.
        staged: where its blocks go.
        pool: the memory of all copies of this process.
        connections: the most to use at a time.
        monotonic: the clock, in seconds.
        until: the time at which no further block is begun.
    """

    def __init__(
        self,
        reader: RangeReader,
        staged: StagedBlocks,
        pool: BufferPool,
        *,
        connections: int,
        monotonic: Callable[[], float],
        until: float,
    ) -> None:
        self._reader = reader
        self._staged = staged
        self._pool = pool
        self._monotonic = monotonic
        self._until = until
        self._most = min(connections, pool.count)
        # All of these are changed under the condition, which is notified when more workers may be wanted.
        self._changed = threading.Condition()
        self._concurrency = ConcurrencyController(self._most)
        self._missing: deque[Block] = deque()
        self._active = 0
        self._failure: BaseException | None = None

    def run(self, missing: Iterable[Block], first_block: FirstBlock | None) -> None:
        """Read and stage what is missing, as far as the time allows; the first block too, where it is given.

        Raises:
            BaseException: the first failure of any of the threads, once all have ended.
        """
        self._missing.extend(missing)
        self._reader.requests.on_throttled = self._throttled
        with ThreadPoolExecutor(self._most, "copy") as threads, self._changed:
            if first_block is not None:
                self._active += 1
                threads.submit(self._work, first_block)
            while True:
                while self._active < self._concurrency.target and self._has_work():
                    self._active += 1
                    threads.submit(self._work, None)
                if not self._active:
                    break
                self._changed.wait()
        if self._failure is not None:
            raise self._failure

    def _work(self, first_block: FirstBlock | None) -> None:
        """One worker; its failure ends the others as well."""
        try:
            with self._connection() as received:
                if first_block is not None:
                    first_block(received)
                while run := self._next_run():
                    self._copy_run(run, received)
        except BaseException as error:  # noqa: BLE001 - raised by the thread that waits for this one
            with self._changed:
                self._failure = self._failure or error
            self._reader.requests.stopped.set()
            self._staged.give_up()
        finally:
            with self._changed:
                self._active -= 1
                self._changed.notify_all()

    def _next_run(self) -> deque[Block]:
        """Consecutive blocks to read in one request: one while the target may change; none where all is done."""
        run: deque[Block] = deque()
        with self._changed:
            if self._has_work() and self._active <= self._concurrency.target:
                target = self._concurrency.target
                most = run_length(len(self._missing), target, self._pool.count) if self._concurrency.settled else 1
                run.append(self._missing.popleft())
                # `_missing` is never empty in this loop: see `run_length`.
                while len(run) < most and self._missing[0].index == run[-1].index + 1:
                    run.append(self._missing.popleft())
        return run

    def _copy_run(self, run: deque[Block], received: Progress) -> None:
        """Read and stage a run, as far as the time allows."""
        with self._reader.stream(run[0].offset, sum(block.length for block in run), received) as stream:
            while run and not self._is_over():
                with self._pool.borrow() as buffer:
                    if self._is_over():
                        break  # it may have waited long for the buffer
                    block = run.popleft()
                    view = buffer[: block.length]
                    self._staged.stage(block, view, stream.read_next(view))

    @contextmanager
    def _connection(self) -> Iterator[Progress]:
        """Reports to the controller what one connection receives, and when that begins and ends."""
        receives = False

        def received(length: int) -> None:
            nonlocal receives
            with self._changed:
                if not receives:
                    receives = True
                    self._concurrency.connected(self._monotonic())
                before = self._concurrency.target
                self._concurrency.received(length, self._monotonic())
                if self._concurrency.target > before:
                    self._changed.notify_all()

        try:
            yield received
        finally:
            if receives:
                with self._changed:
                    self._concurrency.disconnected(self._monotonic())

    def _throttled(self) -> None:
        with self._changed:
            self._concurrency.throttled(self._monotonic())

    def _has_work(self) -> bool:
        return bool(self._missing) and not self._is_over()

    def _is_over(self) -> bool:
        return self._failure is not None or self._monotonic() >= self._until
