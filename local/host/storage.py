"""Storage queues by connection and name, each request straight to the service: a client's models cost more than it."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Self
from urllib.parse import quote
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import aiohttp
import yarl
from azure.storage.queue import AccountSasPermissions, QueueServiceClient, ResourceTypes, generate_account_sas

_NAME = re.compile(r"[a-z0-9](?:-?[a-z0-9])*")
_NAME_LENGTHS = range(3, 64)
_VERSION = "2021-12-02"
_SIGNED_FOR = timedelta(days=30)
_NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SECONDS = 60.0


def is_queue_name(name: str) -> bool:
    """Whether the storage service takes this name: 3-63 of a-z, 0-9 and single inner hyphens."""
    return len(name) in _NAME_LENGTHS and _NAME.fullmatch(name) is not None


class QueueRefusedError(Exception):
    """The service refused (`status`), or is not there (None)."""

    def __init__(self, what: str, status: int | None = None) -> None:
        super().__init__(what)
        self.status = status

    @property
    def is_missing(self) -> bool:
        """Whether the queue, or the message, is not there."""
        return self.status == HTTPStatus.NOT_FOUND

    @property
    def is_lost(self) -> bool:
        """Whether the message is somebody else's by now, or nobody's."""
        return self.status in {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT}


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it was received; the receipt is good until the lease ends or is renewed."""

    id: str
    receipt: str
    content: str
    dequeue_count: int
    inserted_on: datetime
    expires_on: datetime
    next_visible_on: datetime

    @classmethod
    def from_xml(cls, found: ET.Element) -> Self:
        """As the service lists it."""

        def text(name: str) -> str:
            return found.findtext(name) or ""

        return cls(
            text("MessageId"),
            text("PopReceipt"),
            text("MessageText"),
            int(text("DequeueCount")),
            parsedate_to_datetime(text("InsertionTime")),
            parsedate_to_datetime(text("ExpirationTime")),
            parsedate_to_datetime(text("TimeNextVisible")),
        )


class StorageQueue:
    """One queue; texts pass through it as they are, encoding is the caller's.

    Every method raises `QueueRefusedError`.
    """

    def __init__(self, session: aiohttp.ClientSession, account: str, signature: str, name: str) -> None:
        self._session = session
        self._url = f"{account}/{name}"
        self._signature = signature

    async def create(self) -> None:
        """Create the queue unless it is there."""
        await self._ask("PUT", "", {})

    async def send(self, text: str) -> None:
        """Add one message."""
        if unfit := _NO_XML.search(text):
            raise QueueRefusedError(f"no message can hold the character {unfit[0]!r}")
        body = f"<QueueMessage><MessageText>{escape(text)}</MessageText></QueueMessage>"
        await self._ask("POST", "/messages", {}, body.encode())

    async def receive(self, count: int, lease: int) -> list[Message]:
        """Up to so many messages, each hidden from others for so many seconds."""
        _, body = await self._ask("GET", "/messages", {"numofmessages": count, "visibilitytimeout": lease})
        return [Message.from_xml(found) for found in ET.fromstring(body)]  # noqa: S314 - the emulator's own

    async def delete(self, message_id: str, receipt: str) -> None:
        """Delete a received message."""
        await self._ask("DELETE", f"/messages/{message_id}", {"popreceipt": receipt})

    async def hide(self, message_id: str, receipt: str, seconds: int) -> str:
        """Hide a received message for so many seconds from now; its new receipt."""
        headers, _ = await self._ask(
            "PUT", f"/messages/{message_id}", {"popreceipt": receipt, "visibilitytimeout": seconds}
        )
        return headers["x-ms-popreceipt"]

    async def _ask(
        self, method: str, path: str, query: Mapping[str, str | int], body: bytes | None = None
    ) -> tuple[Mapping[str, str], bytes]:
        """The reply's headers and body. Asked once more at once, as a kept connection may be stale."""
        pairs = [self._signature, *(f"{key}={quote(str(value), safe='')}" for key, value in query.items())]
        url = f"{self._url}{path}?{'&'.join(pairs)}"
        try:
            return await self._asked(method, url, body)
        except (aiohttp.ClientError, TimeoutError):
            pass
        try:
            return await self._asked(method, url, body)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise QueueRefusedError(type(error).__name__) from error

    async def _asked(self, method: str, url: str, body: bytes | None) -> tuple[Mapping[str, str], bytes]:
        async with self._session.request(method, yarl.URL(url, encoded=True), data=body, headers=_HEADERS) as reply:
            content = await reply.read()
        if reply.status >= HTTPStatus.BAD_REQUEST:
            raise QueueRefusedError(f"{reply.status} {reply.headers.get('x-ms-error-code', '')}", reply.status)
        return reply.headers, content


_HEADERS = {"x-ms-version": _VERSION, "Content-Type": "application/xml"}


class Queues:
    """The queues of a host. Writing to one wakes whoever listens to it, as within one real instance."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None
        self._accounts: dict[str, tuple[str, str]] = {}
        self._queues: dict[tuple[str, str], StorageQueue] = {}
        self._arrivals: dict[tuple[str, str], asyncio.Event] = {}

    def queue(self, connection: str, name: str) -> StorageQueue:
        """One queue; asked for on the loop that uses it."""
        key = (connection, name)
        if key not in self._queues:
            if self._session is None:
                self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_SECONDS))
            if connection not in self._accounts:
                self._accounts[connection] = _account(connection)
            self._queues[key] = StorageQueue(self._session, *self._accounts[connection], name)
        return self._queues[key]

    def arrival(self, connection: str, name: str) -> asyncio.Event:
        """Set whenever this host has written to the queue; whoever listens clears it."""
        return self._arrivals.setdefault((connection, name), asyncio.Event())

    async def send(self, connection: str, name: str, text: str) -> None:
        """Adds one message, creating the queue if need be.

        Raises:
            QueueRefusedError: the service refused, or is not there.
        """
        queue = self.queue(connection, name)
        try:
            await queue.send(text)
        except QueueRefusedError as error:
            if not error.is_missing:
                raise
            await queue.create()
            await queue.send(text)
        self.arrival(connection, name).set()

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()


def _account(connection: str) -> tuple[str, str]:
    """The URL of an account's queues, and a signature for all of them: to sign each request costs as much again."""
    service = QueueServiceClient.from_connection_string(connection)
    _, _, signed = service.url.partition("?")
    if signed or service.credential is None:
        return service.url.partition("?")[0].rstrip("/"), signed
    signature = generate_account_sas(
        str(service.account_name),
        service.credential.account_key,
        ResourceTypes(service=True, container=True, object=True),
        AccountSasPermissions(
            read=True, write=True, delete=True, list=True, add=True, create=True, process=True, update=True
        ),
        datetime.now(UTC) + _SIGNED_FOR,
    )
    return service.url.rstrip("/"), signature
