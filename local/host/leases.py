"""A received message in hand: its receipt, and the lease that is renewed while the function runs."""

import asyncio
import logging

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import QueueMessage
from azure.storage.queue.aio import QueueClient

log = logging.getLogger(__name__)


class HeldMessage:
    """A message under lease. The receipt changes with each renewal; only the newest is good."""

    def __init__(self, client: QueueClient, message: QueueMessage, lease: int) -> None:
        self.id: str = message.id
        self.content = str(message.content)
        self.dequeue_count = int(message.dequeue_count or 0)
        self._client = client
        self._receipt = str(message.pop_receipt)
        self._lease = lease
        self._over = asyncio.Event()
        self._renewing = asyncio.create_task(self._renew())

    async def settle(self) -> None:
        """Ends the renewals, not by cancelling: one under way changes the receipt that deletes."""
        self._over.set()
        await self._renewing

    async def delete(self) -> None:
        """Deletes the message.

        Raises:
            AzureError: the lease was lost, or the service is not there.
        """
        await self._client.delete_message(self.id, self._receipt)

    async def give_back(self, seconds: float) -> None:
        """Makes the message visible again after so long.

        Raises:
            AzureError: the lease was lost, or the service is not there.
        """
        await self._client.update_message(self.id, self._receipt, visibility_timeout=int(seconds))

    async def _renew(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self._lease / 2):
                    await self._over.wait()
                return
            except TimeoutError:
                pass
            try:
                renewed = await self._client.update_message(self.id, self._receipt, visibility_timeout=self._lease)
                self._receipt = str(renewed.pop_receipt)
            except (ResourceNotFoundError, ResourceExistsError):
                log.warning("queue.lease_lost id=%s", self.id)
                return
            except AzureError as error:
                # Tried again at the next half; until then the lease still holds.
                log.warning("queue.not_renewed id=%s error=%s", self.id, type(error).__name__)
