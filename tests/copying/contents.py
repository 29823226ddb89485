"""One content at a fake source, and its reader."""

import hashlib
from collections.abc import Sequence

from recording.copying.range_reader import RangeReader
from recording.copying.range_requests import RangeRequests
from recording.copying.stall_watchdog import StallWatchdog
from recording.copying.whole_stream import WholeStream
from tests.copying.copies import BLOCK, Clock, media, source_with
from tests.fakes import FakeSource

CONTENT = media(5 * BLOCK + 7)


def reader_of(content: bytes = CONTENT, validators: str = "") -> tuple[FakeSource, RangeReader]:
    """A source, and a reader of what it holds."""
    source, location = source_with(content)
    source.validators = validators
    return source, RangeReader(source, StallWatchdog(Clock()), location)


def opened(content: bytes = CONTENT, validators: str = "") -> tuple[FakeSource, RangeReader]:
    """The same, with the first block read."""
    source, reader = reader_of(content, validators)
    reader.open(view_of())
    reader.read_first_block()
    return source, reader


def requests_of(content: bytes = CONTENT) -> tuple[FakeSource, RangeRequests]:
    """A source, and the requests for what it holds."""
    source, reader = reader_of(content)
    return source, reader.requests


def view_of(length: int = BLOCK) -> memoryview:
    """Memory for a block."""
    return memoryview(bytearray(length))


def whole_of(reader: RangeReader) -> WholeStream:
    """The stream of a content whose source ignores ranges."""
    assert reader.whole is not None
    return reader.whole


def sha256(content: bytes | memoryview) -> bytes:
    """The digest of some bytes."""
    return hashlib.sha256(content).digest()


def read_stream(reader: RangeReader, pieces: Sequence[int], offset: int = 100) -> bytes:
    """A range of `CONTENT` read in pieces, each compared with its digest."""
    found = b""
    with reader.stream(offset, sum(pieces)) as stream:
        for piece in pieces:
            view = view_of(piece)
            assert sha256(CONTENT[offset + len(found) :][:piece]) == stream.read_next(view)
            found += bytes(view)
    return found
