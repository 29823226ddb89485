"""The Functions host: processes that come and go, and the functions, as the entry points of the app are."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from recording.core.callers import KEY
from recording.core.errors import Permanent
from recording.core.formats.events import RECORDING_FILE_STATUS_UPDATED
from recording.core.formats.messages import parse_chunk_message, parse_tick
from recording.core.model import BlobName, Door
from recording.core.naming import encode
from recording.events.taking import Reception
from recording.settings import POISON
from tests.simulation.clockwork import START
from tests.simulation.processes import Process
from tests.simulation.queues import SWEEP, Message, Queue, events_in, recording_in

if TYPE_CHECKING:
    from tests.simulation.world import World

_WAITS = (10, 30, 60, 300, 600, 1800, 3600)
"""Seconds before Event Grid's next deliveries; after them the event's time to live is over."""
_MOST_ATTEMPTS = len(_WAITS)
_DEAD_AFTER = 300.0
_SUBSCRIPTIONS = {Door.EVENT_GRID: "RECORDING-FILES", Door.FUNCTION_KEY: "CALLS"}


class Host:
    """The processes and the queues that they serve."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.processes: list[Process] = []
        self.steps = (
            Queue(world, "recording-chunks", self._archive_chunk),
            Queue(world, "recording-chunks-urgent", self._archive_chunk),
        )
        self.events = Queue(world, "recording-events", self._take_queued)
        self.ticks = Queue(world, "recording-sweep", self._tick, recurs=True)
        self._poison = {
            queue.name: Queue(world, f"{queue.name}{POISON}", run)
            for queue, run in (
                (self.steps[0], self._drain_chunk),
                (self.steps[1], self._drain_chunk),
                (self.events, self._drain_events),
                (self.ticks, self._drain_tick),
            )
        }
        self.queues = (*self.steps, self.events, self.ticks, *self._poison.values())
        self._numbers = 0

    def start(self, count: int) -> None:
        """Start so many processes."""
        for _ in range(count):
            self._start_one()
        self._time()

    def process_with(self, fits: Callable[[Process], bool]) -> Process | None:
        """One of the processes that fit; None if there is none."""
        found = [process for process in self.processes if fits(process)]
        return self.world.chance.one_of(found, "process") if found else None

    def died(self, process: Process) -> None:
        """A process is dead: another one is started after some seconds."""
        self.processes.remove(process)
        self.world.clockwork.later(self.world.chance.between(5, 90, "restart", process.name), self._start_one)

    def deliver(self, event: dict[str, object], door: Door, whom: str, attempt: int = 0) -> None:
        """Deliver an event as Event Grid does: again and again, until it is answered with success."""
        world = self.world
        body = json.dumps([event] if door is Door.FUNCTION_KEY else event).encode()
        process = self.process_with(lambda _: True)

        def again() -> None:
            world.rules.lost_messages.add(whom)  # what it has saved goes on with the next attempt, or by the sweep
            if attempt < _MOST_ATTEMPTS:
                world.clockwork.later(_WAITS[attempt], lambda: self.deliver(event, door, whom, attempt + 1))
            else:
                world.clockwork.later(_DEAD_AFTER, lambda: self.bury(event, door, attempt))

        if process is None:
            again()
            return
        world.story.tell(process.name, "is given event {} of {} by {}", event["id"], whom, door)

        def ended(failure: BaseException | None) -> None:
            if failure is None:
                world.rules.taken(process, event, door, whom)
            else:
                if not process.is_dead:
                    world.rules.failed(process, f"event {event['id']}", failure)
                world.story.tell(process.name, "event {} of {} is not taken: {!r}", event["id"], whom, failure)
                again()

        process.begin(partial(self._take, process, body, door, whom), ended, whom)

    def bury(self, event: dict[str, object], door: Door, attempts: int) -> None:
        """Write an event as a dead letter.

        Call Automation, whose callbacks have no subject, keeps none. Nor are file events by the function key Event
        Grid's: whoever sent them gives up.
        """
        world = self.world
        if "subject" not in event:
            world.story.tell("service", "gives up callback {}", event["id"])
            return
        if door is Door.FUNCTION_KEY and event.get("eventType") == RECORDING_FILE_STATUS_UPDATED:
            world.story.tell("its sender", "gives up event {}", event["id"])
            world.rules.lost_events.add(recording_in(event))
            return
        world.story.tell("event grid", "gives up event {}", event["id"])
        at = START + timedelta(seconds=world.clockwork.now)
        diagnosis = {"deadLetterReason": "MaxDeliveryAttemptsExceeded", "deliveryAttempts": attempts + 1}
        name = f"{_SUBSCRIPTIONS[door]}/{at.year}/{at.month}/{at.day}/{at.hour}/{encode(str(event['id']))}.json"
        world.letters.put_as_stranger(BlobName(name), json.dumps([event | diagnosis]).encode())

    def give_up(self, queue: Queue, text: str, whom: str) -> None:
        """Move a message into the poison queue, as after too many failures."""
        self.world.rules.lost_messages.add(whom)  # after some times it is left to the sweep
        self._poison[queue.name].add(text, whom, 0)

    def queue_event(self, event: dict[str, object], whom: str) -> None:
        """Deliver an event into the queue of events, as a subscription to a queue does."""
        self.events.add(json.dumps(event), whom, 0)

    def ask(self, whom: str, what: str, act: Callable[[Process], None], tries: int = 5, wait: float = 60.0) -> None:
        """A person's request over HTTP, repeated a few times if it fails."""
        process = self.process_with(lambda _: True)
        world = self.world

        def again() -> None:
            if tries > 1:
                world.clockwork.later(wait, lambda: self.ask(whom, what, act, tries - 1, wait))

        if process is None:
            again()
            return
        world.story.tell(process.name, "is asked to {} {}", what, whom)

        def ended(failure: BaseException | None) -> None:
            if failure is None:
                return
            world.story.tell(process.name, "{} {} fails: {!r}", what, whom, failure)
            if isinstance(failure, Permanent):
                return
            if not process.is_dead:
                world.rules.failed(process, what, failure)
            again()

        process.begin(lambda: act(process), ended, whom)

    def latest(self) -> datetime:
        """The time of day by no skewed clock, somewhat later."""
        return START + timedelta(seconds=self.world.clockwork.now + 3600)

    def _start_one(self) -> None:
        self._numbers += 1
        self.processes.append(Process(self.world, self._numbers))
        for queue in self.queues:
            queue.hand_out()

    def messages_about(self, whom: str) -> list[Message]:
        """The chunk messages about a call that are still in a queue, or that a process works on."""
        poison = [self._poison[queue.name] for queue in self.steps]
        return [message for queue in (*self.steps, *poison) for message in queue.concerning(whom)]

    def _time(self) -> None:
        """Run the timer function, and set the timer again."""
        world = self.world
        if world.clockwork.now >= world.plan.timer_stops_at:
            return
        world.clockwork.later(world.plan.interval, self._time, recurs=True)
        process = self.process_with(lambda _: True)
        if process is None:
            return

        def sweep() -> None:
            process.app.ticking.ensure()
            process.app.sweeping.sweep_all()

        def ended(failure: BaseException | None) -> None:
            if failure is not None and not process.is_dead:
                world.rules.failed(process, "the sweep", failure)

        process.begin(sweep, ended, SWEEP)

    def _tick(self, process: Process, message: Message) -> None:
        if process.app.ticking.continue_chain(parse_tick(message.text.encode()).number):
            process.app.sweeping.sweep_all()

    def _archive_chunk(self, process: Process, message: Message) -> None:
        try:
            found = parse_chunk_message(message.text.encode())
            process.app.archiving.archive_chunk(
                found.recording_id, found.document_id, found.look_at, is_again=message.deliveries != 1
            )
        except Permanent as error:
            self.world.rules.refused(process, message, error)
            process.app.refusing.refuse_message(message.text.encode(), error)

    def _take(self, process: Process, body: bytes, door: Door, whom: str) -> None:
        if door is Door.FUNCTION_KEY:
            received = process.app.receiving.receive_request(body, from_event_grid=True, by=KEY)
            self._put(process, received, whom)
        else:
            received = process.app.receiving.receive_event(body)
        if received.failure is not None:
            raise received.failure
        if door is Door.EVENT_GRID:
            self._put(process, received, whom)

    def _take_queued(self, process: Process, message: Message) -> None:
        received = process.app.receiving.receive_message(message.text.encode())
        if received.failure is not None:
            raise received.failure
        self._put(process, received, message.whom)
        for event, door in events_in(message.text):
            self.world.rules.taken(process, event, door, message.whom)

    def _drain_chunk(self, process: Process, message: Message) -> None:
        process.app.draining.drain_chunk(message.text.encode())

    def _drain_events(self, process: Process, message: Message) -> None:
        process.app.draining.drain_events(message.text.encode())

    def _drain_tick(self, process: Process, message: Message) -> None:
        process.app.draining.drop_tick()

    def _put(self, process: Process, received: Reception, whom: str) -> None:
        """Put the outputs of a function, as the host does after it returned."""
        for message in received.messages:
            gate = process.output.enter("output.put")
            self.steps[message.is_urgent].add(message.to_message(), whom, 0)
            process.output.leave("output.put", gate)
        for text in received.later:
            gate = process.output.enter("output.put")
            self.events.add(text, whom, 0)
            process.output.leave("output.put", gate)
