"""One HTTP session per client, with the SDK's transport but without what it would pay on every request."""

from collections.abc import MutableMapping
from typing import Any, override
from urllib.parse import urlsplit

import requests
from azure.core.pipeline.transport import RequestsTransport
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

CONNECT_SECONDS = 10
READ_SECONDS = 60
"""How long a single read may bring nothing. Longer than any pause seen in good replies, far shorter than a slice."""


class _Session(requests.Session):
    """Asks the environment for proxies and certificates once per host, and never a .netrc.

    `requests` walks the environment for every request, a third of what a small one costs here. A .netrc entry for a
    storage or skype.com host would replace the Authorization header, which no one who has such a file expects.
    """

    def __init__(self, connections: int) -> None:
        super().__init__()
        self._known: dict[tuple[str, str], dict[str, Any]] = {}
        self.auth = _unchanged
        adapter = HTTPAdapter(
            pool_connections=16,
            pool_maxsize=connections,
            max_retries=Retry(total=False, redirect=False, raise_on_status=False),
        )
        for scheme in ("https://", "http://"):
            self.mount(scheme, adapter)

    @override
    def merge_environment_settings(  # type: ignore[override]
        self, url: str, proxies: MutableMapping[str, str] | None, stream: bool | None, verify: Any, cert: Any
    ) -> dict[str, Any]:
        if proxies:
            return dict(super().merge_environment_settings(url, proxies, stream, verify, cert))
        parts = urlsplit(url)
        key = (parts.scheme, parts.netloc)
        if key not in self._known:
            merged = super().merge_environment_settings(f"{parts.scheme}://{parts.netloc}/", {}, None, verify, cert)
            self._known[key] = dict(merged)
        return {**self._known[key], "proxies": dict(self._known[key]["proxies"]), "stream": stream}


def _unchanged(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def transport(connections: int) -> RequestsTransport:
    """A transport that keeps up to `connections` open to each host."""
    return RequestsTransport(
        session=_Session(connections), connection_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS
    )
