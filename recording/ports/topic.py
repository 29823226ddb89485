"""The customer's own Event Grid topic."""

from typing import Protocol

from recording.core.formats.notifications import OutgoingEvent


class Topic(Protocol):
    """The custom Event Grid topic for what the archive has to tell."""

    def publish(self, event: OutgoingEvent) -> None:
        """Publish at least once; nothing happens where no topic is set.

        Raises:
            ServiceBusy, ServiceRefused: try again.
        """
