"""Call Automation: start and control recordings."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from recording.core.model import CallConnectionId, Output, RecordingId, ServerCallId


@dataclass(frozen=True, slots=True)
class CallLocator:
    """Which call to record: exactly one of the four ids is set."""

    server_call_id: ServerCallId | None = None
    group_call_id: str | None = None
    room_id: str | None = None
    call_connection_id: CallConnectionId | None = None


@dataclass(frozen=True, slots=True)
class StartOrder:
    """A recording to start. Idempotent by `request_id`, a UUID: sent again, it starts no second recording.

    Attributes:
        channels: the raw ids of participants in the order of their channels, in an unmixed output.
        native_container: the URL of the container that the service itself is to write into; empty: its own storage.
    """

    locator: CallLocator
    output: Output
    request_id: str
    first_sent: datetime
    pause_on_start: bool = False
    channels: tuple[str, ...] = field(default=(), repr=False)
    native_container: str = ""

    def is_same_as(self, other: "StartOrder") -> bool:
        """Whether both ask for the same recording of the same call; request id and time are not compared."""
        return replace(self, request_id="", first_sent=other.first_sent) == replace(other, request_id="")


class Calls(Protocol):
    """Call Automation: start, state, pause, resume, stop."""

    def resolve(self, connection_id: CallConnectionId) -> ServerCallId | None:
        """The server call id of the call with this connection; None if the service does not know it.

        Raises:
            ServiceBusy, ServiceRefused: retry.
        """

    def goes_on(self, connection_id: CallConnectionId) -> bool:
        """Whether the call with this connection is known to go on; False if the connection has ended.

        The call may go on without that connection.

        Raises:
            ServiceBusy, ServiceRefused: retry.
        """

    def start(self, order: StartOrder) -> RecordingId:
        """Start the recording; idempotent for the same order.

        Raises:
            ServiceBusy, ServiceRefused: it may or may not be started: retry with the same order.
            CallRefused: nothing was started. The call does not exist, is not established or is recorded already, or
                the service refuses the order. It may repeat that refusal for the same `request_id`. The error's id
                `code` is the service's code.
        """

    def state(self, recording_id: RecordingId) -> str:
        """The service's state of a recording: `active`, or `inactive` (paused, or over).

        Raises:
            CallRefused: with status 404 if the recording is over or unknown.
        """

    def pause(self, recording_id: RecordingId) -> None:
        """Pause until `resume`.

        Raises:
            CallRefused: with status 404 if the recording is over or unknown.
        """

    def resume(self, recording_id: RecordingId) -> None:
        """Resume, in the same chunk.

        Raises:
            CallRefused: with status 404 if the recording is over or unknown.
        """

    def stop(self, recording_id: RecordingId) -> None:
        """End the recording; its file event arrives minutes later.

        Raises:
            CallRefused: with status 404 if it is over already.
        """
