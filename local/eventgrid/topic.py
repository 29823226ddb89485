"""A custom topic: the app publishes to it over TLS, and its key is checked."""

import hmac
import json
import ssl
import threading
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from local.acs.events import Event
from local.net.listener import Listener

_PATH = "/api/events"
_EVENT_FIELDS = ("id", "subject", "eventType", "eventTime", "data", "dataVersion")
_CLOUD_FIELDS = ("id", "source", "type", "specversion")


class _Refused(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass(slots=True)
class _Fault:
    status: int
    count: int


class CustomTopic:
    """Accepts events at `https://HOST/api/events`; thread-safe to read and to arm."""

    def __init__(self, key: str, changed: threading.Condition) -> None:
        """`key` is the expected `aeg-sas-key`; `changed` is notified of each event."""
        self._key = key
        self._changed = changed
        self._received: list[Event] = []
        self._faults: list[_Fault] = []
        self._listener = Listener(self._serve)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._listener.port

    @property
    def received(self) -> list[Event]:
        """All events accepted so far, in order."""
        with self._changed:
            return list(self._received)

    def fail(self, status: int, count: int = 1) -> None:
        """Answer the next `count` requests with this status, and store nothing of them."""
        with self._changed:
            self._faults.append(_Fault(status, count))

    async def start(self, context: ssl.SSLContext) -> None:
        """Listen on a free port."""
        await self._listener.start(context)

    async def stop(self) -> None:
        """Stop listening."""
        await self._listener.stop()

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        try:
            self._check(request)
            events = _events(request.content_type, body)
        except _Refused as refused:
            return web.json_response({"error": {"code": refused.code, "message": str(refused)}}, status=refused.status)
        with self._changed:
            self._received.extend(events)
            self._changed.notify_all()
        return web.Response(status=200)

    def _check(self, request: web.BaseRequest) -> None:
        if request.path != _PATH or request.method != "POST":
            raise _Refused(404, "NotFound", f"{request.method} {request.path} is no topic endpoint.")
        given = request.headers.get("aeg-sas-key", "")
        if not hmac.compare_digest(given.encode(), self._key.encode()):
            raise _Refused(401, "Unauthorized", "The aeg-sas-key does not belong to this topic.")
        with self._changed:
            fault = next((one for one in self._faults if one.count > 0), None)
            if fault is not None:
                fault.count -= 1
                raise _Refused(fault.status, "Fault", "The topic was told to fail.")


def _events(content_type: str, body: bytes) -> list[Event]:
    try:
        read: Any = json.loads(body)
    except ValueError as error:
        raise _Refused(400, "BadRequest", "The body is not JSON.") from error
    single = content_type == "application/cloudevents+json"
    events = [read] if single and isinstance(read, dict) else read
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        raise _Refused(400, "BadRequest", "The body is not an array of events.")
    fields = _CLOUD_FIELDS if content_type.startswith("application/cloudevents") else _EVENT_FIELDS
    for number, event in enumerate(events):
        missing = [field for field in fields if field not in event]
        if missing:
            raise _Refused(400, "BadRequest", f"Event {number} lacks {', '.join(missing)}.")
    return events
