"""Reads the source range by range: every reply checked, every byte hashed, a broken range taken up where it broke."""

from contextlib import ExitStack
from types import TracebackType
from typing import Self

from recording.copying.destination import Progress, unwatched
from recording.copying.hashing_buffer import OPERATION, HashingBuffer
from recording.copying.range_requests import RangeRequests, mismatch, see_media
from recording.copying.range_stream import RangeStream
from recording.copying.stall_watchdog import StallWatchdog
from recording.core.errors import SourceChanged, SourceNotReady, SourceUnexpected, TransferBroken
from recording.core.model import Location
from recording.ports import Source, Transfer

HEAD = 64 << 10
"""Bytes of the beginning that are read at once, because they tell what kind of media it is."""

_MOST_COUNTED = 64 << 20
"""Bytes whose tenable time, some 17 minutes, a count may take: less than a run of the function."""


class RangeReader(RangeRequests):
    """The content at one location, read by many threads at once.

    After `begin`, `location` is the final place (redirects followed) and `total` the length in bytes; `first` reads the
    rest of the first block. Where the source takes no notice of ranges (`whole`), all that follows comes in one stream,
    block by block, by `follow`.

    Args:
        source: where the ranges come from.
        guard: ends transfers that drip.
        location: the place as announced.
    """

    def __init__(self, source: Source, guard: StallWatchdog, location: Location) -> None:
        super().__init__(source, guard, location)
        self._streams = ExitStack()
        self._stream: Transfer | None = None
        self._first = HashingBuffer(memoryview(b""))
        self._beginning = self.span(0, 0)

    def __enter__(self) -> Self:
        """Nothing is asked for before `begin`."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close what is open."""
        self._beginning.close()
        self._streams.close()

    @property
    def whole(self) -> bool:
        """Whether the content comes as one stream."""
        return self._stream is not None

    def begin(self, view: memoryview) -> int:
        """Ask for as much of the beginning as fills `view`, and read its head; how many bytes the first block has.

        Raises:
            SourceNotReady: the content is empty, or an error page.
        """
        self._first = self.retrying(lambda: self._open(view))
        if self._first.got < min(HEAD, len(self._first.view)):
            self.first()
        return len(self._first.view)

    def head(self) -> bytes:
        """What there is of the first block so far: `HEAD` bytes or all of it at least."""
        return bytes(self._first.view[: self._first.got])

    def first(self, on_bytes: Progress = unwatched) -> bytes:
        """Read the rest of the first block; its SHA-256. Not for two threads; may be called again."""
        self._first.on_bytes = on_bytes
        if self._stream is None:
            with self._beginning as span:
                span.resume(self._first)
        elif self._first.missing:
            try:
                self.drain(self._stream, self._first)
            except TransferBroken:
                self.retrying(self._stream_again)
        return self._first.digest

    def _stream_again(self) -> None:
        """A stream cannot be taken up where it broke: it begins anew."""
        self.restart()
        reading = HashingBuffer(self._first.view)
        if self._stream is not None:
            self.drain(self._stream, reading)
        self._first = reading

    def span(self, offset: int, length: int, on_bytes: Progress = unwatched) -> RangeStream:
        """The `length` bytes from `offset`, to be read piece by piece; `on_bytes` is told of them as they come."""
        return RangeStream(self, offset, length, on_bytes)

    def read(self, offset: int, view: memoryview) -> bytes:
        """Fill `view` from `offset`; the SHA-256 of what is in it. See `RangeStream.read`."""
        with self.span(offset, len(view)) as span:
            return span.read(view)

    def read_small(self, most: int) -> bytes:
        """The whole content of at most `most` bytes; a reply that does not say its length is read to its end.

        Raises:
            TransferBroken: it is longer, or the reply breaks.
        """
        return self.retrying(lambda: self._read_small(most))

    def _read_small(self, most: int) -> bytes:
        found = bytearray()
        piece = memoryview(bytearray(64 << 10))
        with self.source.open(self.location) as transfer, self.guard.watching(transfer, most):
            while read := transfer.readinto(piece):
                found += piece[:read]
                if len(found) > most:
                    raise TransferBroken(OPERATION, f"longer than the {most} bytes that are read at once")
            if transfer.total is not None and len(found) != transfer.total:
                raise TransferBroken(OPERATION, f"{transfer.total} bytes were announced, {len(found)} came")
        return bytes(found)

    def restart(self) -> None:
        """Ask for the whole content as one stream, from its beginning."""
        self._streams.close()
        transfer = self._streams.enter_context(self.source.open(self.location))
        see_media(transfer)
        if not self.same(transfer):
            raise SourceChanged(OPERATION, "the whole content is not what its beginning was")
        if transfer.offset != 0 or transfer.length not in {None, self.total}:
            raise TransferBroken(OPERATION, "asked for the whole content, was offered a part")
        self._stream = transfer

    def follow(self, view: memoryview, *, ends: bool) -> bytes:
        """Fill `view` with what comes next in the stream; the SHA-256 of it. `ends` says that nothing may follow."""
        if self._stream is None:
            raise TransferBroken(OPERATION, "there is no stream to follow")
        reading = HashingBuffer(view)
        self.drain(self._stream, reading, ends=ends)
        return reading.digest

    def _open(self, view: memoryview) -> HashingBuffer:
        with ExitStack() as stack:
            transfer = stack.enter_context(self.source.open(self.location, 0, len(view)))
            see_media(transfer)
            total = transfer.total
            if total is None:
                stack.close()
                total = self._find_total(view)
            if total == 0:
                raise SourceNotReady(OPERATION, "an empty body is where media should be", hint="it passes by itself")
            reading = HashingBuffer(view[: min(len(view), total)])
            if transfer.total is None:
                transfer = stack.enter_context(self.source.open(self.location, 0, len(reading.view)))
                see_media(transfer)
            if transfer.total not in {None, total}:
                raise SourceChanged(OPERATION, f"it was {total} bytes long, now it is {transfer.total}")
            length = total if transfer.length is None else transfer.length
            whole = length == total > len(view)
            if transfer.offset != 0 or not (0 < length <= len(reading.view) or whole):
                raise TransferBroken(OPERATION, mismatch(0, len(reading.view), transfer))
            self.location, self.total, self.validators = transfer.location, total, transfer.validators
            self._beginning = self.span(0, len(reading.view))
            try:
                with self.guard.watching(transfer, HEAD):
                    reading.take(transfer, min(HEAD, len(reading.view), length))
            except TransferBroken:
                if whole:
                    raise
                self._beginning.skip(reading.got)
                return reading  # to be taken up where it broke
            if whole:
                self._stream = transfer
                self._streams.push(stack.pop_all())
            else:
                self._beginning.skip(reading.got)
                self._beginning.adopt(transfer, length - reading.got, stack.pop_all())
            return reading

    def _find_total(self, view: memoryview) -> int:
        """How long the content is, where the reply to a range does not say: asked for the whole, or counted.

        A count is the last resort: all is read, and later read again, which must then end at the same place.

        Raises:
            SourceUnexpected: it does not end, as far as one run can tell.
        """
        total = 0
        in_time = self.guard.patience(_MOST_COUNTED)
        with self.source.open(self.location) as transfer:
            see_media(transfer)
            if transfer.total is not None:
                return transfer.total
            if transfer.offset != 0 or transfer.length is not None:
                raise TransferBroken(OPERATION, "the reply does not say how long the content is")
            while True:
                with self.guard.watching(transfer, len(view)):
                    read = transfer.readinto(view)
                if not read:
                    return total
                total += read
                if not in_time():
                    raise SourceUnexpected(
                        OPERATION, f"it does not say how long it is, and goes on after {total} bytes"
                    )
