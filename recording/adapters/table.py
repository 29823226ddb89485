"""One table of Table storage: rows in, rows out, each by one request through a pipeline of few policies.

The SDK's client turns a few lines of JSON into models and back, by a dozen policies. That is twice what the request
itself costs, and every recording takes six of them.
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
_SILENT = {**_JSON, "Prefer": "return-no-content"}

type Row = Mapping[str, Any]
"""Properties by name, keys included: texts, 32-bit numbers and bytes."""


class Table:
    """Rows by their two keys. Every method raises `AzureError`: what that means is for the caller to know.

    Args:
        url: of the table.
        pipeline: signs requests, sends them, and tries them again.
    """

    def __init__(self, url: str, pipeline: Pipeline[HttpRequest, Any]) -> None:
        self._url = url
        self._pipeline = pipeline

    def close(self) -> None:
        """Close the connections."""
        self._pipeline.__exit__()

    def get(self, partition: str, row: str) -> tuple[Row, str]:
        """A row, and its ETag."""
        reply = self._ask("GET", _path(partition, row), _JSON)
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
        reply = self._ask(method, path, headers, msgspec.json.encode({**row, **types}))
        return str(reply.headers.get("ETag", ""))

    def _ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None) -> Any:
        """The reply, whose status is a success."""
        asked = dict(headers) if body is None else {**headers, "Content-Length": str(len(body))}
        request = HttpRequest(method, f"{self._url}{path}", headers=asked, content=body)
        reply = self._pipeline.run(request).http_response
        if not 200 <= reply.status_code < 300:
            raise HttpResponseError(response=reply)
        return reply


def _path(partition: str, row: str) -> str:
    return f"(PartitionKey='{_quoted(partition)}',RowKey='{_quoted(row)}')"


def _quoted(key: str) -> str:
    return quote(key.replace("'", "''"), safe="")
