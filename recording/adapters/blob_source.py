"""A container in Blob storage as a source: what stands in quarantine or overflow is copied like a chunk.

And what the service has written into a native container is read like one.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from azure.core.exceptions import AzureError
from azure.core.pipeline import Pipeline
from azure.core.rest import HttpRequest

from recording.adapters.container_requests import ContainerRequests, bare
from recording.adapters.http_transport import Reply, Take
from recording.adapters.sdk_errors import code_of, is_busy, message_of, retry_after_of, status_of
from recording.adapters.transfer import HttpTransfer
from recording.core.errors import (
    RecordingError,
    SourceBusy,
    SourceChanged,
    SourceGone,
    SourceNotReady,
    SourceRefused,
    SourceUnexpected,
    SourceUnreachable,
    Transient,
)
from recording.core.locations import blob_at
from recording.core.model import BlobName, Location
from recording.ports import ArchivedBlob, Transfer

_OPERATION = "read blob"
_HINT = "check that the container exists, and the identity's role on the storage account (it takes time to work)"
_BY_STATUS: Mapping[int, tuple[type[Transient], str]] = {
    401: (SourceRefused, _HINT),
    403: (SourceRefused, _HINT),
    404: (SourceGone, "somebody has deleted it"),
    412: (SourceChanged, "somebody has replaced it"),
    416: (SourceNotReady, "it ends before that"),
}


class BlobSource:
    """`NativeContainer`, and so `ReadableSource`, over one container.

    Its locations are those of `core.locations.of_blob`, and no others.

    Each request is made on the condition that the blob still has the ETag of its location (If-Match). So no byte comes
    of a blob that has been replaced since it was proven.

    Args:
        account: the URL of the account's blobs.
        requests: signs and sends requests (`clients.blob_requests`, without retries: the copy engine does them).
        container: its name.
    """

    def __init__(self, account: str, requests: Pipeline[HttpRequest, Reply], container: str) -> None:
        self.container = container
        self._send = ContainerRequests(account, requests, container).send

    def find(self, name: BlobName) -> ArchivedBlob | None:
        """See `ports.NativeContainer.find`."""
        try:
            headers = self._send("HEAD", name, take=Take.STATUS).headers
        except AzureError as error:
            refusal = _refusal(error, {"container": self.container, "blob": str(name)})
            if isinstance(refusal, SourceGone):
                return None
            raise refusal from error
        tier = next((value for key, value in headers.items() if key.lower() == "x-ms-access-tier"), "")
        return ArchivedBlob(int(headers["Content-Length"]), bare(headers["ETag"]), tier=tier)

    @contextmanager
    def open(self, location: Location, offset: int = 0, length: int | None = None) -> Iterator[Transfer]:
        """See `ports.ReadableSource.open`."""
        name, etag = blob_at(location)
        end = "" if length is None else str(offset + length - 1)
        headers = {"x-ms-range": f"bytes={offset}-{end}", "If-Match": f'"{etag}"'}
        try:
            reply = self._send("GET", name, "", headers, take=Take.OPEN)
        except AzureError as error:
            raise _refusal(error, {"container": self.container, "blob": str(name)}) from error
        try:
            yield HttpTransfer(reply, location)
        finally:
            reply.close()


def _refusal(error: AzureError, ids: dict[str, str]) -> RecordingError:
    """The error for a reply that brings no content."""
    status, code = status_of(error), code_of(error)
    if status is None:
        return SourceUnreachable(_OPERATION, message_of(error), hint="check the network", ids=ids)
    cause = f"{status} {code or message_of(error)}"  # no id names the status: it would be taken for the service's
    if is_busy(status):
        return SourceBusy(_OPERATION, cause, ids=ids, retry_after=retry_after_of(error))
    kind, hint = _BY_STATUS.get(status, (SourceUnexpected, ""))
    if code == "ContainerNotFound":
        kind, hint = SourceRefused, _HINT
    return kind(_OPERATION, cause, hint=hint, ids=ids)
