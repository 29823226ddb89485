"""A connection: what is sent goes straight from the caller's memory, and what comes straight into it."""

import ssl
from contextlib import suppress
from socket import SHUT_RDWR, socket

from urllib3.util import wait_for_read

_AHEAD = 16 << 10
"""Bytes read at a time for heads: what a TLS record holds at most."""
_LONGEST_LINE = 64 << 10
_PIECE = 1 << 20
"""Bytes sent at a time: the time-out holds for each of these, not for a body of any length."""

type Key = tuple[str, str]
"""Scheme and authority of what a connection leads to."""


class Broken(Exception):
    """The connection broke, or what came over it is no HTTP."""


class Connection:
    """A connection, and what has been read from it ahead."""

    def __init__(self, key: Key, opened: socket) -> None:
        self.key = key
        self.error: OSError | None = None
        self.kept_at = 0.0
        self._socket = opened
        self._secure = opened if isinstance(opened, ssl.SSLSocket) else None
        if self._secure is not None:
            self._secure.suppress_ragged_eofs = False  # type: ignore[attr-defined] # without TLS's word an end is a break
        self._ahead = bytearray(_AHEAD)
        self._at = self._have = 0

    def is_quiet(self) -> bool:
        """Whether it is open, with nothing come that nobody asked for."""
        deciphered = self._secure is not None and self._secure.pending()
        return self._at == self._have and not deciphered and not wait_for_read(self._socket, timeout=0)

    def send(self, head: bytes, body: bytes | memoryview) -> None:
        """Send a request. Who is refused before the end of it finds out why from the reply."""
        with suppress(BrokenPipeError, ConnectionResetError):
            self._socket.sendall(head + body[:_AHEAD])  # one packet less than for a head by itself
            for begin in range(_AHEAD, len(body), _PIECE):
                self._socket.sendall(body[begin : begin + _PIECE])

    def read_line(self) -> bytes:
        """The next line, without its end."""
        line = b""
        while True:
            end = self._ahead.find(b"\n", self._at, self._have) + 1
            line += self._ahead[self._at : end or self._have]
            if end:
                self._at = end
                return line.rstrip(b"\r\n")
            if len(line) > _LONGEST_LINE:
                raise Broken("a line has no end")
            self._at, self._have = 0, self._socket.recv_into(self._ahead)
            if not self._have:
                raise Broken("the connection ended")

    def fill(self, view: memoryview) -> int:
        """Fill `view`; fewer bytes than it holds are the last that came, and `error` says if it was no clean end."""
        got, full, plain, secure = 0, len(view), self._socket, self._secure
        if self._at < self._have:
            got = min(full, self._have - self._at)
            view[:got] = self._ahead[self._at : self._at + got]
            self._at += got
        try:
            while got < full:
                if secure is None:
                    read = plain.recv_into(view[got:], full - got)
                else:  # `recv_into` does the same by way of two more calls for each record of 16 KiB
                    read = secure.read(full - got, view[got:])  # type: ignore[assignment]
                if not read:
                    break
                got += read
        except OSError as error:
            self.error = error
        return got

    def shut(self) -> None:
        """End every read and write, one that waits too. TLS stays on, so that nothing comes undeciphered."""
        shut(self._socket)

    def close(self) -> None:
        """Close it."""
        with suppress(OSError):
            self._socket.close()


def shut(opened: socket | None) -> None:
    """End every read and write on a socket, from any thread; harmless where there is none any more, or not yet."""
    if opened is not None:
        with suppress(OSError):
            socket.shutdown(opened, SHUT_RDWR)  # not the TLS socket's own: it would hand out what is undeciphered
