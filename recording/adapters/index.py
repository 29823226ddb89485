"""The index of the records in Table storage."""

from dataclasses import replace

from azure.core.exceptions import AzureError

from recording.adapters.open_work import page_of_rows
from recording.adapters.storage_errors import is_conflict, is_no_such_row, storage_error
from recording.adapters.table import Row, Table
from recording.core.errors import RecordingError
from recording.ports import IndexPage, IndexRow


class TableIndex:
    """`Index` over one table, which must exist."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, partition: str, key: str) -> IndexRow | None:
        """See `ports.Index.get`."""
        try:
            row, etag = self._table.get(partition, key)
        except AzureError as error:
            if is_no_such_row(error):
                return None
            raise _error("read index", error) from error
        return replace(_row_of(row), version=etag)

    def put(self, row: IndexRow) -> None:
        """See `ports.Index.put`."""
        try:
            self._table.put(_fields(row))
        except AzureError as error:
            raise _error("write index", error) from error

    def insert(self, row: IndexRow) -> IndexRow | None:
        """See `ports.Index.insert`."""
        try:
            etag = self._table.insert(_fields(row))
        except AzureError as error:
            if is_conflict(error):
                return None
            raise _error("write index", error) from error
        return replace(row, version=etag)

    def replace(self, row: IndexRow) -> IndexRow | None:
        """See `ports.Index.replace`."""
        try:
            etag = self._table.replace(_fields(row), row.version)
        except AzureError as error:
            if is_conflict(error) or is_no_such_row(error):
                return None
            raise _error("write index", error) from error
        return replace(row, version=etag)

    def delete(self, partition: str, key: str) -> None:
        """See `ports.Index.delete`."""
        try:
            self._table.delete(partition, key)
        except AzureError as error:
            if not is_no_such_row(error):
                raise _error("delete from index", error) from error

    def remove(self, row: IndexRow) -> bool:
        """See `ports.Index.remove`."""
        if not row.version:  # an empty condition is none: whatever stands there by now would be deleted
            raise ValueError("a row of a page has no version")
        try:
            self._table.delete(row.partition, row.key, row.version)
        except AzureError as error:
            if is_conflict(error) or is_no_such_row(error):
                return False
            raise _error("delete from index", error) from error
        return True

    def page(self, partition: str, limit: int, after: str = "", since: str = "", until: str = "") -> IndexPage:
        """See `ports.Index.page`."""
        bounds = {"ge": since, "lt": until}
        conditions = [f"RowKey {how} {_quoted(key)}" for how, key in bounds.items() if key]
        condition = " and ".join([f"PartitionKey eq {_quoted(partition)}", *conditions])
        rows, following = page_of_rows(self._table, "list index", condition, limit, after)
        return IndexPage(tuple(map(_row_of, rows)), following)


def _fields(row: IndexRow) -> Row:
    return {"PartitionKey": row.partition, "RowKey": row.key, "body": row.body}


def _row_of(row: Row) -> IndexRow:
    body = row.get("body")
    return IndexRow(str(row["PartitionKey"]), str(row["RowKey"]), body if isinstance(body, bytes) else b"")


def _quoted(key: str) -> str:
    return "'" + key.replace("'", "''") + "'"


def _error(operation: str, error: AzureError) -> RecordingError:
    return storage_error(operation, "table", error, {})
