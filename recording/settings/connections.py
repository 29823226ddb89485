"""Validates how a service is reached: a URL, or a storage connection string. Reports all problems of one.

The SDKs report one problem at a time, or silently use a default. No message contains the value, which may be a key
pasted into the wrong setting.
"""

import base64
import re
from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

_HOST = re.compile(r"[a-z0-9_:-]+(?:\.[a-z0-9_-]+)*")
_ENDPOINTS = ("BlobEndpoint", "QueueEndpoint", "TableEndpoint")


def is_base64(text: str) -> bool:
    """Whether the text can be a key."""
    try:
        base64.b64decode(text, validate=True)
    except ValueError:
        return False
    return True


def connection_problems(text: str) -> Iterator[str]:
    """All problems of a storage account's connection string; none if it is valid."""
    pairs = [part.partition("=") for part in text.rstrip(";").split(";")]
    if not all(name and value for name, _, value in pairs):
        yield "not a connection string, which is NAME=VALUE pairs with one semicolon between them"
        return
    if any(character.isspace() for character in text):
        yield "a space or a line break in it"
        return
    values = {name.lower(): value for name, _, value in pairs}
    if len(values) < len(pairs):
        yield "a name twice in it"
        return
    if "usedevelopmentstorage" in values:
        yield "UseDevelopmentStorage, which not every SDK supports: use the emulator's full connection string"
        return
    if not values.get("accountname"):
        yield "no AccountName in it"
    if not (key := values.get("accountkey", "")):
        yield "no AccountKey in it (to use an identity in place of a key, set the __ forms)"
    elif not is_base64(key):
        yield "its AccountKey is not base64: it may be cut off"
    yield from _endpoint_problems(values)


def _endpoint_problems(values: dict[str, str]) -> Iterator[str]:
    named = [name for name in _ENDPOINTS if values.get(name.lower())]
    for name in named:
        parts = _split(values[name.lower()])
        if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
            yield f"its {name} is not a URL"
    if len(named) == len(_ENDPOINTS):
        return
    if not values.get("endpointsuffix"):
        yield f"no EndpointSuffix in it (core.windows.net in the public cloud), nor all of {', '.join(_ENDPOINTS)}"
    if values.get("defaultendpointsprotocol", "").lower() != "https":
        yield "its DefaultEndpointsProtocol is not https"


def blob_endpoint(text: str) -> str:
    """The URL of the blobs of an account, by its connection string, which is valid."""
    values = {name.lower(): value for name, _, value in (part.partition("=") for part in text.rstrip(";").split(";"))}
    by_suffix = f"{values.get('defaultendpointsprotocol', 'https')}://{values.get('accountname')}.blob"
    return values.get("blobendpoint", "").rstrip("/") or f"{by_suffix}.{values.get('endpointsuffix')}"


def url_problems(text: str) -> Iterator[str]:
    """All problems of a service URL; none if it is valid."""
    if "accesskey=" in text.lower():
        yield "a connection string; only the URL behind endpoint= belongs here, and accesskey= into its own setting"
        return
    parts = _split(text)
    if parts is None:
        yield "not a URL"
        return
    if parts.scheme != "https":
        yield "not an https URL: it does not begin with https:"
    if not parts.hostname:
        yield "no host in it"
    elif not _HOST.fullmatch(parts.hostname):
        yield "its host is no name of letters, digits, dashes and dots"
    if any(character.isspace() for character in text):
        yield "a space or a line break in it"
    if parts.username or parts.password:
        yield "a user name or password in it"
    if parts.query or parts.fragment:
        yield "a ? or # in it"


def _split(text: str) -> SplitResult | None:
    try:
        parts = urlsplit(text)
        _ = parts.port  # urlsplit validates the port when it is read
    except ValueError:
        return None
    return parts
