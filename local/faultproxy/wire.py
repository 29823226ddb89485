"""HTTP/1.1 messages: heads kept byte for byte, bodies passed on in pieces."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

PIECE = 64 << 10
_NO_BODY = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class Head:
    """A request's or reply's first line and headers: as they came, and read. Header names are in lower case."""

    raw: bytes
    line: str
    headers: Mapping[str, str]

    @property
    def length(self) -> int:
        """Content-Length, 0 where there is none."""
        return int(self.headers.get("content-length", "0"))

    @property
    def chunked(self) -> bool:
        """Whether the body comes in chunks."""
        return "chunked" in self.headers.get("transfer-encoding", "").lower()

    @property
    def ends(self) -> bool:
        """Whether the connection ends after this message."""
        return self.headers.get("connection", "").lower() == "close"

    @property
    def status(self) -> int:
        """Of a reply."""
        return int(self.line.split(" ", 2)[1])


async def read_head(reader: asyncio.StreamReader) -> Head | None:
    """The next head; None if the connection ended before it."""
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        return None
    line, *fields = raw.decode("latin-1").split("\r\n")
    pairs = (field.partition(":") for field in fields if field)
    return Head(raw, line, {name.strip().lower(): value.strip() for name, _, value in pairs})


async def request_body(head: Head, reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """The pieces of a request's body."""
    async for piece in _body(head, reader, bounded=True):
        yield piece


def is_bounded(head: Head, method: str) -> bool:
    """Whether a reply says where it ends; one that does not ends with its connection."""
    return method == "HEAD" or head.status in _NO_BODY or head.chunked or "content-length" in head.headers


async def reply_body(head: Head, method: str, reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """The pieces of a reply's body, as they are on the wire; none for HEAD, 204 and 304."""
    if method == "HEAD" or head.status in _NO_BODY:
        return
    async for piece in _body(head, reader, bounded=is_bounded(head, method)):
        yield piece


async def _body(head: Head, reader: asyncio.StreamReader, *, bounded: bool) -> AsyncIterator[bytes]:
    if head.chunked:
        while True:
            line = await reader.readuntil(b"\r\n")
            yield line
            size = int(line.split(b";")[0], 16)
            yield await reader.readexactly(size + 2)
            if size == 0:
                return
    left = head.length
    while left or not bounded:
        piece = await reader.read(min(PIECE, left) if bounded else PIECE)
        if not piece:
            if bounded:
                raise asyncio.IncompleteReadError(b"", left)
            return
        left -= len(piece)
        yield piece
