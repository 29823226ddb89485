"""The custom Event Grid topic, in the Event Grid schema."""

from typing import Any

import msgspec
from azure.core.exceptions import AzureError

from recording.adapters.endpoint import Endpoint
from recording.adapters.sdk_errors import is_busy, message_of, retry_after_of, status_of
from recording.core.errors import ServiceBusy, ServiceRefused
from recording.core.formats.notifications import OutgoingEvent
from recording.core.times import format_time

_JSON = {"Content-Type": "application/json; charset=utf-8"}


class EventGridTopic:
    """`Topic` over its endpoint."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def publish(self, event: OutgoingEvent) -> None:
        """See `ports.Topic.publish`."""
        ids = {"event_id": event.event_id, "event_type": event.event_type}
        try:
            self._endpoint.ask("POST", "", _JSON, msgspec.json.encode([_wire(event)]))
        except AzureError as error:
            status = status_of(error)
            cause = f"{status} {message_of(error)}" if status else message_of(error)
            if status is None or is_busy(status):
                raise ServiceBusy("publish event", cause, ids=ids, retry_after=retry_after_of(error)) from error
            hint = "check ARCHIVED_TOPIC_ENDPOINT and its key, or the identity's EventGrid Data Sender role"
            raise ServiceRefused("publish event", cause, hint=hint, ids=ids) from error


class NoTopic:
    """`Topic` where none is set: nobody listens, and nothing is sent."""

    def publish(self, event: OutgoingEvent) -> None:
        """See `ports.Topic.publish`."""


def _wire(event: OutgoingEvent) -> dict[str, Any]:
    return {
        "id": event.event_id,
        "subject": event.subject,
        "eventType": event.event_type,
        "eventTime": format_time(event.at),
        "dataVersion": "1",
        "data": event.body,
    }
