"""Call Automation: which call, which recording, and what can be done with it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from recording.core.model import CallConnectionId, Output, RecordingId, ServerCallId


@dataclass(frozen=True, slots=True)
class CallLocator:
    """Which call to record: exactly one of the four is set."""

    server_call_id: ServerCallId | None = None
    group_call_id: str | None = None
    room_id: str | None = None
    call_connection_id: CallConnectionId | None = None


@dataclass(frozen=True, slots=True)
class StartOrder:
    """A recording to start. The same `request_id` (a UUID) never starts two, however often it is sent."""

    locator: CallLocator
    output: Output
    request_id: str
    first_sent: datetime
    pause_on_start: bool = False

    def is_same_as(self, other: "StartOrder") -> bool:
        """Whether both ask for the same recording of the same call, whatever the request's id and time."""
        return (self.locator, self.output, self.pause_on_start) == (other.locator, other.output, other.pause_on_start)


class Calls(Protocol):
    """Call Automation: start, state, pause, resume, stop."""

    def resolve(self, connection_id: CallConnectionId) -> ServerCallId | None:
        """The server call id of the call that has this connection; None where the service does not say it.

        Raises:
            ServiceBusy, ServiceRefused: ask again.
        """

    def start(self, order: StartOrder) -> RecordingId:
        """Start the recording that is ordered, or find it started by the same order.

        Raises:
            ServiceBusy, ServiceRefused: it may or may not be started: try again with the same order.
            CallRefused: nothing was started. The call is not there, not established, or recorded already, or the
                service refuses the order; it may refuse the same `request_id` for ever after. The service's own code
                is the id `code` of the error.
        """

    def state(self, recording_id: RecordingId) -> str:
        """`active` or `inactive` (paused, or over), as the service has it.

        Raises:
            CallRefused: with status 404 for a recording that is over or was never there.
        """

    def pause(self, recording_id: RecordingId) -> None:
        """Skip what follows, until `resume`.

        Raises:
            CallRefused: with status 404 for a recording that is over or was never there.
        """

    def resume(self, recording_id: RecordingId) -> None:
        """Record again, into the same chunk.

        Raises:
            CallRefused: with status 404 for a recording that is over or was never there.
        """

    def stop(self, recording_id: RecordingId) -> None:
        """End the recording; minutes later its file event comes.

        Raises:
            CallRefused: with status 404 for a recording that is over already.
        """
