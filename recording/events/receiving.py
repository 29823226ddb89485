"""Receives events at the app's three doors: the HTTP endpoint, the Event Grid trigger and the queue of events.

Each event of a delivery is taken independently, and written to the journal first. An event that is malformed or fails
permanently is kept, logged and published as an alert; the others are not affected. After a transient failure the
delivery is retried as a whole, once all its other events are taken: taking an event is idempotent.

Time and output of a delivery are bounded. Events that do not fit the time Event Grid waits are put into the queue of
events. Of refused and ignored events the first few are logged one by one, the others as a count.
"""

from collections.abc import Callable
from dataclasses import dataclass

from recording.calls.beginning import Beginning
from recording.calls.consenting import Consenting
from recording.calls.ending import Ending
from recording.calls.reacting import Reacting
from recording.chunks.announcing import Announcing
from recording.core.callers import CALLBACK, EVENT_GRID
from recording.core.errors import MalformedEvent
from recording.core.formats.deliveries import MOST_AT_ONCE, Delivery, Member, read_body, read_message
from recording.core.model import Actor, Door
from recording.events.taking import Reception, Run
from recording.refusing import Refusing
from recording.watch.ticking import Ticking


@dataclass(frozen=True, slots=True)
class Receiving:
    """Receive deliveries of events, in the same way at every door. `monotonic` is a clock in seconds.

    With `proves_callbacks` what only Call Automation sends is taken only from Call Automation, by its token: whoever
    has the function key could say that it is from Event Grid, which needs no token. With `proves_event_grid` likewise
    what Event Grid says of calls: its token is needed to begin a recording, or to end what waits for a consent.

    Every delivery with a file event also sees to it that the sweep goes on, as one of its drivers.
    """

    beginning: Beginning
    consenting: Consenting
    ending: Ending
    reacting: Reacting
    announcing: Announcing
    refusing: Refusing
    ticking: Ticking
    monotonic: Callable[[], float]
    proves_callbacks: bool = False
    proves_event_grid: bool = False

    def receive_request(self, body: bytes, *, from_event_grid: bool, by: Actor) -> Reception:
        """Take a request that was admitted: a callback, a delivery of Event Grid, or a handshake.

        Args:
            body: of the request.
            from_event_grid: whether its headers say so. Then nothing is refused with 4xx, after which Event Grid would
                drop the event. The headers prove nothing: anyone with the key can send them.
            by: who was proven. Only as `EVENT_GRID` is it a door of Event Grid's own.

        Raises:
            MalformedEvent: the body is not JSON.
            RequestTooLarge: more events than one request may have.
        """
        door = Door.EVENT_GRID if by == EVENT_GRID else Door.FUNCTION_KEY
        if from_event_grid:
            return self._take_whatever_comes(body, door, by, takes_calls=True)
        members = read_body(body, MOST_AT_ONCE)
        return self._take(Delivery(members, door, by), takes_calls=True)

    def receive_file_events(self, body: bytes, *, by: Actor) -> Reception:
        """Take file events that a person hands in, as candidates by the function key; events of calls are ignored.

        Raises:
            MalformedEvent, RequestTooLarge: as for `receive_request`.
        """
        members = read_body(body, MOST_AT_ONCE)
        return self._take(Delivery(members, Door.FUNCTION_KEY, by))

    def receive_event(self, body: bytes) -> Reception:
        """Take what Event Grid delivered to its trigger: one event, or an array of them."""
        return self._take_whatever_comes(body, Door.EVENT_GRID, EVENT_GRID, takes_calls=False)

    def receive_message(self, message: bytes) -> Reception:
        """Take the events of one message of the queue of events.

        An event with a transient failure is put back as a message of its own, so that the others are not retried.
        """
        try:
            delivery = read_message(message)
        except MalformedEvent as error:
            return self._refuse_whole(message, Door.EVENT_GRID, EVENT_GRID, error)
        return self._take(delivery, is_queued=True, takes_calls=delivery.door is Door.FUNCTION_KEY)

    def _take_whatever_comes(self, body: bytes, door: Door, by: Actor, *, takes_calls: bool) -> Reception:
        try:
            delivery = Delivery(read_body(body), door, by)
        except MalformedEvent as error:
            return self._refuse_whole(body, door, by, error)
        return self._take(delivery, takes_calls=takes_calls)

    def _take(self, delivery: Delivery, *, is_queued: bool = False, takes_calls: bool = False) -> Reception:
        run = self._run(delivery.door, delivery.by, delivery.found)
        run.takes_calls = takes_calls
        run.takes_callbacks = not self.proves_callbacks or delivery.by == CALLBACK
        # What this app has found itself, such as a dead letter, was delivered by Event Grid.
        run.takes_grid_calls = not self.proves_event_grid or delivery.by == EVENT_GRID or bool(delivery.found)
        for member in delivery.members:
            run.take(member)
        if run.has_announced:
            self.ticking.wake()  # a failure is no reason to deliver the events again
        return run.finished(is_queued=is_queued and len(delivery.members) > 1)

    def _refuse_whole(self, body: bytes, door: Door, by: Actor, error: MalformedEvent) -> Reception:
        run = self._run(door, by)
        run.refuse(Member(None, body), error)
        return run.finished(is_queued=False)

    def _run(self, door: Door, by: Actor, found: str = "") -> Run:
        return Run(
            self.beginning,
            self.consenting,
            self.ending,
            self.reacting,
            self.announcing,
            self.refusing,
            self.monotonic,
            door,
            by,
            found,
        )
