"""The queue of chunk messages in memory."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from recording.core.errors import ArchiveBusy
from recording.core.formats.messages import ChunkMessage, RecordMessage


@dataclass
class FakeQueue:
    """`ChunkQueue`: messages, each with the moment from which it is visible.

    Attributes:
        now: the clock.
        messages: all queued messages, of both queues.
        urgent: those that were put into the second queue, ever.
        failures: how many of the next puts fail.
    """

    now: Callable[[], datetime]
    messages: list[tuple[datetime, ChunkMessage]] = field(default_factory=list)
    failures: int = 0
    urgent: list[ChunkMessage] = field(default_factory=list)

    def put(self, message: ChunkMessage, delay: timedelta, *, is_urgent: bool = False) -> None:
        if self.failures:
            self.failures -= 1
            raise ArchiveBusy("put message", "503")
        if is_urgent:
            self.urgent.append(message)
        self.messages.append((self.now() + delay, message))

    def take(self) -> tuple[datetime, ChunkMessage] | None:
        """Remove and return the message that is visible first."""
        if not self.messages:
            return None
        first = min(self.messages, key=lambda waiting: waiting[0])
        self.messages.remove(first)
        return first


@dataclass
class FakeTickQueue:
    """`TickQueue`: numbers, each with the moment from which it is visible."""

    now: Callable[[], datetime]
    ticks: list[tuple[datetime, int]] = field(default_factory=list)

    def put(self, number: int, delay: timedelta) -> None:
        self.ticks.append((self.now() + delay, number))


@dataclass
class FakeRecordQueue:
    """`RecordQueue`: messages, each with its delay."""

    messages: list[tuple[timedelta, RecordMessage]] = field(default_factory=list)

    def put(self, message: RecordMessage, delay: timedelta = timedelta()) -> None:
        self.messages.append((delay, message))


@dataclass
class FakeJobQueue:
    """`JobQueue`: ids of jobs."""

    jobs: list[str] = field(default_factory=list)

    def put(self, job_id: str, delay: timedelta = timedelta()) -> None:
        self.jobs.append(job_id)
