"""Deletes copies in the container of the overflow."""

from azure.core.exceptions import AzureError
from azure.core.pipeline import Pipeline
from azure.core.rest import HttpRequest

from recording.adapters.container_requests import ContainerRequests
from recording.adapters.http_transport import Reply, Take
from recording.adapters.sdk_errors import code_of, status_of
from recording.adapters.storage_errors import storage_error
from recording.core.errors import RecordingError
from recording.core.model import BlobName, Proof

_NOT_AS_IT_WAS = 412


class BlobOverflowCopies:
    """`OverflowCopies`: the only adapter that deletes copies of recordings, and only in this container.

    Args:
        account: the URL of the account's blobs.
        requests: signs and sends requests (`clients.blob_requests`).
        container: its name.
    """

    def __init__(self, account: str, requests: Pipeline[HttpRequest, Reply], container: str) -> None:
        self.container = container
        self._send = ContainerRequests(account, requests, container).send

    def remove(self, name: BlobName, etag: str, proof: Proof) -> bool:  # noqa: ARG002 - the caller must have one
        """See `ports.OverflowCopies.remove`."""
        try:
            self._send("DELETE", name, "", {"If-Match": f'"{etag}"'}, take=Take.STATUS)
        except AzureError as error:
            if _is_none(error):
                return True
            if status_of(error) == _NOT_AS_IT_WAS:  # also the answer of some services if there is none
                return not self._is_there(name)
            raise self._error("remove copy", name, error) from error
        return True

    def _is_there(self, name: BlobName) -> bool:
        try:
            self._send("HEAD", name, take=Take.STATUS)
        except AzureError as error:
            if _is_none(error):
                return False
            raise self._error("look for copy", name, error) from error
        return True

    def _error(self, operation: str, name: BlobName, error: AzureError) -> RecordingError:
        return storage_error(operation, "container", error, {"container": self.container, "blob": str(name)})


def _is_none(error: AzureError) -> bool:
    return status_of(error) == 404 and code_of(error) != "ContainerNotFound"
