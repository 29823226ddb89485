"""The queue of chunk messages, for messages with a delay."""

from datetime import timedelta

from azure.core.exceptions import AzureError
from azure.storage.queue import QueueClient

from recording.adapters.storage_errors import storage_error
from recording.core.formats.messages import ChunkMessage

_NO_EXPIRY = -1


class StorageQueue:
    """`ChunkQueue` over one queue, which must exist. Messages are plain text, as host.json's `messageEncoding` says."""

    def __init__(self, client: QueueClient) -> None:
        self._client = client

    def put(self, message: ChunkMessage, delay: timedelta) -> None:
        """See `ports.ChunkQueue.put`."""
        seconds = -(-delay // timedelta(seconds=1))
        try:
            # A message must not expire during its delay or in a backlog; it is deleted when its work is done.
            self._client.send_message(message.to_message(), visibility_timeout=seconds, time_to_live=_NO_EXPIRY)
        except AzureError as error:
            ids = {"recording_id": str(message.recording_id), "document_id": str(message.document_id)}
            raise storage_error("put message", "queue", error, ids) from error
