"""A received message in hand: its receipt, and the lease that is renewed while the function runs."""

import asyncio
import logging

from local.host.storage import Message, QueueRefusedError, StorageQueue

log = logging.getLogger(__name__)


class HeldMessage:
    """A message under lease. The receipt changes with each renewal; only the newest is good."""

    def __init__(self, queue: StorageQueue, message: Message, lease: int) -> None:
        self.id = message.id
        self.content = message.content
        self.dequeue_count = message.dequeue_count
        self._queue = queue
        self._receipt = message.receipt
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
            QueueRefusedError: the lease was lost, or the service is not there.
        """
        await self._queue.delete(self.id, self._receipt)

    async def give_back(self, seconds: float) -> None:
        """Makes the message visible again after so long.

        Raises:
            QueueRefusedError: the lease was lost, or the service is not there.
        """
        await self._queue.hide(self.id, self._receipt, int(seconds))

    async def _renew(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self._lease / 2):
                    await self._over.wait()
                return
            except TimeoutError:
                pass
            try:
                self._receipt = await self._queue.hide(self.id, self._receipt, self._lease)
            except QueueRefusedError as error:
                if error.is_lost:
                    log.warning("queue.lease_lost id=%s", self.id)
                    return
                # Tried again at the next half; until then the lease still holds.
                log.warning("queue.not_renewed id=%s error=%s", self.id, error)
