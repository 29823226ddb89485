"""How requests are sent: over connections that are kept for the next ones."""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.client import HTTPException
from typing import Any, override

from azure.core.exceptions import ServiceResponseError
from azure.core.pipeline.transport import HttpTransport
from azure.core.utils import case_insensitive_dict
from urllib3.exceptions import HTTPError

from recording.adapters.http_transport import opening
from recording.adapters.http_transport.connection import Connection
from recording.adapters.http_transport.opening import Opener, credentials
from recording.adapters.http_transport.reply import Reply
from recording.adapters.http_transport.request import Key, Prepared, Take, body_of, head_of, split_url
from recording.adapters.http_transport.response import Broken
from recording.adapters.sdk_errors import LONGEST_RETRY_AFTER, raise_if_retry_after_too_long
from recording.timelimits import TimeLimits

_BREAKS = (Broken, HTTPException, HTTPError, OSError)
_CONTENT = frozenset({200, 206})
_REFUSED = 400
_MOST = 16 << 20
"""Bytes of a reply: a list of 50,000 blocks, which is the longest of what is asked for, has half of that."""
_MOST_REFUSED = 64 << 10
"""Bytes of a refusal that are read: enough to be quoted, few enough to be worth the connection."""
_SLOWEST = 64 << 10
"""Bytes per second below which a body is given up."""
_KEPT_SECONDS = 60.0
"""How long a connection may wait for its next request. Balancers forget a silent one after minutes, without a word."""
_IDEMPOTENT = frozenset({"GET", "HEAD", "PUT"})
"""Methods of the SDKs' requests that may be sent twice. Not DELETE: the second one would be answered with 404."""


class Urllib3Transport(HttpTransport[Any, Reply]):
    """Sends requests over connections of which up to `most` are kept for each host. Redirects are not followed.

    Of the options it heeds four. `body` is sent in place of the request's own, straight from the caller's memory.
    `take` says what of the reply is read, `into` where it is read to, if not into `Reply.content`, and `most` how many
    bytes it may have.

    Proxies and certificates are those of the environment, by the names that the SDKs' own transport knows: HTTPS_PROXY
    (http:// proxies only), NO_PROXY, REQUESTS_CA_BUNDLE. No .netrc is read and no cookie kept.
    """

    def __init__(self, most: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._monotonic = monotonic
        self._idle: defaultdict[Key, list[Connection]] = defaultdict(list)
        self._limits = TimeLimits(monotonic)
        self._opener = Opener(self._limits)

    @override
    def send(
        self,
        request: Any,
        *,
        body: bytes | memoryview | None = None,
        take: Take = Take.WHOLE,
        into: memoryview | None = None,
        most: int = _MOST,
        **_options: Any,
    ) -> Reply:
        """See `HttpTransport.send`.

        Raises:
            RetryAfterTooLong: the Retry-After of a refusal is longer than a thread may wait.
            ServiceRequestError: there is no connection to be had.
            ServiceResponseError: there is no reply.
        """
        if body is None:
            body = body_of(request)
        scheme, host, target = split_url(request.url)
        key = (scheme, host)
        headers: Mapping[str, str] = request.headers
        if scheme == "http" and (proxy := self._opener.proxy(key)):
            target, headers = request.url, case_insensitive_dict({**headers, **credentials(proxy)})
        head = head_of(request.method, target, host, headers, len(body))
        try:
            reply = self._ask(Prepared(request, key, head, body, take, into, most))
        except _BREAKS as error:
            raise ServiceResponseError(f"no reply: {type(error).__name__}", error=error) from error
        raise_if_retry_after_too_long(reply)
        return reply

    def _ask(self, asked: Prepared) -> Reply:
        kept = self._take(asked.key)
        if kept is not None:
            try:
                return self._exchange(asked, kept)
            except TimeoutError:
                raise  # it was open, and has the request
            except _BREAKS:
                if asked.take is Take.WHOLE and asked.request.method not in _IDEMPOTENT:
                    raise
                # it was closed at the other end since it was kept: a new one tells
        return self._exchange(asked, self._opener.connect(asked.key))

    def _exchange(self, asked: Prepared, connection: Connection) -> Reply:
        seconds = opening.READ_SECONDS + (len(asked.body) + len(asked.into or b"")) / _SLOWEST
        with self._limits.within(seconds, connection.shut) as limit:
            try:
                connection.send(asked.head, asked.body)
                reply = Reply(asked.request, connection, self._keep)
            except BaseException as error:
                connection.close()
                if limit.over:
                    raise TimeoutError("the reply drips") from error
                raise
            if asked.take is Take.OPEN and reply.status_code in _CONTENT:
                return reply
            if asked.take is not Take.WHOLE or reply.status_code >= _REFUSED:
                reply.read_beginning(_MOST_REFUSED)
                return reply
            try:
                reply.read_whole(asked.most, asked.into)
            except Broken as error:
                raise ServiceResponseError(f"no whole reply: {error}", error=error) from error
        if limit.over:  # which looks whole, where its end is the connection's
            raise ServiceResponseError("no whole reply: it drips")
        return reply

    def _keep(self, connection: Connection) -> None:
        """Take back a connection whose reply has been read, and close those that have waited too long for any host."""
        connection.kept_at = self._monotonic()
        for waiting in list(self._idle.values()):
            with suppress(IndexError):  # the one that waits longest is the first
                while connection.kept_at - waiting[0].kept_at >= _KEPT_SECONDS:
                    waiting.pop(0).close()
        idle = self._idle[connection.key]
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
        super().sleep(min(duration, LONGEST_RETRY_AFTER))  # a date may be long by our own clock

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
