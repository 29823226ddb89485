"""The admin endpoint that runs a function at once, POST /admin/functions/NAME, as in the real host."""

import asyncio
import json
import logging
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from aiohttp import web

from local.host.bindings import EventGridTrigger, Function, QueueTrigger, TimerTrigger
from local.host.invoking import Invocations
from local.host.keys import Keys
from local.host.payloads import Binary, Json, Payload, Text
from local.host.timers import Timer

log = logging.getLogger(__name__)

PREFIX = "/admin/functions/"


class Admin:
    """Runs functions for callers with the master key."""

    def __init__(
        self,
        functions: Iterable[Function],
        timers: Mapping[str, Timer],
        invocations: Invocations,
        keys: Keys,
    ) -> None:
        self._functions = {function.name.lower(): function for function in functions}
        self._timers = timers
        self._invocations = invocations
        self._keys = keys
        self._started: set[asyncio.Task[object]] = set()

    async def answer(self, request: web.Request) -> web.Response:
        """202 once the run has begun. The body, {"input": ...}, is the message or event; timers need none."""
        if not self._keys.open("admin", request):
            return web.Response(status=401)
        function = self._functions.get(request.path.removeprefix(PREFIX).lower())
        if request.method != "POST" or function is None:
            return web.Response(status=404)
        try:
            body = json.loads(await request.read() or b"{}")
        except ValueError as error:
            return web.Response(status=400, text=f"the body is no JSON: {error}")
        inputs = self._inputs(function, body.get("input", "") if isinstance(body, dict) else "")
        if inputs is None:
            return web.Response(status=400, text="an HTTP function is run by calling its route")
        task: asyncio.Task[object] = asyncio.create_task(self._invocations.run(function, inputs))
        self._started.add(task)
        task.add_done_callback(self._started.discard)
        return web.Response(status=202)

    def _inputs(self, function: Function, given: object) -> dict[str, Payload] | None:
        text = given if isinstance(given, str) else json.dumps(given)
        match function.trigger:
            case TimerTrigger():
                return self._timers[function.name].inputs(datetime.now(UTC))
            case QueueTrigger(parameter, binary=True):
                return {parameter: Binary(text.encode())}
            case QueueTrigger(parameter):
                return {parameter: Text(text)}
            case EventGridTrigger(parameter):
                return {parameter: Json(text)}
            case _:
                return None
