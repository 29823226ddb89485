"""Access tiers and days of immutability of the blobs of one container."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from azure.core.exceptions import AzureError
from azure.storage.blob import BlobClient, BlobServiceClient, ImmutabilityPolicy

from recording.adapters.sdk_errors import code_of, status_of
from recording.adapters.storage_errors import storage_error
from recording.core.model import BlobName
from recording.core.retention import Tier

_ORDER = ("", "Hot", *Tier)
"""The cheapest to keep last; a blob in the account's default tier has one by name, too."""
_NONE = frozenset({"BlobNotFound", "ResourceNotFound", ""})


class BlobShelf:
    """`Shelf` over one container, which must exist. `locked`: nobody can shorten the days."""

    def __init__(self, service: BlobServiceClient, container: str, *, locked: bool) -> None:
        self._container = service.get_container_client(container)
        self._name = container
        self._mode = "Locked" if locked else "Unlocked"

    def move(self, name: BlobName, tier: Tier) -> bool:
        """See `ports.Shelf.move`."""

        def move(blob: BlobClient) -> None:
            here = str(blob.get_blob_properties().blob_tier or "")
            if here not in _ORDER or _ORDER.index(here) < _ORDER.index(tier):
                blob.set_standard_blob_tier(str(tier))

        return self._call("move blob", name, move)

    def protect(self, name: BlobName, until: datetime) -> bool:
        """See `ports.Shelf.protect`."""

        def protect(blob: BlobClient) -> None:
            known = blob.get_blob_properties().immutability_policy
            if known.expiry_time is None or known.expiry_time < until:
                blob.set_immutability_policy(ImmutabilityPolicy(expiry_time=until, policy_mode=self._mode))

        return self._call("protect blob", name, protect)

    def _call(self, operation: str, name: BlobName, call: Callable[[BlobClient], Any]) -> bool:
        """Whether there is such a blob."""
        try:
            call(self._container.get_blob_client(name))
        except AzureError as error:
            if status_of(error) == 404 and code_of(error) in _NONE:
                return False
            ids = {"container": self._name, "blob": str(name)}
            raise storage_error(operation, "container", error, ids) from error
        return True
