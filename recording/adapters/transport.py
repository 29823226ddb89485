"""One HTTP session per client, with the SDK's transport but without what it would pay on every request."""

from collections.abc import Mapping, MutableMapping
from typing import Any, override
from urllib.parse import urlsplit

import requests
from azure.core.pipeline.transport import RequestsTransport
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.util.retry import Retry

from recording.adapters.wire import CONNECT_SECONDS, READ_SECONDS


class _Session(requests.Session):
    """A session that does for each request what the SDK's transport needs, and no more.

    `requests` prepares anew what the SDK has prepared already (URL, headers, body, cookies), and walks the environment
    for proxies and certificates each time: half of what a request costs. Here the environment is asked once per host.
    A .netrc is never read: an entry for a storage host would replace the Authorization header.
    """

    def __init__(self, connections: int) -> None:
        super().__init__()
        self._surroundings: dict[tuple[str, str], dict[str, Any]] = {}
        adapter = HTTPAdapter(
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
        """Send what `RequestsTransport` hands over, which is ready to be sent."""
        prepared = requests.PreparedRequest()
        prepared.method, prepared.url = method, url
        prepared.headers = CaseInsensitiveDict(headers)
        prepared.body = data.encode() if isinstance(data, str) and data else data or None
        if prepared.body is not None and "Content-Length" not in prepared.headers:
            prepared.headers["Content-Length"] = str(len(prepared.body))  # else it would go out in chunks
        around = {"verify": verify, "proxies": proxies} if proxies else self._around(url, verify)
        cert = rest.get("cert")
        response = self.get_adapter(url).send(prepared, stream=True, timeout=timeout, cert=cert, **around)
        if not stream:
            response.content  # noqa: B018 - reads the body, and with it gives the connection back
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


def transport(connections: int) -> RequestsTransport:
    """A transport that keeps up to `connections` open to each host."""
    return RequestsTransport(
        session=_Session(connections), connection_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS
    )
