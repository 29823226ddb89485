"""Links to blobs of one container: shared access signatures for a single blob, to read only, and only for a while."""

from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import quote

from azure.core.exceptions import AzureError
from azure.storage.blob import BlobSasPermissions, BlobServiceClient, generate_blob_sas

from recording.adapters.storage_errors import storage_error
from recording.core.model import BlobName

_SKEW = timedelta(minutes=5)
"""By how much the service's clock may be behind ours."""


class BlobLinks:
    """`Links` over one container.

    With an identity the signature is by a key that the service makes for that identity, and which ends with the link:
    whoever takes the identity's role away ends the link too. With an account's key it is by that key.
    """

    def __init__(self, service: BlobServiceClient, container: str, now: Callable[[], datetime]) -> None:
        self._service = service
        self._container = container
        self._now = now

    def link(self, name: BlobName, until: datetime) -> str:
        """See `ports.Links.link`."""
        service, since = self._service, self._now() - _SKEW
        key = getattr(service.credential, "account_key", None)
        try:
            delegated = None if key else service.get_user_delegation_key(since, until)
        except AzureError as error:
            ids = {"container": self._container, "blob": str(name)}
            raise storage_error("sign link", "role Storage Blob Delegator", error, ids) from error
        signature = generate_blob_sas(
            str(service.account_name),
            self._container,
            name,
            account_key=key,
            user_delegation_key=delegated,
            permission=BlobSasPermissions(read=True),
            start=since,
            expiry=until,
            protocol=None if service.url.startswith("http:") else "https",
        )
        return f"{service.url.partition('?')[0].rstrip('/')}/{self._container}/{quote(name, safe='~/')}?{signature}"
