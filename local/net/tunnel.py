"""An HTTP CONNECT proxy that routes known hosts to local ports and refuses all others.

It is the app's only way to the local services; a connection to any other host is refused and recorded.
"""

import asyncio
import contextlib
from collections.abc import Callable

from local.net.reset import reset

_READ = 256 * 1024
_HEAD_LIMIT = 16 * 1024
_HTTPS = 443


class Tunnel:
    """The proxy; `route` may be called at any time, from any thread."""

    def __init__(self, refused: Callable[[str], None]) -> None:
        """`refused` is called with the `host:port` of each refused connection."""
        self._refused = refused
        self._routes: dict[str, int] = {}
        self._server: asyncio.Server | None = None
        self.port = 0

    @property
    def url(self) -> str:
        """The value of HTTPS_PROXY."""
        return f"http://127.0.0.1:{self.port}"

    def route(self, host_suffix: str, port: int) -> None:
        """Route a host, or with a leading `*.` or `.` all hosts below it, to a port of this machine."""
        self._routes[host_suffix.removeprefix("*").lower()] = port

    async def start(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=_READ)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and abort open connections."""
        if self._server is not None:
            self._server.close()
            self._server.close_clients()
            await self._server.wait_closed()

    def _target(self, host: str, port: int) -> int | None:
        if port != _HTTPS:
            return None
        for suffix, local in list(self._routes.items()):
            if host == suffix or (suffix.startswith(".") and host.endswith(suffix)):
                return local
        return None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                await self._answer(reader, writer)
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        method, _, rest = head.partition(b"\r\n")[0].decode("latin-1").partition(" ")
        authority = rest.partition(" ")[0]
        host, _, port = authority.rpartition(":")
        local = self._target(host.lower(), int(port)) if method == "CONNECT" and port.isdigit() else None
        if local is None or len(head) > _HEAD_LIMIT:
            self._refused(authority)
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
            return
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", local, limit=_READ)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(_pass_on(reader, there_writer, writer))
                both.create_task(_pass_on(there_reader, writer, there_writer))
        except* ConnectionError:
            # Reset the other side too: otherwise a reset in the middle of a body would look like a normal end.
            await reset(writer.transport)
            await reset(there_writer.transport)
        finally:
            there_writer.close()


async def _pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter, back: asyncio.StreamWriter) -> None:
    while piece := await source.read(_READ):
        sink.write(piece)
        await sink.drain()
    # After one side has ended, nothing useful comes from the other.
    await sink.drain()
    sink.close()
    back.close()
