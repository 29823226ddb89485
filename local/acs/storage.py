"""The media host `*.asm.skype.com/v1/objects/...`: types, headers and errors as in recorded sessions."""

import asyncio
import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

from aiohttp import web

from local.acs.answers import MEDIA_HEADERS, Dropped, drop, fault_reply, page, problem, send_long_body, send_slowly
from local.acs.faults import Fault, Occasion, Operation
from local.acs.model import RequestRecord, StoredObject
from local.acs.transfer import Transfer, ends_past, good_transfer, parse_range, with_fault
from local.acs.world import World
from local.net.hosts import ENTRY_HOST, EVIL_HOST, OTHER_ENTRY_HOST, REGIONAL_HOST, REGIONAL_SUFFIX
from local.net.reset import reset

_CONTENT = re.compile(r"/v1/objects/([^/]+)/content/([^/]+)")
_OBJECT = re.compile(r"/v1/objects/([^/]+)")
_PIECE = 256 * 1024
_INVERTED = bytes(255 - value for value in range(256))
_METADATA_NAME = "acsmetadata"
_MEDIA_TYPE = "application/octet-stream"
"""Of whatever is stored, metadata files too."""


@dataclass(frozen=True, slots=True)
class _Source:
    """Where bytes come from: a file, or bytes in memory."""

    path: Path | None
    content: bytes
    made: datetime


class Storage:
    """Answers requests that have a valid signature."""

    def __init__(self, world: World) -> None:
        """Serve the objects of a world."""
        self._world = world

    async def answer(self, request: web.BaseRequest, record: RequestRecord) -> web.StreamResponse:
        """Answer one request; raises Dropped if a fault drops the connection."""
        content = _CONTENT.fullmatch(request.path)
        if content and request.method in {"GET", "HEAD"}:
            return await self._read(request, record, content[1], metadata=content[2] == _METADATA_NAME)
        whole = _OBJECT.fullmatch(request.path)
        if whole and request.method == "DELETE":
            return await self._delete(request, record, whole[1])
        return problem(405 if content or whole else 404)

    async def _read(
        self, request: web.BaseRequest, record: RequestRecord, location_id: str, *, metadata: bool
    ) -> web.StreamResponse:
        record.operation = "metadata" if metadata else "content"
        entry = self._world.find_object(location_id)
        record.document_id = entry.document_id if entry else None
        total = 0 if entry is None else len(entry.metadata) if metadata else entry.length
        try:
            asked = parse_range(request.headers.get("Range"), total)
        except ValueError:
            asked = (0, -1)
        fault = self._strike(request, record, asked, total)
        if fault is not None and (answer := await self._answer_of_fault(request, fault)) is not None:
            return answer
        if entry is None or not entry.exists:
            return _not_found()
        if self._redirects(request, record):
            return _redirect(f"https://{REGIONAL_HOST}{request.raw_path}")
        if fault is not None and fault.name == "range_not_satisfiable_416" and ends_past(request.headers, total):
            asked = (0, -1)
        if asked == (0, -1):
            return problem(416, headers={"Content-Range": f"bytes */{total}"})
        transfer = good_transfer(asked, total)
        return await self._send(
            request, record, with_fault(transfer, fault) if fault else transfer, _source(entry, record)
        )

    def _redirects(self, request: web.BaseRequest, record: RequestRecord) -> bool:
        """Whether this host redirects to the regional one."""
        return _at_entry(request) and self._world.faults.follows("redirects", record.document_id)

    def _strike(
        self, request: web.BaseRequest, record: RequestRecord, asked: tuple[int, int] | None, total: int
    ) -> Fault | None:
        first, last = asked or (0, total - 1)
        operation: Operation = "metadata" if record.operation == "metadata" else "content"
        serving = not self._redirects(request, record)
        fault = self._world.faults.strike(
            Occasion(operation, record.document_id, _at_entry(request), serving, first, last)
        )
        record.fault = fault.name if fault else None
        return fault

    async def _answer_of_fault(self, request: web.BaseRequest, fault: Fault) -> web.StreamResponse | None:
        """The answer of a fault that is not about the body; None for one that is."""
        if fault.kind.reply is not None:
            return fault_reply(fault.kind.reply, fault)
        target = request.raw_path
        match fault.name:
            case "hang":
                raise await drop(request, fault.seconds)
            case "slow_head":
                raise await send_slowly(request, fault)
            case "slow_refusal":
                raise await send_slowly(request, fault, web.StreamResponse(status=503))
            case "slow_redirect":
                headers = {"Location": f"https://{REGIONAL_HOST}{target}"}
                raise await send_slowly(request, fault, web.StreamResponse(status=302, headers=headers))
            case "redirect_elsewhere":
                return _redirect(fault.location or f"https://{EVIL_HOST}{target}")
            case "redirect_http":
                return _redirect(fault.location or f"http://{REGIONAL_HOST}{target}")
            case "redirect_loop":
                other = OTHER_ENTRY_HOST if request.host == ENTRY_HOST else ENTRY_HOST
                return _redirect(f"https://{other}{target}")
            case "redirect_back":
                return _redirect(f"https://{ENTRY_HOST}{target}")
        return None

    async def _send(
        self, request: web.BaseRequest, record: RequestRecord, transfer: Transfer, source: _Source
    ) -> web.StreamResponse:
        response = web.StreamResponse(status=transfer.status, headers=MEDIA_HEADERS)
        response.content_type = transfer.media_type or _MEDIA_TYPE
        response.headers["Last-Modified"] = format_datetime(source.made, usegmt=True)
        if transfer.status == HTTPStatus.PARTIAL_CONTENT:
            response.headers["Accept-Ranges"] = "bytes"
        if transfer.encoding:
            response.headers["Content-Encoding"] = transfer.encoding
        if transfer.announced is None:
            response.enable_chunked_encoding()
        else:
            response.content_length = transfer.announced
        if transfer.content_range is not None:
            response.headers["Content-Range"] = transfer.content_range
        await response.prepare(request)
        record.status = transfer.status
        if request.method == "GET":
            await _write_body(response, record, transfer, source)
        if transfer.stall:
            await asyncio.sleep(transfer.stall)
        if transfer.ending == "reset":
            if request.transport is not None:
                await reset(request.transport)
            raise Dropped
        if transfer.ending == "close":
            response.force_close()
        return response

    async def _delete(self, request: web.BaseRequest, record: RequestRecord, location_id: str) -> web.StreamResponse:
        record.operation = "delete"
        entry = self._world.find_object(location_id)
        record.document_id = entry.document_id if entry else None
        if entry is not None and entry.exists and self._redirects(request, record):
            return _redirect(f"https://{REGIONAL_HOST}{request.raw_path}")
        fault = self._world.faults.strike(Occasion("delete", record.document_id))
        record.fault = fault.name if fault else None
        if fault is None or fault.kind.first:
            gone = not self._world.delete_object(location_id)
            if gone:
                return _not_found()
        if fault is None:
            return web.Response(status=200, headers=MEDIA_HEADERS)
        if fault.kind.reply is not None:
            return fault_reply(fault.kind.reply, fault)
        if fault.name == "delete_long_body":
            return await send_long_body(request, fault.amount)
        if fault.name in {"delete_slow_body", "delete_slow_head"}:
            raise await send_slowly(request, fault, web.StreamResponse() if fault.name == "delete_slow_body" else None)
        raise await drop(request, fault.seconds if fault.name == "delete_timeout_after_success" else 0.0)


def _at_entry(request: web.BaseRequest) -> bool:
    return not request.host.endswith(REGIONAL_SUFFIX)


def _redirect(location: str) -> web.Response:
    return web.Response(status=302, headers={**MEDIA_HEADERS, "Location": location, "retry-after": "0"})


def _not_found() -> web.Response:
    return problem(404, "There is no such document, or it was deleted.")


def _source(entry: StoredObject, record: RequestRecord) -> _Source:
    if record.operation == "metadata":
        return _Source(None, entry.metadata, entry.made)
    return _Source(entry.path, b"", entry.made)


async def _write_body(response: web.StreamResponse, record: RequestRecord, transfer: Transfer, source: _Source) -> None:
    """Write the body in pieces; memory does not grow with the object."""
    piece, pause = transfer.pace or (_PIECE, 0.0)
    stream: BinaryIO | None = source.path.open("rb", buffering=0) if source.path else None
    at, left = transfer.first, transfer.length
    try:
        while left > 0:
            content = _take(stream, source, at, min(piece, left))
            if transfer.page:
                content = page(transfer.length)[at - transfer.first :][: len(content)]
            if transfer.inverted:
                content = content.translate(_INVERTED)
            await response.write(content)
            record.bytes_sent += len(content)
            at += len(content)
            left -= len(content)
            if pause and left:
                await asyncio.sleep(pause)
    finally:
        if stream is not None:
            stream.close()


def _take(stream: BinaryIO | None, source: _Source, at: int, size: int) -> bytes:
    """Bytes from `at`; zeroes past the end."""
    if stream is None:
        found = source.content[at : at + size]
    else:
        stream.seek(at)
        found = stream.read(size)
    return found or bytes(size)
