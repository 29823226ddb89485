"""How requests are sent: over connections that are kept for the next ones."""

import re
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, override
from urllib.parse import urlsplit

from azure.core.exceptions import ServiceResponseError
from azure.core.pipeline.transport import HttpTransport
from azure.core.rest import HttpRequest

from recording.adapters.wire import opening
from recording.adapters.wire.connection import Broken, Connection, Key
from recording.adapters.wire.opening import Opener, credentials
from recording.adapters.wire.reply import Reply
from recording.timelimits import TimeLimits

_CONTENT = frozenset({200, 206})
_SLOWEST = 64 << 10
"""Bytes per second below which a request's body is given up."""
_TARGET = re.compile(r"[/?].*", re.DOTALL)
_KEPT_SECONDS = 60.0
"""How long a connection may wait for its next request. Balancers forget a silent one after minutes, without a word."""


class Wire(HttpTransport[HttpRequest, Reply]):
    """Sends requests over connections of which up to `most` are kept for each host.

    The option `body` (bytes or a memoryview) is what is sent; `Content-Length` must be among the headers. With the
    option `stream` the body of a 200 or 206 is left to be read by the caller; every other reply has been read when it
    is returned, as far as it is short and came in time. Proxies and certificates are those of the environment, by the
    names that the SDKs' own transport knows: HTTPS_PROXY (http:// proxies only), NO_PROXY, REQUESTS_CA_BUNDLE.
    """

    def __init__(self, most: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._monotonic = monotonic
        self._idle: defaultdict[Key, list[Connection]] = defaultdict(list)
        self._limits = TimeLimits(monotonic)
        self._opener = Opener(self._limits)

    @override
    def send(
        self, request: HttpRequest, *, body: bytes | memoryview = b"", stream: bool = False, **_options: Any
    ) -> Reply:
        """See `HttpTransport.send`.

        Raises:
            ServiceRequestError: there is no connection to be had.
            ServiceResponseError: there is no reply.
        """
        parts = urlsplit(request.url)
        key = (parts.scheme, parts.netloc)
        target = target_of(request.url)
        headers: Mapping[str, str] = request.headers
        if parts.scheme == "http" and (proxy := self._opener.proxy(key)):
            target, headers = request.url, {**headers, **credentials(proxy)}
        head = _head_of(request.method, target, parts.netloc, headers)
        try:
            kept = self._take(key)
            if kept is not None:
                try:
                    return self._exchange(request, kept, head, body, stream=stream)
                except TimeoutError:
                    raise  # it was open, and has the request
                except (Broken, OSError):
                    pass  # closed at the other end since it was kept: a new one tells
            return self._exchange(request, self._opener.connect(key), head, body, stream=stream)
        except (Broken, OSError) as error:
            raise ServiceResponseError(f"no reply: {type(error).__name__}", error=error) from error

    def _exchange(
        self, request: HttpRequest, connection: Connection, head: bytes, body: bytes | memoryview, *, stream: bool
    ) -> Reply:
        with self._limits.within(opening.READ_SECONDS + len(body) / _SLOWEST, connection.shut) as limit:
            try:
                connection.send(head, body)
                reply = Reply(request, connection, self.keep)
            except (Broken, OSError) as error:
                connection.close()
                if limit.over:
                    raise TimeoutError("the reply drips") from error
                raise
            if not (stream and reply.status_code in _CONTENT):
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


def target_of(url: str) -> str:
    """What the request line says of a URL: all that stands behind its host, letter for letter."""
    found = _TARGET.search(url.partition("://")[2])
    target = found[0] if found else ""
    return target if target.startswith("/") else f"/{target}"


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
