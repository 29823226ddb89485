"""The Event Grid webhook, /runtime/webhooks/EventGrid, as the real extension answers it."""

import asyncio
import json
import logging
from collections.abc import Iterable

from aiohttp import web

from local.host.bindings import EventGridTrigger, Function
from local.host.invoking import Invocations, Outcome
from local.host.keys import Keys
from local.host.payloads import Json

log = logging.getLogger(__name__)

PATH = "/runtime/webhooks/EventGrid"


class EventGridWebhook:
    """Handshakes and deliveries. Each event is one run; the answer comes when all have ended."""

    def __init__(self, functions: Iterable[Function], invocations: Invocations, keys: Keys) -> None:
        self._functions = {
            function.name.lower(): (function, function.trigger)
            for function in functions
            if isinstance(function.trigger, EventGridTrigger)
        }
        self._invocations = invocations
        self._keys = keys

    async def answer(self, request: web.Request) -> web.Response:
        """202 once all runs succeeded, 500 if any failed; 401 without the key, 404 for no such function."""
        if not self._keys.open("system", request):
            return web.Response(status=401)
        name = request.query.get("functionName", "")
        found = self._functions.get(name.lower())
        if found is None:
            return web.Response(status=404, text=f"cannot find function: '{name}'")
        if request.method == "OPTIONS":
            return _cloud_events_handshake(request)
        try:
            return await self._answer(request, *found)
        except (ValueError, TypeError, LookupError) as error:
            log.warning("eventgrid.unreadable name=%s error=%r", name, error)
            return web.Response(status=500)

    async def _answer(self, request: web.Request, function: Function, trigger: EventGridTrigger) -> web.Response:
        match request.headers.get("aeg-event-type", "").lower():
            case "subscriptionvalidation":
                code = _validation_code(await _content(request))
                log.info("eventgrid.validated name=%s", function.name)
                return web.json_response({"validationResponse": code})
            case "notification":
                content = await _content(request)
                outcomes = await self._delivered(function, trigger, content if isinstance(content, list) else [content])
                if all(outcome.succeeded for outcome in outcomes):
                    return web.Response(status=202)
                what = f"Exception while executing function: Functions.{function.name}"
                return web.Response(status=500, text=what)
            case "unsubscribe":
                return web.Response(status=202)
            case _:
                return web.Response(status=400)

    async def _delivered(
        self, function: Function, trigger: EventGridTrigger, events: Iterable[object]
    ) -> list[Outcome]:
        inputs = [{trigger.parameter: Json(json.dumps(event))} for event in events]
        return await asyncio.gather(*(self._invocations.run(function, each) for each in inputs))


async def _content(request: web.Request) -> object:
    content = json.loads((await request.read()).decode("utf-8-sig"))
    if not isinstance(content, list | dict):
        raise TypeError(f"the body must be a JSON object or array, but is {type(content).__name__}")
    return content


def _cloud_events_handshake(request: web.Request) -> web.Response:
    origin = request.headers.get("WebHook-Request-Origin")
    if not origin:
        return web.Response(status=400)
    return web.Response(headers={"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": "*"})


def _validation_code(content: object) -> str:
    event = content[0] if isinstance(content, list) else content
    if not isinstance(event, dict):
        raise TypeError("the validation event is no object")
    data = event["data"]
    # In the CloudEvents schema the validation event's data is JSON inside a string.
    validation = json.loads(data) if isinstance(data, str) else data
    return str(validation["validationCode"])
