"""Removes and holds blobs of one container: for records whose time is over, or that must be kept."""

from azure.core.exceptions import AzureError
from azure.storage.blob import BlobServiceClient

from recording.adapters.sdk_errors import code_of, status_of
from recording.adapters.storage_errors import storage_error
from recording.core.errors import BlobProtected, RecordingError
from recording.core.model import BlobName

_NONE = frozenset({"BlobNotFound", "ResourceNotFound"})
_PROTECTED = frozenset(
    {"BlobImmutableDueToLegalHold", "BlobImmutableDueToPolicy", "BlobImmutableDueToHold", "LeaseIdMissing"}
)


class BlobRemoval:
    """`Removal` over one container, which must exist."""

    def __init__(self, service: BlobServiceClient, container: str) -> None:
        self._container = service.get_container_client(container)
        self._name = container

    def remove(self, name: BlobName) -> bool:
        """See `ports.Removal.remove`."""
        try:
            self._container.get_blob_client(name).delete_blob(delete_snapshots="include")
        except AzureError as error:
            if _is_none(error):
                return False
            raise self._error("remove blob", name, error) from error
        return True

    def hold(self, name: BlobName, *, on: bool) -> bool:
        """See `ports.Removal.hold`."""
        try:
            self._container.get_blob_client(name).set_legal_hold(on)
        except AzureError as error:
            if _is_none(error):
                return False
            raise self._error("hold blob", name, error) from error
        return True

    def is_held(self, name: BlobName) -> bool:
        """See `ports.Removal.is_held`."""
        try:
            return bool(self._container.get_blob_client(name).get_blob_properties().has_legal_hold)
        except AzureError as error:
            if _is_none(error):
                return False
            raise self._error("look for hold", name, error) from error

    def _error(self, operation: str, name: BlobName, error: AzureError) -> RecordingError:
        ids = {"container": self._name, "blob": str(name)}
        if code_of(error) in _PROTECTED:
            hint = "it can be removed when its hold or lease is ended, or its time is over; it is tried again"
            return BlobProtected(operation, f"{status_of(error)} {code_of(error)}", hint=hint, ids=ids)
        return storage_error(operation, "container", error, ids)


def _is_none(error: AzureError) -> bool:
    """A HEAD has no body, and so perhaps no code; a missing container says so."""
    return status_of(error) == 404 and (code_of(error) in _NONE or not code_of(error))
