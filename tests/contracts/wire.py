"""Stands between an SDK's client and the network: answers in the service's place, loses replies, damages bytes."""

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import requests
from azure.core.pipeline.transport import RequestsTransport
from requests.structures import CaseInsensitiveDict

from recording.adapters.transport import transport

type Send = Callable[[], requests.Response]
type Rule = Callable[["Request", Send], requests.Response]


@dataclass
class Request:
    """What the SDK wants sent; a rule may change `options`, the arguments of `requests`."""

    method: str
    url: str
    options: dict[str, Any]


@dataclass
class Wire:
    """A client's transport whose next requests meet the rules that were laid, one each; then all is well again."""

    transport: RequestsTransport = field(default_factory=lambda: transport(16))
    sent: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._rules: list[Rule] = []
        session: Any = self.transport.session
        self._send = session.request
        session.request = self._request

    def _request(self, method: str, url: str, **options: Any) -> requests.Response:  # noqa: ANN401 - as requests has it
        request = Request(method, url, options)
        self.sent.append(request)
        if self._rules:
            return self._rules.pop(0)(request, lambda: self._send(request.method, request.url, **request.options))
        return self._send(method, url, **options)  # type: ignore[no-any-return]

    def answer(self, status: int, code: str = "", headers: dict[str, str] | None = None, times: int = 1) -> None:
        """Answer in the service's place, with its error code."""

        def reply(_request: Request, _send: Send) -> requests.Response:
            response = requests.Response()
            response.status_code = status
            response.headers = CaseInsensitiveDict({**({"x-ms-error-code": code} if code else {}), **(headers or {})})
            response.raw = io.BytesIO()
            return response

        self._rules += [reply] * times

    def lose_request(self, times: int = 1) -> None:
        """Break the connection before the service sees anything."""

        def lose(_request: Request, _send: Send) -> requests.Response:
            raise requests.ConnectionError("broken on purpose")

        self._rules += [lose] * times

    def lose_reply(self, times: int = 1) -> None:
        """Break the connection after the service has done its part."""

        def lose(_request: Request, send: Send) -> requests.Response:
            send().close()
            raise requests.ConnectionError("broken on purpose")

        self._rules += [lose] * times

    def damage(self, times: int = 1) -> None:
        """Change a byte of the body on its way."""

        def change(request: Request, send: Send) -> requests.Response:
            body = request.options["data"]
            sent = bytearray(body.read() if hasattr(body, "read") else body)
            sent[len(sent) // 2] ^= 1
            request.options["data"] = bytes(sent)
            return send()

        self._rules += [change] * times
