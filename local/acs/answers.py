"""Answers of the local service that are no media: JSON, problems, error pages, and none at all."""

import asyncio
import json
import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from aiohttp import web

from local.acs.faults import Fault, Reply
from local.acs.model import ServiceRefusal
from local.acs.tunnel import reset

_PAGE = (
    "<!DOCTYPE html>\n<html><head><title>{status} {phrase}</title></head>"
    "<body><center><h1>{status} {phrase}</h1></center><hr>"
    "<center>Microsoft-Azure-Application-Gateway/v2</center></body></html>\n"
)


class Dropped(Exception):
    """The connection is gone; there is nobody to answer."""


def as_json(body: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """A JSON answer."""
    return web.Response(text=json.dumps(body), status=status, content_type="application/json", headers=headers)


def rest_error(refusal: ServiceRefusal) -> web.Response:
    """An error as the calling API words it."""
    return as_json({"error": {"code": refusal.code, "message": refusal.message}}, refusal.status)


def problem(status: int, detail: str | None = None, headers: Mapping[str, str] | None = None) -> web.Response:
    """An error as the storage host words it."""
    body = {
        "type": "https://tools.ietf.org/html/rfc9110#section-15",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "traceId": f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00",
    }
    if detail:
        body["detail"] = detail
    return web.Response(text=json.dumps(body), status=status, content_type="application/problem+json", headers=headers)


def fault_reply(reply: Reply, fault: Fault) -> web.Response:
    """The answer a status fault gives."""
    headers = {"Retry-After": str(fault.retry_after)} if fault.retry_after is not None else None
    if reply.body == "html":
        page = _PAGE.format(status=reply.status, phrase=HTTPStatus(reply.status).phrase)
        return web.Response(text=page, status=reply.status, content_type="text/html", headers=headers)
    if reply.body == "empty":
        return web.Response(status=reply.status, headers=headers)
    if reply.body == "error":
        body = {"error": {"code": reply.code, "message": f"Armed fault {fault.name}."}}
        return as_json(body, reply.status, headers)
    return problem(reply.status, f"Armed fault {fault.name}.", headers)


async def drop(request: web.BaseRequest, after: float = 0.0) -> Dropped:
    """Reset the connection after so many seconds; give the exception to raise."""
    if after:
        await asyncio.sleep(after)
    if request.transport is not None:
        await reset(request.transport)
    return Dropped()
