"""Parsers of settings. Each raises ValueError whose message never contains the text."""

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

from recording.core.callers import ApiAuth
from recording.core.locations import ALLOWED_SUFFIXES
from recording.core.model import Authority
from recording.settings.connections import connection_problems, is_base64, url_problems

MEBIBYTE = 1 << 20

_HOST = re.compile(r"[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,20}(?::[0-9]{1,5})?")
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_AUDIENCE = re.compile(r"[!-+\--~]{1,500}")
"""Printable, without blanks and commas."""


def endpoint(text: str) -> str:
    """The URL of a service, or empty."""
    if text and (wrong := "; ".join(url_problems(text))):
        raise ValueError(wrong)
    return text.rstrip("/")  # with a trailing slash the signature would not match, and every call would be refused


def host_endpoint(text: str) -> str:
    """The URL of a service, without a path."""
    found = endpoint(text)
    if urlsplit(found).path:
        raise ValueError("a path behind the host")
    return found


def host_name(text: str) -> str:
    """The name of a host, maybe with a port; or empty."""
    if text and not _HOST.fullmatch(text):
        raise ValueError("not the name of a host")
    return text.lower()


def connection_string(text: str) -> str:
    """The connection string of a storage account, or empty."""
    if text and (wrong := "; ".join(connection_problems(text))):
        raise ValueError(wrong)
    return text


def base64_key(text: str) -> str:
    """A key in base64, or empty."""
    if not is_base64(text):
        raise ValueError("not base64: it may be cut off")
    return text


def base64_keys(text: str) -> tuple[str, ...]:
    """Such keys, separated by commas."""
    return tuple(map(base64_key, _listed(text)))


def authority(text: str) -> Authority:
    """What a delete at the source requires beside a proof."""
    if text.lower() == "true":
        raise ValueError("true does not say what is needed; use proven (the default), or event")
    try:
        return Authority(text.lower())
    except ValueError as error:
        raise ValueError("none of proven, event, false") from error


def api_auth(text: str) -> ApiAuth:
    """What a caller of the API shows."""
    try:
        return ApiAuth(text.lower())
    except ValueError as error:
        raise ValueError("none of key, entra, both") from error


def guid(text: str) -> str:
    """An id such as Azure gives to tenants, in lower case; or empty."""
    found = text.lower()
    if found and not _GUID.fullmatch(found):
        raise ValueError("not an id such as 00000000-0000-0000-0000-000000000000")
    return found


def guids(text: str) -> tuple[str, ...]:
    """Such ids, separated by commas."""
    return tuple(map(guid, _listed(text)))


def audiences(text: str) -> tuple[str, ...]:
    """Audiences of tokens, separated by commas: a client id, or an application id URI such as api://NAME."""
    found = _listed(text)
    if not all(_AUDIENCE.fullmatch(one) for one in found):
        raise ValueError("not a list of client ids or of application id URIs")
    return found


def _listed(text: str) -> tuple[str, ...]:
    found = tuple(one.strip() for one in text.split(",")) if text else ()
    if not all(found):
        raise ValueError("an empty place between two commas, or at an end")
    return found


def container(text: str) -> str:
    """The name of a Blob container."""
    if not re.fullmatch(r"[a-z0-9](?:[a-z0-9]|-(?!-)){1,61}[a-z0-9]", text):
        raise ValueError("not a container name: 3 to 63 of a-z, 0-9 and single dashes")
    return text


def container_urls(text: str) -> tuple[str, ...]:
    """The URLs of Blob containers, separated by commas, in the spelling in which locations are held against them.

    Each is https, on a plain host; http only for an emulator, which `Settings` checks.
    """
    return tuple(dict.fromkeys(map(_container_url, _listed(text))))


def _container_url(text: str) -> str:
    found = _CONTAINER_URL.fullmatch(text.rstrip("/"))
    if found is None:
        raise ValueError("not the URL of a container, https://ACCOUNT.blob.core.windows.net/CONTAINER")
    container(found["container"])
    authority = found["authority"].lower()
    if authority.endswith(ALLOWED_SUFFIXES):
        raise ValueError("a host of the service: its own storage is no container of yours")
    return f"{found['scheme'].lower()}://{authority}{found['account'] or ''}/{found['container']}"


_CONTAINER_URL = re.compile(
    r"(?P<scheme>https?)://(?P<authority>[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::[0-9]{1,5})?)(?P<account>/[a-z0-9]+)?"
    r"/(?P<container>[^/?#]+)",
    re.IGNORECASE,
)


def table(text: str) -> str:
    """The name of a table."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9]{2,62}", text):
        raise ValueError("not a table name: 3 to 63 letters and digits, a letter first")
    return text


def tier(text: str) -> str:
    """An online access tier; empty for the account's default."""
    if text not in {"", "Hot", "Cool", "Cold"}:
        raise ValueError("none of Hot, Cool, Cold")  # Archive is offline: a blob could not be read back to prove it
    return text


def boolean(text: str) -> bool:
    """`true` or `false`, case-insensitive."""
    if text.lower() not in {"true", "false"}:
        raise ValueError("neither true nor false")
    return text.lower() == "true"


def whole(least: int, most: int) -> Callable[[str], int]:
    """A parser of whole numbers from `least` to `most`, both included."""

    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
            message = f"not a whole number from {least} to {most}"
            raise ValueError(message)
        return int(text)

    return parse


def mebibytes(least: int, most: int) -> Callable[[str], int]:
    """A parser of MiB, a whole number within bounds; the value is in bytes."""
    parse = whole(least, most)
    return lambda text: parse(text) * MEBIBYTE


def seconds(least: int, most: int) -> Callable[[str], timedelta]:
    """A parser of seconds, a whole number within bounds."""
    parse = whole(least, most)
    return lambda text: timedelta(seconds=parse(text))


def hours(least: int, most: int) -> Callable[[str], timedelta]:
    """A parser of hours, a whole number within bounds."""
    parse = whole(least, most)
    return lambda text: timedelta(hours=parse(text))


def time_span(text: str) -> timedelta:
    """A time as in host.json: `hh:mm:ss` or `d.hh:mm:ss`; -1 means no limit."""
    if text == "-1":
        return timedelta.max
    found = re.fullmatch(r"(?:(\d{1,3})\.)?(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.\d{1,7})?", text, re.ASCII)
    if found is None:
        raise ValueError("not a time such as 00:30:00")
    days, *rest = (int(group or 0) for group in found.groups())
    return timedelta(days=days, hours=rest[0], minutes=rest[1], seconds=rest[2])
