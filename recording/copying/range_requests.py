"""Asks the source, again where that helps, and sees that each reply is what was asked for."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

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
from recording.ports import Source, Transfer

_TRIES = 4
"""How often in a row one range may fail without a byte before the step is given back to the queue."""
FIRST_WAIT = 0.5
"""Seconds before the second try where the source names none; each further one is twice as long."""
_LONGEST_WAIT = 20.0
"""Seconds; a source that asks for a longer rest is left to the queue."""


class RangeIgnored(TransferBroken):
    """The source answered a range with the whole content."""


class RangeRequests:
    """What one content is asked by: its place, and what its first reply said of it.

    Args:
        source: where it comes from.
        guard: ends transfers that drip.
        location: the place as announced.
    """

    def __init__(self, source: Source, guard: StallWatchdog, location: Location) -> None:
        self.source = source
        self.guard = guard
        self.location = location
        self.total = 0
        self.validators = ""
        self.stopped = threading.Event()
        """Set to make waiting reads give up: the copy has failed elsewhere."""
        self.on_busy: Callable[[], None] = lambda: None

    def same(self, transfer: Transfer) -> bool:
        """Whether a reply is of the content that was begun, as far as it says."""
        validators = zip(self.validators.split("\n"), transfer.validators.split("\n"), strict=False)
        return transfer.total in {None, self.total} and all(
            one == other or not one or not other for one, other in validators
        )

    @contextmanager
    def open_range(self, offset: int, length: int) -> Iterator[Transfer]:
        """Ask for a range, and see that the reply is that range of that content, or the beginning of it.

        Raises:
            RangeIgnored: the whole content is offered instead.
            SourceChanged: it is not the content that it was.
            SourceNotReady: it is no media.
            TransferBroken: it is another range.
        """
        with self.source.open(self.location, offset, length) as transfer:
            see_media(transfer)
            if not self.same(transfer):
                raise SourceChanged(OPERATION, f"it was {self.total} bytes long, now it is {transfer.total}")
            if transfer.offset == 0 < offset and transfer.length in {None, self.total}:
                raise RangeIgnored(OPERATION, "the source took no notice of the range")
            if transfer.offset != offset or not 0 < (transfer.length or self.total) <= length:
                raise TransferBroken(OPERATION, mismatch(offset, length, transfer))
            yield transfer

    def drain(
        self,
        transfer: Transfer,
        reading: HashingBuffer,
        upto: int | None = None,
        *,
        ends: bool = False,
        inside: bool = False,
    ) -> None:
        """Read what is missing, or `upto` so many bytes, in tenable time; `ends` says that nothing may follow."""
        with self.guard.watching(transfer, reading.missing):
            reading.take(transfer, upto, inside=inside)
            if ends and transfer.readinto(memoryview(bytearray(1))) != 0:
                reading.forget()
                raise TransferBroken(OPERATION, "the body is longer than it was said to be")

    def patience(self, reading: HashingBuffer) -> Callable[[], bool]:
        """Whether there is time left, counted from now, for what is missing of a reading."""
        return self.guard.patience(reading.missing)

    def retrying[T](self, attempt: Callable[[], T], reading: HashingBuffer | None = None) -> T:
        """Make an attempt, and a few more where it fails in a way that passes; the source's wish for a rest is kept.

        While a reading gets on, its attempts are not counted; but only as long as all of them together are in time.
        """
        tries = 0
        in_time = self.guard.patience(reading.missing if reading else 0)
        while True:
            before = reading.got if reading else 0
            try:
                return attempt()
            except RangeIgnored:
                raise
            except (SourceBusy, SourceRefused, SourceUnreachable, TransferBroken) as error:
                tries = 1 if reading and reading.got > before and in_time() else tries + 1
                if isinstance(error, SourceBusy):
                    self.on_busy()
                wait = error.retry_after if error.retry_after is not None else FIRST_WAIT * 2.0 ** (tries - 1)
                if tries == _TRIES or wait > _LONGEST_WAIT or self.stopped.wait(wait):
                    raise


def see_media(transfer: Transfer) -> None:
    """Raise SourceNotReady if what comes says itself that it is no media."""
    if not may_be_media(transfer.content_type):
        cause = f"{transfer.content_type.partition(';')[0][:100]} is where media should be"
        raise SourceNotReady(OPERATION, cause, hint="it passes by itself")


def mismatch(offset: int, length: int, transfer: Transfer) -> str:
    """What is wrong with a reply that is another range."""
    return f"asked for {length} bytes from {offset}, was offered {transfer.length} from {transfer.offset}"
