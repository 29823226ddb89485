"""The app's copy engine, as `recording.bootstrap` composes it, with the bench's source and sink."""

import os
from itertools import count
from typing import Any, override

from azure.core.pipeline.transport import HttpTransport

from bench.servers import ACCOUNT, ACCOUNT_KEY, SOURCE_HOST
from recording.adapters import clients
from recording.adapters.http_transport import Urllib3Transport
from recording.adapters.source import AcsSource
from recording.bootstrap import Parts, compose
from recording.copying.destination import Copied, Destination
from recording.core.model import BlobName, Location
from recording.settings import Settings

_ENDPOINT = "https://contoso.communication.azure.com"
_CONNECTIONS = 64
_names = (BlobName(f"chunk-{os.getpid()}-{number}") for number in count())


class _Plain(HttpTransport[Any, Any]):
    """Sends requests for the source's host to a local port without TLS, below azure-core's whole pipeline."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._inner = Urllib3Transport(_CONNECTIONS)

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


def settings(sink: str, **given: str) -> Settings:
    """The app's settings, with its archive in the sink at this base URL."""
    services = ";".join(f"{service}Endpoint={sink}/{ACCOUNT}" for service in ("Blob", "Queue", "Table"))
    storage = f"AccountName={ACCOUNT};AccountKey={ACCOUNT_KEY};{services}"
    needed = {"ACS_ENDPOINT": _ENDPOINT, "ACS_ACCESS_KEY": ACCOUNT_KEY, "ARCHIVE_STORAGE": storage}
    return Settings.from_env(needed | given)


def location(size: int) -> Location:
    """The content location of a chunk of this size."""
    return Location(f"https://{SOURCE_HOST}/v1/objects/bench/content/{size}")


class Ours:
    """Copies chunks; `options` has `source` (base URL; None for TLS by host name), `sink` (base URL) and `settings`."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.settings = settings(options["sink"], **options.get("settings", {}))
        parts = Parts()
        if options["source"]:
            plain = clients.source_requests(_ENDPOINT, clients.access_key(ACCOUNT_KEY), _Plain(options["source"]))
            parts["source"] = AcsSource(plain)
        copying = compose(self.settings, **parts).archiving.copying
        self.engine, self.archive = copying.engine, copying.archive

    def __call__(self, size: int, name: str = "") -> dict[str, float]:
        """Copy one chunk of `size` bytes, under `name` if another process continues it."""
        identity = {"acsrecordingid": "bench", "acsdocumentid": "bench", "acschunkindex": "0"}
        to = Destination(self.archive, BlobName(name) or next(_names), identity, "video/mp4")
        with self.engine.open(location(size)) as opened:
            copied = opened.store(to, until=float("inf"))
        if not isinstance(copied, Copied) or copied.length != size:
            message = f"{size} bytes were to be copied: {copied}"
            raise RuntimeError(message)
        return {"digest": int(copied.digest.sha256[:12], 16)}
