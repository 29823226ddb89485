"""The queue of events."""

from datetime import datetime
from typing import Protocol


class EventQueue(Protocol):
    """The queue whose messages are deliveries of events (`core.formats.deliveries.messages`)."""

    def put(self, message: str) -> None:
        """Put a message, visible at once; at least once.

        Raises:
            ArchiveBusy, ArchiveRefused: it may or may not be queued; retry.
        """

    def oldest(self) -> datetime | None:
        """When the message was put that is the next to be taken; None if none waits. It stays where it is.

        Raises:
            ArchiveBusy, ArchiveRefused: the queue is not available.
        """
