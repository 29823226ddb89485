"""Subscriptions, and the rules by which Event Grid delivers, retries and gives up."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol

from local.acs.events import Event, Schema

RETRY_SCHEDULE = (10.0, 30.0, 60.0, 300.0, 600.0, 1800.0, 3600.0, 10_800.0, 21_600.0, 43_200.0)
"""Seconds before each further try; the last one repeats."""

SUCCESSES = frozenset({200, 201, 202, 203, 204})
NEVER_RETRIED_WEBHOOK = frozenset({400, 401, 403, 413})
DEFAULT_ATTEMPTS = 30
DEFAULT_TIME_TO_LIVE = 24 * 60 * 60.0


class HandshakeError(Exception):
    """The endpoint failed the validation; the real service refuses such a subscription."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one delivery ended: with a status, or with an error and none."""

    status: int | None
    error: str = ""
    never_retried: bool = False

    @property
    def delivered(self) -> bool:
        """Whether the subscriber accepted it."""
        return self.status in SUCCESSES

    @property
    def name(self) -> str:
        """The value of `lastDeliveryOutcome`."""
        if self.status is None:
            return self.error or "GenericError"
        if self.status == HTTPStatus.SERVICE_UNAVAILABLE:
            return "Busy"
        return HTTPStatus(self.status).phrase.replace(" ", "")


class Destination(Protocol):
    """Where a subscription's events go."""

    async def deliver(self, events: Sequence[Event], subscription: str, attempt: int) -> Outcome:
        """Attempt once; `attempt` counts from 0. Never raises for a failure of the destination."""
        ...


@dataclass(frozen=True, slots=True)
class Subscription:
    """One event subscription.

    `time_to_live` is in seconds of the real service, scaled with the schedule. Without `event_types` all
    match.
    """

    name: str
    destination: Destination
    event_types: frozenset[str] | None = None
    schema: Schema = "eventgrid"
    max_attempts: int = DEFAULT_ATTEMPTS
    time_to_live: float = DEFAULT_TIME_TO_LIVE
    batch: int = 1

    def wants(self, event: Event) -> bool:
        """Whether the filter lets an event through."""
        return self.event_types is None or event_type(event) in self.event_types


def event_type(event: Event) -> str:
    """The type of an event in either schema."""
    return str(event.get("eventType") or event.get("type") or "")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery attempt."""

    subscription: str
    event_ids: tuple[str, ...]
    event_types: tuple[str, ...]
    attempt: int
    outcome: Outcome


def ids(events: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """The ids of events."""
    return tuple(str(event.get("id")) for event in events)
