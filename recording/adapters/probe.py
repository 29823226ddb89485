"""The container and the queues that a health check looks at."""

from azure.core.exceptions import AzureError
from azure.core.pipeline import Pipeline
from azure.core.rest import HttpRequest
from azure.storage.queue import QueueClient

from recording.adapters.container_requests import ContainerRequests
from recording.adapters.http_transport import Reply, Take
from recording.adapters.sdk_errors import code_of, status_of
from recording.adapters.storage_errors import storage_error
from recording.core.model import BlobName


class BlobProbe:
    """`ProbeContainer`: deletes what health checks have written, and only in this container.

    Args:
        account: the URL of the account's blobs.
        requests: signs and sends requests (`clients.blob_requests`).
        container: its name.
    """

    def __init__(self, account: str, requests: Pipeline[HttpRequest, Reply], container: str) -> None:
        self.container = container
        self._send = ContainerRequests(account, requests, container).send

    def tier(self, name: BlobName) -> str:
        """See `ports.ProbeContainer.tier`."""
        try:
            return str(self._send("HEAD", name, take=Take.STATUS).headers.get("x-ms-access-tier", ""))
        except AzureError as error:
            raise storage_error("read tier", "container", error, self._ids(name)) from error

    def remove(self, name: BlobName) -> None:
        """See `ports.ProbeContainer.remove`."""
        try:
            self._send("DELETE", name, take=Take.STATUS)
        except AzureError as error:
            if status_of(error) == 404 and code_of(error) != "ContainerNotFound":
                return
            raise storage_error("remove blob", "container", error, self._ids(name)) from error

    def _ids(self, name: BlobName) -> dict[str, str]:
        return {"container": self.container, "blob": str(name)}


class StorageQueueProbe:
    """`ProbeQueue` over one queue."""

    def __init__(self, client: QueueClient) -> None:
        self._client = client

    def peek(self) -> None:
        """See `ports.ProbeQueue.peek`."""
        try:
            self._client.peek_messages()
        except AzureError as error:
            raise storage_error("peek messages", "queue", error, {"queue": self._client.queue_name}) from error
