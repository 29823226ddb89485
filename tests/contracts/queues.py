"""A queue as its contract needs it: its adapter, and what whoever listens to it sees."""

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from azure.storage.queue import QueueClient, QueueMessage

from recording.adapters.queue import StorageQueue
from recording.core.formats.messages import ChunkMessage
from recording.core.model import DocumentId, RecordingId
from recording.ports import ChunkQueue
from tests.contracts.faulty_transport import FaultyTransport
from tests.core.entries_of import NOW
from tests.fakes import FakeQueue

STEP = ChunkMessage(RecordingId("aHR0/+== ä 録音 <&>\"'"), DocumentId("0-weu-d1-0123"))


class Queue(Protocol):
    """One queue of the test's own."""

    @property
    def queue(self) -> ChunkQueue:
        """What is under test."""

    def waiting(self) -> int:
        """How many messages there are, visible or not."""

    def take(self) -> bytes | None:
        """The text of a message that is visible now, taken out."""

    def pass_time(self, delay: timedelta) -> None:
        """Let a delay pass."""


@dataclass
class Calendar:
    """A clock that is set forward."""

    at: datetime = NOW

    def __call__(self) -> datetime:
        return self.at


@dataclass
class InMemory:
    """The fake, and its clock."""

    calendar: Calendar = field(default_factory=Calendar)

    def __post_init__(self) -> None:
        self.queue = FakeQueue(self.calendar)

    def waiting(self) -> int:
        return len(self.queue.messages)

    def take(self) -> bytes | None:
        if not any(at <= self.calendar.at for at, _ in self.queue.messages):
            return None
        found = self.queue.take()
        return found[1].to_message().encode() if found else None

    def pass_time(self, delay: timedelta) -> None:
        self.calendar.at += delay


@dataclass
class RealQueue:
    """A queue in Azurite, and the network to it. The SDK tries nothing again, so that errors show at once.

    `aside` goes another way, and takes messages as the Functions host does: their text is not decoded.
    """

    queue: StorageQueue
    missing: StorageQueue
    network: FaultyTransport
    aside: QueueClient

    def waiting(self) -> int:
        return int(self.aside.get_queue_properties().approximate_message_count or 0)

    def message(self) -> QueueMessage | None:
        """A message that is visible now, taken out."""
        found = self.aside.receive_message()
        if found is not None:
            self.aside.delete_message(found)
        return found

    def take(self) -> bytes | None:
        found = self.message()
        return None if found is None else str(found.content).encode()

    def pass_time(self, delay: timedelta) -> None:
        time.sleep(delay.total_seconds())
