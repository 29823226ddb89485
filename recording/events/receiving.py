"""Receives events at the app's three doors: the HTTP endpoint, the Event Grid trigger and the queue of events.

Each event of a delivery is taken independently, and written to the journal first. An event that is malformed or fails
permanently is kept, logged and published as an alert; the others are not affected. After a transient failure the
delivery is retried as a whole, once all its other events are taken: taking an event is idempotent.

Time and output of a delivery are bounded. Events that do not fit the time Event Grid waits are put into the queue of
events. Of refused and ignored events the first few are logged one by one, the others as a count.
"""

from collections.abc import Callable
from dataclasses import dataclass

from recording.calls.consenting import Consenting
from recording.calls.ending import Ending
from recording.chunks.announcing import Announcing
from recording.core.errors import MalformedEvent
from recording.core.formats.deliveries import MOST_AT_ONCE, Delivery, Member, read_body, read_message
from recording.core.model import Door
from recording.events.taking import Reception, Run
from recording.refusing import Refusing
from recording.watch.ticking import Ticking


@dataclass(frozen=True, slots=True)
class Receiving:
    """Receive deliveries of events, in the same way at every door. `monotonic` is a clock in seconds.

    Every delivery with a file event also sees to it that the sweep goes on, as one of its drivers.
    """

    consenting: Consenting
    ending: Ending
    announcing: Announcing
    refusing: Refusing
    ticking: Ticking
    monotonic: Callable[[], float]

    def receive_request(self, body: bytes, *, from_event_grid: bool) -> Reception:
        """Take a request sent with the function key: a callback, a delivery of Event Grid, or a handshake.

        Args:
            body: of the request.
            from_event_grid: whether its headers say so. Then nothing is refused with 4xx, after which Event Grid would
                drop the event. The headers prove nothing: anyone with the key can send them.

        Raises:
            MalformedEvent: the body is not JSON.
            RequestTooLarge: more events than one request may have.
        """
        if from_event_grid:
            return self.receive_event(body, Door.FUNCTION_KEY)
        members = read_body(body, MOST_AT_ONCE)
        return self._take(Delivery(members, Door.FUNCTION_KEY))

    def receive_file_events(self, body: bytes) -> Reception:
        """Take file events that a person hands in, as candidates by the function key; events of calls are ignored.

        Raises:
            MalformedEvent, RequestTooLarge: as for `receive_request`.
        """
        members = read_body(body, MOST_AT_ONCE)
        return self._take(Delivery(members, Door.FUNCTION_KEY), takes_calls=False)

    def receive_event(self, body: bytes, door: Door = Door.EVENT_GRID) -> Reception:
        """Take what Event Grid delivered to its trigger or by a webhook: one event, or an array of them."""
        try:
            return self._take(Delivery(read_body(body), door))
        except MalformedEvent as error:
            return self._refuse_whole(body, door, error)

    def receive_message(self, message: bytes) -> Reception:
        """Take the events of one message of the queue of events.

        An event with a transient failure is put back as a message of its own, so that the others are not retried.
        """
        try:
            delivery = read_message(message)
        except MalformedEvent as error:
            return self._refuse_whole(message, Door.EVENT_GRID, error)
        return self._take(delivery, is_queued=True)

    def _take(self, delivery: Delivery, *, is_queued: bool = False, takes_calls: bool = True) -> Reception:
        run = self._run(delivery.door, delivery.found)
        run.takes_calls = takes_calls and delivery.door is Door.FUNCTION_KEY
        for member in delivery.members:
            run.take(member)
        if run.has_announced:
            self.ticking.wake()  # a failure is no reason to deliver the events again
        return run.finished(is_queued=is_queued and len(delivery.members) > 1)

    def _refuse_whole(self, body: bytes, door: Door, error: MalformedEvent) -> Reception:
        run = self._run(door)
        run.refuse(Member(None, body), error)
        return run.finished(is_queued=False)

    def _run(self, door: Door, found: str = "") -> Run:
        return Run(self.consenting, self.ending, self.announcing, self.refusing, self.monotonic, door, found)
