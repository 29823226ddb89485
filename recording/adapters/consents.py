"""The consents of calls in the catalog's table, and their rows in the table of open work."""

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
from azure.core.exceptions import AzureError

from recording.adapters.open_work import page_of_rows
from recording.adapters.rows import PIECE, decoded, packed, unpacked
from recording.adapters.storage_errors import is_conflict, is_no_such_row, storage_error
from recording.adapters.table import Table
from recording.core.consent import Consent
from recording.core.errors import CatalogConflict, RecordingError
from recording.core.model import CallConnectionId
from recording.core.times import format_time, parse_time
from recording.ports import ConsentPage, ConsentRow

_ROW = "consent"
_OPEN = "consent"
"""The partition of the rows, those of all calls that are asked, or recorded with consent. No hour is called so."""
# Created at import: see `rows`.
_CONSENT = msgspec.json.Decoder(Consent)


class TableConsents:
    """`Consents` over the table of the catalog and that of open work, which must exist."""

    def __init__(self, catalog: Table, open_work: Table) -> None:
        self._catalog = catalog
        self._open = open_work

    def load(self, connection_id: CallConnectionId) -> Consent | None:
        """See `ports.Consents.load`."""
        try:
            row, etag = self._catalog.get(_partition(connection_id), _ROW)
        except AzureError as error:
            if is_no_such_row(error):
                return None
            raise _error("load consent", error, connection_id) from error
        ids = _ids(connection_id)
        text = row.get("body") or unpacked(row, "load consent", ids)
        return replace(decoded(_CONSENT, text, "load consent", ids), version=etag)

    def save(self, consent: Consent) -> Consent:
        """See `ports.Consents.save`."""
        connection_id = consent.connection_id
        row: dict[str, Any] = {"PartitionKey": _partition(connection_id), "RowKey": _ROW, **_body_of(consent)}
        try:
            etag = self._catalog.replace(row, consent.version) if consent.version else self._catalog.insert(row)
        except AzureError as error:
            if is_no_such_row(error) or is_conflict(error):
                ids = _ids(connection_id)
                raise CatalogConflict("save consent", "it has changed meanwhile", ids=ids) from error
            raise _error("save consent", error, connection_id) from error
        return replace(consent, version=etag)

    def put_row(self, connection_id: CallConnectionId, opening: int, at: datetime) -> None:
        """See `ports.Consents.put_row`."""
        row = {"PartitionKey": _OPEN, "RowKey": _row_key(connection_id, opening), "connectionId": connection_id}
        try:
            self._open.put({**row, "opening": opening, "since": format_time(at)})
        except AzureError as error:
            raise _error("open consent", error, connection_id) from error

    def remove_row(self, connection_id: CallConnectionId, opening: int) -> None:
        """See `ports.Consents.remove_row`."""
        try:
            self._open.delete(_OPEN, _row_key(connection_id, opening))
        except AzureError as error:
            if not is_no_such_row(error):
                raise _error("close consent", error, connection_id) from error

    def page(self, limit: int, after: str = "") -> ConsentPage:
        """See `ports.Consents.page`."""
        rows, following = page_of_rows(self._open, "list consents", f"PartitionKey eq '{_OPEN}'", limit, after)
        found = []
        for row in rows:
            since, opening = parse_time(row.get("since")), row.get("opening")
            if since is not None and isinstance(opening, int):
                found.append(ConsentRow(CallConnectionId(str(row.get("connectionId", ""))), opening, since))
        return ConsentPage(tuple(found), following)


def _body_of(consent: Consent) -> dict[str, bytes]:
    """The consent as properties: as one where that can hold it. In a call that many join it grows beyond that.

    Raises:
        EntryTooLarge: it exceeds the limits of a row.
    """
    text, ids = msgspec.json.encode(replace(consent, version="")), _ids(consent.connection_id)
    if len(text) <= PIECE:
        return {"body": text}
    return packed(text, "save consent", f"{len(consent.reports)} operations", "", ids)


def _partition(connection_id: CallConnectionId) -> str:
    """No recording and no claim has it; see `catalog._partition`."""
    return f"consent~{_digest(connection_id)}"


def _row_key(connection_id: CallConnectionId, opening: int) -> str:
    return f"{_digest(connection_id)}~{opening}"


def _digest(connection_id: CallConnectionId) -> str:
    return hashlib.sha256(connection_id.encode("utf-8", "surrogatepass")).hexdigest()


def _ids(connection_id: CallConnectionId) -> dict[str, str]:
    return {"call_connection_id": str(connection_id)}


def _error(operation: str, error: AzureError, connection_id: CallConnectionId) -> RecordingError:
    return storage_error(operation, "table", error, _ids(connection_id))
