"""Destinations of events: webhooks, with their handshake, and Storage queues."""

import asyncio
import base64
import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal

import aiohttp
from azure.core.exceptions import AzureError
from azure.storage.queue import QueueClient

from local.acs.events import TOPIC, Event, Schema, wire_time
from local.eventgrid.subscription import NEVER_RETRIED_WEBHOOK, HandshakeError, Outcome

_VALIDATION = "Microsoft.EventGrid.SubscriptionValidationEvent"
_ORIGIN = "eventgrid.azure.net"
_OK = 200
Text = Literal["plain", "base64"]


class Webhook:
    """POSTs events to a URL as Event Grid does."""

    def __init__(self, url: str, schema: Schema, answer_limit: float, headers: Mapping[str, str] | None = None) -> None:
        """`answer_limit` is the endpoint's timeout in seconds; `headers` are sent with each delivery."""
        self._url = url
        self._schema = schema
        self._limit = aiohttp.ClientTimeout(total=answer_limit)
        self._headers = dict(headers or {})

    async def handshake(self, subscription: str) -> None:
        """Validate the endpoint; raises HandshakeError."""
        try:
            async with aiohttp.ClientSession(timeout=self._limit) as session:
                if self._schema == "cloudevents":
                    await self._ask_by_options(session)
                else:
                    await self._ask_by_event(session, subscription)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise HandshakeError(f"{self._where} did not answer the handshake: {error!r}") from error

    @property
    def _where(self) -> str:
        return self._url.partition("?")[0]

    async def _ask_by_event(self, session: aiohttp.ClientSession, subscription: str) -> None:
        code = str(uuid.uuid4())
        event = {
            "id": str(uuid.uuid4()),
            "topic": TOPIC,
            "subject": "",
            "data": {"validationCode": code, "validationUrl": f"https://rp-westeurope.{_ORIGIN}:553/validate"},
            "eventType": _VALIDATION,
            "eventTime": wire_time(datetime.now(UTC)),
            "metadataVersion": "1",
            "dataVersion": "2",
        }
        headers = {"aeg-event-type": "SubscriptionValidation", "aeg-subscription-name": subscription.upper()}
        async with session.post(self._url, json=[event], headers={**self._headers, **headers}) as answer:
            text = await answer.text()
            if answer.status != _OK:
                raise HandshakeError(f"{self._where} answered the validation event with {answer.status}")
        try:
            echoed = json.loads(text).get("validationResponse")
        except (ValueError, AttributeError):
            echoed = None
        if echoed != code:
            raise HandshakeError(f"{self._where} did not echo the validation code")

    async def _ask_by_options(self, session: aiohttp.ClientSession) -> None:
        headers = {**self._headers, "WebHook-Request-Origin": _ORIGIN}
        async with session.options(self._url, headers=headers) as answer:
            allowed = answer.headers.get("WebHook-Allowed-Origin")
            if answer.status != _OK or allowed not in {"*", _ORIGIN}:
                raise HandshakeError(f"{self._where} answered OPTIONS with {answer.status}, origin {allowed}")

    async def deliver(self, events: Sequence[Event], subscription: str, attempt: int) -> Outcome:
        """Attempt once, with the headers of the real service."""
        headers = {
            "aeg-subscription-name": subscription.upper(),
            "aeg-delivery-count": str(attempt),
            "aeg-event-type": "Notification",
        }
        body: object = list(events)
        if self._schema == "eventgrid":
            headers |= {"aeg-data-version": "1.0", "aeg-metadata-version": "1"}
            headers["Content-Type"] = "application/json; charset=utf-8"
        elif len(events) == 1:
            body = events[0]
            headers["Content-Type"] = "application/cloudevents+json; charset=utf-8"
        else:
            headers["Content-Type"] = "application/cloudevents-batch+json; charset=utf-8"
        try:
            async with (
                aiohttp.ClientSession(timeout=self._limit) as session,
                session.post(self._url, data=json.dumps(body), headers={**self._headers, **headers}) as answer,
            ):
                return Outcome(answer.status, never_retried=answer.status in NEVER_RETRIED_WEBHOOK)
        except TimeoutError:
            return Outcome(None, "TimedOut")
        except aiohttp.ClientError:
            return Outcome(None, "GenericError")


class StorageQueue:
    """Puts each event into a Storage queue, as plain JSON or in base64: reports differ on which is used."""

    def __init__(self, connection_string: str, queue: str, text: Text) -> None:
        """The queue must exist."""
        self._connection = connection_string
        self._queue = queue
        self._text = text

    async def deliver(self, events: Sequence[Event], subscription: str, attempt: int) -> Outcome:
        """Attempt once; a batch becomes one message per event. A queue gets neither the name nor the count."""
        del subscription, attempt
        try:
            await asyncio.to_thread(self._put, events)
        except AzureError:
            return Outcome(None, "GenericError")
        return Outcome(201)

    def _put(self, events: Sequence[Event]) -> None:
        with QueueClient.from_connection_string(self._connection, self._queue) as client:
            for event in events:
                text = json.dumps(event)
                client.send_message(base64.b64encode(text.encode()).decode() if self._text == "base64" else text)
