"""Creates the clients and pipelines of this app: short retries, kept connections, keys only without an identity."""

from email.utils import formatdate
from typing import Any, cast, override
from urllib.parse import urlsplit

from azure.communication.callautomation import CallAutomationClient
from azure.core.credentials import AzureKeyCredential, TokenCredential
from azure.core.pipeline import Pipeline, PipelineRequest
from azure.core.pipeline.policies import (
    BearerTokenCredentialPolicy,
    HeadersPolicy,
    RetryPolicy,
    SansIOHTTPPolicy,
)
from azure.core.pipeline.transport import HttpTransport
from azure.core.rest import HttpRequest
from azure.core.utils import parse_connection_string
from azure.eventgrid import EventGridPublisherClient
from azure.eventgrid._legacy import EventGridPublisherClient as TopicClient
from azure.identity import DefaultAzureCredential, ManagedIdentityCredential
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueClient

from recording.adapters.http_transport import Reply, Urllib3Transport
from recording.adapters.signing import Signing, TableSigning
from recording.adapters.table import Table

_KEPT_CONNECTIONS = 64
_USER_AGENT = "recording-archive"
_COMMUNICATION_SCOPE = "https://communication.azure.com//.default"
_STORAGE_SCOPE = "https://storage.azure.com/.default"
_TABLE_VERSION = "2019-02-02"
RETRY: dict[str, Any] = {"retry_total": 3, "retry_backoff_factor": 0.5, "retry_backoff_max": 10, "timeout": 60}
"""The SDK retries a single request for seconds. A step that fails after that is retried by the queue, for minutes."""
_BLOB_RETRY: dict[str, Any] = {"retry_total": 3, "initial_backoff": 1, "increment_base": 2}
"""The same in the options of the Blob SDK, whose default first wait is 15 s."""


type BlobService = BlobServiceClient
type Queue = QueueClient
type Identity = TokenCredential
type Credential = AzureKeyCredential | Identity


def access_key(key: str) -> Credential:
    """The key of a Communication resource or a topic."""
    return AzureKeyCredential(key)


def identity(client_id: str) -> Identity:
    """The credential of the app's identity. It caches tokens, so it is created once and shared by all clients.

    It is the managed identity with that id and no other; without an id, the first credential that the SDK finds, such
    as a developer's.
    """
    options = _options(RETRY)
    return ManagedIdentityCredential(client_id=client_id, **options) if client_id else DefaultAzureCredential(**options)


def key_requests() -> Pipeline[HttpRequest, Reply]:
    """Asks issuers for the keys of their tokens, once an hour. It does not retry: the cache of the keys does."""
    policies: list[Any] = [HeadersPolicy({"User-Agent": _USER_AGENT})]
    return Pipeline(Urllib3Transport(0), policies)


def call_automation(endpoint: str, credential: Credential) -> CallAutomationClient:
    """A client for calls."""
    return CallAutomationClient(endpoint, credential, **_options(RETRY))


def source_requests(
    endpoint: str, credential: Credential, transport: HttpTransport[HttpRequest, Reply] | None = None
) -> Pipeline[HttpRequest, Reply]:
    """Signs and sends requests to the source. It does not retry: the copy engine does."""
    host = urlsplit(endpoint).netloc
    headers = {"x-ms-host": host.partition(":")[0], "User-Agent": _USER_AGENT}
    signing = (
        Signing(host, credential)
        if isinstance(credential, AzureKeyCredential)
        else BearerTokenCredentialPolicy(credential, _COMMUNICATION_SCOPE)
    )
    policies: list[Any] = [HeadersPolicy(headers), signing]
    return Pipeline(transport or _transport(), policies)


def blob_requests(
    service: BlobServiceClient, transport: HttpTransport[HttpRequest, Reply] | None = None, retries: int = 3
) -> Pipeline[HttpRequest, Reply]:
    """Signs and sends requests for blobs, with the credential and API version of the SDK's client."""
    policies: list[Any] = [RetryPolicy(**RETRY | {"retry_total": retries}), _Storage(service.api_version)]
    if hasattr(service.credential, "get_token"):
        policies.append(BearerTokenCredentialPolicy(service.credential, _STORAGE_SCOPE))
    elif service.credential is not None:  # the SDK's policy for a shared key; None for a signature in the URL
        policies.append(service.credential)
    return Pipeline(transport or _transport(), policies)


class _Storage(SansIOHTTPPolicy[HttpRequest, Any]):
    """Adds the headers that Azure Storage requires, at every try: API version and date."""

    def __init__(self, version: str) -> None:
        self._headers = {"x-ms-version": version, "User-Agent": _USER_AGENT}

    @override
    def on_request(self, request: PipelineRequest[HttpRequest]) -> None:
        request.http_request.headers.update({**self._headers, "x-ms-date": formatdate(usegmt=True)})


def blob_service(connection_string: str, uri: str = "", credential: Identity | None = None) -> BlobServiceClient:
    """A client for the archive's containers, by connection string if there is one."""
    options = _options(_BLOB_RETRY)
    if connection_string:
        return BlobServiceClient.from_connection_string(connection_string, **options)
    return BlobServiceClient(uri, credential, **options)


def table(
    name: str,
    connection_string: str,
    uri: str = "",
    credential: Identity | None = None,
    *,
    transport: HttpTransport[HttpRequest, Reply] | None = None,
    retries: int = 3,
) -> Table:
    """The catalog's table."""
    policies: list[Any] = [RetryPolicy(**RETRY | {"retry_total": retries}), _Storage(_TABLE_VERSION)]
    if connection_string:
        uri, signing = _shared_key(connection_string)
        policies.append(signing)
    elif credential is not None:
        policies.append(BearerTokenCredentialPolicy(credential, _STORAGE_SCOPE))
    return Table(f"{uri.rstrip('/')}/{name}", Pipeline(transport or _transport(), policies))


def _shared_key(connection_string: str) -> tuple[str, TableSigning]:
    """The URL of the account's tables, and the policy that signs for them."""
    parts = parse_connection_string(connection_string)
    account, key = parts["accountname"], parts["accountkey"]
    by_suffix = f"{parts.get('defaultendpointsprotocol', 'https')}://{account}.table.{parts.get('endpointsuffix')}"
    return parts.get("tableendpoint") or by_suffix, TableSigning(account, key)


def queue(name: str, connection_string: str, uri: str = "", credential: Identity | None = None) -> QueueClient:
    """A client for a queue."""
    options = _options(_BLOB_RETRY)
    if connection_string:
        return QueueClient.from_connection_string(connection_string, name, **options)
    return QueueClient(uri, name, credential=credential, **options)


def event_grid(endpoint: str, credential: Credential) -> EventGridPublisherClient:
    """A client for the customer's own topic."""
    # The public client wraps this one and passes no options on: redirects would be followed, and nothing limited.
    return cast("EventGridPublisherClient", TopicClient(endpoint, credential, **_options({})))


def _options(retry: dict[str, Any]) -> dict[str, Any]:
    """The options of every SDK client. No redirect is followed, as its target would not be checked."""
    return {"transport": _transport(), "permit_redirects": False, **retry}


def _transport() -> Urllib3Transport:
    return Urllib3Transport(_KEPT_CONNECTIONS)
