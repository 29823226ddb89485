"""Error answers of Storage: XML with a code header for blobs and queues, JSON for tables."""

import json
from email.utils import formatdate
from http import HTTPStatus

from local.faultproxy.faults import Fault, Reply
from local.faultproxy.operations import Service


def answer(service: Service, method: str, reply: Reply, fault: Fault) -> bytes:
    """The whole reply, as sent; the connection stays open."""
    message = f"Armed fault {fault.name}."
    if service == "table":
        kind = "application/json;odata=minimalmetadata"
        body = json.dumps({"odata.error": {"code": reply.code, "message": {"lang": "en-US", "value": message}}})
    else:
        kind = "application/xml"
        error = f"<Error><Code>{reply.code}</Code><Message>{message}</Message></Error>"
        body = f'<?xml version="1.0" encoding="utf-8"?>{error}'
    content = b"" if method == "HEAD" else body.encode()
    lines = [
        f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}",
        f"Date: {formatdate(usegmt=True)}",
        "Server: local-fault-proxy",
        f"x-ms-error-code: {reply.code}",
        f"Content-Type: {kind}",
        f"Content-Length: {len(content)}",
    ]
    if fault.retry_after is not None:
        lines.append(f"Retry-After: {fault.retry_after}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + content
