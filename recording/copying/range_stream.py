"""Consecutive bytes of the content, read piece by piece."""

from contextlib import ExitStack
from types import TracebackType
from typing import Self

from recording.copying.destination import Progress
from recording.copying.hashing_buffer import OPERATION, HashingBuffer
from recording.copying.range_requests import RangeRequests
from recording.core.errors import TransferBroken
from recording.ports import Transfer


class RangeStream:
    """Consecutive bytes of the content: one request, and one more each time it breaks. For one thread.

    Reading it in pieces spares the requests between them, and while a piece is staged the next one is on its way.
    """

    def __init__(self, asking: RangeRequests, offset: int, length: int, on_bytes: Progress) -> None:
        self._asking = asking
        self._at = offset
        self._end = offset + length
        self._on_bytes = on_bytes
        self._opened = ExitStack()
        self._transfer: Transfer | None = None
        self._left = 0

    def __enter__(self) -> Self:
        """Nothing is asked for before the first read."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close what is open."""
        self.close()

    def read(self, view: memoryview) -> bytes:
        """Fill `view` with what comes next; the SHA-256 of what is in it.

        Raises:
            RangeIgnored: the whole content was offered instead; use `RangeReader.restart` and `follow`.
            SourceChanged: it is not the content that it was.
        """
        reading = HashingBuffer(view, self._on_bytes)
        self.resume(reading)
        return reading.digest

    def resume(self, reading: HashingBuffer) -> None:
        """Read what is missing of a reading; what has come is not asked for again, however often it breaks."""
        self._asking.retrying(lambda: self._try(reading), reading)

    def skip(self, length: int) -> None:
        """Go on behind so many bytes, which have come already."""
        self._at += length

    def adopt(self, transfer: Transfer, left: int, opened: ExitStack) -> None:
        """Go on with a transfer that has begun, and brings `left` bytes more."""
        self._transfer, self._left, self._opened = transfer, left, opened

    def _try(self, reading: HashingBuffer) -> None:
        in_time = self._asking.patience(reading)
        while reading.missing:
            if not in_time():
                raise TransferBroken(OPERATION, "it comes in too small pieces")
            self._take(reading)

    def _take(self, reading: HashingBuffer) -> None:
        """Read what one reply brings of it, which may be less than was asked for."""
        before, fresh = reading.got, self._transfer is None
        try:
            if self._transfer is None:
                length = self._end - self._at
                self._transfer = self._opened.enter_context(self._asking.open_range(self._at, length))
                self._left = length if self._transfer.length is None else self._transfer.length
            upto = before + min(reading.missing, self._left)
            ends = upto - before == self._left
            self._asking.drain(self._transfer, reading, upto, ends=ends, inside=fresh and self._at > 0)
        except BaseException:
            self.close()
            raise
        finally:
            self._at += reading.got - before
            self._left -= reading.got - before
        if not self._left:
            self.close()

    def close(self) -> None:
        """Close what is open; the next read asks anew."""
        self._transfer = None
        self._opened.close()
