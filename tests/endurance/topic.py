"""The custom topic as a run meets it: it keeps what it is sent, and can act in the moment before or after."""

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
    """A topic over TLS. `act` is called once, at its moment of the next event; the reply is then lost."""

    def __init__(self) -> None:
        self._listener = Listener(self._serve)
        self._key = secrets.token_hex(16)
        self._act: tuple[Literal["before", "after"], Callable[[], object]] | None = None
        self.received: list[dict[str, Any]] = []

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._listener.port

    def environment(self) -> dict[str, str]:
        """What the app needs to publish to it."""
        return {"ARCHIVED_TOPIC_ENDPOINT": f"https://{TOPIC_HOST}/api/events", "ARCHIVED_TOPIC_KEY": self._key}

    def at(self, moment: Literal["before", "after"], act: Callable[[], object]) -> None:
        """Do this when the next event comes: before it is kept, and it is not, or after."""
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
