"""A proxy in front of Azurite that fails as real storage does: Azurite alone neither throttles nor fails."""

import asyncio
import contextlib
import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Unpack

from local.faultproxy.exchange import Dropped, Exchange
from local.faultproxy.faults import FAULTS, Board, Fault, Moment, Occasion, Trigger
from local.faultproxy.operations import Operation, Service, operation_of
from local.faultproxy.record import Records, RequestRecord
from local.faultproxy.wire import Head, read_head
from local.net.background import Background
from local.net.faults import fault_named
from local.net.reset import reset

__all__ = ["FaultProxy", "RequestRecord"]

_ENDPOINT = re.compile(r"(Blob|Queue|Table)Endpoint=http://127\.0\.0\.1:(\d+)")
_HEAD_LIMIT = 64 << 10


class FaultProxy(Background):
    """Listeners in front of the three services of a local storage, on a thread of their own; a context manager.

    A shared key signs the path, which stays the same, but not the host and port: clients only need the proxy's
    `connection_string` instead of the real one.
    """

    def __init__(self, connection_string: str) -> None:
        """Prepare; nothing listens before `start`. The string names all three services on the loopback interface."""
        super().__init__("fault-proxy")
        self._real = connection_string
        self._targets: dict[Service, int] = {_service(name): int(port) for name, port in _ENDPOINT.findall(self._real)}
        self._ports: dict[Service, int] = {}
        self._servers: list[asyncio.Server] = []
        self._board = Board()
        self._records = Records()

    # --- start and stop ---

    async def _open(self) -> None:
        for service, target in self._targets.items():
            server = await asyncio.start_server(
                partial(self._serve, service, target), "127.0.0.1", 0, limit=_HEAD_LIMIT
            )
            self._servers.append(server)
            self._ports[service] = server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        """Abort open connections and stop."""
        self._board.clear()
        super().stop()

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
            server.abort_clients()

    # --- for tests ---

    @property
    def connection_string(self) -> str:
        """The connection string of the three services through the proxy."""
        return _ENDPOINT.sub(
            lambda found: f"{found[1]}Endpoint=http://127.0.0.1:{self._ports[_service(found[1])]}", self._real
        )

    def arm(
        self, name: str, operation: Operation | None = None, moment: Moment | None = None, **trigger: Unpack[Trigger]
    ) -> Fault:
        """Arm a fault of the table in faults.py; raises ValueError for an unknown name.

        Args:
            name: its stable name.
            operation: which requests it is for; by default all.
            moment: when it strikes; by default as in the table.
            **trigger: how often and how it strikes, see `Fault`; by default once.
        """
        kind = fault_named(FAULTS, name)
        return self._board.arm(Fault(kind, operation, moment or kind.moment, **trigger))

    def clear(self) -> None:
        """Disarm all faults; paused requests continue."""
        self._board.clear()

    @property
    def requests(self) -> list[RequestRecord]:
        """Every request so far, in the order of arrival."""
        return self._records.all()

    def wait_for(self, reached: Callable[[Sequence[RequestRecord]], bool], seconds: float = 10.0) -> bool:
        """Wait until the requests meet a condition; False if it takes longer than the timeout."""
        return self._records.wait_for(reached, seconds)

    def wait_idle(self, seconds: float = 60.0) -> None:
        """Wait until no request is in progress.

        Raises:
            TimeoutError: one still is.
        """
        if not self.wait_for(lambda records: all(record.over for record in records), seconds):
            raise TimeoutError([record for record in self.requests if not record.over])

    # --- connections ---

    async def _serve(
        self, service: Service, target: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            try:
                goes_on = True
                while goes_on:
                    head = await read_head(reader)
                    goes_on = head is not None and await self._exchange(service, target, head, (reader, writer))
            except (Dropped, asyncio.IncompleteReadError):
                await reset(writer.transport)
            except ConnectionError:
                pass  # the client is gone
            finally:
                writer.close()

    async def _exchange(
        self, service: Service, target: int, head: Head, client: tuple[asyncio.StreamReader, asyncio.StreamWriter]
    ) -> bool:
        method, where, _version = head.line.split(" ", 2)
        operation, path = operation_of(service, method, where)
        fault = self._board.strike(Occasion(operation, path))
        record = RequestRecord(service, operation, method, path, fault.name if fault else None)
        self._records.add(record)
        try:
            return await Exchange(service, client, target, fault, record).carry(head)
        finally:
            self._records.end(record)


def _service(name: str) -> Service:
    found: dict[str, Service] = {"Blob": "blob", "Queue": "queue", "Table": "table"}
    return found[name]
