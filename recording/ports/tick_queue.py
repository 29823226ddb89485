"""The queue of ticks."""

from datetime import timedelta
from typing import Protocol


class TickQueue(Protocol):
    """The queue of ticks, each of which lets the sweep go on."""

    def put(self, number: int, delay: timedelta) -> None:
        """Put the tick of that number, visible after `delay` (0 to 7 days); at least once.

        Raises:
            ArchiveBusy, ArchiveRefused: it may or may not be queued; retry.
        """
