"""How a connection is opened: by the http proxies and the certificates that the environment names."""

import os
import ssl
from urllib.parse import urlsplit

import certifi
from azure.core.exceptions import ServiceRequestError
from requests.utils import get_auth_from_url, get_environ_proxies, select_proxy
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.util import make_headers

from recording.adapters.http_transport.connection import Connection, shut
from recording.adapters.http_transport.request import Key
from recording.timelimits import TimeLimits

CONNECT_SECONDS = 10
READ_SECONDS = 60
"""How long a single read may bring nothing, and a whole head, or a reply that is no content, may take. Longer than any
pause seen in good replies, far shorter than a slice."""

_HTTP_PORT = 80


class ProxyUnusable(ServiceRequestError):
    """The proxy of the environment is no http:// URL. Its name is what an operator reads: no message shows a URL."""


class Opener:
    """Opens connections. The environment is asked once: for proxies host by host, for certificates altogether."""

    def __init__(self, limits: TimeLimits) -> None:
        self._limits = limits
        self._certificates: ssl.SSLContext | None = None
        self._proxies: dict[Key, str | None] = {}

    def connect(self, key: Key) -> Connection:
        """A new connection.

        Raises:
            ServiceRequestError: there is none to be had.
        """
        try:
            return self._connect(key)
        except (OSError, HTTPError) as error:
            raise ServiceRequestError(f"no connection: {type(error).__name__}", error=error) from error
        except ValueError:
            raise ProxyUnusable("no connection: the proxy's URL is none") from None  # which may hold a password

    def proxy(self, key: Key) -> str | None:
        """The proxy on the way there, with its credentials.

        Raises:
            ProxyUnusable: it is to be spoken to by TLS or SOCKS, which would get its password in clear from here.
        """
        if key not in self._proxies:
            url = f"{key[0]}://{key[1]}/"
            found = select_proxy(url, get_environ_proxies(url, no_proxy=None))
            self._proxies[key] = f"http://{found}" if found and "://" not in found else found
        proxy = self._proxies[key]
        if proxy and not proxy.lower().startswith("http://"):
            raise ProxyUnusable("no connection: the proxy is no http:// one")
        return proxy

    def _connect(self, key: Key) -> Connection:
        scheme, authority = key
        parts = urlsplit(f"{scheme}://{authority}")
        host, port = parts.hostname or "", parts.port or (443 if scheme == "https" else _HTTP_PORT)
        proxy = urlsplit(self.proxy(key) or "")
        at = (proxy.hostname, proxy.port or _HTTP_PORT) if proxy.hostname else (host, port)
        opening: HTTPConnection
        if scheme == "https":
            opening = HTTPSConnection(*at, timeout=CONNECT_SECONDS, ssl_context=self._context())
            if proxy.hostname:
                opening.set_tunnel(host, port, credentials(proxy.geturl()))
        else:
            opening = HTTPConnection(*at, timeout=CONNECT_SECONDS)
        with self._limits.within(READ_SECONDS, lambda: shut(opening.sock)):
            try:
                opening.connect()
            except BaseException:
                opening.close()
                raise
        opening.sock.settimeout(READ_SECONDS)
        return Connection(key, opening)

    def _context(self) -> ssl.SSLContext:
        if self._certificates is None:
            bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or certifi.where()
            is_folder = os.path.isdir(bundle)  # noqa: PTH112 - a setting
            self._certificates = ssl.create_default_context(
                cafile=None if is_folder else bundle, capath=bundle if is_folder else None
            )
        return self._certificates


def credentials(proxy: str) -> dict[str, str]:
    """The header by which a proxy knows who asks.

    Raises:
        ProxyUnusable: its URL is none, or holds a name or a password that no header can hold.
    """
    try:
        user, password = get_auth_from_url(proxy)
        return make_headers(proxy_basic_auth=f"{user}:{password}") if user else {}
    except ValueError:
        raise ProxyUnusable("no connection: the proxy's URL is none") from None  # the error itself may show it
