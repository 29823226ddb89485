"""The catalog in Table storage: one entity for each recording, each claim, and each owner of a source object."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec
from azure.core.exceptions import AzureError

from recording.adapters.rows import ENTRY_ROW, decoded, pack, unpack
from recording.adapters.sdk_errors import code_of, status_of
from recording.adapters.storage_errors import NOT_OF_THE_ROW, is_conflict, is_no_such_row, storage_error
from recording.adapters.table import Row, Table
from recording.core.errors import CatalogConflict, CatalogRefused, RecordingError
from recording.core.model import CatalogEntry, DocumentId, RecordingId
from recording.core.naming import encode
from recording.ports import StartClaim

_CLAIM_ROW = "claim"
_NEVER = frozenset({400, 413})
# Created at import: see `rows`.
_CLAIM = msgspec.json.Decoder(StartClaim)
_OWNER = msgspec.json.Decoder(tuple[RecordingId, DocumentId])


class TableCatalog:
    """`Catalog` over one table, which must exist."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def load(self, recording_id: RecordingId) -> CatalogEntry | None:
        """See `ports.Catalog.load`."""
        ids = {"recording_id": str(recording_id)}
        try:
            row, etag = self._table.get(encode(recording_id), ENTRY_ROW)
        except AzureError as error:
            if is_no_such_row(error):
                return None
            raise _error("load entry", error, ids) from error
        return unpack(row, recording_id, etag)

    def save(self, entry: CatalogEntry) -> CatalogEntry:
        """See `ports.Catalog.save`."""
        row = pack(entry)
        try:
            etag = self._table.replace(row, entry.version) if entry.version else self._table.insert(row)
        except AzureError as error:
            ids = {"recording_id": str(entry.recording.recording_id)}
            if is_no_such_row(error) or is_conflict(error):
                raise CatalogConflict("save entry", "it has changed meanwhile", ids=ids) from error
            raise _error("save entry", error, ids) from error
        return replace(entry, version=etag)

    def claim(self, claim: StartClaim) -> StartClaim:
        """See `ports.Catalog.claim`."""
        try:
            etag = self._table.insert(_claim_row(claim))
        except AzureError as error:
            if is_conflict(error):
                return self._find_existing(claim.key)
            raise _error("claim start", error, {"claim": claim.key}) from error
        return replace(claim, version=etag)

    def find_claim(self, key: str) -> StartClaim | None:
        """See `ports.Catalog.find_claim`."""
        ids = {"claim": key}
        try:
            row, etag = self._table.get(_partition("start", key), _CLAIM_ROW)
        except AzureError as error:
            if is_no_such_row(error):
                return None
            raise _error("find start", error, ids) from error
        return replace(decoded(_CLAIM, row.get("body"), "find start", ids), version=etag)

    def settle(self, claim: StartClaim) -> StartClaim:
        """See `ports.Catalog.settle`."""
        try:
            etag = self._table.replace(_claim_row(claim), claim.version)
        except AzureError as error:
            if is_no_such_row(error) or is_conflict(error):
                return self._find_existing(claim.key)
            raise _error("settle start", error, {"claim": claim.key}) from error
        return replace(claim, version=etag)

    def _find_existing(self, key: str) -> StartClaim:
        existing = self.find_claim(key)
        if existing is None:
            raise CatalogConflict("find start", "the claim has been deleted meanwhile", ids={"claim": key})
        return existing

    def own(
        self, object_key: str, recording_id: RecordingId, document_id: DocumentId
    ) -> tuple[RecordingId, DocumentId]:
        """See `ports.Catalog.own`."""
        ids = {"recording_id": str(recording_id), "document_id": str(document_id)}
        row = _row("object", object_key, "owner", (recording_id, document_id))
        return decoded(_OWNER, self._insert_or_get("own source object", row, ids), "own source object", ids)

    def _insert_or_get(self, operation: str, row: Row, ids: Mapping[str, str]) -> Any:
        """Insert the row, unless there is one with its keys; the body of the row that is there after that."""
        try:
            self._table.insert(row)
        except AzureError as error:
            if not is_conflict(error):
                raise _error(operation, error, ids) from error
        else:
            return row["body"]
        try:
            return self._table.get(row["PartitionKey"], row["RowKey"])[0].get("body")
        except AzureError as error:
            raise _error(operation, error, ids) from error


def _claim_row(claim: StartClaim) -> dict[str, Any]:
    return _row("start", claim.key, _CLAIM_ROW, claim)


def _row(kind: str, key: str, row_key: str, value: object) -> dict[str, Any]:
    return {"PartitionKey": _partition(kind, key), "RowKey": row_key, "body": msgspec.json.encode(value)}


def _partition(kind: str, key: str) -> str:
    """The partition key for a text from outside. No recording has it: no encoded id has a ~ at this place."""
    return f"{kind}~{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()}"


def _error(operation: str, error: AzureError, ids: Mapping[str, str]) -> RecordingError:
    status, code = status_of(error), code_of(error)
    if status in _NEVER and code and not code.startswith(NOT_OF_THE_ROW):
        hint = "the row can never be stored as it is; see the journal"
        return CatalogRefused(operation, f"{status} {code}", hint=hint, ids=ids)
    return storage_error(operation, "table", error, ids)
