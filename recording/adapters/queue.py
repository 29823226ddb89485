"""The queue of chunk messages, for those that must come back at a moment of their own."""

from datetime import timedelta

from azure.core.exceptions import AzureError
from azure.storage.queue import QueueClient

from recording.adapters.storage_errors import storage_error
from recording.core.formats.messages import ChunkMessage

_FOR_EVER = -1


class StorageQueue:
    """`ChunkQueue` over one queue, which must exist. Messages are plain text, as host.json's `messageEncoding` says."""

    def __init__(self, client: QueueClient) -> None:
        self._client = client

    def put(self, step: ChunkMessage, delay: timedelta) -> None:
        """See `ports.ChunkQueue.put`."""
        seconds = -(-delay // timedelta(seconds=1))
        try:
            # A message that is held back must outlive its delay, and a backlog; what ends it is the work being done.
            self._client.send_message(step.to_message(), visibility_timeout=seconds, time_to_live=_FOR_EVER)
        except AzureError as error:
            ids = {"recording_id": str(step.recording_id), "document_id": str(step.document_id)}
            raise storage_error("put message", "queue", error, ids) from error
