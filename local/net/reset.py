"""Breaks a connection so that the peer sees a reset."""

import asyncio
import socket
import struct

_FLUSH_TRIES = 50
_FLUSH_PAUSE = 0.02


async def reset(transport: asyncio.BaseTransport) -> None:
    """Break a connection so that the peer sees a reset, not an end, after it has received what was written so far."""
    if isinstance(transport, asyncio.WriteTransport):
        for _ in range(_FLUSH_TRIES):
            if transport.get_write_buffer_size() == 0 or transport.is_closing():
                break
            await asyncio.sleep(_FLUSH_PAUSE)
        # A reset discards what the peer's kernel holds and the peer has not read.
        await asyncio.sleep(_FLUSH_PAUSE)
    connection = transport.get_extra_info("socket")
    if connection is not None and connection.fileno() >= 0:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()
