"""The queue of chunk messages."""

from datetime import timedelta
from typing import Protocol

from recording.core.formats.messages import ChunkMessage


class ChunkQueue(Protocol):
    """The queue whose messages drive chunks on, for those that must come back at a moment of their own."""

    def put(self, step: ChunkMessage, delay: timedelta) -> None:
        """Put a message that becomes visible after `delay` (0 to 7 days); at least once.

        Raises:
            ArchiveBusy, ArchiveRefused: it may or may not be there; put it again.
        """
