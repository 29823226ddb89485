"""What the contract of the queue needs: its adapter, and what a consumer of the queue sees."""

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from azure.storage.queue import QueueClient, QueueMessage

from recording.adapters.queue import StorageEventQueue, StorageQueue
from recording.core.formats.messages import ChunkMessage
from recording.core.model import DocumentId, RecordingId
from recording.ports import ChunkQueue
from tests.contracts.faulty_transport import FaultyTransport
from tests.core.entries_of import NOW
from tests.fakes import FakeQueue

STEP = ChunkMessage(RecordingId("aHR0/+== ä 録音 <&>\"'"), DocumentId("0-weu-d1-0123"))


class Queue(Protocol):
    """One queue, unique to the test."""

    @property
    def queue(self) -> ChunkQueue:
        """The adapter under test."""

    def waiting(self) -> int:
        """How many messages there are, visible or not."""

    def take(self) -> bytes | None:
        """Remove a message that is visible now; its text."""

    def pass_time(self, delay: timedelta) -> None:
        """Let a delay pass."""


@dataclass
class Calendar:
    """A clock that can be advanced."""

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
    """A queue in Azurite, and the network to it. Nothing is retried, so that errors appear at once.

    `events` is the adapter for events, over the same queue. `aside` has no faults, and reads messages as the Functions
    host does: their text is not decoded.
    """

    queue: StorageQueue
    events: StorageEventQueue
    missing: StorageQueue
    network: FaultyTransport
    aside: QueueClient

    def waiting(self) -> int:
        return int(self.aside.get_queue_properties().approximate_message_count or 0)

    def message(self) -> QueueMessage | None:
        """Remove a message that is visible now."""
        found = self.aside.receive_message()
        if found is not None:
            self.aside.delete_message(found)
        return found

    def take(self) -> bytes | None:
        found = self.message()
        return None if found is None else str(found.content).encode()

    def pass_time(self, delay: timedelta) -> None:
        time.sleep(delay.total_seconds())
