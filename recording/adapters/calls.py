"""Call Automation's recording operations, over `CallAutomationClient`."""

from collections.abc import Callable
from email.utils import format_datetime
from typing import Any

from azure.communication.callautomation import (
    AzureBlobContainerRecordingStorage,
    CallAutomationClient,
    UnknownIdentifier,
)
from azure.core.exceptions import AzureError

from recording.adapters.sdk_errors import status_of
from recording.adapters.service_errors import service_error, translated
from recording.core.errors import CallRefused, ServiceBusy
from recording.core.model import CallConnectionId, RecordingId, ServerCallId, StartOrder

_ENDED = frozenset({"disconnecting", "disconnected"})
"""States of a call connection that has ended."""


class AcsCalls:
    """`Calls` over the SDK's client. `callback_url` is where the service tells of recordings; None: nowhere."""

    def __init__(self, client: CallAutomationClient, callback_url: str | None = None) -> None:
        self._client = client
        self._callback_url = callback_url

    def resolve(self, connection_id: CallConnectionId) -> ServerCallId | None:
        """See `ports.Calls.resolve`."""
        found = self._call(connection_id)  # if None, whether the call exists shows when a recording is started
        return ServerCallId(found.server_call_id) if found and found.server_call_id else None

    def goes_on(self, connection_id: CallConnectionId) -> bool:
        """See `ports.Calls.goes_on`."""
        found = self._call(connection_id)
        if found is None:
            return False
        state = found.call_connection_state
        return str(getattr(state, "value", state)) not in _ENDED

    def _call(self, connection_id: CallConnectionId) -> Any:
        ids = {"call_connection_id": str(connection_id)}
        try:
            return translated(
                "find call", ids, lambda: self._client.get_call_connection(connection_id).get_call_properties()
            )
        except CallRefused:
            return None

    def start(self, order: StartOrder) -> RecordingId:
        """See `ports.Calls.start`."""
        locator = order.locator
        which: dict[str, Any] = {
            "server_call_id": locator.server_call_id,
            "group_call_id": locator.group_call_id,
            "room_id": locator.room_id,
            "call_connection_id": locator.call_connection_id,
        }
        started = translated(
            "start recording",
            {key: value for key, value in which.items() if value},
            lambda: self._client.start_recording(
                **{key: value for key, value in which.items() if value},
                recording_content_type=order.output.content,
                recording_channel_type=order.output.channel,
                recording_format_type=order.output.format,
                pause_on_start=order.pause_on_start or None,
                audio_channel_participant_ordering=[UnknownIdentifier(raw_id) for raw_id in order.channels] or None,
                recording_storage=(
                    AzureBlobContainerRecordingStorage(order.native_container) if order.native_container else None
                ),
                recording_state_callback_url=self._callback_url,
                headers={
                    "Repeatability-Request-ID": order.request_id,
                    "Repeatability-First-Sent": format_datetime(order.first_sent, usegmt=True),
                },
            ),
        )
        if not started.recording_id:
            raise ServiceBusy("start recording", "the service accepted the order, but gave no recording id")
        return RecordingId(started.recording_id)

    def state(self, recording_id: RecordingId) -> str:
        """See `ports.Calls.state`."""
        ids = {"recording_id": str(recording_id)}
        found = translated("read state", ids, lambda: self._client.get_recording_properties(recording_id))
        return str(getattr(found.recording_state, "value", found.recording_state))

    def pause(self, recording_id: RecordingId) -> None:
        """See `ports.Calls.pause`."""
        _control("pause recording", recording_id, lambda: self._client.pause_recording(recording_id))

    def resume(self, recording_id: RecordingId) -> None:
        """See `ports.Calls.resume`."""
        _control("resume recording", recording_id, lambda: self._client.resume_recording(recording_id))

    def stop(self, recording_id: RecordingId) -> None:
        """See `ports.Calls.stop`."""
        _control("stop recording", recording_id, lambda: self._client.stop_recording(recording_id))


def _control(operation: str, recording_id: RecordingId, call: Callable[[], object]) -> None:
    """Call; every 2xx is a success, as the body of the reply is not used."""
    try:
        call()
    except AzureError as error:
        if 200 <= (status_of(error) or 0) < 300:
            return
        raise service_error(operation, {"recording_id": str(recording_id)}, error) from error
