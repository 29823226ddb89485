"""A transport between client and network that fakes replies, loses requests or replies, and damages bytes."""

from collections.abc import Callable
from dataclasses import dataclass
from socket import socketpair
from typing import Any, override

from azure.core.exceptions import ServiceRequestError, ServiceResponseError
from azure.core.rest import HttpRequest
from urllib3.connection import HTTPConnection

from recording.adapters.http_transport import Reply, Urllib3Transport
from recording.adapters.http_transport.connection import Connection
from recording.adapters.sdk_errors import raise_if_retry_after_too_long

_CONNECTIONS = 16
_LOST = "broken on purpose"


@dataclass
class Request:
    """A request to be sent; a rule may change its body."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes


type Send = Callable[[], Reply]
type Rule = Callable[[Request, Send], Reply]


class FaultyTransport(Urllib3Transport):
    """The app's transport. Each rule applies to one of the next requests; after that there are no faults."""

    def __init__(self) -> None:
        super().__init__(_CONNECTIONS)
        self.sent: list[Request] = []
        self._rules: list[Rule] = []

    @override
    def send(self, request: HttpRequest, *, body: Any = None, **options: Any) -> Reply:
        given = request.content if body is None else body
        content = given.encode() if isinstance(given, str) else bytes(given or b"")
        met = Request(request.method, request.url, dict(request.headers), content)
        self.sent.append(met)

        def pass_on() -> Reply:
            request.url = met.url
            return super(FaultyTransport, self).send(request, body=met.body or None, **options)

        return self._rules.pop(0)(met, pass_on) if self._rules else pass_on()

    def answer(
        self, status: int, code: str = "", headers: dict[str, str] | None = None, times: int = 1, body: bytes = b""
    ) -> None:
        """Answer instead of the service, with its error code."""
        said = {**({"x-ms-error-code": code} if code else {}), **(headers or {})}
        self._rules += [lambda request, _send: _reply(request, status, said, body)] * times

    def lose_request(self, times: int = 1) -> None:
        """Break the connection before the service receives anything."""

        def lose(_request: Request, _send: Send) -> Reply:
            raise ServiceRequestError(_LOST)

        self._rules += [lose] * times

    def lose_reply(self, times: int = 1) -> None:
        """Break the connection after the service has processed the request."""

        def lose(_request: Request, send: Send) -> Reply:
            send().close()
            raise ServiceResponseError(_LOST)

        self._rules += [lose] * times

    def then(self, act: Callable[[], object]) -> None:
        """Do something after the service has replied, before the client gets the reply.

        A list has one row a page: a table may divide it anywhere.
        """

        def reply(request: Request, send: Send) -> Reply:
            if "$filter" in request.url:
                request.url += "&$top=1"
            found = send()
            act()
            return found

        self._rules.append(reply)

    def damage(self, times: int = 1) -> None:
        """Change a byte of the body in transit."""

        def change(request: Request, send: Send) -> Reply:
            body = bytearray(request.body)
            body[len(body) // 2] ^= 1
            request.body = bytes(body)
            return send()

        self._rules += [change] * times


def _reply(request: Request, status: int, headers: dict[str, str], body: bytes) -> Reply:
    """A reply as if from the network."""
    said = {**headers, "Content-Length": str(len(body)), "Connection": "close"}
    lines = [f"HTTP/1.1 {status} Answered", *(f"{name}: {value}" for name, value in said.items()), "", ""]
    opened = HTTPConnection("answered")
    opened.sock, theirs = socketpair()
    with theirs:
        connection = Connection(("", ""), opened)
        theirs.sendall("\r\n".join(lines).encode() + body)
        reply = Reply(HttpRequest(request.method, request.url), connection, Connection.close)
        reply.read_whole(len(body))
    raise_if_retry_after_too_long(reply)
    return reply
