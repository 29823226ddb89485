"""The customer's own Event Grid topic."""

from typing import Protocol

from recording.core.formats.notifications import OutgoingEvent


class Topic(Protocol):
    """The custom Event Grid topic for notifications and alerts."""

    def publish(self, event: OutgoingEvent) -> None:
        """Publish, at least once; does nothing if no topic is set.

        Raises:
            ServiceBusy, ServiceRefused: retry.
        """
