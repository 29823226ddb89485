"""The queues of chunk messages."""

from datetime import timedelta
from typing import Protocol

from recording.core.formats.messages import ChunkMessage


class ChunkQueue(Protocol):
    """The two queues of chunk messages, for messages with a delay of their own; the output bindings have none.

    The same code serves both. The second is for chunks with little time left: a backlog in the first does not delay it.
    """

    def put(self, message: ChunkMessage, delay: timedelta, *, is_urgent: bool = False) -> None:
        """Put a message that becomes visible after `delay` (0 to 7 days); at least once.

        Raises:
            ArchiveBusy, ArchiveRefused: it may or may not be queued; retry.
        """
