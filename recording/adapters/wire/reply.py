"""Replies: heads, which are read ahead, and bodies, which go where the caller wants them."""

import re
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, override

from azure.core.rest import HttpRequest

from recording.adapters.wire.connection import Broken, Connection

_MOST_INFORMATIONAL = 10
_MOST_HEADERS = 200
_REFUSAL = 64 << 10
"""Bytes of a refused reply that are read: enough to be quoted, few enough to be worth the connection."""
_BODILESS = frozenset({204, 304})
_STATUS = re.compile(r"[1-9]\d\d", re.ASCII)
_LENGTH = re.compile(r"\d{1,18}", re.ASCII)
_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,15}")
_ABORTED = "aborted"


class Headers(dict[str, str]):
    """A reply's headers by their names in lower case; it may be asked in any."""

    @override
    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    @override
    def __contains__(self, name: object) -> bool:
        return super().__contains__(str(name).lower())

    @override
    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)


class Reply:
    """An open reply, as azure-core's policies and errors know one. Not for two threads, but for `abort`.

    Once its body has been read to the end its connection serves the next request; closed before, that is lost.
    """

    def __init__(self, request: HttpRequest, connection: Connection, give_back: Callable[[Connection], None]) -> None:
        self.request = request
        self.status_code, self.reason, self.headers = _read_head(connection)
        self.content = b""
        self._give_back = give_back
        self._connection: Connection | None = connection
        self._lock = threading.Lock()
        self._failure = ""
        self._ended = False
        encoding, length = self.headers.get("Transfer-Encoding"), self.headers.get("Content-Length")
        if encoding is not None and encoding.lower() != "chunked":
            raise Broken("the body comes in an encoding that nobody asked for")
        if length is not None and not _LENGTH.fullmatch(length):
            raise Broken("the body does not say how long it is")
        self._chunked = encoding is not None
        # One server's chunks are another's length: nothing that follows such a body can be trusted.
        self._kept = "close" not in self.headers.get("Connection", "").lower() and (encoding is None or length is None)
        # Of the body, or of the chunk at hand; None before the first chunk, and where only the connection's end tells.
        self._left = None if self._chunked or length is None else int(length)
        if self._left == 0 or self.status_code in _BODILESS or request.method == "HEAD":
            self._end()

    def text(self) -> str:
        """The body of a refused reply."""
        return self.content.decode(errors="replace")

    def readinto(self, view: memoryview) -> int:
        """Fill `view` as far as bytes come; 0 at the body's end.

        Raises:
            Broken: the connection broke, or ended before the body, or was aborted; what came before is told first.
        """
        got = 0
        while got < len(view) and not self._ended and not self._failure:
            try:
                got += self._read(view[got:])
            except (Broken, OSError) as error:
                self._fail(str(error) if isinstance(error, Broken) else type(error).__name__)
        if self._failure and (not got or self._failure == _ABORTED):
            raise Broken(self._failure)
        return got

    def _read(self, view: memoryview) -> int:
        connection = self._connection
        if connection is None:
            raise Broken("closed")
        if self._chunked and not self._left:
            if self._left == 0 and connection.read_line():
                raise Broken("a chunk is longer than it says")
            self._left = _read_chunk_size(connection)
            if not self._left:
                _read_headers(connection)  # trailers, which say nothing that is needed
                self._end()
                return 0
        wanted = view if self._left is None else view[: self._left]
        read = connection.fill(wanted)
        if self._left is not None:
            self._left -= read
        if read < len(wanted):
            if connection.error or self._left is not None:
                self._fail(type(connection.error).__name__ if connection.error else "it ended too early")
            else:
                self._kept = False
                self._end()
        elif self._left == 0 and not self._chunked:
            self._end()
        return read

    def settle(self) -> None:
        """Read a reply that is no content, so that it can be quoted and its connection used again; or give that up."""
        if self._connection is None:
            return
        room = memoryview(bytearray(_REFUSAL))
        with suppress(Broken):  # whatever the body lacks, the status has told enough
            self.content = bytes(room[: self.readinto(room)])
        self.close()

    def abort(self) -> None:
        """Make `readinto` fail, one that is blocked and every later one. Any thread may call it."""
        with self._lock:
            self._failure = _ABORTED
            if self._connection is not None:
                self._connection.shut()

    def close(self) -> None:
        """Close what was not read to its end."""
        with self._lock:
            connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _fail(self, why: str) -> None:
        self._failure = self._failure or why
        self.close()

    def _end(self) -> None:
        self._ended = True
        with self._lock:
            connection, self._connection = self._connection, None
        if connection is not None and self._kept:
            self._give_back(connection)
        elif connection is not None:
            connection.close()


def _read_head(connection: Connection) -> tuple[int, str, Headers]:
    for _ in range(_MOST_INFORMATIONAL + 1):
        version, _, rest = connection.read_line().decode("latin-1").partition(" ")
        code, _, reason = rest.partition(" ")
        if version not in {"HTTP/1.0", "HTTP/1.1"} or not _STATUS.fullmatch(code):
            raise Broken("what came is no HTTP")
        headers = _read_headers(connection)
        if not code.startswith("1"):
            if version == "HTTP/1.0":
                headers.setdefault("connection", "close")
            return int(code), reason, headers
    raise Broken("the reply itself never comes")


def _read_headers(connection: Connection) -> Headers:
    headers = Headers()
    for _ in range(_MOST_HEADERS + 1):
        line = connection.read_line().decode("latin-1")
        if not line:
            return headers
        name, _, value = line.partition(":")
        name, value = name.strip().lower(), value.strip()
        if headers.setdefault(name, value) != value:
            headers[name] += f", {value}"
    raise Broken("too many headers")


def _read_chunk_size(connection: Connection) -> int:
    size = connection.read_line().partition(b";")[0].strip()
    if not _CHUNK_SIZE.fullmatch(size):
        raise Broken("a chunk does not say how long it is")
    return int(size, 16)
