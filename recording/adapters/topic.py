"""The custom Event Grid topic, over `EventGridPublisherClient`."""

from azure.core.exceptions import AzureError
from azure.eventgrid import EventGridEvent, EventGridPublisherClient

from recording.adapters.clients import RETRY
from recording.adapters.sdk_errors import is_busy, message_of, retry_after_of, status_of
from recording.core.errors import ServiceBusy, ServiceRefused
from recording.core.formats.notifications import OutgoingEvent


class EventGridTopic:
    """`Topic` over the SDK's client; the topic takes the Event Grid schema."""

    def __init__(self, client: EventGridPublisherClient) -> None:
        self._client = client

    def publish(self, event: OutgoingEvent) -> None:
        """See `ports.Topic.publish`."""
        ids = {"event_id": event.event_id, "event_type": event.event_type}
        try:
            # The SDK's client for topics ignores the retry options of its constructor.
            self._client.send(
                [
                    EventGridEvent(
                        subject=event.subject,
                        event_type=event.event_type,
                        data=dict(event.body),
                        data_version="1",
                        id=event.event_id,
                        event_time=event.at,
                    )
                ],
                **RETRY,
            )
        except AzureError as error:
            status = status_of(error)
            cause = f"{status} {message_of(error)}" if status else message_of(error)
            if status is None or is_busy(status):
                raise ServiceBusy("publish event", cause, ids=ids, retry_after=retry_after_of(error)) from error
            hint = "check ARCHIVED_TOPIC_ENDPOINT and its key, or the identity's EventGrid Data Sender role"
            raise ServiceRefused("publish event", cause, hint=hint, ids=ids) from error


class NoTopic:
    """`Topic` if none is configured: nothing is sent."""

    def publish(self, event: OutgoingEvent) -> None:
        """See `ports.Topic.publish`."""
