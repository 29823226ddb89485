"""The queue of chunk messages in memory."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from recording.core.errors import ArchiveBusy
from recording.core.formats.messages import ChunkMessage


@dataclass
class FakeQueue:
    """`ChunkQueue`: messages, each with the moment from which it is visible.

    Attributes:
        now: the clock.
        messages: all queued messages.
        failures: how many of the next puts fail.
    """

    now: Callable[[], datetime]
    messages: list[tuple[datetime, ChunkMessage]] = field(default_factory=list)
    failures: int = 0

    def put(self, message: ChunkMessage, delay: timedelta) -> None:
        if self.failures:
            self.failures -= 1
            raise ArchiveBusy("put message", "503")
        self.messages.append((self.now() + delay, message))

    def take(self) -> tuple[datetime, ChunkMessage] | None:
        """Remove and return the message that is visible first."""
        if not self.messages:
            return None
        first = min(self.messages, key=lambda waiting: waiting[0])
        self.messages.remove(first)
        return first
