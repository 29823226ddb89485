"""Call Automation and the custom topic in memory."""

import threading
from dataclasses import dataclass, field
from itertools import count

from recording.core.errors import CallRefused, ServiceBusy, ServiceRefused
from recording.core.model import CallConnectionId, RecordingId, ServerCallId
from recording.core.outgoing import OutgoingEvent
from recording.ports import CallLocator, StartOrder

_BUSY = {"429", "500", "503", "lost"}


@dataclass
class FakeCall:
    """A call: by which locators it is found, and how it stands."""

    locators: tuple[CallLocator, ...]
    established: bool = True
    over: bool = False
    recordings: list[RecordingId] = field(default_factory=list)


@dataclass
class FakeCalls:
    """`Calls`: recordings of calls that are established; the same order starts one.

    Attributes:
        recordings: the service's word for each, `active`, `inactive` or `over`.
    """

    recordings: dict[RecordingId, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = count(1)
        self._known: list[FakeCall] = []
        self._orders: dict[str, RecordingId] = {}
        self._faults: list[str] = []

    def add_call(self, *, established: bool = True) -> FakeCall:
        """A call that can be named in each of the four ways."""
        number = next(self._numbers)
        call = FakeCall(
            (
                CallLocator(server_call_id=ServerCallId(f"server-{number}")),
                CallLocator(group_call_id=f"group-{number}"),
                CallLocator(room_id=f"room-{number}"),
                CallLocator(call_connection_id=CallConnectionId(f"connection-{number}")),
            ),
            established,
        )
        self._known.append(call)
        return call

    def end(self, call: FakeCall) -> None:
        """End a call, and its recordings."""
        call.over = True
        for recording_id in call.recordings:
            self.recordings[recording_id] = "over"

    def arm(self, name: str, times: int = 1) -> None:
        """Let the next operations fail: `start_503`, `start_response_lost`, `stop_500` and so on."""
        self._faults += [name] * times

    def start(self, order: StartOrder) -> RecordingId:
        with self._lock:
            lost = self._strike("start")
            known = self._orders.get(order.request_id)
            if known is None:
                known = self._begin(order)
                self._orders[order.request_id] = known
            if lost:
                raise ServiceBusy("start recording", "no reply")
            return known

    def _begin(self, order: StartOrder) -> RecordingId:
        found = next((call for call in self._known if order.locator in call.locators and not call.over), None)
        if found is None:
            raise CallRefused("start recording", "404 Call not found.", status=404)
        if not found.established:
            raise CallRefused("start recording", "400 not in Established state", status=400)
        recording_id = RecordingId(f"recording-{next(self._numbers)}")
        found.recordings.append(recording_id)
        self.recordings[recording_id] = "inactive" if order.pause_on_start else "active"
        return recording_id

    def state(self, recording_id: RecordingId) -> str:
        self._strike("state")
        return self._live("read state", recording_id)

    def pause(self, recording_id: RecordingId) -> None:
        self._turn("pause", recording_id, "inactive")

    def resume(self, recording_id: RecordingId) -> None:
        self._turn("resume", recording_id, "active")

    def stop(self, recording_id: RecordingId) -> None:
        self._turn("stop", recording_id, "over")

    def _turn(self, operation: str, recording_id: RecordingId, state: str) -> None:
        lost = self._strike(operation)
        self._live(f"{operation} recording", recording_id)
        self.recordings[recording_id] = state
        if lost:
            raise ServiceBusy(f"{operation} recording", "no reply")

    def _live(self, operation: str, recording_id: RecordingId) -> str:
        state = self.recordings.get(recording_id, "over")
        if state == "over":
            raise CallRefused(operation, "404 Recording not found.", status=404)
        return state

    def _strike(self, operation: str) -> bool:
        """Whether the reply of this operation gets lost; raises where the service fails before it."""
        name = next((name for name in self._faults if name.startswith(f"{operation}_")), None)
        if name is None:
            return False
        self._faults.remove(name)
        if name.endswith("_response_lost"):
            return True
        raise ServiceBusy(operation, name)


@dataclass
class FakeTopic:
    """`Topic`: keeps what is published, unless told to fail."""

    received: list[OutgoingEvent] = field(default_factory=list)
    failures: list[int] = field(default_factory=list)

    def fail(self, status: int, times: int = 1) -> None:
        """Answer the next requests with this status."""
        self.failures += [status] * times

    def publish(self, event: OutgoingEvent) -> None:
        if self.failures:
            status = self.failures.pop(0)
            if str(status) in _BUSY:
                raise ServiceBusy("publish event", str(status))
            raise ServiceRefused("publish event", str(status))
        self.received.append(event)
