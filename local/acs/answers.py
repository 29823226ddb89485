"""Answers other than media: JSON, problem details, error pages, and dropped connections."""

import asyncio
import gzip
import json
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from aiohttp import web

from local.acs.faults import Fault, Reply
from local.acs.model import ServiceRefusal
from local.net.reset import reset

_PAGE = (
    "<!DOCTYPE html>\n<html><head><title>{status} {phrase}</title></head>"
    "<body><center><h1>{status} {phrase}</h1></center><hr>"
    "<center>Microsoft-Azure-Application-Gateway/v2</center></body></html>\n"
)


_BOMB = 64 << 20
_ODD: Mapping[str, Callable[[], tuple[bytes, dict[str, str]]]] = {
    "text": lambda: (b"limit exceeded.", {"Content-Type": "text/plain"}),
    "broken_json": lambda: (b'{"error": {"code": ', {"Content-Type": "application/json"}),
    "broken_xml": lambda: (b"<?xml version='1.0'?><Error><Code>", {"Content-Type": "application/xml"}),
    "no_fields": lambda: (b"{}", {"Content-Type": "application/json"}),
    "another_document": lambda: (
        b'{"chunkDocumentId": "0-eus-d1-another", "chunkIndex": 0}',
        {"Content-Type": "application/json"},
    ),
    "bomb": lambda: (
        gzip.compress(bytes(_BOMB)),
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ),
}


MEDIA_HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-cache, max-age=0, s-maxage=0, private",
    "Strict-Transport-Security": "max-age=2592000; includeSubDomains",
}
"""What every answer of the media host carries."""


class Dropped(Exception):
    """The connection was dropped; no answer is sent."""


def as_json(body: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """A JSON answer."""
    return web.Response(text=json.dumps(body), status=status, content_type="application/json", headers=headers)


def rest_error(refusal: ServiceRefusal) -> web.Response:
    """An error in the calling API's form."""
    return as_json({"error": {"code": refusal.code, "message": refusal.message}}, refusal.status)


def problem(status: int, detail: str | None = None, headers: Mapping[str, str] | None = None) -> web.Response:
    """An error in the media host's form."""
    trace = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"
    phrase = HTTPStatus(status).phrase
    body = {
        "title": phrase,
        "status": status,
        "detail": detail or phrase,
        "instance": f"/local/media/trace-id/{trace}?timestamp={datetime.now(UTC):%Y-%m-%dT%H:%M:%S}",
        "message": detail or phrase,
        "traceId": trace,
    }
    content = json.dumps(body).encode()
    every = {**MEDIA_HEADERS, "Content-Type": "application/json", **(headers or {})}
    return web.Response(body=content, status=status, headers=every)


def fault_reply(reply: Reply, fault: Fault) -> web.Response:
    """The answer of a fault that has a status."""
    rest = reply.rest if fault.retry_after is None else str(fault.retry_after)
    headers = {"Retry-After": rest} if rest else None
    if reply.body == "html":
        page = _PAGE.format(status=reply.status, phrase=HTTPStatus(reply.status).phrase)
        return web.Response(text=page, status=reply.status, content_type="text/html", headers=headers)
    if reply.body == "empty":
        return web.Response(status=reply.status, headers=headers)
    if reply.body in _ODD:
        body, headers_of_it = _ODD[reply.body]()
        return web.Response(body=body, status=reply.status, headers={**headers_of_it, **(headers or {})})
    if reply.body == "error":
        error = {"code": reply.code, "message": f"Armed fault {fault.name}."}
        return as_json({"error": error}, reply.status, headers)
    return problem(reply.status, f"Armed fault {fault.name}.", headers)


def page(length: int) -> bytes:
    """An error page of a given length."""
    return _PAGE.format(status=200, phrase="OK").ljust(length).encode()[:length]


async def send_slowly(request: web.BaseRequest, fault: Fault, response: web.StreamResponse | None = None) -> Dropped:
    """Send `amount` bytes of a body or of headers, one each `seconds`; reset; return the exception to raise."""
    if response is not None:
        response.content_length = _BOMB
        await response.prepare(request)
    elif request.transport is not None:
        request.transport.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    for _ in range(fault.amount):
        if response is not None:
            await response.write(b" ")
        elif request.transport is not None:
            request.transport.write(b"x")
        await asyncio.sleep(fault.seconds)
    return await drop(request)


async def send_long_body(request: web.BaseRequest, length: int) -> web.StreamResponse:
    """A success with a body of a given length."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    response.content_length = length
    await response.prepare(request)
    piece = b"[" * (64 << 10)
    while length > 0:
        await response.write(piece[:length])
        length -= len(piece)
    return response


async def drop(request: web.BaseRequest, after: float = 0.0) -> Dropped:
    """Reset the connection after a delay; return the exception to raise."""
    if after:
        await asyncio.sleep(after)
    if request.transport is not None:
        await reset(request.transport)
    return Dropped()
