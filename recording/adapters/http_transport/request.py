"""Requests as they are sent: a head letter for letter as given, and a body from the caller's memory.

urllib3's pools spell the target anew (`%2b` becomes `%2B`), after it has been signed. Its connections would not, but
spend more CPU on the lines of a head than all the rest of a request costs.
"""

import re
from collections.abc import Mapping
from enum import Enum, auto
from typing import Any, NamedTuple
from urllib.parse import urlencode

from azure.core.rest import HttpRequest

_URL = re.compile(r"(https?)://([^/?#\s]+)([!-~]*)", re.ASCII | re.IGNORECASE)
_WITHOUT_BODY = frozenset({"GET", "HEAD", "DELETE"})

type Key = tuple[str, str]
"""Scheme and authority of what a connection leads to."""


class Take(Enum):
    """What is taken of a reply that is a success; of a refusal it is always what comes in time, and is short."""

    WHOLE = auto()
    """The body, whole: without it there is no reply."""
    STATUS = auto()
    """The status: it tells all, whatever the body lacks."""
    OPEN = auto()
    """The status of a 200 or 206, whose body is left for `readinto`; of another, as with STATUS."""


class Prepared(NamedTuple):
    """A request, ready to be sent, and what is to be done with its reply."""

    request: Any
    key: Key
    head: bytes
    body: bytes | memoryview
    take: Take
    into: memoryview | None
    most: int


def split_url(url: str) -> tuple[str, str, str]:
    """Scheme, authority, and all that stands behind the host, letter for letter.

    Raises:
        ValueError: it is no http or https URL, or holds what no request line can hold.
    """
    found = _URL.fullmatch(url)
    if found is None:
        raise ValueError("the URL holds what no request line can")
    scheme, authority, target = found.groups()
    return scheme.lower(), authority, target if target.startswith("/") else f"/{target}"


def target_of(url: str) -> str:
    """What the request line says of a URL, and what is signed of it."""
    return split_url(url)[2]


def body_of(request: Any) -> bytes | memoryview:
    """The body of a request of either of azure-core's two kinds."""
    content = request.content if isinstance(request, HttpRequest) else request.body
    if isinstance(content, Mapping):
        content = urlencode(content)
    return content.encode() if isinstance(content, str) else content or b""


def head_of(method: str, target: str, host: str, headers: Mapping[str, str], length: int) -> bytes:
    """The head of a request. The length of its body is added where it is missing; an encoded reply is never asked for.

    Raises:
        ValueError: a header holds what none can hold.
    """
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", "Accept-Encoding: identity"]
    if "Content-Length" not in headers and (length or method not in _WITHOUT_BODY):
        lines.append(f"Content-Length: {length}")
    lines += [f"{name}: {value}" for name, value in headers.items()]
    head = "\r\n".join(lines)
    if head.count("\n") != len(lines) - 1 or head.count("\r") != len(lines) - 1:
        raise ValueError("a header holds a line break")
    try:
        return f"{head}\r\n\r\n".encode("latin-1")
    except UnicodeEncodeError:
        raise ValueError("a header holds what no header can") from None  # the error itself would show them all
