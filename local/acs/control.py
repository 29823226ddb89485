"""The control API: plain http and JSON, for a person with curl."""

import json
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, TypedDict, cast, get_args

import aiohttp
from aiohttp import web

from local.acs.answers import as_json
from local.acs.fault_table import catalogue
from local.acs.faults import Hop, Operation
from local.acs.model import Call
from local.acs.views import call_view, fault_view, object_view, recording_view
from local.acs.world import DEFAULT_PARTICIPANTS, World

_SHUTDOWN_TIMEOUT = 0.1
_CALLBACK_TIMEOUT = aiohttp.ClientTimeout(total=30)
# The name on the wire, in camelCase as in the app's API, and the name in the world.
_CALL_FIELDS = {
    "serverCallId": "server_call_id",
    "groupCallId": "group_id",
    "roomId": "room_id",
    "pstn": "pstn",
    "participants": "participants",
    "chunkMs": "chunk_ms",
    "operationContext": "operation_context",
}
_FAULT_FIELDS = {
    "name": "name",
    "documentId": "object_id",
    "on": "on",
    "hop": "hop",
    "count": "count",
    "after": "after",
    "at": "at",
    "amount": "amount",
    "seconds": "seconds",
    "retryAfter": "retry_after",
    "location": "location",
}
_NAMES_OF_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TONES = {**{str(digit): name for digit, name in enumerate(_NAMES_OF_DIGITS)}, "*": "asterisk", "#": "pound"}
"""The service's names of the keys, as its reports have them."""
_OPERATIONS = get_args(Operation)
_HOPS = get_args(Hop)

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class _Wrong(Exception):
    """The person's request cannot be carried out."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class _CallArguments(TypedDict, total=False):
    server_call_id: str
    group_id: str
    room_id: str
    pstn: bool
    participants: list[str]
    chunk_ms: list[int]
    operation_context: str


class ControlApi:
    """Calls (`/calls`, their `/connect`, `/participants`, `/join`, `/leave`, `/press`, `/end`), and what came of them.

    `/recordings`, `/objects`, `/published`, `/tokens`, `/faults`.

    Attributes:
        published: returns the events that the app has published; the owner of its topic sets it.
        token: a token for the app's API, with these roles; the owner of the local Entra sets it.
    """

    def __init__(self, world: World, callback_url: str | None, port: int) -> None:
        """Control a world."""
        self._world = world
        world.callback_url = callback_url
        self.published: Callable[[], Sequence[Mapping[str, Any]]] = tuple
        self.token: Callable[[Sequence[str]], str] | None = None
        self._wanted_port = port
        application = web.Application(middlewares=[_clear_errors])
        application.add_routes(
            [
                web.get("/calls", self._calls),
                web.post("/calls", self._start_call),
                web.post("/calls/{id}/connect", self._connect),
                web.post("/calls/{id}/participants", self._change_participants),
                web.post("/calls/{id}/end", self._end),
                web.post("/calls/{id}/join", self._join),
                web.post("/calls/{id}/leave", self._leave),
                web.post("/calls/{id}/press", self._press),
                web.get("/recordings", self._recordings),
                web.get("/objects", self._objects),
                web.get("/published", self._list_published),
                web.post("/tokens", self._issue),
                web.get("/faults", self._faults),
                web.post("/faults", self._arm),
                web.delete("/faults", self._clear),
            ]
        )
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=_SHUTDOWN_TIMEOUT)
        self.port = 0

    @property
    def callback_url(self) -> str | None:
        """Where the callbacks of calls go that have no address of their own."""
        return self._world.callback_url

    @callback_url.setter
    def callback_url(self, url: str | None) -> None:
        self._world.callback_url = url

    async def start(self) -> None:
        """Listen."""
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._wanted_port).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Stop listening."""
        await self._runner.cleanup()

    async def _calls(self, _: web.Request) -> web.Response:
        return as_json({"calls": [call_view(call) for call in self._world.calls.values()]})

    async def _start_call(self, request: web.Request) -> web.Response:
        wanted = await _object(request, _CALL_FIELDS)
        participants = wanted.setdefault("participants", list(DEFAULT_PARTICIPANTS))
        if not _list_of(participants, str) or not participants:
            raise _Wrong(400, "participants: a list of raw ids, at least one")
        if "chunkMs" in wanted and (not _list_of(wanted["chunkMs"], int) or min(wanted["chunkMs"], default=0) <= 0):
            raise _Wrong(400, "chunkMs: a list of durations in ms, one per chunk, each above 0")
        for field in ("serverCallId", "groupCallId", "roomId", "operationContext"):
            if field in wanted and not isinstance(wanted[field], str):
                raise _Wrong(400, f"{field}: a string")
        if not isinstance(wanted.get("pstn", False), bool):
            raise _Wrong(400, "pstn: true or false")
        arguments = {_CALL_FIELDS[field]: value for field, value in wanted.items()}
        call = self._world.start_call(**cast("_CallArguments", arguments))
        return as_json(call_view(call), 201)

    async def _connect(self, request: web.Request) -> web.Response:
        wanted = await _object(request, {"callbackUrl"})
        call = self._call(request)
        url = call.callback_url = wanted.get("callbackUrl", self.callback_url)
        return await self._call_back(call, self._world.connect(call), url)

    async def _change_participants(self, request: web.Request) -> web.Response:
        wanted = await _object(request, {"participants", "callbackUrl"})
        call = self._call(request)
        people = wanted.get("participants")
        if not _list_of(people, str) or not people:
            raise _Wrong(400, "participants: a list of raw ids, at least one")
        body = self._world.change_participants(call, people)
        return await self._call_back(call, body, wanted.get("callbackUrl", self.callback_url))

    async def _call_back(self, call: Call, body: Sequence[Mapping[str, Any]], url: str | None) -> web.Response:
        if url is None:
            return as_json(call_view(call) | {"callback": "sent nowhere: no callbackUrl is set"})
        headers = {"Authorization": self._world.callback_authorization()}
        try:
            async with (
                aiohttp.ClientSession(timeout=_CALLBACK_TIMEOUT) as session,
                session.post(url, json=body, headers=headers) as answer,
            ):
                text = await answer.text()
                return as_json(call_view(call) | {"callback": {"status": answer.status, "answer": text}})
        except (aiohttp.ClientError, ValueError, TypeError, TimeoutError) as error:
            raise _Wrong(502, f"the callback to {url} failed: {error!r}") from error

    async def _end(self, request: web.Request) -> web.Response:
        call = self._call(request)
        self._world.end_call(call)
        return as_json(call_view(call))

    async def _join(self, request: web.Request) -> web.Response:
        call, raw_id = self._call(request), _text(await _object(request, {"rawId"}), "rawId")
        self._world.join(call, raw_id)
        return as_json(call_view(call))

    async def _leave(self, request: web.Request) -> web.Response:
        call, raw_id = self._call(request), _text(await _object(request, {"rawId"}), "rawId")
        self._world.leave(call, raw_id)
        return as_json(call_view(call))

    async def _press(self, request: web.Request) -> web.Response:
        """The key that a participant presses after the next prompt; one that is in no call would never be asked."""
        wanted = await _object(request, {"rawId", "key"})
        call, raw_id, key = self._call(request), _text(wanted, "rawId"), _text(wanted, "key")
        if key not in _TONES:
            raise _Wrong(400, "key: one of 0 to 9, * and #")
        if raw_id not in call.participants:
            raise _Wrong(
                400, f"rawId: no participant of this call; its participants are {', '.join(call.participants)}"
            )
        self._world.press(call, raw_id, _TONES[key])
        return as_json(call_view(call))

    def _call(self, request: web.Request) -> Call:
        wanted = request.match_info["id"]
        call = self._world.calls.get(wanted)
        if call is None:
            raise _Wrong(404, f"no call has the callConnectionId {wanted}; GET /calls lists them")
        return call

    async def _recordings(self, _: web.Request) -> web.Response:
        objects = self._world.objects
        return as_json({"recordings": [recording_view(one, objects) for one in self._world.recordings.values()]})

    async def _objects(self, _: web.Request) -> web.Response:
        return as_json({"objects": [object_view(one) for one in self._world.objects.values()]})

    async def _list_published(self, _: web.Request) -> web.Response:
        return as_json({"events": list(self.published())})

    async def _issue(self, request: web.Request) -> web.Response:
        roles = (await _object(request, {"roles"})).get("roles", [])
        if not _list_of(roles, str):
            raise _Wrong(400, "roles: a list of names")
        if self.token is None:
            raise _Wrong(404, "no local Entra runs here")
        return as_json({"token": self.token(roles)}, 201)

    async def _faults(self, _: web.Request) -> web.Response:
        return as_json({"armed": [fault_view(fault) for fault in self._world.faults.armed()], "catalogue": catalogue()})

    async def _arm(self, request: web.Request) -> web.Response:
        wanted = await _object(request, _FAULT_FIELDS)
        if not isinstance(wanted.get("name"), str):
            raise _Wrong(400, "name: the fault's name is needed; GET /faults has the catalogue")
        for field, value in wanted.items():
            expected, fits = _FAULT_CHECKS.get(field, ("text", _is_text))
            if not fits(value):
                raise _Wrong(400, f"{field}: {expected} is needed")
        try:
            fault = self._world.arm(**{_FAULT_FIELDS[field]: value for field, value in wanted.items()})
        except ValueError as error:
            raise _Wrong(400, str(error)) from error
        return as_json(fault_view(fault), 201)

    async def _clear(self, _: web.Request) -> web.Response:
        self._world.faults.clear()
        return as_json({"armed": []})


@web.middleware
async def _clear_errors(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Answer every refusal as JSON with its cause."""
    try:
        return await handler(request)
    except _Wrong as wrong:
        return as_json({"error": str(wrong)}, wrong.status)
    except web.HTTPException as error:
        return as_json({"error": f"{request.method} {request.path}: {error.reason}"}, error.status)


async def _object(request: web.Request, fields: Collection[str]) -> dict[str, Any]:
    content = await request.read()
    try:
        wanted = json.loads(content) if content.strip() else {}
    except ValueError as error:
        raise _Wrong(400, f"the body is not JSON: {error}") from error
    if not isinstance(wanted, dict):
        raise _Wrong(400, "the body must be a JSON object")
    unknown = sorted(wanted.keys() - set(fields))
    if unknown:
        raise _Wrong(400, f"unknown fields {', '.join(unknown)}; known are {', '.join(sorted(fields))}")
    return wanted


def _text(wanted: Mapping[str, Any], field: str) -> str:
    if not isinstance(wanted.get(field), str):
        raise _Wrong(400, f"{field}: a string")
    return str(wanted[field])


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 0


_FAULT_CHECKS: dict[str, tuple[str, Callable[[object], bool]]] = {
    "on": (f"one of {', '.join(_OPERATIONS)}", _OPERATIONS.__contains__),
    "hop": (f"one of {', '.join(_HOPS)}", _HOPS.__contains__),
    "count": ("a whole number, or null for ever,", lambda value: value is None or _is_count(value)),
    "after": ("a whole number", _is_count),
    "at": ("a whole number", _is_count),
    "amount": ("a whole number", _is_count),
    "seconds": ("a number", lambda value: type(value) in {int, float}),
    "retryAfter": ("text or a whole number", lambda value: _is_text(value) or _is_count(value)),
}


def _list_of(value: object, kind: type) -> bool:
    return isinstance(value, list) and all(type(one) is kind for one in value)
