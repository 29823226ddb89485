"""A server on 127.0.0.1 that sends what its script says, byte for byte, to every client."""

import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

type Step = bytes | Callable[[bytes], bytes | Iterator[bytes]] | None
"""What is said to a request once it was heard, or made of it; None closes the connection without hearing one."""
type Script = Sequence[Step]
"""The steps of one connection. After the last it is left open until the other side closes it."""

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_END = b"\r\n\r\n"


def said(body: bytes = b"", *headers: str, status: str = "200 OK") -> bytes:
    """A whole reply with its length."""
    return head(f"Content-Length: {len(body)}", *headers, status=status) + body


def head(*headers: str, status: str = "200 OK") -> bytes:
    """The head of a reply."""
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode("latin-1")


def chunked(*pieces: bytes, extension: str = "", trailers: Sequence[str] = ()) -> bytes:
    """A body in chunks."""
    chunks = b"".join(b"%X%s\r\n%s\r\n" % (len(piece), extension.encode(), piece) for piece in pieces)
    return chunks + "\r\n".join([f"0{extension}", *trailers, "", ""]).encode()


def slowly(begin: bytes, piece: bytes = b"x", end: bytes = b"") -> Callable[[bytes], Iterator[bytes]]:
    """Sends the beginning, then for half a minute pieces, each within the timeout of a socket; then the end."""

    def say(_request: bytes) -> Iterator[bytes]:
        yield begin
        for _ in range(300):
            time.sleep(0.1)
            yield piece
        yield end

    return say


class Server:
    """Plays one script for each connection, and the last one for all further connections.

    Args:
        scripts: what is sent, for each connection.
        tls: uses TLS, with the certificate of this context.
        tunnel: is a proxy first, that leads every CONNECT to itself.
        bodies: hears requests to their end, or only their heads.
        tells_ends: says by TLS, too, that it closes; if not, the connection is cut off.
    """

    def __init__(
        self,
        *scripts: Script,
        tls: ssl.SSLContext | None = None,
        tunnel: bool = False,
        bodies: bool = True,
        tells_ends: bool = True,
    ) -> None:
        self.heard: list[bytes] = []
        self.opened = 0
        self.sent = 0
        self.closed = threading.Semaphore(0)
        """Released for each connection that was closed from here."""
        self.left = threading.Semaphore(0)
        """Released for each connection that the other side has closed."""
        self._scripts = scripts
        self._tls = tls
        self._tunnel = tunnel
        self._bodies = bodies
        self._tells_ends = tells_ends
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._listen, daemon=True)]
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.authority = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.url = f"{'https' if tls else 'http'}://{self.authority}"

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for one in (self._listener, *self._open):
            with suppress(OSError):
                socket.socket.shutdown(one, socket.SHUT_RDWR)  # wakes a thread that waits for it
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                script = self._scripts[min(self.opened, len(self._scripts) - 1)]
                self.opened += 1
                self._open.append(connection)
                self._threads.append(threading.Thread(target=self._play, args=(connection, script), daemon=True))
                self._threads[-1].start()

    def _play(self, connection: socket.socket, script: Script) -> None:
        with suppress(OSError):
            if self._tunnel:
                self.heard.append(self._hear(connection))
                connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            if self._tls:
                self._open.remove(connection)
                connection = self._tls.wrap_socket(connection, server_side=True)
                self._open.append(connection)
            for step in script:
                if step is None:
                    break
                request = self._hear(connection)
                self.heard.append(request)
                said = step(request) if callable(step) else step
                for piece in [said] if isinstance(said, bytes) else said:
                    connection.sendall(piece)
                    self.sent += len(piece)
            else:
                while connection.recv(1 << 16):
                    pass
                self.left.release()
        if isinstance(connection, ssl.SSLSocket) and self._tells_ends:
            with suppress(OSError):  # the other side has not answered yet
                connection.setblocking(False)  # noqa: FBT003 - the socket's own signature
                connection.unwrap()
        connection.close()
        self.closed.release()

    def _hear(self, connection: socket.socket) -> bytes:
        """The next request; the end of the connection is an error."""
        request = b""
        while _END not in request or (self._bodies and len(request) < _whole(request)):
            received = connection.recv(1 << 16)
            if not received:
                raise ConnectionError("the connection has ended")
            request += received
        return request


def _whole(request: bytes) -> int:
    found = _LENGTH.search(request)
    return request.index(_END) + len(_END) + (int(found[1]) if found else 0)
