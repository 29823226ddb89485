"""The stack of a soak: storage behind the fault proxy, a sweep on a fast clock, an Event Grid that gives up early."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, override

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import QueueServiceClient

from local.acs.model import Call, Recording
from local.faultproxy import FaultProxy
from local.policies import EVERYTHING
from local.stack import Stack
from recording.core.formats.events import RECORDING_FILE_STATUS_UPDATED

SETTINGS: Mapping[str, str] = {
    "COPY_BLOCK_MIB": "1",
    "COPY_MEMORY_MIB": "32",
    "COPY_CONNECTIONS": "4",
    "COPY_SLICE_SECONDS": "1",
    "SWEEP_SECONDS": "1",
    "OVERDUE_SECONDS": "1",
    "FILE_EVENT_SECONDS": "5",
    "AzureFunctionsJobHost__extensions__queues__batchSize": "8",
    "AzureFunctionsJobHost__extensions__queues__newBatchThreshold": "4",
    "PYTHON_THREADPOOL_THREAD_COUNT": "24",
}
TIME_TO_LIVE = 7_200.0
"""Seconds of the real service, as deployed."""


class SoakStack(Stack):
    """The whole stack, between the app and its storage a proxy that can fail.

    Attributes:
        silent: calls whose recordings have no file event: Event Grid loses it.
    """

    def __init__(self, folder: Path, scale: float, media_folder: Path) -> None:
        """Prepare; `scale` is that of Event Grid: seconds here for each second of the real service."""
        super().__init__(folder, settings=SETTINGS, media_folder=media_folder)
        self.event_grid.scale = scale
        self.silent: set[str] = set()

    @cached_property
    def proxy(self) -> FaultProxy:
        """The proxy between the app and its storage, started when the app's environment is first asked for."""
        return self._running.enter_context(FaultProxy(self.azurite.connection_string))

    @override
    def environment(self) -> dict[str, str]:
        """Without a native container: those of the emulator are in another account than the proxy's, by its address."""
        ours = {"NATIVE_CONTAINERS": "", "RECORDING_POLICY": EVERYTHING}
        return {**super().environment(), **ours, "ARCHIVE_STORAGE": self.proxy.connection_string}

    @override
    def subscribe(self) -> None:
        url = self.host.event_grid_url("recording_file_status_updated")
        self.subscription = self.event_grid.subscribe(url, [RECORDING_FILE_STATUS_UPDATED], time_to_live=TIME_TO_LIVE)

    @override
    def _publish(self, event: dict[str, Any]) -> None:
        mine = (one for one in self.acs.world.recordings.values() if one.event_id == event["id"])
        if any(self.is_silent(recording) for recording in mine):
            return
        super()._publish(event)

    def silence(self, call: Call) -> None:
        """Lose the file events of a call's recordings."""
        self.silent.add(call.call_connection_id)

    def is_silent(self, recording: Recording) -> bool:
        """Whether the recording has no file event."""
        return recording.call.call_connection_id in self.silent

    def lose_messages(self, queue: str) -> None:
        """Delete all messages of a queue."""
        with QueueServiceClient.from_connection_string(self.azurite.connection_string) as service:
            service.get_queue_client(queue).clear_messages()

    def waiting(self, queue: str) -> list[str]:
        """The first messages of a queue, as text; they stay there."""
        with (
            QueueServiceClient.from_connection_string(self.azurite.connection_string) as service,
            service.get_queue_client(queue) as client,
        ):
            try:
                return [str(message.content) for message in client.peek_messages(max_messages=32)]
            except ResourceNotFoundError:  # the host makes a poison queue with its first message
                return []
