"""The operation of a request to Blob, Table or Queue storage, from its method, path and query."""

from collections.abc import Mapping
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

Service = Literal["blob", "table", "queue"]
Operation = Literal[
    "stage",
    "commit",
    "put",
    "get_block_list",
    "head",
    "read",
    "delete",
    "lease",
    "container",
    "transaction",
    "query",
    "insert",
    "upsert",
    "get_entity",
    "table",
    "enqueue",
    "dequeue",
    "renew",
    "dismiss",
    "queue",
    "other",
]
_BLOB: Mapping[tuple[str, str], Operation] = {
    ("PUT", "block"): "stage",
    ("PUT", "blocklist"): "commit",
    ("GET", "blocklist"): "get_block_list",
    ("PUT", "lease"): "lease",
    ("PUT", ""): "put",
    ("HEAD", ""): "head",
    ("GET", ""): "read",
    ("DELETE", ""): "delete",
}
_MESSAGE: Mapping[str, Operation] = {"POST": "enqueue", "GET": "dequeue", "PUT": "renew", "DELETE": "dismiss"}


def operation_of(service: Service, method: str, target: str) -> tuple[Operation, str]:
    """The operation, and the path unquoted and without the query, which may hold a signature."""
    parts = urlsplit(target)
    path = unquote(parts.path)
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    if service == "blob":
        return _of_blob(method, path, query), path
    if service == "queue":
        return (_MESSAGE.get(method, "other") if "/messages" in path else "queue"), path
    return _of_table(method, path), path


def _of_blob(method: str, path: str, query: Mapping[str, str]) -> Operation:
    if query.get("restype") == "container" or path.count("/") < 3:  # noqa: PLR2004 - /account/container/blob
        return "container"
    return _BLOB.get((method, query.get("comp", "")), "other")


def _of_table(method: str, path: str) -> Operation:
    if path.endswith("/$batch"):
        return "transaction"
    if "/Tables" in path:
        return "table"
    entity = "PartitionKey=" in path
    if method == "GET":
        return "get_entity" if entity else "query"
    if method == "POST" and not entity:
        return "insert"
    return "upsert" if method in {"PUT", "PATCH", "MERGE"} and entity else "other"
