"""Storage queues by connection and name: one client each, the queue created where it is missing."""

import asyncio
import re

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue.aio import QueueClient

_NAME = re.compile(r"[a-z0-9](?:-?[a-z0-9])*")
_NAME_LENGTHS = range(3, 64)


def is_queue_name(name: str) -> bool:
    """Whether the storage service takes this name: 3-63 of a-z, 0-9 and single inner hyphens."""
    return len(name) in _NAME_LENGTHS and _NAME.fullmatch(name) is not None


class Queues:
    """The queues of a host. Writing to one wakes whoever listens to it, as within one real instance."""

    def __init__(self) -> None:
        self._clients: dict[tuple[str, str], QueueClient] = {}
        self._arrivals: dict[tuple[str, str], asyncio.Event] = {}

    def client(self, connection: str, name: str) -> QueueClient:
        """The client of one queue; texts pass through it as they are, encoding is the caller's."""
        key = (connection, name)
        if key not in self._clients:
            # Once more at once, as a kept connection may be stale; the SDK's waits of 15 s help nobody.
            self._clients[key] = QueueClient.from_connection_string(
                connection, name, retry_total=1, initial_backoff=0, increment_base=0, random_jitter_range=0
            )
        return self._clients[key]

    def arrival(self, connection: str, name: str) -> asyncio.Event:
        """Set whenever this host has written to the queue; whoever listens clears it."""
        return self._arrivals.setdefault((connection, name), asyncio.Event())

    async def send(self, connection: str, name: str, text: str) -> None:
        """Adds one message, creating the queue if need be.

        Raises:
            AzureError: the service refused, or is not there.
        """
        client = self.client(connection, name)
        try:
            await client.send_message(text)
        except ResourceNotFoundError:
            await self.create(connection, name)
            await client.send_message(text)
        self.arrival(connection, name).set()

    async def create(self, connection: str, name: str) -> None:
        """Creates the queue unless it is there.

        Raises:
            AzureError: the service refused, or is not there.
        """
        client = self.client(connection, name)
        try:
            await client.get_queue_properties()
        except ResourceNotFoundError:
            await client.create_queue()
