"""Call Automation and the custom topic in memory."""

import threading
from dataclasses import dataclass, field, replace
from itertools import count

from recording.core.errors import CallRefused, ServiceBusy, ServiceRefused
from recording.core.formats.notifications import OutgoingEvent
from recording.core.model import CallConnectionId, CallLocator, RecordingId, ServerCallId, StartOrder

_BUSY = {"429", "500", "503", "lost"}
_RULES = {"start_one_per_call", "start_refusal_replayed"}


@dataclass
class FakeCall:
    """A call: the locators that find it, and its state."""

    locators: tuple[CallLocator, ...]
    established: bool = True
    over: bool = False
    recordings: list[RecordingId] = field(default_factory=list)


@dataclass
class FakeCalls:
    """`Calls`: starts recordings of established calls; idempotent for the same order.

    Attributes:
        recordings: the state of each: `active`, `inactive` or `over`.
        never_active: whether what is started is accepted, and never records.
    """

    recordings: dict[RecordingId, str] = field(default_factory=dict)
    never_active: bool = False

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = count(1)
        self._known: list[FakeCall] = []
        self._orders: dict[str, tuple[StartOrder, RecordingId]] = {}
        self._refusals: dict[str, CallRefused] = {}
        self._faults: list[str] = []
        self._rules: set[str] = set()

    def add_call(self, *, established: bool = True) -> FakeCall:
        """Add a call that can be named by each of the four locators."""
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
        """End a call and its recordings."""
        call.over = True
        for recording_id in call.recordings:
            self.recordings[recording_id] = "over"

    def interrupt(self, recording_id: RecordingId) -> None:
        """End a recording by itself; its call goes on."""
        self.recordings[recording_id] = "over"

    def arm(self, name: str, times: int = 1) -> None:
        """Make the next operations fail, or change a rule of the service; names are those of the local ACS."""
        if name in _RULES:
            self._rules.add(name)
        elif not name.endswith("_200"):  # a success with another status text exists only on the wire
            self._faults += [name] * times

    def resolve(self, connection_id: CallConnectionId) -> ServerCallId | None:
        try:
            self._strike("call")
        except CallRefused:
            return None
        found = self._find(CallLocator(call_connection_id=connection_id))
        return found.locators[0].server_call_id if found else None

    def goes_on(self, connection_id: CallConnectionId) -> bool:
        return self.resolve(connection_id) is not None

    def start(self, order: StartOrder) -> RecordingId:
        with self._lock:
            fails_after = self._strike("start")
            refusal = self._refusals.get(order.request_id)
            if refusal is not None and "start_refusal_replayed" in self._rules:
                raise refusal
            known, recording_id = self._orders.get(order.request_id, (order, None))
            if replace(known, request_id="", first_sent=order.first_sent) != replace(order, request_id=""):
                raise CallRefused("start recording", "422 another order under this request id", status=422)
            if recording_id is None:
                recording_id = self._begin(order)
                self._orders[order.request_id] = order, recording_id
            if fails_after:
                raise ServiceBusy("start recording", fails_after)
            return recording_id

    def _begin(self, order: StartOrder) -> RecordingId:
        found = self._find(order.locator)
        if found is None:
            raise self._refusal(order, 404, "8522", "Call not found.")
        if not found.established:
            raise self._refusal(order, 400, "8501", "not in Established state")
        if "start_one_per_call" in self._rules and any("over" != self.recordings[one] for one in found.recordings):
            raise self._refusal(order, 400, "8553", "already in progress")
        recording_id = RecordingId(f"recording-{next(self._numbers)}")
        found.recordings.append(recording_id)
        self.recordings[recording_id] = "inactive" if order.pause_on_start or self.never_active else "active"
        return recording_id

    def _refusal(self, order: StartOrder, status: int, code: str, words: str) -> CallRefused:
        error = CallRefused("start recording", f"{status} {words}", status=status, ids={"code": code})
        self._refusals[order.request_id] = error
        return error

    def _find(self, locator: CallLocator) -> FakeCall | None:
        # The newest first: of many calls it is mostly one of those that is asked about.
        return next((call for call in reversed(self._known) if locator in call.locators and not call.over), None)

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
        fails_after = self._strike(operation)
        self._live(f"{operation} recording", recording_id)
        self.recordings[recording_id] = state
        if fails_after:
            raise ServiceBusy(f"{operation} recording", fails_after)

    def _live(self, operation: str, recording_id: RecordingId) -> str:
        state = self.recordings.get(recording_id, "over")
        if state == "over":
            raise CallRefused(operation, "404 Recording not found.", status=404)
        return state

    def _strike(self, operation: str) -> str:
        """The armed fault of this operation if it loses the reply, or empty; raises if the operation itself fails."""
        name = next((name for name in self._faults if name.startswith(f"{operation}_")), "")
        if not name:
            return ""
        self._faults.remove(name)
        if name.endswith(("_response_lost", "_though_started")):
            return name
        if name in {"state_404", "stop_404"}:
            raise CallRefused(operation, "404 Recording not found.", status=404)
        if name in {"start_call_not_found", "call_404"}:
            raise CallRefused(operation, "404 Call not found.", status=404, ids={"code": "8522"})
        raise ServiceBusy(operation, name)


@dataclass
class FakeTopic:
    """`Topic`: stores what is published, unless a failure is armed."""

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
