"""The SDKs' clients as this app wants them: short retries, kept connections, keys only where no identity is."""

from typing import Any

from azure.communication.callautomation import CallAutomationClient
from azure.core.credentials import AzureKeyCredential
from azure.data.tables import TableClient, TableServiceClient
from azure.eventgrid import EventGridPublisherClient
from azure.identity import DefaultAzureCredential
from azure.storage.blob import BlobServiceClient

from recording.adapters.transport import transport

_KEPT_CONNECTIONS = 64
RETRY: dict[str, Any] = {"retry_total": 3, "retry_backoff_factor": 0.5, "retry_backoff_max": 10, "timeout": 60}
"""The SDK's own retries are for a single request; a step that fails is given back to the queue, which has minutes."""
_LARGEST_PUT = 256 << 20
"""Bytes, the largest block there can be. The SDK would cut more, and send the checksum of the whole with each part."""
_BLOB_RETRY: dict[str, Any] = {"retry_total": 3, "initial_backoff": 1, "increment_base": 2}
"""The same in the words of the Blob SDK, whose default first wait is 15 s."""


def call_automation(endpoint: str, access_key: str, client_id: str) -> CallAutomationClient:
    """A client for calls and the source; by managed identity where there is no key."""
    return CallAutomationClient(endpoint, _credential(access_key, client_id), transport=_transport(), **RETRY)


def blob_service(connection_string: str, uri: str, client_id: str) -> BlobServiceClient:
    """A client for the archive's containers; by connection string where there is one."""
    options: dict[str, Any] = {"transport": _transport(), "max_single_put_size": _LARGEST_PUT, **_BLOB_RETRY}
    if connection_string:
        return BlobServiceClient.from_connection_string(connection_string, **options)
    return BlobServiceClient(uri, _identity(client_id), **options)


def table(connection_string: str, uri: str, client_id: str, name: str) -> TableClient:
    """A client for the catalog's table."""
    options: dict[str, Any] = {"transport": _transport(), **RETRY}
    if connection_string:
        service = TableServiceClient.from_connection_string(connection_string, **options)
    else:
        service = TableServiceClient(endpoint=uri, credential=_identity(client_id), **options)
    return service.get_table_client(name)


def event_grid(endpoint: str, key: str, client_id: str) -> EventGridPublisherClient:
    """A client for the customer's own topic."""
    return EventGridPublisherClient(endpoint, _credential(key, client_id))


def _transport() -> Any:
    return transport(_KEPT_CONNECTIONS)


def _credential(key: str, client_id: str) -> AzureKeyCredential | DefaultAzureCredential:
    return AzureKeyCredential(key) if key else _identity(client_id)


def _identity(client_id: str) -> DefaultAzureCredential:
    return DefaultAzureCredential(managed_identity_client_id=client_id or None)
