"""Says how long the next message has waited in the queue of events: the only work of which the catalog does not know.

If the queue's trigger does not run while the timers do, nothing else would tell.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from recording import log
from recording.ports import EventQueue


@dataclass(frozen=True, slots=True)
class WaitingEvents:
    """Look at the queue of events."""

    queue: EventQueue
    now: Callable[[], datetime]

    def note(self) -> None:
        """Log how old the next message is; nothing if none waits.

        Raises:
            Transient: the queue is not available.
        """
        oldest = self.queue.oldest()
        if oldest is not None:
            log.event("sweep.events_waiting", {"oldest_seconds": (self.now() - oldest).total_seconds()})
