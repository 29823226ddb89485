"""The queue of events."""

from typing import Protocol


class EventQueue(Protocol):
    """The queue whose messages are deliveries of events (`core.formats.deliveries.messages`)."""

    def put(self, message: str) -> None:
        """Put a message, visible at once; at least once.

        Raises:
            ArchiveBusy, ArchiveRefused: it may or may not be queued; retry.
        """
