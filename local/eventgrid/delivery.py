"""Runs deliveries: attempt, wait by the schedule, retry, then dead-letter."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime

from azure.core.exceptions import AzureError

from local.acs.events import Event, as_schema
from local.eventgrid.deadletters import DeadLetterStore, Ending, dead_letter
from local.eventgrid.subscription import RETRY_SCHEDULE, Delivery, Outcome, Subscription, event_type, ids
from local.net.background import LoopThread

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Job:
    subscription: Subscription
    events: Sequence[Event]
    delay: float
    scale: float
    store: DeadLetterStore


class Driver:
    """Runs each delivery as a task of the loop; `pending` counts the unfinished ones."""

    def __init__(self, changed: threading.Condition, loop: LoopThread) -> None:
        """`changed` guards the counts and is notified at each end of a delivery."""
        self._changed = changed
        self._loop = loop
        self._deliveries: list[Delivery] = []
        self.pending = 0

    def deliveries(self) -> list[Delivery]:
        """Every attempt so far."""
        with self._changed:
            return list(self._deliveries)

    def send(
        self,
        subscription: Subscription,
        events: Sequence[Event],
        *,
        delay: float,
        scale: float,
        store: DeadLetterStore,
    ) -> None:
        """Deliver in the background, in the subscription's schema."""
        changed = [as_schema(event, subscription.schema) for event in events]
        with self._changed:
            self.pending += 1
        job = _Job(subscription, changed, delay, scale, store)
        self._loop.submit(self._drive(job)).add_done_callback(self._ended)

    async def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Call a function after a delay."""
        await asyncio.sleep(seconds)
        act()

    def _ended(self, done: Future[None]) -> None:
        with self._changed:
            self.pending -= 1
            self._changed.notify_all()
        if not done.cancelled() and (error := done.exception()) is not None:
            _log.error("a delivery failed unexpectedly", exc_info=error)

    async def _drive(self, job: _Job) -> None:
        published, begun = datetime.now(UTC), time.monotonic()
        subscription = job.subscription
        await asyncio.sleep(job.delay)
        attempt = 0
        while True:
            outcome = await subscription.destination.deliver(job.events, subscription.name, attempt)
            self._note(job, attempt, outcome)
            attempt += 1
            if outcome.delivered:
                return
            pause = RETRY_SCHEDULE[min(attempt, len(RETRY_SCHEDULE)) - 1] * job.scale
            late = time.monotonic() - begun + pause > subscription.time_to_live * job.scale
            if outcome.never_retried or attempt >= subscription.max_attempts or late:
                await self._dead_letter(job, Ending(published, datetime.now(UTC), attempt, outcome))
                return
            await asyncio.sleep(pause)

    def _note(self, job: _Job, attempt: int, outcome: Outcome) -> None:
        kinds = tuple(event_type(event) for event in job.events)
        delivery = Delivery(job.subscription.name, ids(job.events), kinds, attempt, outcome)
        with self._changed:
            self._deliveries.append(delivery)
            self._changed.notify_all()

    async def _dead_letter(self, job: _Job, ending: Ending) -> None:
        path, content = dead_letter(job.subscription, job.events, ending)
        try:
            await asyncio.to_thread(job.store.write, path, content)
        except (AzureError, OSError) as error:
            # The real service drops it too, after retrying for four hours.
            _log.error("the dead letter %s could not be written: %s", path, error)
