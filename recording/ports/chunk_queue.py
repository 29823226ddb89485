"""The queue of chunk messages."""

from datetime import timedelta
from typing import Protocol

from recording.core.formats.messages import ChunkMessage


class ChunkQueue(Protocol):
    """The queue of chunk messages, for messages with a delay of their own; the output bindings have none."""

    def put(self, message: ChunkMessage, delay: timedelta) -> None:
        """Put a message that becomes visible after `delay` (0 to 7 days); at least once.

        Raises:
            ArchiveBusy, ArchiveRefused: it may or may not be queued; retry.
        """
