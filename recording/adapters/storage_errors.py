"""Errors of the storage account that are not about one blob, row or message; and the lack of a row."""

from collections.abc import Mapping

from azure.core.exceptions import AzureError

from recording.adapters.sdk_errors import code_of, is_busy, message_of, retry_after_of, status_of
from recording.core.errors import ArchiveBusy, ArchiveRefused

_REFUSED = 400
_CHANGED = frozenset({409, 412})
NOT_OF_THE_ROW = ("Table", "Account", "InvalidAuthenticationInfo")
"""Prefixes of codes that are not about the row, such as TableBeingDeleted: transient, or an error of the settings."""
_NO_SUCH_ROW = frozenset({"ResourceNotFound", "EntityNotFound"})


def is_no_such_row(error: AzureError) -> bool:
    """Whether the row does not exist. A missing table answers 404 as well, with another code."""
    return status_of(error) == 404 and code_of(error) in _NO_SUCH_ROW


def is_conflict(error: AzureError) -> bool:
    """Whether a row has changed, or exists, against the condition of the request."""
    return status_of(error) in _CHANGED and not code_of(error).startswith(NOT_OF_THE_ROW)


def storage_error(
    operation: str, where: str, error: AzureError, ids: Mapping[str, str]
) -> ArchiveBusy | ArchiveRefused:
    """The error: transient, or for an operator to fix.

    Args:
        operation: its name.
        where: what must exist for it: container, table or queue.
        error: that of the SDK.
        ids: of the recording, blob or row.
    """
    status = status_of(error)
    if status is None:
        return ArchiveBusy(operation, message_of(error), hint="check ARCHIVE_STORAGE and the network", ids=ids)
    cause = f"{status} {code_of(error) or message_of(error)}"
    if is_busy(status):
        return ArchiveBusy(operation, cause, ids=ids, retry_after=retry_after_of(error))
    if status < _REFUSED:
        return ArchiveBusy(operation, f"{cause}: the reply cannot be read", ids=ids)
    hint = f"check that the {where} exists, and the identity's role on the storage account (it takes time to work)"
    return ArchiveRefused(operation, cause, hint=hint, ids=ids)
