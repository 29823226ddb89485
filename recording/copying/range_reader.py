"""Opens the content of a location and reads it: its first block, then any range of it, by many threads at once."""

from contextlib import ExitStack
from types import TracebackType
from typing import Self

from recording.copying.destination import Progress, unwatched
from recording.copying.hashing_buffer import OPERATION, HashingBuffer
from recording.copying.range_requests import RangeRequests, SourceContent, mismatch
from recording.copying.range_stream import RangeStream
from recording.copying.stall_watchdog import StallWatchdog
from recording.copying.whole_stream import WholeStream, find_length
from recording.core.errors import SourceChanged, SourceNotReady, TransferBroken
from recording.core.model import Location
from recording.ports import ReadableSource, Transfer

HEAD = 64 << 10
"""Bytes of the beginning that are read on opening, because they show what kind of media it is."""


class RangeReader:
    """The content at one location.

    Args:
        source: where it is.
        watchdog: aborts stalled transfers.
        location: where it was announced to be.

    Attributes:
        requests: the requests for it.
        whole: after `open`: the stream that brings what follows the first block, where the source ignores ranges.
    """

    def __init__(self, source: ReadableSource, watchdog: StallWatchdog, location: Location) -> None:
        self.requests = RangeRequests(source, watchdog, location)
        self.whole: WholeStream | None = None
        self._first = HashingBuffer(memoryview(b""))
        self._first_range = self.stream(0, 0)

    def __enter__(self) -> Self:
        """Nothing is sent before `open`."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close what is open."""
        self._first_range.close()
        if self.whole is not None:
            self.whole.close()

    @property
    def content(self) -> SourceContent:
        """What it is: known after `open`."""
        return self.requests.content

    def open(self, view: memoryview) -> int:
        """Ask for as much as fills `view`, and read at least `HEAD` bytes of it; the length of the first block.

        Raises:
            SourceNotReady: the content is empty, or an error page.
        """
        self._first = self.requests.retrying(lambda: self._open(view))
        if self._first.got < min(HEAD, len(self._first.view)):
            self.read_first_block()
        return len(self._first.view)

    def peek(self) -> bytes:
        """What has come of the first block: at least `HEAD` bytes, or all of it."""
        return bytes(self._first.view[: self._first.got])

    def read_first_block(self, on_bytes: Progress = unwatched) -> bytes:
        """Read the rest of the first block, if any; its SHA-256. Idempotent, but for one thread at a time."""
        self._first.on_bytes = on_bytes
        if self.whole is None:
            with self._first_range as stream:
                stream.fill(self._first)
        else:
            self.whole.fill_first(self._first)
        return self._first.digest

    def stream(self, offset: int, length: int, on_bytes: Progress = unwatched) -> RangeStream:
        """The range of `length` bytes from `offset`, to be read in order; see `RangeStream`."""
        return RangeStream(self.requests, offset, length, on_bytes)

    def read(self, offset: int, view: memoryview) -> bytes:
        """Fill `view` from `offset`; its SHA-256. See `RangeStream.read_next`."""
        with self.stream(offset, len(view)) as stream:
            return stream.read_next(view)

    def open_whole(self) -> WholeStream:
        """Ask for all of it again, as one stream: `whole` from now on."""
        if self.whole is not None:
            self.whole.close()
        self.whole = WholeStream.open(self.requests)
        return self.whole

    def _open(self, view: memoryview) -> HashingBuffer:
        with ExitStack() as opened:
            transfer = opened.enter_context(self.requests.open(0, len(view)))
            total = transfer.total
            if total is None:
                opened.close()
                total = find_length(self.requests, view)
            if total == 0:
                raise SourceNotReady(OPERATION, "an empty body is where media should be", hint="it passes by itself")
            buffer = HashingBuffer(view[: min(len(view), total)])
            if transfer.total is None:
                transfer = opened.enter_context(self.requests.open(0, len(buffer.view)))
            return self._read_head(transfer, total, buffer, opened)

    def _read_head(self, transfer: Transfer, total: int, buffer: HashingBuffer, opened: ExitStack) -> HashingBuffer:
        """Hold the first reply against what was asked for, and begin to read it."""
        if transfer.total not in {None, total}:
            raise SourceChanged(OPERATION, f"it was {total} bytes long, now it is {transfer.total}")
        length = total if transfer.length is None else transfer.length
        is_whole = length == total > len(buffer.view)
        if transfer.offset != 0 or not (0 < length <= len(buffer.view) or is_whole):
            raise TransferBroken(OPERATION, mismatch(0, len(buffer.view), transfer))
        self.requests.content = SourceContent(transfer.location, total, transfer.validators)
        self._first_range = self.stream(0, len(buffer.view))
        try:
            with self.requests.watchdog.watching(transfer, HEAD):
                buffer.read_from(transfer, min(HEAD, len(buffer.view), length))
        except TransferBroken:
            if is_whole:
                raise
            self._first_range.skip(buffer.got)
            return buffer  # the rest is asked for with the rest of the first block
        if is_whole:
            self.whole = WholeStream(self.requests, transfer, opened.pop_all())
        else:
            self._first_range.skip(buffer.got)
            self._first_range.adopt(transfer, length - buffer.got, opened.pop_all())
        return buffer
