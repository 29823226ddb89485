"""Inputs and outputs of functions, free of the worker library's untyped `Datum`."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Text:
    """A string, as the function gets it or gave it."""

    value: str


@dataclass(frozen=True, slots=True)
class Binary:
    """Bytes, as they are."""

    value: bytes


@dataclass(frozen=True, slots=True)
class Json:
    """JSON text: an event, a timer's status, a list of messages."""

    text: str


@dataclass(frozen=True, slots=True)
class HttpCall:
    """A request as the real host passes it on: header names in lower case, the rest as it was sent."""

    method: str
    url: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    params: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """A response as the function made it; cookies are ready Set-Cookie values."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()
    body: bytes = b""


type Payload = Text | Binary | Json | HttpCall | HttpAnswer
