"""Takes events as they come through the app's three doors: the HTTP endpoint, the Event Grid trigger and the queue.

Every event is taken by itself, journal first. What cannot be read, or can never be taken, is kept, logged and told, and
costs only itself. What fails for now lets the delivery come again, after all others of it have been taken; all that was
done is then done again, to no further effect.

A delivery is bounded: of many events some are taken in this run, as many as are in time for Event Grid, and the others
are put back as messages of their own; what is refused or concerns nobody is named in a few lines, then counted.
"""

from collections.abc import Callable
from dataclasses import dataclass

from recording.calls.starting import Starting
from recording.chunks.announcing import Announcing
from recording.core.errors import MalformedEvent
from recording.core.formats.deliveries import MOST_AT_ONCE, Delivery, Member, is_kept_unread, read_body, read_message
from recording.core.model import Door
from recording.events.refusing import Refusing
from recording.events.taking import Reception, Run


@dataclass(frozen=True, slots=True)
class Receiving:
    """Receive deliveries of events; the same at every door. `monotonic` is a clock in seconds."""

    starting: Starting
    announcing: Announcing
    refusing: Refusing
    monotonic: Callable[[], float]

    def receive_request(self, body: bytes, *, from_event_grid: bool) -> Reception:
        """Take what was posted with the function key: callbacks, deliveries of Event Grid, handshakes.

        Args:
            body: of the request.
            from_event_grid: whether it says so, for then nothing is refused with 4xx, which would drop it for good.
                It is no proof: whoever has the key can say so.

        Raises:
            MalformedEvent: the caller sent no JSON.
            RequestTooLarge: the caller sent more at once than is taken.
        """
        if from_event_grid:
            return self.receive_event(body, Door.FUNCTION_KEY)
        members = read_body(body, MOST_AT_ONCE)
        return self._take(Delivery(members, Door.FUNCTION_KEY))

    def receive_event(self, body: bytes, door: Door = Door.EVENT_GRID) -> Reception:
        """Take what Event Grid delivered by a webhook: the trigger's one event, or an array of them."""
        try:
            return self._take(Delivery(read_body(body), door))
        except MalformedEvent as error:
            return self._unreadable(body, door, error)

    def receive_message(self, message: bytes) -> Reception:
        """Take the events of a message of the queue of events.

        One that fails for now beside others is put back as a message of its own, so that it holds up none of them.
        """
        try:
            delivery = read_message(message)
        except MalformedEvent as error:
            return self._unreadable(message, Door.EVENT_GRID, error)
        return self._take(delivery, is_queued=True)

    def _take(self, delivery: Delivery, *, is_queued: bool = False) -> Reception:
        run = self._run(delivery.door)
        for member in delivery.members:
            run.take(member)
        return run.finished(is_queued=is_queued and len(delivery.members) > 1)

    def _unreadable(self, body: bytes, door: Door, error: MalformedEvent) -> Reception:
        whole = door is Door.EVENT_GRID and is_kept_unread(body)
        run = self._run(door)
        run.refuse(Member(None, body if whole else b"{}"), error)
        return run.finished(is_queued=False)

    def _run(self, door: Door) -> Run:
        return Run(self.starting, self.announcing, self.refusing, self.monotonic, door)
