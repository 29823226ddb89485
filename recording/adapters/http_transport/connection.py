"""A connection that urllib3 has opened: what is sent goes straight from the caller's memory, and what comes into it."""

import ssl
from contextlib import suppress
from socket import SHUT_RDWR, socket

from urllib3.connection import HTTPConnection

from recording.adapters.http_transport.request import Key
from recording.adapters.http_transport.response import Incoming, Response

_WITH_HEAD = 16 << 10
"""Bytes of a body that are sent together with the head."""
_PIECE = 1 << 20
"""Bytes sent at a time: the time-out holds for each of these, not for a body of any length."""


class Connection:
    """An open connection."""

    def __init__(self, key: Key, opened: HTTPConnection) -> None:
        self.key = key
        self.kept_at = 0.0
        self._opened = opened
        self._socket: socket = opened.sock
        if isinstance(self._socket, ssl.SSLSocket):
            self._socket.suppress_ragged_eofs = False  # type: ignore[attr-defined] # without TLS's word an end is a break
        self.incoming = Incoming(self._socket)

    def is_quiet(self) -> bool:
        """Whether it is open, with nothing come that nobody asked for."""
        deciphered = isinstance(self._socket, ssl.SSLSocket) and self._socket.pending()
        return not deciphered and self._opened.is_connected and not self.incoming.holds_more()

    def send(self, head: bytes, body: bytes | memoryview) -> None:
        """Send a request. Who is refused before the end of it finds out why from the reply."""
        with suppress(BrokenPipeError, ConnectionResetError):
            self._socket.sendall(head + body[:_WITH_HEAD])  # one packet less than for a head by itself
            for begin in range(_WITH_HEAD, len(body), _PIECE):
                self._socket.sendall(body[begin : begin + _PIECE])

    def read_head(self, method: str) -> Response:
        """The reply to what was sent. urllib3's own would copy every byte of the body once more."""
        return Response(self.incoming, method)

    def shut(self) -> None:
        """End every read and write, one that waits too. TLS stays on, so that nothing comes undeciphered."""
        shut(self._socket)

    def close(self) -> None:
        """Close it."""
        with suppress(OSError):
            self._opened.close()


def shut(opened: socket | None) -> None:
    """End every read and write on a socket, from any thread; harmless where there is none any more, or not yet."""
    if opened is not None:
        with suppress(OSError):
            socket.shutdown(opened, SHUT_RDWR)  # not the TLS socket's own: it would hand out what is undeciphered
