"""What stands for the service where there is none: `ACS_ENDPOINT` is not set, and the app only keeps an archive."""

from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Never

from recording.core.errors import ArchiveOnly
from recording.core.model import CallConnectionId, Location, Proof, RecordingId, ServerCallId, StartOrder
from recording.ports import InCall, PromptOrder, Transfer


class NoSource:
    """`Source` without a service: nothing can be read or deleted there."""

    def open(self, location: Location, offset: int = 0, length: int | None = None) -> AbstractContextManager[Transfer]:  # noqa: ARG002 - as the port has it
        """See `ports.Source.open`."""
        _refuse("read source")

    def delete(self, location: Location, proof: Proof) -> bool:  # noqa: ARG002 - as the port has it
        """See `ports.Source.delete`."""
        _refuse("release chunk")


class NoCalls:
    """`Calls` without a service."""

    def resolve(self, connection_id: CallConnectionId) -> ServerCallId | None:  # noqa: ARG002 - as the port has it
        """See `ports.Calls.resolve`."""
        _refuse("find call")

    def goes_on(self, connection_id: CallConnectionId) -> bool:  # noqa: ARG002 - as the port has it
        """See `ports.Calls.goes_on`."""
        _refuse("find call")

    def start(self, order: StartOrder) -> RecordingId:  # noqa: ARG002 - as the port has it
        """See `ports.Calls.start`."""
        _refuse("start recording")

    def state(self, recording_id: RecordingId) -> str:  # noqa: ARG002 - as the port has it
        """See `ports.Calls.state`."""
        _refuse("ask for recording")

    def pause(self, recording_id: RecordingId) -> None:  # noqa: ARG002 - as the port has it
        """See `ports.Calls.pause`."""
        _refuse("pause recording")

    def resume(self, recording_id: RecordingId) -> None:  # noqa: ARG002 - as the port has it
        """See `ports.Calls.resume`."""
        _refuse("resume recording")

    def stop(self, recording_id: RecordingId) -> None:  # noqa: ARG002 - as the port has it
        """See `ports.Calls.stop`."""
        _refuse("stop recording")


class NoPrompts:
    """`Prompts` without a service."""

    def participants(self, connection_id: CallConnectionId) -> InCall:  # noqa: ARG002 - as the port has it
        """See `ports.Prompts.participants`."""
        _refuse("list participants")

    def play_to_all(self, order: PromptOrder) -> None:  # noqa: ARG002 - as the port has it
        """See `ports.Prompts.play_to_all`."""
        _refuse("play prompt")

    def ask_for_key(self, order: PromptOrder, participant: str, silence: timedelta) -> None:  # noqa: ARG002 - as the port has it
        """See `ports.Prompts.ask_for_key`."""
        _refuse("ask for key")

    def hang_up(self, connection_id: CallConnectionId) -> None:  # noqa: ARG002 - as the port has it
        """See `ports.Prompts.hang_up`."""
        _refuse("hang up")


def _refuse(operation: str) -> Never:
    raise ArchiveOnly(operation, "ACS_ENDPOINT is not set: this app only keeps an archive", hint="set ACS_ENDPOINT")
