"""One table of Table storage. Each operation is one request through an azure-core pipeline with few policies.

The SDK's client adds models and a dozen policies, which take twice the CPU of the request itself. Every recording takes
six such requests.
"""

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec
from azure.core.exceptions import DecodeError, HttpResponseError
from azure.core.pipeline import Pipeline
from azure.core.rest import HttpRequest

_BINARY = "Edm.Binary"
_TYPE = "@odata.type"
_JSON = {"Accept": "application/json;odata=minimalmetadata", "Content-Type": "application/json"}
_NO_CONTENT = {**_JSON, "Prefer": "return-no-content"}

_CONTINUATION = "x-ms-continuation-"
_NO_ROW = (msgspec.MsgspecError, ValueError, TypeError, KeyError, RecursionError)

type Row = Mapping[str, Any]
"""Properties by name, keys included: texts, 32-bit numbers and bytes."""
type Mark = tuple[str, str]
"""Where a page begins: the two keys of its first row, as the service names them."""


class _Rows(msgspec.Struct):
    value: list[dict[str, Any]]


class Table:
    """Reads and writes rows by their two keys. Every method raises `AzureError`, which the caller translates.

    Args:
        url: of the table.
        pipeline: signs, sends and retries requests.
    """

    def __init__(self, url: str, pipeline: Pipeline[HttpRequest, Any]) -> None:
        self._url = url
        self._pipeline = pipeline

    def close(self) -> None:
        """Close the connections."""
        self._pipeline.__exit__()

    def get(self, partition: str, row: str) -> tuple[Row, str]:
        """A row, and its ETag."""
        reply = self._send("GET", _path(partition, row), _JSON)
        try:
            found = _decoded(msgspec.json.decode(reply.content, type=dict[str, Any]))
            if (found["PartitionKey"], found["RowKey"]) != (partition, row):
                raise DecodeError("the reply is another row", response=reply)
            return found, reply.headers["ETag"]
        except _NO_ROW as error:
            raise DecodeError("the reply is no row", response=reply) from error

    def page(self, condition: str, limit: int, after: tuple[str, str] | None = None) -> tuple[list[Row], Mark | None]:
        """At most `limit` rows that meet an OData condition, in the order of their keys; where the next page begins.

        A page may have fewer rows, even none, though others follow.
        """
        asked = {"$filter": condition, "$top": str(limit)}
        if after is not None:
            asked |= {"NextPartitionKey": after[0], "NextRowKey": after[1]}
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in asked.items())
        reply = self._send("GET", f"()?{query}", _JSON)
        try:
            rows = msgspec.json.decode(reply.content, type=_Rows).value
            found: list[Row] = [_decoded(row) for row in rows]
        except _NO_ROW as error:
            raise DecodeError("the reply is no page of rows", response=reply) from error
        partition, row = (reply.headers.get(f"{_CONTINUATION}{name}") for name in ("NextPartitionKey", "NextRowKey"))
        return found, None if partition is None else (partition, row or "")

    def insert(self, row: Row) -> str:
        """Insert a row that must not exist yet; its ETag."""
        return self._write("POST", "", row, _NO_CONTENT)

    def replace(self, row: Row, etag: str) -> str:
        """Replace the row that has this ETag; the new ETag."""
        return self._write("PUT", _path(row["PartitionKey"], row["RowKey"]), row, {**_JSON, "If-Match": etag})

    def put(self, row: Row) -> str:
        """Write a row, whether there is one with its keys or not; its ETag."""
        return self._write("PUT", _path(row["PartitionKey"], row["RowKey"]), row, _JSON)

    def merge(self, row: Row) -> str:
        """Change the given properties of a row that exists, whatever its ETag; the new ETag."""
        return self._write("MERGE", _path(row["PartitionKey"], row["RowKey"]), row, {**_JSON, "If-Match": "*"})

    def delete(self, partition: str, row: str, etag: str = "*") -> None:
        """Delete a row that exists and has this ETag; by default whatever its ETag."""
        self._send("DELETE", _path(partition, row), {**_JSON, "If-Match": etag})

    def _write(self, method: str, path: str, row: Row, headers: Mapping[str, str]) -> str:
        types = {name + _TYPE: _BINARY for name, value in row.items() if isinstance(value, bytes)}
        reply = self._send(method, path, headers, msgspec.json.encode({**row, **types}))
        etag = reply.headers.get("ETag")
        if not etag:  # every table's reply to a write has one: it is unknown whether this row was written
            raise DecodeError("the reply has no ETag", response=reply)
        return str(etag)

    def _send(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None) -> Any:
        """The reply, which has a 2xx status."""
        sent = dict(headers) if body is None else {**headers, "Content-Length": str(len(body))}
        request = HttpRequest(method, f"{self._url}{path}", headers=sent, content=body)
        reply = self._pipeline.run(request).http_response
        if not 200 <= reply.status_code < 300:
            raise HttpResponseError(response=reply)
        return reply


def _decoded(found: dict[str, Any]) -> dict[str, Any]:
    binary = [name for name in found if found.get(name + _TYPE) == _BINARY]
    return found | {name: base64.b64decode(found[name], validate=True) for name in binary}


def _path(partition: str, row: str) -> str:
    return f"(PartitionKey='{_quoted(partition)}',RowKey='{_quoted(row)}')"


def _quoted(key: str) -> str:
    return quote(key.replace("'", "''"), safe="")
