"""HTTP triggers: from the request on the wire to the function and back, as in the real host."""

import asyncio
import logging
from collections.abc import Iterable, Mapping

from aiohttp import web

from local.host.bindings import Function, HttpOutput
from local.host.invoking import Invocations
from local.host.keys import Keys
from local.host.payloads import Binary, HttpAnswer, HttpCall, Json, Payload, Text
from local.host.routes import Routes

log = logging.getLogger(__name__)

LARGEST_BODY = 100 * 1024 * 1024  # bytes; the real host's maxRequestBodySize
# The server sets these headers itself.
_FRAMING = frozenset({"content-length", "transfer-encoding", "connection"})


class HttpTriggers:
    """Answers on the app's routes. A caller never learns why a function failed: only 500."""

    def __init__(self, routes: Routes, invocations: Invocations, keys: Keys, answer_limit: float) -> None:
        self._routes = routes
        self._invocations = invocations
        self._keys = keys
        self._answer_limit = answer_limit

    async def answer(self, request: web.Request) -> web.Response:
        """404 if no route takes path and method, 401 without the key, 413 over 100 MB, 504 past the limit."""
        found = self._routes.find(request.method, raw_path(request))
        if found is None:
            return web.Response(status=404)
        route, params = found
        if not self._keys.open(route.trigger.level, request):
            return web.Response(status=401)
        if (request.content_length or 0) > LARGEST_BODY:
            refusal = web.Response(status=413)
            refusal.force_close()
            return refusal
        call = HttpCall(
            method=request.method,
            url=f"{request.scheme}://{request.host}{request.raw_path}",
            headers=_joined((name.lower(), value) for name, value in request.headers.items()),
            query={name: value for name, value in _joined(request.query.items()).items() if value},
            params=params,
            body=await _body(request, route.function),
        )
        run = self._invocations.run(route.function, {route.trigger.parameter: call})
        try:
            async with asyncio.timeout(self._answer_limit):
                outcome = await run
        except TimeoutError:
            log.error("http.unanswered name=%s seconds=%s", route.function.name, self._answer_limit)  # noqa: TRY400
            return web.Response(status=504)
        if not outcome.succeeded:
            return web.Response(status=500)
        return _response(_given(route.function, outcome.outputs))


def raw_path(request: web.Request) -> str:
    """The path as it came over the wire, without the query."""
    return request.raw_path.partition("?")[0]


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """One value for each name; repeated ones are joined by commas."""
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


async def _body(request: web.Request, function: Function) -> bytes:
    """The body's bytes; empty when its length was not declared, as the real host leaves it."""
    if request.content_length is None and request.body_exists:
        async for _ in request.content.iter_chunked(2**16):
            pass
        log.warning("http.body_without_length name=%s: sent in chunks, the function gets none", function.name)
        return b""
    return await request.read()


def _given(function: Function, outputs: Mapping[str, Payload]) -> Payload | None:
    names = [output.name for output in function.outputs if isinstance(output, HttpOutput)]
    return next((outputs[name] for name in names if name in outputs), None)


def _response(payload: Payload | None) -> web.Response:
    match payload:
        case HttpAnswer(status, headers, cookies, body):
            response = web.Response(status=status, body=body)
            for name, value in headers.items():
                if name.lower() not in _FRAMING:
                    response.headers[name] = value
            for cookie in cookies:
                response.headers.add("Set-Cookie", cookie)
            return response
        case Text(value):
            return web.Response(text=value)
        case Json(text):
            return web.Response(text=text, content_type="application/json")
        case Binary(value):
            return web.Response(body=value)
        case _:
            return web.Response(status=204)
