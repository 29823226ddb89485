"""HTTP/1.1 as the copy needs it: kept connections, bodies straight from and into the caller's memory.

The requests that carry a recording's bytes go this way, below azure-core's own `Pipeline` and policies. All others
stay with the SDKs' transport, where a request costs several times the CPU, and which need not be fast.
"""

import os
import re
import ssl
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from select import POLLIN, poll
from socket import SHUT_RDWR, socket
from typing import Any, override
from urllib.parse import urlsplit

import certifi
from azure.core.exceptions import ServiceRequestError, ServiceResponseError
from azure.core.pipeline.transport import HttpTransport
from azure.core.rest import HttpRequest
from requests.utils import get_auth_from_url, get_environ_proxies, select_proxy
from urllib3.util import make_headers

CONNECT_SECONDS = 10
READ_SECONDS = 60
"""How long a single read may bring nothing. Longer than any pause seen in good replies, far shorter than a slice."""

_AHEAD = 16 << 10
"""Bytes read at a time for heads: what a TLS record holds at most."""
_LONGEST_LINE = 64 << 10
_MOST_HEADERS = 200
_PIECE = 1 << 20
"""Bytes sent at a time: the time-out holds for each of these, not for a body of any length."""
_REFUSAL = 64 << 10
"""Bytes of a refused reply that are read: enough to be quoted, few enough to be worth the connection."""
_REFUSED = 300
_BODILESS = frozenset({204, 304})
_STATUS = re.compile(r"[1-9]\d\d", re.ASCII)
_LENGTH = re.compile(r"\d{1,18}", re.ASCII)
_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,15}")
_HTTP_PORT = 80
_KEPT_SECONDS = 60.0
"""How long a connection may wait for its next request. Balancers forget a silent one after minutes, without a word."""
_LONGEST_REST = 10.0
"""Seconds that a request is held back when the server asks for a rest; a longer one is left to the queue."""

type _Key = tuple[str, str]
"""Scheme and authority of what a connection leads to."""


class Broken(Exception):
    """The connection broke, or what came over it is no HTTP."""


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


class _Connection:
    """A connection, and what has been read from it ahead."""

    def __init__(self, key: _Key, opened: socket) -> None:
        self.key = key
        self.error: OSError | None = None
        self.kept_at = 0.0
        self._socket = opened
        self._secure = opened if isinstance(opened, ssl.SSLSocket) else None
        if self._secure is not None:
            self._secure.suppress_ragged_eofs = False  # type: ignore[attr-defined] # without TLS's word an end is a break
        self._arrivals = poll()
        self._arrivals.register(opened, POLLIN)
        self._ahead = bytearray(_AHEAD)
        self._at = self._have = 0

    def is_quiet(self) -> bool:
        """Whether it is open, with nothing come that nobody asked for."""
        deciphered = self._secure is not None and self._secure.pending()
        return self._at == self._have and not deciphered and not self._arrivals.poll(0)

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
        with suppress(OSError):
            socket.shutdown(self._socket, SHUT_RDWR)

    def close(self) -> None:
        """Close it."""
        with suppress(OSError):
            self._socket.close()


class Reply:
    """An open reply, as azure-core's policies and errors know one. Not for two threads, but for `abort`.

    Once its body has been read to the end its connection serves the next request; closed before, that is lost.
    """

    def __init__(self, request: HttpRequest, connection: _Connection, wire: "Wire") -> None:
        self.request = request
        self.status_code, self.reason, self.headers = _read_head(connection)
        self.content = b""
        self._wire = wire
        self._connection: _Connection | None = connection
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
        if self._left == 0 or self.status_code in _BODILESS:
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
            self._wire.keep(connection)
        elif connection is not None:
            connection.close()


_ABORTED = "aborted"


def _read_head(connection: _Connection) -> tuple[int, str, Headers]:
    while True:
        version, _, rest = connection.read_line().decode("latin-1").partition(" ")
        code, _, reason = rest.partition(" ")
        if version not in {"HTTP/1.0", "HTTP/1.1"} or not _STATUS.fullmatch(code):
            raise Broken("what came is no HTTP")
        headers = _read_headers(connection)
        if not code.startswith("1"):
            if version == "HTTP/1.0":
                headers.setdefault("connection", "close")
            return int(code), reason, headers


def _read_headers(connection: _Connection) -> Headers:
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


def _read_chunk_size(connection: _Connection) -> int:
    size = connection.read_line().partition(b";")[0].strip()
    if not _CHUNK_SIZE.fullmatch(size):
        raise Broken("a chunk does not say how long it is")
    return int(size, 16)


class Wire(HttpTransport[HttpRequest, Reply]):
    """Sends requests over kept connections, up to `most` to each host.

    The option `body` (bytes or a memoryview) is what is sent; `Content-Length` must be among the headers. A reply of
    300 and above has been read when it is returned. Proxies and certificates are those of the environment, as the SDKs'
    own transport takes them: HTTPS_PROXY, NO_PROXY, REQUESTS_CA_BUNDLE.
    """

    def __init__(self, most: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._monotonic = monotonic
        self._idle: defaultdict[_Key, list[_Connection]] = defaultdict(list)
        self._certificates: ssl.SSLContext | None = None
        self._proxies: dict[_Key, str | None] = {}

    @override
    def send(self, request: HttpRequest, *, body: bytes | memoryview = b"", **_options: Any) -> Reply:
        """See `HttpTransport.send`.

        Raises:
            ServiceRequestError: there is no connection to be had.
            ServiceResponseError: there is no reply.
        """
        parts = urlsplit(request.url)
        key = (parts.scheme, parts.netloc)
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        headers: Mapping[str, str] = request.headers
        if parts.scheme == "http" and (proxy := self._proxy(key)):
            target, headers = request.url, {**headers, **_credentials(proxy)}
        head = _head_of(request.method, target, parts.netloc, headers)
        try:
            kept = self._take(key)
            if kept is not None:
                try:
                    return self._exchange(request, kept, head, body)
                except TimeoutError:
                    raise  # it was open, and has the request
                except (Broken, OSError):
                    pass  # closed at the other end since it was kept: a new one tells
            return self._exchange(request, self._connected(key), head, body)
        except (Broken, OSError) as error:
            raise ServiceResponseError(f"no reply: {type(error).__name__}", error=error) from error

    def _exchange(self, request: HttpRequest, connection: _Connection, head: bytes, body: bytes | memoryview) -> Reply:
        try:
            connection.send(head, body)
            reply = Reply(request, connection, self)
        except (Broken, OSError):
            connection.close()
            raise
        if reply.status_code >= _REFUSED:
            reply.settle()
        return reply

    # Connections

    def keep(self, connection: _Connection) -> None:
        """Take back a connection whose reply has been read."""
        idle = self._idle[connection.key]
        connection.kept_at = self._monotonic()
        if len(idle) < self._most:
            idle.append(connection)
        else:
            connection.close()

    def _take(self, key: _Key) -> _Connection | None:
        idle = self._idle[key]
        while idle:
            with suppress(IndexError):  # another thread was quicker
                connection = idle.pop()
                if self._monotonic() - connection.kept_at < _KEPT_SECONDS and connection.is_quiet():
                    return connection
                connection.close()
        return None

    def _connected(self, key: _Key) -> _Connection:
        try:
            return self._connect(key)
        except (OSError, HTTPException) as error:
            raise ServiceRequestError(f"no connection: {type(error).__name__}", error=error) from error

    def _connect(self, key: _Key) -> _Connection:
        scheme, authority = key
        parts = urlsplit(f"{scheme}://{authority}")
        host, port = parts.hostname or "", parts.port or (443 if scheme == "https" else _HTTP_PORT)
        proxy = urlsplit(self._proxy(key) or "")
        at = (proxy.hostname, proxy.port or _HTTP_PORT) if proxy.hostname else (host, port)
        opening: HTTPConnection
        if scheme == "https":
            opening = HTTPSConnection(*at, timeout=CONNECT_SECONDS, context=self._context())
            if proxy.hostname:
                opening.set_tunnel(host, port, _credentials(proxy.geturl()))
        else:
            opening = HTTPConnection(*at, timeout=CONNECT_SECONDS)
        opening.connect()
        opening.sock.settimeout(READ_SECONDS)
        return _Connection(key, opening.sock)

    def _proxy(self, key: _Key) -> str | None:
        if key not in self._proxies:
            url = f"{key[0]}://{key[1]}/"
            found = select_proxy(url, get_environ_proxies(url, no_proxy=None))
            self._proxies[key] = f"http://{found}" if found and "://" not in found else found
        return self._proxies[key]

    def _context(self) -> ssl.SSLContext:
        if self._certificates is None:
            bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or certifi.where()
            is_folder = os.path.isdir(bundle)  # noqa: PTH112 - a setting
            self._certificates = ssl.create_default_context(
                cafile=None if is_folder else bundle, capath=bundle if is_folder else None
            )
        return self._certificates

    @override
    def sleep(self, duration: float) -> None:
        """Wait between two tries of a request."""
        super().sleep(min(duration, _LONGEST_REST))

    @override
    def open(self) -> None:
        """Connections are opened as they are needed."""

    @override
    def close(self) -> None:
        """Close the connections that wait."""
        for idle in list(self._idle.values()):
            while idle:
                idle.pop().close()

    @override
    def __exit__(self, *_error: object) -> None:
        self.close()


def _head_of(method: str, target: str, host: str, headers: Mapping[str, str]) -> bytes:
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", *(f"{name}: {value}" for name, value in headers.items())]
    if not lines[0].isascii() or len(lines[0].split()) != 3:
        raise ValueError("the URL holds what no request line can")
    head = "\r\n".join(lines)
    if head.count("\n") != len(lines) - 1 or head.count("\r") != len(lines) - 1:
        raise ValueError("a header holds a line break")
    try:
        return f"{head}\r\n\r\n".encode("latin-1")
    except UnicodeEncodeError:
        raise ValueError("a header holds what no header can") from None  # the error itself would show them all


def _credentials(proxy: str) -> dict[str, str]:
    user, password = get_auth_from_url(proxy)
    return make_headers(proxy_basic_auth=f"{user}:{password}") if user else {}
