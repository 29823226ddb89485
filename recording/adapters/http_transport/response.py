"""Replies as they come over a connection: http.client reads them, and what it lets pass is refused.

It takes the end of a connection for the end of a head, any number that Python knows for a status or the size of a
chunk, any two bytes for a chunk's end, and forgets what lies behind a reply. Here a reply that is cut or doubtful is
none: the source is deleted because of what replies say.
"""

import io
import re
import ssl
from collections.abc import Buffer, Iterable
from http.client import HTTPResponse
from socket import socket
from typing import Any, cast, override

from urllib3.util.response import assert_header_parsing

_AHEAD = 16 << 10
"""Bytes read ahead for heads: what a TLS record holds at most."""
_MOST_INFORMATIONAL = 10
_LONGEST_LINE = 64 << 10
_STATUS_LINE = re.compile(rb"(HTTP/1\.\d) ([1-9]\d\d)(?: ([^\r\n]*))?\r?\n")
_LENGTH = re.compile(r"\d{1,18}", re.ASCII)
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?\r?\n", re.DOTALL)


class Broken(Exception):
    """The connection broke, or what came over it is no HTTP."""


class Headers(dict[str, str]):
    """A reply's headers, which may be asked for in any case. urllib3's own cost several times the CPU."""

    def __init__(self, fields: Iterable[tuple[str, str]]) -> None:
        super().__init__()
        for name, value in fields:
            # One that goes on in the next line is made one line, as the standard wants it: it is told in logs.
            key, text = name.lower(), " ".join(map(str.strip, value.splitlines())).strip()
            if self.setdefault(key, text) != text:
                self[key] += f", {text}"

    @override
    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    @override
    def __contains__(self, name: object) -> bool:
        return super().__contains__(str(name).lower())

    @override
    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)


class Incoming(io.BufferedReader):
    """What comes over one connection, from its first reply to its last."""

    def __init__(self, opened: socket) -> None:
        self._socket = _SocketReader(opened)
        super().__init__(self._socket, _AHEAD)
        self.expects_chunk_size = False

    @property
    def has_ended(self) -> bool:
        """Whether the connection has ended or broken."""
        return self._socket.has_ended

    @property
    def error(self) -> OSError | None:
        """What broke it, if it was no clean end."""
        return self._socket.error

    def holds_more(self) -> bool:
        """Whether bytes lie here that no reply has taken."""
        self._socket.waits = False
        try:
            return bool(self.peek(1))
        finally:
            self._socket.waits = True

    def makefile(self, _mode: str) -> "Incoming":
        """What http.client reads a reply from: the same for every one, so that nothing between two is lost."""
        return self

    @override
    def close(self) -> None:
        """Do nothing: http.client closes this behind each reply, and the connection goes on."""

    @override
    def readline(self, size: int | None = -1) -> bytes:
        line = super().readline(size)
        if self.expects_chunk_size:
            found = _CHUNK_SIZE.fullmatch(line)
            if found is None:
                raise Broken("a chunk does not say how long it is")
            self.expects_chunk_size = int(found[1], 16) > 0
        return line

    @override
    def read(self, size: int | None = -1, /) -> bytes:
        """What http.client reads so, of all that is read here, is the line break behind a chunk."""
        end = super().read(size)
        if end and not b"\r\n".startswith(end):
            raise Broken("a chunk is longer than it says")
        return end


class _SocketReader(io.RawIOBase):
    """Reads a socket. An error is kept and looks like an end: what came before it is not lost to the caller."""

    def __init__(self, opened: socket) -> None:
        self.waits = True
        self.has_ended = False
        self.error: OSError | None = None
        self._plain = opened
        self._secure = opened if isinstance(opened, ssl.SSLSocket) else None

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, view: Buffer) -> int:
        if not self.waits or self.has_ended:
            return 0
        read = 0
        try:
            if self._secure is None:
                read = self._plain.recv_into(view)
            else:  # `recv_into` does the same by way of two more calls for each record of 16 KiB
                read = self._secure.read(len(cast("memoryview", view)), view)  # type: ignore[assignment]
        except OSError as error:
            self.error = error
        if not read:
            self.has_ended = True
        return read


class Response(HTTPResponse):
    """A reply whose head is whole and does not contradict itself.

    Attributes:
        fields: its headers.
        may_be_followed: whether its connection serves another request, once the body has been read.
    """

    fp: Incoming
    fields: Headers
    may_be_followed = False

    def __init__(self, incoming: Incoming, method: str) -> None:
        """Read the head.

        Raises:
            Broken: it is cut, or contradicts itself.
            HTTPException: it is no HTTP.
            OSError: the connection broke.
        """
        super().__init__(cast("socket", incoming), method=method)
        incoming.expects_chunk_size = False
        try:
            self._begin(incoming)
        except Exception as error:
            self.close()
            if incoming.error:
                raise incoming.error from error
            raise

    def _read_status(self) -> tuple[str, int, str]:
        found = _STATUS_LINE.fullmatch(self.fp.readline(_LONGEST_LINE))
        if found is None:
            raise Broken("it is no HTTP")
        return found[1].decode(), int(found[2]), (found[3] or b"").decode("latin-1")

    def _begin(self, incoming: Incoming) -> None:
        for _ in range(_MOST_INFORMATIONAL + 1):
            self.begin()
            if incoming.has_ended:
                raise Broken("the head is cut")
            if self.status >= 200:
                break
            self.headers = None  # type: ignore[assignment] # http.client's sign that the head is still to be read
        else:
            raise Broken("the reply itself never comes")
        assert_header_parsing(self.headers)
        self.fields = Headers(self.headers.items())
        encoding, length = self.fields.get("Transfer-Encoding"), self.fields.get("Content-Length")
        if encoding is not None and not (encoding.lower() == "chunked" and self.chunked):  # to http.client as well
            raise Broken("the body comes in an encoding that nobody asked for")
        if length is not None and not _LENGTH.fullmatch(length):
            raise Broken("the body does not say how long it is")
        # One server's chunks are another's length: nothing that follows such a body can be trusted.
        contradicts = encoding is not None and length is not None
        says_close = "close" in self.fields.get("Connection", "").lower()
        self.may_be_followed = not (self.will_close or says_close or contradicts)
        incoming.expects_chunk_size = bool(self.chunked)
