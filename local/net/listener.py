"""A TLS server on a free port, that can be stopped at once."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable

from aiohttp import web

Serve = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
_SHUTDOWN_TIMEOUT = 0.1


class Listener:
    """Serves one function; cancels a request at once when its client disconnects, as hanging answers last long."""

    def __init__(self, serve: Serve) -> None:
        """Nothing listens before `start`."""
        self._serve = serve
        self._server: web.Server | None = None
        self._runner: web.ServerRunner | None = None
        self.port = 0

    async def start(self, context: ssl.SSLContext) -> None:
        """Listen on a free port."""
        self._server = web.Server(self._serve, handler_cancellation=True, access_log=None)
        self._runner = web.ServerRunner(self._server, shutdown_timeout=_SHUTDOWN_TIMEOUT)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=context).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Stop listening and abort open connections: a TLS shutdown would wait for peers that are gone."""
        if self._runner is None or self._server is None:
            return
        for connection in self._server.connections:
            if isinstance(connection.transport, asyncio.WriteTransport):
                connection.transport.abort()
        await self._runner.cleanup()
