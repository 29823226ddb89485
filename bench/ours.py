"""The copy engine over the app's own adapters, as `recording.bootstrap` puts them together."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any, override

from azure.core.pipeline.transport import HttpTransport
from azure.core.rest import HttpRequest

import recording.bootstrap  # noqa: F401 - an idle worker has imported the whole app
from bench.servers import ACCOUNT_KEY, CONTAINER, SOURCE_HOST, connection_string
from recording.adapters import clients
from recording.adapters.archive import BlobArchive
from recording.adapters.http_transport import Reply, Urllib3Transport
from recording.adapters.source import AcsSource
from recording.copying.buffer_pool import BufferPool
from recording.copying.destination import Copied, Destination
from recording.copying.engine import Engine
from recording.core.model import BlobName, Location
from recording.settings import MEBIBYTE, OURS

ENDPOINT = "https://contoso.communication.azure.com"
_CONNECTIONS = 64
_names = (f"chunk-{os.getpid()}-{number}" for number in count())


class PlainTransport(HttpTransport[Any, Any]):
    """Leads the source's host to a local port without TLS, below azure-core's whole pipeline."""

    def __init__(self, base: str, inner: HttpTransport[Any, Any]) -> None:
        self._base = base
        self._inner = inner

    @override
    def send(self, request: Any, **kwargs: Any) -> Any:
        request.url = request.url.replace(f"https://{SOURCE_HOST}", self._base)
        return self._inner.send(request, **kwargs)

    @override
    def open(self) -> None:
        self._inner.open()

    @override
    def close(self) -> None:
        self._inner.close()

    @override
    def __exit__(self, *args: object) -> None:
        self.close()


class _Unchecked(Urllib3Transport):
    """Sends no checksum, as the peers do: to compare like with like, never to be used."""

    @override
    def send(self, request: HttpRequest, **options: Any) -> Reply:
        request.headers.pop("x-ms-content-crc64", None)
        return super().send(request, **options)


def archive(sink: str, *, checksum: bool) -> BlobArchive:
    """The real archive adapter over the sink at that base URL; without checksums, if so wanted."""
    service = clients.blob_service(connection_string(sink))
    kind = Urllib3Transport if checksum else _Unchecked
    return BlobArchive(service, clients.blob_requests(service, kind(_CONNECTIONS)), CONTAINER)


def acs_source(plain: str | None) -> AcsSource:
    """The real source adapter: by `plain` base URL without TLS, else by HTTPS_PROXY and the CA of the environment."""
    transport = PlainTransport(plain, Urllib3Transport(_CONNECTIONS)) if plain else None
    return AcsSource(clients.source_requests(ENDPOINT, clients.access_key(ACCOUNT_KEY), transport))


def location(size: int) -> Location:
    """Where a chunk of that size is."""
    return Location(f"https://{SOURCE_HOST}/v1/objects/bench/content/{size}")


def default(key: str) -> int:
    """The default of a setting that is a number."""
    return int(OURS[key].default or 0)


class Ours:
    """Copies chunks: `options` has `source` (base URL or None), `sink` (base URL), `checksum`, and overrides."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._archive = archive(options["sink"], checksum=options["checksum"])
        block = options.get("block_mib") or default("COPY_BLOCK_MIB")
        budget = options.get("memory_mib") or default("COPY_MEMORY_MIB")
        self._engine = Engine(
            acs_source(options["source"]),
            BufferPool(block * MEBIBYTE, budget * MEBIBYTE),
            connections=options.get("connections") or default("COPY_CONNECTIONS"),
            monotonic=time.monotonic,
        )

    def __call__(self, size: int, chunks: int = 1, threads: int = 1, name: str = "") -> dict[str, float]:
        """Copy `size` bytes, in so many chunks, by so many threads; under `name` for one that is continued."""
        if chunks == 1:
            copied = self._copy(size, name or next(_names))
            return {"digest": int(copied.digest.sha256[:12], 16)}
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda _: self._copy(size // chunks, next(_names)), range(chunks)))
        return {}

    def _copy(self, size: int, name: str) -> Copied:
        identity = {"acsrecordingid": "bench", "acsdocumentid": "bench", "acschunkindex": "0"}
        to = Destination(self._archive, BlobName(name), identity, "video/mp4")
        with self._engine.open(location(size)) as opened:
            copied = opened.store(to, until=float("inf"))
        if not isinstance(copied, Copied) or copied.length != size:
            message = f"{size} bytes were to be copied: {copied}"
            raise RuntimeError(message)
        return copied
