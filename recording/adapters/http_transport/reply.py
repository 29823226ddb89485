"""Replies, as azure-core's policies and the SDKs know them, and their bodies, which go where the caller wants them."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.client import HTTPException
from typing import Any

from recording.adapters.http_transport.connection import Connection
from recording.adapters.http_transport.response import Broken

_PIECE = 64 << 10
_ABORTED = "aborted"


class Reply:
    """A reply. Not for two threads, but for `abort`.

    Once its body has been read to the end its connection serves the next request; closed before, that is lost.
    """

    def __init__(self, request: Any, connection: Connection, give_back: Callable[[Connection], None]) -> None:
        self._response = connection.read_head(request.method)
        self.request = request
        self.status_code = self._response.status
        self.reason = self._response.reason
        self.headers = self._response.fields
        self.content_type = self.headers.get("Content-Type")
        self.content = b""
        self.filled = 0
        self._give_back = give_back
        self._connection: Connection | None = connection
        self._lock = threading.Lock()
        self._failure = ""
        self._ended = False
        if self._response.length == 0:
            self._end()

    def readinto(self, view: memoryview) -> int:
        """Fill `view` as far as bytes come; 0 at the body's end.

        Raises:
            Broken: the connection broke, or ended before the body, or was aborted; what came before is told first.
        """
        got = 0
        while got < len(view) and not self._ended and not self._failure:
            try:
                got += self._read(view[got:])
            except (Broken, HTTPException, OSError, ValueError) as error:
                self._fail(str(error) if isinstance(error, Broken) else type(error).__name__)
        if self._failure and (not got or self._failure == _ABORTED):
            raise Broken(self._failure)
        return got

    def _read(self, view: memoryview) -> int:
        response, connection = self._response, self._connection
        if connection is None:
            raise Broken("closed")
        incoming = connection.incoming
        if response.chunked:  # `readinto` would lose what came of a chunk that breaks
            piece = response.read1(min(len(view), _PIECE))
            read = len(piece)
            view[:read] = piece
        else:
            read = response.readinto(view)
        if response.isclosed():
            if incoming.error:
                raise Broken(type(incoming.error).__name__)
            if response.length or (response.chunked and incoming.has_ended):
                raise Broken("it ended too early")
            self._end()
        return read

    def read_whole(self, most: int, into: memoryview | None = None) -> None:
        """Read the body into `content`, or into a view; `filled` says how many bytes of it then.

        Raises:
            Broken: it breaks, is longer than `most` bytes or the view, or comes in an encoding, for which nobody asks.
        """
        try:
            if self.headers.get("Content-Encoding", "identity").lower() != "identity":
                raise Broken("it comes encoded, and nobody asked for that")
            if into is None:
                self._collect(most)
            else:
                self.filled = self.readinto(into)
            if not self._ended and self.readinto(memoryview(bytearray(1))):
                raise Broken("it is longer than it may be")
        finally:
            self.close()

    def read_beginning(self, most: int) -> None:
        """Read the body into `content`, or `most` bytes of it, or what comes before it breaks."""
        with suppress(Broken):
            self._collect(most)
        self.close()

    def _collect(self, most: int) -> None:
        if self._ended:
            return
        room = memoryview(bytearray(min(most, self._response.length or _PIECE)))
        pieces = list[bytes]()
        try:
            while most and (read := self.readinto(room[:most])):
                pieces.append(bytes(room[:read]))
                most -= read
        finally:
            self.content = b"".join(pieces)

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
            self._response.close()
            connection.close()

    def _fail(self, why: str) -> None:
        self._failure = self._failure or why
        self.close()

    def _end(self) -> None:
        self._ended = True
        self._response.close()
        with self._lock:
            connection, self._connection = self._connection, None
        if connection is not None and self._response.may_be_followed:
            self._give_back(connection)
        elif connection is not None:
            connection.close()

    # What the SDKs ask of a reply that has been read

    def read(self) -> bytes:
        """The body."""
        return self.content

    body = read

    def text(self, encoding: str | None = None) -> str:
        """The body as text."""
        return self.content.decode("utf-8-sig" if encoding in {None, "utf-8"} else str(encoding), errors="replace")

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.text())

    def iter_bytes(self, **_options: Any) -> Iterator[bytes]:
        """The body, as one piece."""
        yield self.content
