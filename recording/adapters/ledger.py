"""The ledger in the table of open work: a partition for each section, a row for each key."""

from collections.abc import Mapping

from azure.core.exceptions import AzureError

from recording.adapters.storage_errors import is_conflict, is_no_such_row, storage_error
from recording.adapters.table import Row, Table
from recording.core.naming import encode

_PREFIX = "replay~"
"""Of the partitions; no hour and no other partition of the table begins like that."""
_PAGE = 1000


class TableLedger:
    """`Ledger` over one table, which must exist."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, section: str, key: str) -> str | None:
        """See `ports.Ledger.find`."""
        try:
            row, _ = self._table.get(_partition(section), encode(key))
        except AzureError as error:
            if is_no_such_row(error):
                return None
            raise storage_error("find outcome", "table", error, _ids(section, key)) from error
        return str(row.get("outcome", ""))

    def note(self, section: str, key: str, outcome: str) -> None:
        """See `ports.Ledger.note`."""
        try:
            self._table.put(_row(section, key, outcome))
        except AzureError as error:
            raise storage_error("note outcome", "table", error, _ids(section, key)) from error

    def note_first(self, section: str, key: str, outcome: str) -> str:
        """See `ports.Ledger.note_first`."""
        try:
            self._table.insert(_row(section, key, outcome))
        except AzureError as error:
            standing = self.find(section, key) if is_conflict(error) else None
            if standing is None:
                raise storage_error("note first outcome", "table", error, _ids(section, key)) from error
            return standing
        return outcome

    def all(self, section: str) -> Mapping[str, str]:
        """See `ports.Ledger.all`."""
        found, mark, is_last = dict[str, str](), None, False
        while not is_last:
            try:
                rows, mark = self._table.page(f"PartitionKey eq '{_partition(section)}'", _PAGE, mark)
            except AzureError as error:
                raise storage_error("list outcomes", "table", error, {"section": section}) from error
            found |= {str(row.get("key", "")): str(row.get("outcome", "")) for row in rows}
            is_last = mark is None
        return found

    def forget(self, first: str, end: str, limit: int) -> int:
        """See `ports.Ledger.forget`."""
        condition = f"PartitionKey ge '{_partition(first)}' and PartitionKey lt '{_partition(end)}'"
        try:
            rows, _ = self._table.page(condition, limit)
            for row in rows:
                self._remove(str(row["PartitionKey"]), str(row["RowKey"]))
        except AzureError as error:
            raise storage_error("forget outcomes", "table", error, {"section": first}) from error
        return len(rows)

    def _remove(self, partition: str, row: str) -> None:
        try:
            self._table.delete(partition, row)
        except AzureError as error:
            if not is_no_such_row(error):  # another worker forgets too
                raise


def _partition(section: str) -> str:
    return f"{_PREFIX}{section}"


def _row(section: str, key: str, outcome: str) -> Row:
    return {"PartitionKey": _partition(section), "RowKey": encode(key), "key": key, "outcome": outcome}


def _ids(section: str, key: str) -> Mapping[str, str]:
    return {"section": section, "key": key}
