"""Queue triggers: polling with back-off, leases renewed meanwhile, the delay after a failure, poison.

A message is received under a lease of ten minutes (LOCAL_HOST_LEASE_SECONDS makes it shorter, so that what a
killed host held comes back in seconds), renewed at its half. What succeeded is deleted. What failed returns
after host.json's `visibilityTimeout`, or goes to `<queue>-poison` once it was dequeued `maxDequeueCount`
times. What ran past the function timeout is left to its lease, as when the real host restarts.
"""

import asyncio
import base64
import json
import logging
import random
from dataclasses import dataclass
from datetime import datetime

from local.host.bindings import Function, QueueTrigger
from local.host.hostjson import QueueOptions
from local.host.invoking import Ending, Invocations
from local.host.leases import HeldMessage
from local.host.payloads import Binary, Json, Payload, Text
from local.host.storage import Message, QueueRefusedError, Queues

log = logging.getLogger(__name__)

_SHORTEST_POLL = 0.1  # seconds, the real host's own minimum
_POISON = "-poison"


@dataclass(frozen=True, slots=True)
class Source:
    """The queue a function listens to, its expressions resolved."""

    function: Function
    trigger: QueueTrigger
    connection: str
    queue: str


class QueueListener:
    """Listens to one queue for one function until it is told to stop."""

    def __init__(
        self, source: Source, queues: Queues, invocations: Invocations, options: QueueOptions, lease: int
    ) -> None:
        self._source = source
        self._queues = queues
        self._queue = queues.queue(source.connection, source.queue)
        self._invocations = invocations
        self._options = options
        self._lease = lease
        self._wake = queues.arrival(source.connection, source.queue)
        self._running: set[asyncio.Task[None]] = set()

    async def listen(self) -> None:
        """Polls until cancelled; what runs then goes on by itself."""
        delay = _SHORTEST_POLL
        while True:
            while len(self._running) > self._options.new_batch_threshold:
                await asyncio.wait(set(self._running), return_when=asyncio.FIRST_COMPLETED)
            self._wake.clear()
            received = await self._received()
            for message in received:
                task = asyncio.create_task(self._treat(message))
                self._running.add(task)
                task.add_done_callback(self._running.discard)
            delay = _SHORTEST_POLL if received else self._longer(delay)
            try:
                async with asyncio.timeout(delay):
                    await self._wake.wait()
                delay = _SHORTEST_POLL
            except TimeoutError:
                pass

    def inputs(self, text: str) -> dict[str, Payload]:
        """What the function gets for a message of this text; encoding does not apply to it."""
        return self._inputs(text.encode())

    async def settled(self) -> None:
        """Waits until no message is in hand."""
        while self._running:
            await asyncio.wait(set(self._running))

    def _longer(self, delay: float) -> float:
        return min(delay * random.uniform(1.6, 2.0), self._options.max_polling_interval)

    async def _received(self) -> list[Message]:
        try:
            try:
                return await self._queue.receive(self._options.batch_size, self._lease)
            except QueueRefusedError as error:
                if not error.is_missing:
                    raise
                await self._queue.create()
                return []
        except QueueRefusedError as error:
            log.warning("queue.unreachable queue=%s error=%s", self._source.queue, error)
            return []

    async def _treat(self, message: Message) -> None:
        """From received to deleted, given back or poisoned; if storage fails, the lease gives it back."""
        held = HeldMessage(self._queue, message, self._lease)
        try:
            ending = await self._ran(held, message)
            await held.settle()
            await self._settle(held, ending)
        except QueueRefusedError as error:
            log.warning("queue.not_settled queue=%s id=%s error=%s", self._source.queue, held.id, error)

    async def _ran(self, held: HeldMessage, message: Message) -> Ending | None:
        """How the run ended; None if there was none, as the message is poison already."""
        body = self._body(held)
        if body is None or held.dequeue_count > self._options.max_dequeue_count:
            return None
        outcome = await self._invocations.run(self._source.function, self._inputs(body), _metadata(message, body))
        return outcome.ending

    def _body(self, held: HeldMessage) -> bytes | None:
        if not self._options.base64:
            return held.content.encode()
        try:
            return base64.b64decode(held.content, validate=True)
        except ValueError as error:
            log.error("queue.undecodable queue=%s id=%s error=%s", self._source.queue, held.id, error)  # noqa: TRY400
            return None

    def _inputs(self, body: bytes) -> dict[str, Payload]:
        payload = Binary(body) if self._source.trigger.binary else Text(body.decode("utf-8", "replace"))
        return {self._source.trigger.parameter: payload}

    async def _settle(self, held: HeldMessage, ending: Ending | None) -> None:
        match ending:
            case Ending.SUCCEEDED:
                await held.delete()
            case Ending.FAILED if held.dequeue_count < self._options.max_dequeue_count:
                await held.give_back(self._options.visibility_timeout)
            case Ending.FAILED | None:
                await self._poison(held)
            case Ending.TIMED_OUT:
                pass

    async def _poison(self, held: HeldMessage) -> None:
        queue = self._source.queue
        if queue.endswith(_POISON):
            return  # a poison queue has no other behind it: the message waits out its lease
        await self._queues.send(self._source.connection, queue + _POISON, held.content)
        await held.delete()
        log.error("queue.poisoned queue=%s id=%s dequeued=%d", queue, held.id, held.dequeue_count)


def _metadata(message: Message, body: bytes) -> dict[str, Payload]:
    """The trigger's metadata, in the JSON forms in which the real host sends them."""
    return {
        "QueueTrigger": Text(body.decode("utf-8", "replace")),
        "Id": Text(message.id),
        "PopReceipt": Text(message.receipt),
        "DequeueCount": Json(json.dumps(message.dequeue_count)),
        "InsertionTime": _time(message.inserted_on),
        "ExpirationTime": _time(message.expires_on),
        "NextVisibleTime": _time(message.next_visible_on),
    }


def _time(moment: datetime) -> Json:
    return Json(json.dumps(moment.strftime("%Y-%m-%dT%H:%M:%S+00:00")))
