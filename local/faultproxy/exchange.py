"""One request through the proxy: passed on, answered, held, damaged or dropped."""

import asyncio
from collections.abc import AsyncIterator, Callable

from local.faultproxy.answers import answer
from local.faultproxy.faults import Fault, Moment
from local.faultproxy.operations import Service
from local.faultproxy.record import RequestRecord
from local.faultproxy.wire import Head, is_bounded, read_head, reply_body, request_body
from local.net.reset import reset


class Dropped(Exception):
    """The connection is to be reset; no answer is sent."""


class Exchange:
    """One request and its reply.

    Args:
        service: which of the three it is for.
        client: reader and writer of the connection it came by.
        target: the port of the real service.
        fault: the fault that strikes it, if any.
        record: its record.
    """

    def __init__(
        self,
        service: Service,
        client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        target: int,
        fault: Fault | None,
        record: RequestRecord,
    ) -> None:
        self._service = service
        self._reader, self._writer = client
        self._target = target
        self._fault = fault
        self._record = record

    async def carry(self, head: Head) -> bool:
        """Carry out the exchange; True if the connection can take another request.

        Raises:
            Dropped: it is to be reset.
        """
        if await self._strikes("before"):
            async for _piece in request_body(head, self._reader):
                pass
            return not head.ends
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._target)
        try:
            await self._pass_on(head, there_writer)
            reply = await read_head(there_reader)
            if reply is None:
                raise Dropped
            return await self._return(head, reply, there_reader) and not head.ends
        except (Dropped, ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await reset(there_writer.transport)
            raise
        finally:
            there_writer.close()

    async def _pass_on(self, head: Head, there: asyncio.StreamWriter) -> None:
        there.write(head.raw)
        middle = self._middle(head.length, of_request=True)
        async for piece in middle(request_body(head, self._reader)):
            there.write(piece)
            await there.drain()
        await there.drain()

    async def _return(self, head: Head, reply: Head, there: asyncio.StreamReader) -> bool:
        if await self._strikes("after"):
            async for _piece in reply_body(reply, self._record.method, there):
                pass
            return True
        self._record.status = reply.status
        self._writer.write(reply.raw)
        middle = self._middle(reply.length, of_request=False, asked=head.length)
        async for piece in middle(reply_body(reply, self._record.method, there)):
            self._writer.write(piece)
            await self._writer.drain()
            self._record.bytes_out += len(piece)
        await self._writer.drain()
        return is_bounded(reply, self._record.method) and not reply.ends

    # Faults

    async def _strikes(self, moment: Moment) -> bool:
        """Let the fault strike at this moment; whether it has answered."""
        fault = self._fault
        if fault is None or fault.moment != moment:
            return False
        if fault.kind.reply is not None:
            fault.reached.set()
            self._record.status = fault.kind.reply.status
            self._writer.write(answer(self._service, self._record.method, fault.kind.reply, fault))
            await self._writer.drain()
            return True
        await _apply(fault)
        return False

    def _middle(
        self, length: int, *, of_request: bool, asked: int = 0
    ) -> Callable[[AsyncIterator[bytes]], AsyncIterator[bytes]]:
        """How a body is passed on: with the fault in its middle, if the fault is for this body."""
        fault = self._fault
        if fault is None:
            return _unchanged
        if fault.kind.action == "damage":
            meant = of_request == (fault.moment == "during")
        else:
            # In the middle of the request's body; of the reply's, where the request has none.
            meant = fault.moment == "during" and (length > 0 if of_request else asked == 0)
        return (lambda pieces: _with_fault(pieces, length // 2, fault)) if meant else _unchanged


async def _unchanged(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async for piece in pieces:
        yield piece


async def _with_fault(pieces: AsyncIterator[bytes], middle: int, fault: Fault) -> AsyncIterator[bytes]:
    """Pass pieces on, and apply the fault in the middle."""
    at, struck = 0, False
    async for piece in pieces:
        if struck or at + len(piece) <= middle:
            at += len(piece)
            yield piece
            continue
        struck = True
        cut = middle - at
        if fault.kind.action == "damage":
            fault.reached.set()
            yield piece[:cut] + bytes([piece[cut] ^ 0x01]) + piece[cut + 1 :]
            continue
        yield piece[:cut]
        await _apply(fault)
        yield piece[cut:]


async def _apply(fault: Fault) -> None:
    """Wait, hold or break the connection, as the fault says."""
    fault.reached.set()
    match fault.kind.action:
        case "reset":
            raise Dropped
        case "hang":
            await asyncio.sleep(fault.seconds)
            raise Dropped
        case "delay":
            await asyncio.sleep(fault.seconds)
        case "pause":
            if not await asyncio.wrap_future(fault.decision):
                raise Dropped
        case _:
            pass
