"""The custom topic of a scene: it keeps events, and can act just before or after one."""

import json
import secrets
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

from aiohttp import web

from local.acs.answers import drop
from local.net.background import LoopThread
from local.net.hosts import TOPIC_HOST
from local.net.listener import Listener


class SeamTopic:
    """A topic over TLS. `act` is called once, at its moment of the next event, whose reply is then lost."""

    def __init__(self) -> None:
        self._listener = Listener(self._serve)
        self._key = secrets.token_hex(16)
        self._act: tuple[Literal["before", "after"], Callable[[], object]] | None = None
        self.received: list[dict[str, Any]] = []

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._listener.port

    def environment(self) -> dict[str, str]:
        """The environment that the app needs to publish to it."""
        return {"ARCHIVED_TOPIC_ENDPOINT": f"https://{TOPIC_HOST}/api/events", "ARCHIVED_TOPIC_KEY": self._key}

    def at(self, moment: Literal["before", "after"], act: Callable[[], object]) -> None:
        """Call `act` at the next event: before it is kept (then it is not), or after."""
        self._act = (moment, act)

    @contextmanager
    def serving(self, context: ssl.SSLContext) -> Iterator[None]:
        """Listen on a free port."""
        loop = LoopThread("topic")
        loop.start()
        loop.run(self._listener.start(context))
        try:
            yield
        finally:
            loop.run(self._listener.stop())
            loop.stop()

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        events = json.loads(await request.read())
        moment, act = self._act or ("", lambda: None)
        self._act = None
        if moment != "before":
            self.received.extend(events)
        act()
        if moment:
            await drop(request)
        return web.Response()
