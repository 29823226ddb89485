"""How requests are sent: over connections that are kept for the next ones."""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, override
from urllib.parse import urlsplit

from azure.core.exceptions import ServiceResponseError
from azure.core.pipeline.transport import HttpTransport
from azure.core.rest import HttpRequest

from recording.adapters.wire.connection import Broken, Connection, Key
from recording.adapters.wire.opening import Opener, credentials
from recording.adapters.wire.reply import Reply

_REFUSED = 300
_KEPT_SECONDS = 60.0
"""How long a connection may wait for its next request. Balancers forget a silent one after minutes, without a word."""
_LONGEST_REST = 10.0
"""Seconds that a request is held back at most, however long a rest the server asks for: the queue has minutes."""


class Wire(HttpTransport[HttpRequest, Reply]):
    """Sends requests over connections of which up to `most` are kept for each host.

    The option `body` (bytes or a memoryview) is what is sent; `Content-Length` must be among the headers. A reply of
    300 and above has been read when it is returned. Proxies and certificates are those of the environment, by the names
    that the SDKs' own transport knows: HTTPS_PROXY (http:// proxies only), NO_PROXY, REQUESTS_CA_BUNDLE.
    """

    def __init__(self, most: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._monotonic = monotonic
        self._idle: defaultdict[Key, list[Connection]] = defaultdict(list)
        self._opener = Opener()

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
        if parts.scheme == "http" and (proxy := self._opener.proxy(key)):
            target, headers = request.url, {**headers, **credentials(proxy)}
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
            return self._exchange(request, self._opener.connect(key), head, body)
        except (Broken, OSError) as error:
            raise ServiceResponseError(f"no reply: {type(error).__name__}", error=error) from error

    def _exchange(self, request: HttpRequest, connection: Connection, head: bytes, body: bytes | memoryview) -> Reply:
        try:
            connection.send(head, body)
            reply = Reply(request, connection, self.keep)
        except (Broken, OSError):
            connection.close()
            raise
        if reply.status_code >= _REFUSED:
            reply.settle()
        return reply

    def keep(self, connection: Connection) -> None:
        """Take back a connection whose reply has been read."""
        idle = self._idle[connection.key]
        connection.kept_at = self._monotonic()
        if len(idle) < self._most:
            idle.append(connection)
        else:
            connection.close()

    def _take(self, key: Key) -> Connection | None:
        idle = self._idle[key]
        while idle:
            with suppress(IndexError):  # another thread was quicker
                connection = idle.pop()
                if self._monotonic() - connection.kept_at < _KEPT_SECONDS and connection.is_quiet():
                    return connection
                connection.close()
        return None

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
