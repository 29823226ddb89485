"""One HTTP session per client, with the SDK's transport but without what it would pay on every request.

Every request has an end: its reply comes whole within a time, and within so many bytes.
"""

import io
import threading
import time
from collections.abc import Mapping, MutableMapping
from http.client import HTTPResponse, RemoteDisconnected
from socket import socket
from typing import Any, override
from urllib.parse import urlsplit

import requests
import urllib3
from azure.core.pipeline.transport import RequestsTransport
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.retry import Retry

from recording.adapters.sdk_errors import LONGEST_REST, give_back_long_rest
from recording.adapters.wire import CONNECT_SECONDS, READ_SECONDS, shut
from recording.timelimits import TimeLimits

_MOST = 16 << 20
"""Bytes of a reply, decoded: a list of 50,000 blocks, which is the longest of what is asked for, has half of that."""
_MOST_STREAMED = 64 << 20
"""Bytes of a reply that the SDK reads as a stream: it asks for 32 MiB of a blob at most at a time."""
_SLOWEST = 64 << 10
"""Bytes per second below which a body is given up."""
_PIECE = 64 << 10
_REFUSED = 400


class _Asked:
    """A request on its way: the connection that it uses, and the socket of its reply, which may outlive that."""

    connection: "_Noted | None" = None
    opened: socket | None = None

    def end(self) -> None:
        """Make it fail."""
        shut(self.opened)
        if self.connection is not None:
            shut(self.connection.sock)


class _Here(threading.local):
    """What this thread is asking for."""

    asked = _Asked()


_here = _Here()


class _Lines:
    """Hands on the lines of a head, and remembers the last."""

    def __init__(self, head: Any) -> None:
        self._head = head
        self.last = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._head, name)

    def readline(self, *limit: int) -> bytes:
        """The next line; empty at the connection's end."""
        self.last = self._head.readline(*limit)
        return self.last


class _Whole(HTTPResponse):
    """A reply whose head is whole: to http.client the end of the connection is as good as the end of the head."""

    def __init__(self, sock: socket, *rest: Any, **options: Any) -> None:
        _here.asked.opened = sock
        super().__init__(sock, *rest, **options)

    @override
    def begin(self) -> None:
        head, lines = self.fp, _Lines(self.fp)
        self.fp = lines  # type: ignore[assignment]
        super().begin()
        self.fp = head
        if lines.last not in {b"\r\n", b"\n"}:
            raise RemoteDisconnected("the head is cut")


class _Noted:
    """A connection that says for which request it works, from before it is connected."""

    sock: Any
    response_class: Any = _Whole

    def connect(self) -> None:
        """Connect, as the class beside this one does."""
        _here.asked.connection = self
        super().connect()  # type: ignore[misc]

    def request(self, *parts: Any, **options: Any) -> None:
        """Send a request, as the class beside this one does."""
        _here.asked.connection = self
        super().request(*parts, **options)  # type: ignore[misc]


class _Plain(_Noted, HTTPConnection):
    pass


class _Secure(_Noted, HTTPSConnection):
    pass


class _PlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _Secure


class _Adapter(HTTPAdapter):
    """Opens connections that are noted, straight and through an http proxy."""

    @override
    def init_poolmanager(self, *sizes: Any, **options: Any) -> None:
        super().init_poolmanager(*sizes, **options)
        _note(self.poolmanager)

    @override
    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        return _note(super().proxy_manager_for(proxy, **options))


def _note(manager: urllib3.PoolManager) -> urllib3.PoolManager:
    if type(manager) in {urllib3.PoolManager, urllib3.ProxyManager}:  # one for SOCKS has connections of its own
        manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}
    return manager


class _Session(requests.Session):
    """A session that does for each request what the SDK's transport needs, and no more.

    `requests` prepares anew what the SDK has prepared already (URL, headers, body, cookies), and walks the environment
    for proxies and certificates each time: half of what a request costs. Here the environment is asked once per host.
    A .netrc is never read: an entry for a storage host would replace the Authorization header.
    """

    def __init__(self, connections: int) -> None:
        super().__init__()
        self._surroundings: dict[tuple[str, str], dict[str, Any]] = {}
        self._limits = TimeLimits(time.monotonic)
        adapter = _Adapter(
            pool_connections=16,
            pool_maxsize=connections,
            max_retries=Retry(total=False, redirect=False, raise_on_status=False),
        )
        for scheme in ("https://", "http://"):
            self.mount(scheme, adapter)

    @override
    def request(  # type: ignore[override]
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        data: Any,
        timeout: tuple[float, float],
        verify: bool | str,
        stream: bool = False,
        proxies: MutableMapping[str, str] | None = None,
        **rest: Any,
    ) -> requests.Response:
        """Send what `RequestsTransport` hands over, which is ready to be sent, and read the reply, a stream too."""
        prepared = requests.PreparedRequest()
        prepared.method, prepared.url = method, url
        prepared.headers = CaseInsensitiveDict(headers)
        prepared.body = data.encode() if isinstance(data, str) and data else data or None
        if prepared.body is not None and "Content-Length" not in prepared.headers:
            prepared.headers["Content-Length"] = str(len(prepared.body))  # else it would go out in chunks
        around = {"verify": verify, "proxies": proxies} if proxies else self._around(url, verify)
        most = _MOST_STREAMED if stream else _MOST
        asked = _here.asked = _Asked()
        with self._limits.within(READ_SECONDS + (most / _SLOWEST if stream else 0.0), asked.end) as limit:
            response = self.get_adapter(url).send(
                prepared, stream=True, timeout=timeout, cert=rest.get("cert"), **around
            )
            _read(response, most)
        if limit.over and response.status_code < _REFUSED:
            raise requests.RequestException("the reply drips")  # which looks whole, where its end is the connection's
        return response

    def _around(self, url: str, verify: bool | str) -> dict[str, Any]:  # noqa: FBT001 - as requests spells it
        """Proxies and certificates for the host of this URL, as the environment says."""
        parts = urlsplit(url)
        key = (parts.scheme, parts.netloc)
        if key not in self._surroundings:
            host = f"{parts.scheme}://{parts.netloc}/"
            merged = self.merge_environment_settings(host, {}, stream=None, verify=verify, cert=None)
            self._surroundings[key] = {"verify": merged["verify"], "proxies": merged["proxies"]}
        return self._surroundings[key]


def _read(response: requests.Response, most: int) -> None:
    """Read the body, and with it give the connection back; of a refusal as much as comes, for its status decides.

    Raises:
        RequestException: the body breaks, or is longer than anything that is asked for.
    """
    body = bytearray()
    try:
        for piece in response.raw.stream(_PIECE, decode_content=True):
            body += piece
            if len(body) > most:
                raise urllib3.exceptions.HTTPError(f"the reply is longer than {most} bytes")
    except urllib3.exceptions.HTTPError as error:
        response.close()
        if response.status_code < _REFUSED:
            raise requests.RequestException(error) from error
    response.raw = urllib3.HTTPResponse(io.BytesIO(body), status=response.status_code, preload_content=False)


class _Transport(RequestsTransport):  # type: ignore[misc] # untyped
    """The SDK's own, but for rests that are longer than a thread may take."""

    @override
    def send(self, request: Any, **options: Any) -> Any:
        reply = super().send(request, **options)
        give_back_long_rest(reply)
        return reply

    @override
    def sleep(self, duration: float) -> None:
        super().sleep(min(duration, LONGEST_REST))  # a date may be long by our own clock


def transport(connections: int) -> RequestsTransport:
    """A transport that keeps up to `connections` open to each host."""
    return _Transport(session=_Session(connections), connection_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS)
