"""Requests and replies as a caller uses them, and sockets that read in pieces or record what is written."""

from collections.abc import Callable, Sequence
from itertools import cycle
from socket import socket
from typing import Any, override

import pytest
from azure.core.rest import HttpRequest
from urllib3.util.connection import create_connection

from recording.adapters.http_transport import Broken, Reply, Take, Urllib3Transport
from tests.copying.copies import media

HOST = "blob.example"
LONG = media(100_000)
CHUNKED = "Transfer-Encoding: chunked"


def get(transport: Urllib3Transport, url: str, headers: dict[str, str] | None = None) -> Reply:
    """Send a GET."""
    return transport.send(HttpRequest("GET", url, headers=headers or {}), take=Take.OPEN)


def put(transport: Urllib3Transport, url: str, body: bytes | memoryview) -> Reply:
    """Send a PUT."""
    return transport.send(
        HttpRequest("PUT", url, headers={"Content-Length": str(len(body))}), body=body, take=Take.OPEN
    )


def read_into(found: bytearray, reply: Reply, rooms: Sequence[int] = (70_000,)) -> None:
    """Read the body to its end, in views of these sizes; after a break `found` has the bytes before it."""
    for room in cycle(rooms):
        piece = memoryview(bytearray(room))
        read = reply.readinto(piece)
        found += piece[:read]
        if not read:
            return


def read(reply: Reply, rooms: Sequence[int] = (70_000,)) -> bytes:
    """The body to its end."""
    found = bytearray()
    read_into(found, reply, rooms)
    return bytes(found)


def broken(reply: Reply) -> bytes:
    """The bytes of a body before it broke; later reads fail as well."""
    found = bytearray()
    with pytest.raises(Broken):
        read_into(found, reply, (4,))
    with pytest.raises(Broken):
        reply.readinto(memoryview(bytearray(1)))
    return bytes(found)


def connect_by(patch: pytest.MonkeyPatch, kind: Callable[[int], socket]) -> None:
    """Replace the class of sockets that are connected from now on."""

    def connect(*where: Any, **options: Any) -> socket:  # noqa: ANN401 - passed on
        with create_connection(*where, **options) as opened:
            return kind(opened.detach())

    patch.setattr("urllib3.util.connection.create_connection", connect)


def in_pieces(patch: pytest.MonkeyPatch, sizes: Sequence[int]) -> None:
    """Let sockets that are connected from now on read in pieces of these sizes, in turn."""

    class InPieces(socket):
        def __init__(self, number: int) -> None:
            super().__init__(fileno=number)
            self._sizes = cycle(sizes)

        @override
        def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
            return super().recv_into(buffer, min(nbytes or len(buffer), next(self._sizes)), flags)

    connect_by(patch, InPieces)


def writes(patch: pytest.MonkeyPatch) -> list[bytes]:
    """The writes to sockets that are connected from now on."""
    written = list[bytes]()

    class Watched(socket):
        def __init__(self, number: int) -> None:
            super().__init__(fileno=number)

        @override
        def sendall(self, data: Any, flags: int = 0) -> None:
            written.append(bytes(data))
            super().sendall(data, flags)

    connect_by(patch, Watched)
    return written
