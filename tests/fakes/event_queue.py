"""The queue of events in memory."""

from dataclasses import dataclass, field
from datetime import datetime

from recording.core.errors import ArchiveBusy


@dataclass
class FakeEventQueue:
    """`EventQueue`: `messages` are those not taken yet, since `since`; the next `failures` requests fail."""

    messages: list[str] = field(default_factory=list)
    failures: int = 0
    since: datetime | None = None

    def put(self, message: str) -> None:
        if self.failures:
            self.failures -= 1
            raise ArchiveBusy("put events", "503")
        self.messages.append(message)

    def oldest(self) -> datetime | None:
        if self.failures:
            self.failures -= 1
            raise ArchiveBusy("look at the queue of events", "503")
        return self.since if self.messages else None
