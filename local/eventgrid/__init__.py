"""A local Event Grid: at least once, in no order, with the real one's handshake, retries and dead letters."""

import base64
import contextlib
import random
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from local.acs.events import Event, Schema
from local.eventgrid.deadletters import DeadLetterStore, FolderStore
from local.eventgrid.delivery import Driver
from local.eventgrid.destinations import StorageQueue, Text, Webhook
from local.eventgrid.subscription import (
    DEFAULT_ATTEMPTS,
    DEFAULT_TIME_TO_LIVE,
    Delivery,
    HandshakeError,
    Subscription,
)
from local.eventgrid.topic import CustomTopic
from local.net.background import Background
from local.net.certificates import Certificates
from local.net.hosts import TOPIC_HOST
from local.net.waiting import wait_until

__all__ = ["HandshakeError", "LocalEventGrid"]

Order = Literal["published", "reversed", "shuffled"]


class LocalEventGrid(Background):
    """Subscriptions, their deliveries, and a custom topic, on a thread of their own; a context manager.

    Attributes:
        scale: seconds here for each second of the retry schedule.
        answer_limit: seconds an endpoint has to answer; not scaled.
        copies: how often each event is published to each subscription; 2 for duplicates.
        delay: seconds before a first delivery; with another `order` than "published", the events of this time are
            delivered in that order.
        order: "published", "reversed" or "shuffled".
        dead_letters: the store of undeliverable events; by default a folder.
        topic: the custom topic; `topic.received`, `topic.fail(status, count)`.
    """

    def __init__(
        self,
        folder: Path,
        certificates: Certificates | None = None,
        *,
        scale: float = 0.001,
        answer_limit: float = 30.0,
        dead_letters: DeadLetterStore | None = None,
        seed: int = 1,
    ) -> None:
        """Prepare; nothing listens before `start`. `seed` makes shuffling repeat."""
        super().__init__("local-eventgrid")
        self._certificates = certificates or Certificates(folder)
        self.scale = scale
        self.answer_limit = answer_limit
        self.copies = 1
        self.delay = 0.0
        self.order: Order = "published"
        self.dead_letters: DeadLetterStore = dead_letters or FolderStore(folder / "dead-letters")
        self.topic_key = base64.b64encode(secrets.token_bytes(32)).decode()
        self._random = random.Random(seed)
        self._changed = threading.Condition(threading.RLock())
        self._driver = Driver(self._changed, self._loop)
        self._held: list[Event] = []
        self._holding = 0
        self._subscriptions: list[Subscription] = []
        self.topic = CustomTopic(self.topic_key, self._changed)

    # --- start and stop ---

    async def _open(self) -> None:
        """Start the custom topic; route its host to `topic.port` in the tunnel to reach it."""
        await self.topic.start(self._certificates.server_context())

    async def _close(self) -> None:
        await self.topic.stop()

    def environment(self) -> dict[str, str]:
        """What the app needs to publish to the custom topic."""
        return {
            "ARCHIVED_TOPIC_ENDPOINT": f"https://{TOPIC_HOST}/api/events",
            "ARCHIVED_TOPIC_KEY": self.topic_key,
        }

    # --- subscriptions ---

    def subscribe(
        self,
        endpoint_url: str,
        event_types: Sequence[str] | None = None,
        schema: Schema = "eventgrid",
        *,
        name: str = "archive",
        max_attempts: int = DEFAULT_ATTEMPTS,
        time_to_live: float = DEFAULT_TIME_TO_LIVE,
        batch: int = 1,
        headers: Mapping[str, str] | None = None,
    ) -> Subscription:
        """Subscribe a webhook, after the handshake of its schema; raises HandshakeError.

        Args:
            endpoint_url: with its key in the query.
            event_types: which to deliver; by default all.
            schema: "eventgrid" (arrays) or "cloudevents" (single objects).
            name: of the subscription, in the dead letters' path.
            max_attempts: 1 to 30.
            time_to_live: seconds of the real service; scaled as the schedule is.
            batch: events per delivery at most.
            headers: sent with each delivery.
        """
        webhook = Webhook(endpoint_url, schema, self.answer_limit, headers)
        self._loop.run(webhook.handshake(name), self.answer_limit + 5)
        kinds = frozenset(event_types) if event_types is not None else None
        return self._add(Subscription(name, webhook, kinds, schema, max_attempts, time_to_live, batch))

    def subscribe_queue(
        self,
        connection_string: str,
        queue: str,
        event_types: Sequence[str] | None = None,
        schema: Schema = "eventgrid",
        *,
        name: str = "archive",
        text: Text = "plain",
    ) -> Subscription:
        """Deliver directly into a Storage queue, as plain or base64 text; no handshake."""
        kinds = frozenset(event_types) if event_types is not None else None
        return self._add(Subscription(name, StorageQueue(connection_string, queue, text), kinds, schema))

    def _add(self, subscription: Subscription) -> Subscription:
        with self._changed:
            self._subscriptions.append(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Deliver no further events to it."""
        with self._changed:
            self._subscriptions.remove(subscription)

    # --- events ---

    def publish(self, event: Event | Sequence[Event], *, copies: int | None = None) -> None:
        """Accept events in either schema; returns at once and delivers later."""
        events = [event] if isinstance(event, dict) else list(event)
        many = events * (self.copies if copies is None else copies)
        with self._changed:
            if self._holding:
                self._held.extend(many)
            elif self.order == "published":
                self._send(many, self.delay)
            else:
                first = not self._held
                self._held.extend(many)
                if first:
                    self._loop.submit(self._driver.later(self.delay, self._flush))

    def _flush(self) -> None:
        with self._changed:
            if not self._holding:
                self._release(self.order)

    @contextlib.contextmanager
    def held(self, order: Order = "reversed") -> Iterator[None]:
        """Hold the events that are published inside the block, then deliver them in this order."""
        with self._changed:
            self._holding += 1
        try:
            yield
        finally:
            with self._changed:
                self._holding -= 1
                if not self._holding:
                    self._release(order)

    def _release(self, order: Order) -> None:
        events, self._held = self._held, []
        if order == "reversed":
            events.reverse()
        elif order == "shuffled":
            self._random.shuffle(events)
        self._send(events, 0.0)

    def _send(self, events: Sequence[Event], delay: float) -> None:
        for subscription in self._subscriptions:
            wanted = [event for event in events if subscription.wants(event)]
            for at in range(0, len(wanted), subscription.batch):
                self._driver.send(
                    subscription,
                    wanted[at : at + subscription.batch],
                    delay=delay,
                    scale=self.scale,
                    store=self.dead_letters,
                )
        self._changed.notify_all()

    # --- for tests ---

    @property
    def deliveries(self) -> list[Delivery]:
        """Every attempt so far, in the order in which they ended."""
        return self._driver.deliveries()

    def idle(self) -> bool:
        """Whether nothing is held, in progress, or waiting for its next attempt."""
        with self._changed:
            return not self._held and self._driver.pending == 0

    def wait(self, reached: Callable[[], bool], timeout: float = 60.0) -> bool:
        """Wait until `reached()`; False if it takes longer than the timeout."""
        return wait_until(self._changed, reached, timeout)

    def wait_idle(self, timeout: float = 60.0) -> bool:
        """Wait until `idle`."""
        return self.wait(self.idle, timeout)
