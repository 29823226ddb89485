"""Reads the source range by range: every reply checked, every byte hashed, a broken range taken up where it broke."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Self

from recording.copying.destination import Progress, unwatched
from recording.copying.guard import Guard
from recording.core.errors import (
    SourceBusy,
    SourceChanged,
    SourceNotReady,
    SourceRefused,
    SourceUnreachable,
    TransferBroken,
)
from recording.core.model import Location
from recording.ports import Source, Transfer

_OPERATION = "read source"
_TRIES = 4
"""How often in a row one range may fail before the step is given back to the queue."""
FIRST_WAIT = 0.5
"""Seconds before the second try where the source names none; each further one is twice as long."""
_LONGEST_WAIT = 20.0
"""Seconds; a source that asks for a longer rest is left to the queue."""
HEAD = 64 << 10
"""Bytes of the beginning that are read at once, because they tell what kind of media it is."""
_SLICE = 1 << 20
"""Bytes read and hashed at a time: many enough to cost little, few enough that a break loses little of what came."""
_FIRST_SLICE = 128 << 10
"""Bytes of a block that are read first, for the pace to hear soon that they flow."""


class RangeIgnored(TransferBroken):
    """The source answered a range with the whole content."""


class _Reading:
    """A view that fills up, and the digest of what is in it."""

    def __init__(self, view: memoryview, on_bytes: Progress = unwatched) -> None:
        self.view = view
        self.on_bytes = on_bytes
        self.forget()

    def forget(self) -> None:
        """Begin anew: what has come is not believed."""
        self.got = 0
        self.sha256 = hashlib.sha256()

    @property
    def digest(self) -> bytes:
        return self.sha256.digest()

    @property
    def missing(self) -> int:
        return len(self.view) - self.got

    def take(self, transfer: Transfer, upto: int | None = None) -> None:
        """Read until the view is full, or has `upto` bytes; what came before a break stays."""
        end = len(self.view) if upto is None else upto
        while self.got < end:
            piece = _SLICE if self.got else _FIRST_SLICE
            read = transfer.readinto(self.view[self.got : min(self.got + piece, end)])
            if read == 0:
                raise TransferBroken(_OPERATION, f"the body ended {self.missing} bytes too early")
            self.sha256.update(self.view[self.got : self.got + read])
            self.got += read
            self.on_bytes(read)


class Ranges:
    """The content at one location, read by many threads at once.

    After `begin`, `location` is the final place (redirects followed) and `total` the length in bytes; `first` reads the
    rest of the first block. Where the source takes no notice of ranges (`whole`), all that follows comes in one stream,
    block by block, by `follow`.

    Args:
        source: where the ranges come from.
        guard: ends transfers that drip.
        location: the place as announced.
    """

    def __init__(self, source: Source, guard: Guard, location: Location) -> None:
        self._source = source
        self._guard = guard
        self._streams = ExitStack()
        self._stream: Transfer | None = None
        self._opening = ExitStack()
        self._opened: Transfer | None = None
        self._first = _Reading(memoryview(b""))
        self.location = location
        self.total = 0
        self.validators = ""
        self.stopped = threading.Event()
        """Set to make waiting reads give up: the copy has failed elsewhere."""
        self.on_busy: Callable[[], None] = lambda: None

    def __enter__(self) -> Self:
        """Nothing is asked for before `begin`."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close what is open."""
        self._opening.close()
        self._streams.close()

    @property
    def whole(self) -> bool:
        """Whether the content comes as one stream."""
        return self._stream is not None

    def begin(self, view: memoryview) -> int:
        """Ask for as much of the beginning as fills `view`, and read its head; how many bytes the first block has.

        Raises:
            SourceNotReady: the content is empty.
            TransferBroken: the reply does not say how long the content is.
        """
        self._first = self.persist(lambda: self._open(view))
        if self._opened is None:
            self._resume_first()
        return len(self._first.view)

    def head(self) -> bytes:
        """What there is of the first block so far: `HEAD` bytes or all of it at least."""
        return bytes(self._first.view[: self._first.got])

    def first(self, on_bytes: Progress = unwatched) -> bytes:
        """Read the rest of the first block; its SHA-256. Not for two threads; may be called again."""
        self._first.on_bytes = on_bytes
        opened, self._opened = self._opened, None
        if opened is not None:
            try:
                self.drain(opened, self._first, ends=not self.whole)
            except TransferBroken:
                if self.whole:
                    self.persist(self._stream_again)
            finally:
                self._opening.close()
        if self._first.missing:
            self._resume_first()
        return self._first.digest

    def _resume_first(self) -> None:
        with self.span(self._first.got, self._first.missing) as span:
            span.resume(self._first)

    def _stream_again(self) -> None:
        """A stream cannot be taken up where it broke: it begins anew."""
        self.restart()
        reading = _Reading(self._first.view)
        if self._stream is not None:
            self.drain(self._stream, reading, ends=False)
        self._first = reading

    def span(self, offset: int, length: int, on_bytes: Progress = unwatched) -> "Span":
        """The `length` bytes from `offset`, to be read piece by piece; `on_bytes` is told of them as they come."""
        return Span(self, offset, length, on_bytes)

    def read(self, offset: int, view: memoryview) -> bytes:
        """Fill `view` from `offset`; the SHA-256 of what is in it. See `Span.read`."""
        with self.span(offset, len(view)) as span:
            return span.read(view)

    def read_small(self, most: int) -> bytes:
        """The whole content of at most `most` bytes; a reply that does not say its length is read to its end.

        Raises:
            TransferBroken: it is longer, or the reply breaks.
        """
        return self.persist(lambda: self._read_small(most))

    def _read_small(self, most: int) -> bytes:
        found = bytearray()
        piece = memoryview(bytearray(64 << 10))
        with self._source.open(self.location) as transfer, self._guard.watching(transfer, most):
            while read := transfer.readinto(piece):
                found += piece[:read]
                if len(found) > most:
                    raise TransferBroken(_OPERATION, f"longer than the {most} bytes that are read at once")
            if transfer.total is not None and len(found) != transfer.total:
                raise TransferBroken(_OPERATION, f"{transfer.total} bytes were announced, {len(found)} came")
        return bytes(found)

    def restart(self) -> None:
        """Ask for the whole content as one stream, from its beginning."""
        self._streams.close()
        transfer = self._streams.enter_context(self._source.open(self.location))
        if (transfer.total, transfer.validators) != (self.total, self.validators):
            raise SourceChanged(_OPERATION, "the whole content is not what its beginning was")
        if transfer.offset != 0 or transfer.length != self.total:
            raise TransferBroken(_OPERATION, "asked for the whole content, was offered a part")
        self._stream = transfer

    def follow(self, view: memoryview, *, ends: bool) -> bytes:
        """Fill `view` with what comes next in the stream; the SHA-256 of it. `ends` says that nothing may follow."""
        if self._stream is None:
            raise TransferBroken(_OPERATION, "there is no stream to follow")
        reading = _Reading(view)
        self.drain(self._stream, reading, ends=ends)
        return reading.digest

    def _open(self, view: memoryview) -> _Reading:
        with ExitStack() as stack:
            transfer = stack.enter_context(self._source.open(self.location, 0, len(view)))
            if transfer.total == 0:
                raise SourceNotReady(_OPERATION, "an empty body is where media should be", hint="it passes by itself")
            if transfer.total is None:
                raise TransferBroken(_OPERATION, "the reply does not say how long the content is")
            reading = _Reading(view[: min(len(view), transfer.total)])
            whole = transfer.length == transfer.total > len(view)
            if transfer.offset != 0 or (transfer.length != len(reading.view) and not whole):
                raise TransferBroken(_OPERATION, _mismatch(0, len(reading.view), transfer))
            self.location, self.total, self.validators = transfer.location, transfer.total, transfer.validators
            try:
                with self._guard.watching(transfer, HEAD):
                    reading.take(transfer, min(HEAD, len(reading.view)))
            except TransferBroken:
                if whole:
                    raise
                return reading  # to be taken up where it broke
            self._opened = transfer
            if whole:
                self._stream = transfer
                self._streams.push(stack.pop_all())
            else:
                self._opening.push(stack.pop_all())
            return reading

    @contextmanager
    def open_range(self, offset: int, length: int) -> Iterator[Transfer]:
        """Ask for a range, and see that the reply is that range of that content.

        Raises:
            RangeIgnored: the whole content is offered instead.
            SourceChanged: it is not the content that it was.
            TransferBroken: it is another range.
        """
        with self._source.open(self.location, offset, length) as transfer:
            if (transfer.total, transfer.validators) != (self.total, self.validators):
                raise SourceChanged(_OPERATION, f"it was {self.total} bytes long, now it is {transfer.total}")
            if transfer.offset == 0 < offset and transfer.length == self.total:
                raise RangeIgnored(_OPERATION, "the source took no notice of the range")
            if (transfer.offset, transfer.length) != (offset, length):
                raise TransferBroken(_OPERATION, _mismatch(offset, length, transfer))
            yield transfer

    def drain(self, transfer: Transfer, reading: _Reading, *, ends: bool) -> None:
        """Read what is missing, in tenable time; `ends` says that nothing may follow."""
        with self._guard.watching(transfer, reading.missing):
            reading.take(transfer)
            if ends and transfer.readinto(memoryview(bytearray(1))) != 0:
                reading.forget()
                raise TransferBroken(_OPERATION, "the body is longer than it was said to be")

    def persist[T](self, attempt: Callable[[], T]) -> T:
        """Make an attempt, and a few more where it fails in a way that passes; the source's wish for a rest is kept."""
        tries = 0
        while True:
            try:
                return attempt()
            except RangeIgnored:
                raise
            except (SourceBusy, SourceRefused, SourceUnreachable, TransferBroken) as error:
                tries += 1
                if isinstance(error, SourceBusy):
                    self.on_busy()
                wait = error.retry_after if error.retry_after is not None else FIRST_WAIT * 2.0 ** (tries - 1)
                if tries == _TRIES or wait > _LONGEST_WAIT or self.stopped.wait(wait):
                    raise


class Span:
    """Consecutive bytes of the content: one request, and one more each time it breaks. For one thread.

    Reading it in pieces spares the requests between them, and while a piece is staged the next one is on its way.
    """

    def __init__(self, ranges: Ranges, offset: int, length: int, on_bytes: Progress) -> None:
        self._ranges = ranges
        self._at = offset
        self._end = offset + length
        self._on_bytes = on_bytes
        self._opened = ExitStack()
        self._transfer: Transfer | None = None

    def __enter__(self) -> Self:
        """Nothing is asked for before the first read."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close what is open."""
        self._close()

    def read(self, view: memoryview) -> bytes:
        """Fill `view` with what comes next; the SHA-256 of what is in it.

        Raises:
            RangeIgnored: the whole content was offered instead; use `Ranges.restart` and `follow`.
            SourceChanged: it is not the content that it was.
        """
        reading = _Reading(view, self._on_bytes)
        self.resume(reading)
        return reading.digest

    def resume(self, reading: _Reading) -> None:
        """Read what is missing of a reading; what has come is not asked for again, however often it breaks."""
        self._ranges.persist(lambda: self._try(reading))

    def _try(self, reading: _Reading) -> None:
        before = reading.got
        try:
            if self._transfer is None:
                self._transfer = self._opened.enter_context(self._ranges.open_range(self._at, self._end - self._at))
            self._ranges.drain(self._transfer, reading, ends=self._at + reading.missing == self._end)
        except BaseException:
            self._close()
            raise
        finally:
            self._at += reading.got - before

    def _close(self) -> None:
        self._transfer = None
        self._opened.close()


def _mismatch(offset: int, length: int, transfer: Transfer) -> str:
    return f"asked for {length} bytes from {offset}, was offered {transfer.length} from {transfer.offset}"
