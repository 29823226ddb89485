"""Stands between a client and the network: answers in the service's place, loses requests and replies, damages bytes.

One queue of rules before both ways out: the SDKs' transport, and the app's own wire, by which bytes are written.
"""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from socket import socketpair
from typing import Any, NamedTuple, override

import requests
from azure.core.exceptions import ServiceRequestError, ServiceResponseError
from azure.core.pipeline.transport import RequestsTransport
from azure.core.rest import HttpRequest
from requests.structures import CaseInsensitiveDict

from recording.adapters import wire
from recording.adapters.transport import transport
from recording.adapters.wire.connection import Connection

_CONNECTIONS = 16


@dataclass
class Request:
    """What is to be sent; a rule may change its body."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: Any


class Way(NamedTuple):
    """How a request goes out, and what replies and errors are on this way."""

    send: Callable[[Request], Any]
    reply: Callable[[int, dict[str, str], bytes], Any]
    request_lost: Exception
    reply_lost: Exception


type Rule = Callable[[Request, Way], Any]


@dataclass
class Wire:
    """A client's transports whose next requests meet the rules that were laid, one each; then all is well again."""

    transport: RequestsTransport = field(default_factory=lambda: transport(_CONNECTIONS))
    sent: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._rules: list[Rule] = []
        self.writes = _Writes(self._meet)
        session: Any = self.transport.session
        send, lost = session.request, requests.ConnectionError("broken on purpose")

        def meet(method: str, url: str, **options: Any) -> Any:  # noqa: ANN401 - as requests has it
            def pass_on(request: Request) -> Any:  # noqa: ANN401 - the same
                return send(request.method, request.url, **{**options, "data": request.body})

            request = Request(method, url, options["headers"], options["data"])
            return self._meet(request, Way(pass_on, _response, lost, lost))

        session.request = meet

    def _meet(self, request: Request, way: Way) -> Any:  # noqa: ANN401 - a reply as the way has it
        self.sent.append(request)
        return self._rules.pop(0)(request, way) if self._rules else way.send(request)

    def answer(
        self, status: int, code: str = "", headers: dict[str, str] | None = None, times: int = 1, body: bytes = b""
    ) -> None:
        """Answer in the service's place, with its error code."""
        said = {**({"x-ms-error-code": code} if code else {}), **(headers or {})}

        def reply(_request: Request, way: Way) -> Any:  # noqa: ANN401 - the same
            return way.reply(status, said, body)

        self._rules += [reply] * times

    def lose_request(self, times: int = 1) -> None:
        """Break the connection before the service sees anything."""

        def lose(_request: Request, way: Way) -> Any:  # noqa: ANN401 - the same
            raise way.request_lost

        self._rules += [lose] * times

    def lose_reply(self, times: int = 1) -> None:
        """Break the connection after the service has done its part."""

        def lose(request: Request, way: Way) -> Any:  # noqa: ANN401 - the same
            way.send(request).close()
            raise way.reply_lost

        self._rules += [lose] * times

    def then(self, act: Callable[[], object]) -> None:
        """Do something once the service has replied, before the client hears of it.

        A list is cut to one row a page, as a table may cut it wherever it likes.
        """

        def reply(request: Request, way: Way) -> Any:  # noqa: ANN401 - the same
            if "$filter" in request.url:
                request.url += "&$top=1"
            found = way.send(request)
            act()
            return found

        self._rules.append(reply)

    def damage(self, times: int = 1) -> None:
        """Change a byte of the body on its way."""

        def change(request: Request, way: Way) -> Any:  # noqa: ANN401 - the same
            body = bytearray(request.body.read() if hasattr(request.body, "read") else request.body)
            body[len(body) // 2] ^= 1
            request.body = bytes(body)
            return way.send(request)

        self._rules += [change] * times


class _Writes(wire.Wire):
    """The app's own wire, but for the rules that its requests meet first."""

    def __init__(self, meet: Callable[[Request, Way], wire.Reply]) -> None:
        super().__init__(_CONNECTIONS)
        self._meet = meet

    @override
    def send(self, request: HttpRequest, *, body: bytes | memoryview = b"", **options: Any) -> wire.Reply:
        send = super().send
        way = Way(
            lambda met: send(request, body=met.body, **options),
            lambda status, headers, said: self._reply(request, status, headers, said),
            ServiceRequestError("broken on purpose"),
            ServiceResponseError("broken on purpose"),
        )
        return self._meet(Request(request.method, request.url, dict(request.headers), body), way)

    def _reply(self, request: HttpRequest, status: int, headers: dict[str, str], body: bytes) -> wire.Reply:
        """As if it had come over the network."""
        said = {**headers, "Content-Length": str(len(body)), "Connection": "close"}
        lines = [f"HTTP/1.1 {status} Answered", *(f"{name}: {value}" for name, value in said.items()), "", ""]
        ours, theirs = socketpair()
        with theirs:
            theirs.sendall("\r\n".join(lines).encode() + body)
        return wire.Reply(request, Connection(("", ""), ours), self.keep)


def _response(status: int, headers: dict[str, str], body: bytes) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response.headers = CaseInsensitiveDict(headers)
    response.raw = io.BytesIO(body)
    return response
