"""The queues of the storage account, as the Functions host reads them: at least once, in no order."""

import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from recording.core.formats.messages import ChunkMessage, Tick
from recording.core.model import Door, RecordingId
from recording.settings import POISON
from tests.simulation.truth import whom_of

if TYPE_CHECKING:
    from tests.simulation.processes import Process
    from tests.simulation.world import World

SWEEP = "sweep"
"""Whom the tasks of the sweep concern."""
GIVEN_BACK = 180.0
"""Seconds after which a message whose function failed is visible again: host.json's visibilityTimeout."""
_LEASE = 600.0
"""Seconds until a message of a dead process is visible again, at most."""
_MOST_AT_ONCE = 4
"""Messages of a queue in hand in one process."""


@dataclass(eq=False)
class Message:
    """A message in a queue; `deliveries` is its dequeue count."""

    number: int
    text: str
    whom: str
    deliveries: int = 0
    is_done: bool = False


class Queue:
    """One queue and its trigger: `run` is the function, given a process and a message.

    Args:
        world: where it is.
        name: of the queue.
        run: the function.
        recurs: whether its messages never end, because each of them puts the next.
    """

    def __init__(
        self, world: "World", name: str, run: Callable[["Process", Message], None], *, recurs: bool = False
    ) -> None:
        self._recurs = recurs
        self.world = world
        self.name = name
        self._run = run
        self.messages: dict[int, Message] = {}
        self._visible: deque[Message] = deque()
        self._in_hand: dict[Process, int] = {}
        self._runs: list[Message] = []
        self._numbers = 0

    def add(self, text: str, whom: str, seconds: float) -> None:
        """Add a message that becomes visible after so many seconds."""
        chance = self.world.chance
        self._numbers += 1
        message = Message(self._numbers, text, whom)
        can_be_lost = not self._recurs or not self.world.plan.is_timer_stopped  # one of the two drivers remains
        faults = ("message twice", "message late", *(("message lost",) if can_be_lost else ()))
        if can_be_lost and not self.name.endswith(POISON):
            faults = (*faults, "message given up")
        fault = chance.which(faults, f"{self.name} message", whom)
        if fault is not None:
            self.world.story.tell(self.name, "{} of {}: {}", fault, whom, text)
        if fault == "message lost":
            self.world.rules.lost_messages.add(whom)
            if self.name.startswith(self.world.host.events.name):  # those given up too
                self.world.rules.lost_events |= {recording_in(event) for event, _ in events_in(text)}
            return
        if fault == "message given up":
            self.world.host.give_up(self, text, whom)
            return
        if fault == "message late":
            seconds += 7200 * chance.detail
        self.messages[message.number] = message
        self._show(message, seconds)
        if fault == "message twice":
            self._numbers += 1
            self.messages[self._numbers] = other = Message(self._numbers, text, whom)
            self._show(other, seconds + 60 * chance.detail**4)

    def concerning(self, whom: str) -> list[Message]:
        """The messages about one recording that are still in the queue, or that a process works on."""
        found = [*self.messages.values(), *self._runs]
        return [message for message in found if message.whom == whom]

    def hand_out(self) -> None:
        """Give visible messages to processes with room."""
        while self._visible:
            process = self.world.host.process_with(lambda one: self._in_hand.get(one, 0) < _MOST_AT_ONCE)
            if process is None:
                return
            message = self._visible.popleft()
            if message.is_done:
                continue
            message.deliveries += 1
            self._begin(process, message)

    def _show(self, message: Message, seconds: float) -> None:
        def show() -> None:
            if not message.is_done:
                self._visible.append(message)
                self.hand_out()

        self.world.clockwork.later(seconds, show, recurs=self._recurs)

    def _begin(self, process: "Process", message: Message) -> None:
        world, story, receipt = self.world, self.world.story, message.deliveries
        if not self._recurs:
            given = (self.name, message.number, message.whom, message.text)
            story.tell(process.name, "{} gives it message {} of {}: {}", *given)
        self._in_hand[process] = self._in_hand.get(process, 0) + 1
        self._runs.append(message)
        if world.chance.which(("lease lost",), "lease", message.whom):
            self._show(message, 5 + 600 * world.chance.detail**3)

        def ended(failure: BaseException | None) -> None:
            self._in_hand[process] -= 1
            self._runs.remove(message)
            if failure is not None and not process.is_dead:
                world.rules.failed(process, f"message {message.number}", failure)
                story.tell(process.name, "message {} fails: {}", message.number, failure)
            if message.deliveries == receipt:
                self._settle(process, message, failure)
            elif failure is not None and message.is_done:
                # It was given out again meanwhile, so that this run could not give it back; and a later run of the same
                # process has deleted it, because this one was at work.
                world.rules.lost_messages.add(message.whom)
            self.hand_out()

        process.begin(lambda: self._run(process, message), ended, message.whom)

    def _settle(self, process: "Process", message: Message, failure: BaseException | None) -> None:
        """Delete a message after its run, or show it again."""
        world = self.world
        if failure is None:
            if not self._recurs:
                world.story.tell(process.name, "message {} is done", message.number)
            message.is_done = True
            self.messages.pop(message.number, None)
            if self in world.host.steps:
                world.rules.acknowledged(process, message)
        elif process.is_dead:
            self._show(message, _LEASE * world.chance.between(0.5, 1, "lease left", message.whom))
        else:
            self._show(message, GIVEN_BACK)


@dataclass
class ChunkQueue:
    """The port `ChunkQueue`, which writes into the two queues of chunk messages."""

    usual: Queue
    urgent: Queue

    def put(self, message: ChunkMessage, delay: timedelta, *, is_urgent: bool = False) -> None:
        queue = self.urgent if is_urgent else self.usual
        queue.add(message.to_message(), whom_of(message.recording_id), delay.total_seconds())


@dataclass
class EventQueue:
    """The port `EventQueue`."""

    queue: Queue

    def put(self, message: str) -> None:
        first, _ = events_in(message)[0]
        self.queue.add(message, whom_of(recording_in(first)), 0)

    def oldest(self) -> datetime | None:
        """None: how long a message waits decides nothing, it is only logged."""
        return None


def events_in(message: str) -> list[tuple[dict[str, object], Door]]:
    """The events of a message in the queue of events, each with its door."""
    found = json.loads(message)
    if "events" not in found:
        return [(found, Door.EVENT_GRID)]
    return [(json.loads(text), Door(found["door"])) for text in found["events"]]


def recording_in(event: dict[str, object]) -> RecordingId:
    """The recording that a file event names."""
    return RecordingId(str(event["subject"]).rpartition("/")[2])


@dataclass
class TickQueue:
    """The port `TickQueue`."""

    queue: Queue

    def put(self, number: int, delay: timedelta) -> None:
        self.queue.add(Tick(number).to_message(), SWEEP, delay.total_seconds())
