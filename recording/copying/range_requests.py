"""Requests to the source: retried where that helps, and every reply held against what was asked for."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from recording.copying.hashing_buffer import OPERATION, HashingBuffer
from recording.copying.stall_watchdog import StallWatchdog
from recording.core.errors import (
    SourceBusy,
    SourceChanged,
    SourceNotReady,
    SourceRefused,
    SourceUnreachable,
    TransferBroken,
)
from recording.core.media import may_be_media
from recording.core.model import Location
from recording.ports import ReadableSource, Transfer

_TRIES = 4
"""How often in a row a request may fail without a byte; then the error is raised, and the queue tries again later."""
FIRST_WAIT = 0.5
"""Seconds before the second try where the reply has no Retry-After; doubled with each further try."""
_LONGEST_WAIT = 20.0
"""Seconds; a longer Retry-After is left to the queue."""


class RangeIgnored(TransferBroken):
    """The source answered a range with the whole content."""


@dataclass(frozen=True, slots=True)
class SourceContent:
    """What the first reply said of the content. Every later reply of the same copy must agree with it.

    Attributes:
        location: where it is, after redirects.
        total: its length in bytes.
        validators: ETag and Last-Modified, a line each; empty where not sent.
    """

    location: Location
    total: int
    validators: str

    def agrees(self, transfer: Transfer) -> bool:
        """Whether a reply can be of the same content; a length or validator that is missing contradicts nothing."""
        validators = zip(self.validators.split("\n"), transfer.validators.split("\n"), strict=False)
        return transfer.total in {None, self.total} and all(
            one == other or not one or not other for one, other in validators
        )


class RangeRequests:
    """The requests for one content. Thread-safe once `content` is known.

    Args:
        source: where it is.
        watchdog: aborts stalled transfers.
        location: where it was announced to be.

    Attributes:
        content: what it is; before the first reply, only its announced location is known.
        stopped: set to end all waiting between tries: the copy has failed elsewhere.
        on_throttled: called each time that the source throttles.
    """

    def __init__(self, source: ReadableSource, watchdog: StallWatchdog, location: Location) -> None:
        self.source = source
        self.watchdog = watchdog
        self.content = SourceContent(location, 0, "")
        self.stopped = threading.Event()
        self.on_throttled: Callable[[], None] = lambda: None

    @contextmanager
    def open(self, offset: int = 0, length: int | None = None) -> Iterator[Transfer]:
        """Ask for a range, or for the whole. Any range may come, of any content, if its content type can be media's.

        Raises:
            SourceNotReady: it is no media.
        """
        with self.source.open(self.content.location, offset, length) as transfer:
            if not may_be_media(transfer.content_type):
                cause = f"{transfer.content_type.partition(';')[0][:100]} is where media should be"
                raise SourceNotReady(OPERATION, cause, hint="it passes by itself")
            yield transfer

    @contextmanager
    def open_range(self, offset: int, length: int) -> Iterator[Transfer]:
        """Ask for a range of the known content; the reply is that range, or the beginning of it.

        Raises:
            RangeIgnored: the whole content is offered instead.
            SourceChanged: it is not the content that it was.
            SourceNotReady: it is no media.
            TransferBroken: it is another range.
        """
        with self.open(offset, length) as transfer:
            if not self.content.agrees(transfer):
                raise SourceChanged(OPERATION, f"it was {self.content.total} bytes long, now it is {transfer.total}")
            if transfer.offset == 0 < offset and transfer.length in {None, self.content.total}:
                raise RangeIgnored(OPERATION, "the source ignored the range")
            if transfer.offset != offset or not 0 < (transfer.length or self.content.total) <= length:
                raise TransferBroken(OPERATION, mismatch(offset, length, transfer))
            yield transfer

    @contextmanager
    def open_whole(self) -> Iterator[Transfer]:
        """Ask for all of the known content.

        Raises:
            SourceChanged: it is not the content that it was.
            SourceNotReady: it is no media.
            TransferBroken: it is a part only.
        """
        with self.open() as transfer:
            if not self.content.agrees(transfer):
                raise SourceChanged(OPERATION, "the whole content is not what its beginning was")
            if transfer.offset != 0 or transfer.length not in {None, self.content.total}:
                raise TransferBroken(OPERATION, "asked for the whole content, was offered a part")
            yield transfer

    def receive(
        self,
        transfer: Transfer,
        buffer: HashingBuffer,
        upto: int | None = None,
        *,
        ends: bool = False,
        inside: bool = False,
    ) -> None:
        """Read what a buffer misses from a watched transfer: see `HashingBuffer.read_from`. `ends`: nothing may follow.

        Raises:
            TransferBroken: it broke, stalled, or went on where it should end; in that case the buffer is reset.
        """
        with self.watchdog.watching(transfer, buffer.missing):
            buffer.read_from(transfer, upto, inside=inside)
            if ends and transfer.readinto(memoryview(bytearray(1))) != 0:
                buffer.reset()
                raise TransferBroken(OPERATION, "the body is longer than it was said to be")

    def retrying[T](self, attempt: Callable[[], T], buffer: HashingBuffer | None = None) -> T:
        """Make an attempt, and repeat it after errors that pass; Retry-After is kept to.

        Tries are counted anew after an attempt that has brought bytes into the `buffer`, but only as long as all
        attempts together keep the minimum throughput.
        """
        tries = 0
        in_time = self.watchdog.timer(buffer.missing if buffer else 0)
        while True:
            before = buffer.got if buffer else 0
            try:
                return attempt()
            except RangeIgnored:
                raise
            except (SourceBusy, SourceRefused, SourceUnreachable, TransferBroken) as error:
                tries = 1 if buffer and buffer.got > before and in_time() else tries + 1
                if isinstance(error, SourceBusy):
                    self.on_throttled()
                wait = error.retry_after if error.retry_after is not None else FIRST_WAIT * 2.0 ** (tries - 1)
                if tries == _TRIES or wait > _LONGEST_WAIT or self.stopped.wait(wait):
                    raise


def mismatch(offset: int, length: int, transfer: Transfer) -> str:
    """The cause of an error: the reply is another range."""
    return f"asked for {length} bytes from {offset}, was offered {transfer.length} from {transfer.offset}"
