"""Requests for the blobs of one container, signed as the SDK's client signs them."""

from typing import Any
from urllib.parse import quote

from azure.core.exceptions import HttpResponseError
from azure.core.pipeline import Pipeline
from azure.core.rest import HttpRequest

from recording.adapters.http_transport import Reply
from recording.core.model import BlobName

_SUCCESS = {"PUT": 201, "HEAD": 200, "GET": 206, "DELETE": 202}


class ContainerRequests:
    """Sends requests for the blobs of one container.

    Args:
        account: the URL of the account's blobs; with a shared access signature, if that is the credential.
        requests: signs and sends them (`clients.blob_requests`).
        container: its name.
    """

    def __init__(self, account: str, requests: Pipeline[HttpRequest, Reply], container: str) -> None:
        base, _, self._token = account.partition("?")
        self._base = f"{base.rstrip('/')}/{container}/"
        self._requests = requests

    def send(
        self, method: str, name: BlobName, query: str = "", headers: dict[str, str] | None = None, **options: Any
    ) -> Reply:
        """The reply; the options are those of the transport.

        Raises:
            AzureError: there is none, or its status is not that of a success.
        """
        url = f"{self._base}{quote(name, safe='~/')}?{'&'.join(filter(None, (query, self._token)))}".rstrip("?")
        reply = self._requests.run(HttpRequest(method, url, headers=headers), **options).http_response
        if reply.status_code != _SUCCESS[method]:
            raise HttpResponseError(response=reply)
        return reply


def bare(etag: object) -> str:
    """An ETag without its quotes."""
    return str(etag).strip('"')
