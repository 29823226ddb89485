"""Requests for the whole content, without a range: as a stream of blocks, a small one at once, or only counted."""

from contextlib import ExitStack
from typing import Self

from recording.copying.hashing_buffer import OPERATION, HashingBuffer
from recording.copying.range_requests import RangeRequests
from recording.core.errors import SourceUnexpected, TransferBroken
from recording.ports import Transfer

_COUNTED = 64 << 20
"""Bytes whose time at the minimum throughput, some 17 minutes, a count may take: less than a run of the function."""
_PIECE = 64 << 10


class WholeStream:
    """The content in one reply, read in order, where the source ignores ranges. Not thread-safe.

    A reply that broke cannot be resumed: only the first block is read again, from a new reply; a later break is raised.

    Args:
        requests: the requests for its content.
        transfer: the open reply.
        opened: closes it.
    """

    def __init__(self, requests: RangeRequests, transfer: Transfer, opened: ExitStack) -> None:
        self._requests = requests
        self._transfer = transfer
        self._opened = opened

    @classmethod
    def open(cls, requests: RangeRequests) -> Self:
        """Ask for it, from its beginning; see `RangeRequests.open_whole`."""
        opened = ExitStack()
        return cls(requests, opened.enter_context(requests.open_whole()), opened)

    def read_next(self, view: memoryview, *, ends: bool) -> bytes:
        """Fill `view` with what comes next; its SHA-256. `ends`: nothing may follow.

        Raises:
            TransferBroken: the reply broke, or is longer than the content.
        """
        buffer = HashingBuffer(view)
        self._requests.receive(self._transfer, buffer, ends=ends)
        return buffer.digest

    def fill_first(self, buffer: HashingBuffer) -> None:
        """Read what the first block's buffer misses, if anything; after a break, all of it from a new reply."""
        if not buffer.missing:
            return
        try:
            self._requests.receive(self._transfer, buffer)
        except TransferBroken:
            self._requests.retrying(lambda: self._fill_again(buffer))

    def close(self) -> None:
        """Close the reply."""
        self._opened.close()

    def _fill_again(self, buffer: HashingBuffer) -> None:
        buffer.reset()
        self._opened.close()
        self._transfer = self._opened.enter_context(self._requests.open_whole())
        self._requests.receive(self._transfer, buffer)


def read_small(requests: RangeRequests, most: int) -> bytes:
    """The whole content, of any type, of at most `most` bytes; a reply without a length is read to its end.

    Raises:
        TransferBroken: it is longer, or the reply breaks.
    """
    return requests.retrying(lambda: _read_small(requests, most))


def _read_small(requests: RangeRequests, most: int) -> bytes:
    found = bytearray()
    piece = memoryview(bytearray(_PIECE))
    with requests.source.open(requests.content.location) as transfer, requests.watchdog.watching(transfer, most):
        while read := transfer.readinto(piece):
            found += piece[:read]
            if len(found) > most:
                raise TransferBroken(OPERATION, f"longer than the {most} bytes that are read at once")
        if transfer.total is not None and len(found) != transfer.total:
            raise TransferBroken(OPERATION, f"{transfer.total} bytes were announced, {len(found)} came")
    return bytes(found)


def find_length(requests: RangeRequests, view: memoryview) -> int:
    """The length of the content, where the reply to a range does not say it: said by the whole reply, or counted.

    Counting is the last resort: all is read, and read again later, when it must end at the same place.

    Args:
        requests: the requests for its content.
        view: memory to read into; what is in it is lost.

    Raises:
        SourceUnexpected: it does not end within the time of a run.
        TransferBroken: the reply is a part, which does not say it.
    """
    total = 0
    in_time = requests.watchdog.timer(_COUNTED)
    with requests.open() as transfer:
        if transfer.total is not None:
            return transfer.total
        if transfer.offset != 0 or transfer.length is not None:
            raise TransferBroken(OPERATION, "the reply does not say how long the content is")
        while True:
            with requests.watchdog.watching(transfer, len(view)):
                read = transfer.readinto(view)
            if not read:
                return total
            total += read
            if not in_time():
                raise SourceUnexpected(OPERATION, f"it does not say how long it is, and goes on after {total} bytes")
