"""Signatures by access keys, for Communication Services and for tables, over the request exactly as it is sent."""

import base64
import hashlib
import hmac
from email.utils import formatdate
from typing import Any, override

from azure.core.credentials import AzureKeyCredential
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.core.rest import HttpRequest

from recording.adapters.http_transport import Reply, target_of

_EMPTY = base64.b64encode(hashlib.sha256().digest()).decode()


class Signing(SansIOHTTPPolicy[HttpRequest, Reply]):
    """Signs requests without a body by HMAC-SHA256.

    The SDK's own policy parses the URL before it signs, and does not sign what follows a `;` in the last path segment,
    though it is sent.

    Args:
        host: that of the Communication resource, also for requests to other hosts.
        credential: its access key.
    """

    def __init__(self, host: str, credential: AzureKeyCredential) -> None:
        self._host = host
        self._credential = credential

    @override
    def on_request(self, request: PipelineRequest[HttpRequest]) -> None:
        sent = request.http_request
        date = formatdate(usegmt=True)
        text = f"{sent.method}\n{target_of(sent.url)}\n{date};{self._host};{_EMPTY}"
        signature = hmac.digest(base64.b64decode(self._credential.key), text.encode(), "sha256")
        sent.headers.update(
            {
                "x-ms-date": date,
                "x-ms-content-sha256": _EMPTY,
                "Authorization": "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256"
                f"&Signature={base64.b64encode(signature).decode()}",
            }
        )


class TableSigning(SansIOHTTPPolicy[HttpRequest, Any]):
    """Signs requests to Table storage by the account's key, over date and path ("SharedKeyLite").

    Args:
        account: name of the storage account.
        key: its access key, in base64.
    """

    def __init__(self, account: str, key: str) -> None:
        self._account = account
        self._key = base64.b64decode(key)

    @override
    def on_request(self, request: PipelineRequest[HttpRequest]) -> None:
        headers = request.http_request.headers
        path = target_of(request.http_request.url).partition("?")[0]
        text = f"{headers['x-ms-date']}\n/{self._account}{path}"
        signature = base64.b64encode(hmac.digest(self._key, text.encode(), "sha256")).decode()
        headers["Authorization"] = f"SharedKeyLite {self._account}:{signature}"
