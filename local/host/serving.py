"""The host: its parts, and their start and stop."""

import asyncio
import logging
from collections.abc import Mapping

from aiohttp import web

from local.host import admin, eventgrid
from local.host.admin import Admin
from local.host.bindings import TimerTrigger
from local.host.eventgrid import EventGridWebhook
from local.host.hostjson import HostJson
from local.host.httptriggers import LARGEST_BODY, HttpTriggers, raw_path
from local.host.invoking import Invocations
from local.host.keys import Keys
from local.host.outputs import Outputs
from local.host.plan import Limits, Plan
from local.host.queues import QueueListener
from local.host.storage import QueueRefusedError, Queues
from local.host.timers import Timer
from local.host.worker import Worker

log = logging.getLogger(__name__)


class Host:
    """One app, served on one port of this machine."""

    def __init__(self, worker: Worker, plan: Plan, host_json: HostJson, keys: Keys, limits: Limits) -> None:
        self._limits = limits
        self._queues = Queues()
        outputs = Outputs(self._queues, plan.targets, base64=host_json.queues.base64)
        self._invocations = Invocations(worker, outputs, host_json.function_timeout)
        self._sources = plan.sources
        self._listeners = [
            QueueListener(source, self._queues, self._invocations, host_json.queues, limits.lease)
            for source in plan.sources
        ]
        self._timers = self._timers_of(plan)
        self._http = HttpTriggers(plan.routes, self._invocations, keys, limits.answer)
        self._event_grid = EventGridWebhook(plan.functions, self._invocations, keys)
        self._admin = Admin(plan.functions, self._timers, self._invocations, keys)
        self._background: list[asyncio.Task[None]] = []
        application = web.Application(client_max_size=LARGEST_BODY + 1)
        application.router.add_route("*", r"/{path:[\s\S]*}", self._answer)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)

    async def start(self, port: int) -> str:
        """Opens the port (0: any free one) and starts listeners and timers; returns the URL.

        Raises:
            OSError: the port is taken.
        """
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        for source in self._sources:
            try:
                await self._queues.queue(source.connection, source.queue).create()
            except QueueRefusedError as error:
                log.warning("queue.unreachable queue=%s error=%s", source.queue, error)
        loops = [listener.listen() for listener in self._listeners]
        loops += [timer.keep() for timer in self._timers.values()]
        self._background = [asyncio.create_task(loop) for loop in loops]
        address: tuple[str, int] = self._runner.addresses[0]
        return f"http://{address[0]}:{address[1]}"

    async def run(self, stop: asyncio.Event) -> None:
        """Serves until told to stop.

        Raises:
            Exception: a listener or a timer failed, which is a fault of this host; it must not run without it.
        """
        told = asyncio.create_task(stop.wait())
        done, _ = await asyncio.wait([told, *self._background], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    async def stop(self) -> None:
        """Accepts no new work and waits, up to the limit, for what runs. Cut-off messages return by their lease."""
        for task in self._background:
            task.cancel()
        for site in list(self._runner.sites):
            await site.stop()
        try:
            async with asyncio.timeout(self._limits.drain):
                await self._invocations.drained()
                await asyncio.gather(*(listener.settled() for listener in self._listeners))
            await self._runner.cleanup()
            await self._queues.close()
        except TimeoutError:
            log.warning("host.cut_off: some functions were still running after %s s", self._limits.drain)

    def _timers_of(self, plan: Plan) -> Mapping[str, Timer]:
        return {
            function.name: Timer(function, function.trigger, plan.schedules[function.name], self._invocations)
            for function in plan.functions
            if isinstance(function.trigger, TimerTrigger)
        }

    async def _answer(self, request: web.Request) -> web.Response:
        path = raw_path(request)
        if path.lower() == eventgrid.PATH.lower():
            return await self._event_grid.answer(request)
        if path.lower().startswith(admin.PREFIX):
            return await self._admin.answer(request)
        return await self._http.answer(request)
