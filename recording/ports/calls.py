"""Call Automation: start and control recordings."""

from typing import Protocol

from recording.core.model import CallConnectionId, RecordingId, ServerCallId, StartOrder


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
