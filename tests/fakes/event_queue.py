"""The queue of events in memory."""

from dataclasses import dataclass, field

from recording.core.errors import ArchiveBusy


@dataclass
class FakeEventQueue:
    """`EventQueue`: `messages` are those not taken yet; the next `failures` puts fail."""

    messages: list[str] = field(default_factory=list)
    failures: int = 0

    def put(self, message: str) -> None:
        if self.failures:
            self.failures -= 1
            raise ArchiveBusy("put events", "503")
        self.messages.append(message)
