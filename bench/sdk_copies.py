"""What one writes with Microsoft's SDKs: the ways of the quickstart, and a stream handed to `upload_blob`."""

import os
import tempfile
from itertools import count
from pathlib import Path
from typing import Any

import requests
from azure.communication.callautomation import CallAutomationClient
from azure.core.credentials import AzureKeyCredential
from azure.core.pipeline.transport import RequestsTransport
from azure.storage.blob import BlobClient, BlobServiceClient

from bench.ours import ENDPOINT, PlainTransport, location
from bench.servers import ACCOUNT_KEY, CONTAINER, connection_string

_names = (f"chunk-{os.getpid()}-{number}" for number in count())


def _blob(options: dict[str, Any], **limits: Any) -> BlobClient:  # noqa: ANN401 - the SDK's own
    service = BlobServiceClient.from_connection_string(connection_string(options["sink"]), **limits)
    return service.get_blob_client(CONTAINER, next(_names))


class QuickstartInMemory:
    """`download_recording(...).read()`, then `upload_blob` of the bytes, with clients as the SDKs make them."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._options = options

    def _download(self, size: int) -> Any:  # noqa: ANN401 - azure-core's reply
        over = PlainTransport(self._options["source"], RequestsTransport())
        client = CallAutomationClient(ENDPOINT, AzureKeyCredential(ACCOUNT_KEY), transport=over)
        return client.download_recording(location(size))

    def __call__(self, size: int) -> dict[str, float]:
        """Copy one chunk."""
        _blob(self._options).upload_blob(self._download(size).read(), overwrite=True)
        return {}


class QuickstartByFile(QuickstartInMemory):
    """The same by way of a temporary file."""

    def __call__(self, size: int) -> dict[str, float]:
        """Copy one chunk."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "recording"
            with path.open("wb") as file:
                for piece in self._download(size).iter_bytes():
                    file.write(piece)
            with path.open("rb") as file:
                _blob(self._options).upload_blob(file, overwrite=True)
        return {}


class Stream:
    """`upload_blob` from the raw stream of a reply, in blocks of 16 MiB, four at a time."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._options = options
        self._session = requests.Session()
        self._session.trust_env = False

    def __call__(self, size: int) -> dict[str, float]:
        """Copy one chunk."""
        blob = _blob(self._options, max_block_size=16 << 20, max_single_put_size=16 << 20)
        with self._session.get(f"{self._options['source']}/v1/{size}", stream=True, timeout=60) as reply:
            reply.raise_for_status()
            blob.upload_blob(reply.raw, length=size, max_concurrency=4, overwrite=True)
        return {}
