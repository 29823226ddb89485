"""A range of several blocks in one request, read block by block."""

from contextlib import ExitStack
from types import TracebackType
from typing import Self

from recording.copying.destination import Progress
from recording.copying.hashing_buffer import OPERATION, HashingBuffer
from recording.copying.range_requests import RangeRequests
from recording.core.errors import TransferBroken
from recording.ports import Transfer


class RangeStream:
    """A range, read in order: by one request, and one more for the rest of it each time a reply ends early.

    Not thread-safe. One request for several blocks saves round trips, and while a block is staged the socket receives
    the next one.

    Args:
        requests: the requests for its content.
        offset: of its first byte.
        length: its length in bytes.
        on_bytes: called with the number of bytes each time that some come.
    """

    def __init__(self, requests: RangeRequests, offset: int, length: int, on_bytes: Progress) -> None:
        self._requests = requests
        self._at = offset
        self._end = offset + length
        self._on_bytes = on_bytes
        self._opened = ExitStack()
        self._transfer: Transfer | None = None
        self._left = 0

    def __enter__(self) -> Self:
        """Nothing is sent before the first read."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close what is open."""
        self.close()

    def read_next(self, view: memoryview) -> bytes:
        """Fill `view` with what comes next; its SHA-256.

        Raises:
            RangeIgnored: the whole content was offered instead.
            SourceChanged: it is not the content that it was.
        """
        buffer = HashingBuffer(view, self._on_bytes)
        self.fill(buffer)
        return buffer.digest

    def fill(self, buffer: HashingBuffer) -> None:
        """Read what a buffer misses; bytes that have come are not asked for again, however often a reply breaks."""
        self._requests.retrying(lambda: self._fill(buffer), buffer)

    def skip(self, length: int) -> None:
        """Go on after so many bytes, which have come already."""
        self._at += length

    def adopt(self, transfer: Transfer, left: int, opened: ExitStack) -> None:
        """Go on with an open reply that has `left` bytes to come; it is closed by `opened`."""
        self._transfer, self._left, self._opened = transfer, left, opened

    def close(self) -> None:
        """Close what is open; the next read sends a new request."""
        self._transfer = None
        self._opened.close()

    def _fill(self, buffer: HashingBuffer) -> None:
        in_time = self._requests.watchdog.timer(buffer.missing)
        while buffer.missing:
            if not in_time():
                raise TransferBroken(OPERATION, "its replies are too short to keep the minimum throughput")
            self._read_reply(buffer)

    def _read_reply(self, buffer: HashingBuffer) -> None:
        """Read what one reply brings, which may be less than was asked for."""
        before, is_new = buffer.got, self._transfer is None
        try:
            if self._transfer is None:
                length = self._end - self._at
                self._transfer = self._opened.enter_context(self._requests.open_range(self._at, length))
                self._left = length if self._transfer.length is None else self._transfer.length
            upto = before + min(buffer.missing, self._left)
            ends = upto - before == self._left
            self._requests.receive(self._transfer, buffer, upto, ends=ends, inside=is_new and self._at > 0)
        except BaseException:
            self.close()
            raise
        finally:
            self._at += buffer.got - before
            self._left -= buffer.got - before
        if not self._left:
            self.close()
