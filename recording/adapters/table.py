"""One table of Table storage: rows in, rows out, each by one request."""

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec
from azure.core.exceptions import DecodeError

from recording.adapters.endpoint import Endpoint

_BINARY = "Edm.Binary"
_TYPE = "@odata.type"
_JSON = {"Accept": "application/json;odata=minimalmetadata", "Content-Type": "application/json"}
_SILENT = {**_JSON, "Prefer": "return-no-content"}

type Row = Mapping[str, Any]
"""Properties by name, keys included: texts, 32-bit numbers and bytes."""


class Table:
    """Rows by their two keys. Every method raises `AzureError`: what that means is for the caller to know."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def close(self) -> None:
        """Close the connections that are kept."""
        self._endpoint.close()

    def get(self, partition: str, row: str) -> tuple[Row, str]:
        """A row, and its ETag."""
        reply = self._endpoint.ask("GET", _path(partition, row), _JSON)
        try:
            found: dict[str, Any] = msgspec.json.decode(reply.content, type=dict[str, Any])
            binary = [name for name in found if found.get(name + _TYPE) == _BINARY]
            return found | {name: base64.b64decode(found[name]) for name in binary}, reply.headers["ETag"]
        except (msgspec.MsgspecError, ValueError, TypeError, KeyError) as error:
            raise DecodeError("what came is no row", response=reply) from error

    def insert(self, row: Row) -> str:
        """Add a row that must not be there; its ETag."""
        return self._write("POST", "", row, _SILENT)

    def replace(self, row: Row, etag: str) -> str:
        """Put a row in the place of the one with that ETag; its own ETag."""
        return self._write("PUT", _path(row["PartitionKey"], row["RowKey"]), row, {**_JSON, "If-Match": etag})

    def _write(self, method: str, path: str, row: Row, headers: Mapping[str, str]) -> str:
        types = {name + _TYPE: _BINARY for name, value in row.items() if isinstance(value, bytes)}
        reply = self._endpoint.ask(method, path, headers, msgspec.json.encode({**row, **types}))
        return str(reply.headers.get("ETag", ""))


def _path(partition: str, row: str) -> str:
    return f"(PartitionKey='{_quoted(partition)}',RowKey='{_quoted(row)}')"


def _quoted(key: str) -> str:
    return quote(key.replace("'", "''"), safe="")
