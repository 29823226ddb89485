"""The queues of chunk messages, of ticks, and of events."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from azure.core.exceptions import AzureError
from azure.storage.queue import QueueClient

from recording.adapters.storage_errors import storage_error
from recording.core.formats.messages import ChunkMessage, RecordMessage, Tick, job_message

_NO_EXPIRY = -1


class StorageTickQueue:
    """`TickQueue` over one queue, which must exist."""

    def __init__(self, client: QueueClient) -> None:
        self._client = client

    def put(self, number: int, delay: timedelta) -> None:
        """See `ports.TickQueue.put`."""
        _send(self._client, Tick(number).to_message(), delay, {"queue": str(self._client.queue_name)})


class StorageQueue:
    """`ChunkQueue` over two queues, which must exist. Messages are plain text: `messageEncoding` in host.json."""

    def __init__(self, client: QueueClient, urgent: QueueClient) -> None:
        self._client = client
        self._urgent = urgent

    def put(self, message: ChunkMessage, delay: timedelta, *, is_urgent: bool = False) -> None:
        """See `ports.ChunkQueue.put`."""
        ids = {"recording_id": str(message.recording_id), "document_id": str(message.document_id)}
        _send(self._urgent if is_urgent else self._client, message.to_message(), delay, ids)


class StorageEventQueue:
    """`EventQueue` over one queue, which must exist."""

    def __init__(self, client: QueueClient) -> None:
        self._client = client

    def put(self, message: str) -> None:
        """See `ports.EventQueue.put`."""
        _send(self._client, message, timedelta(), {"queue": str(self._client.queue_name)})

    def oldest(self) -> datetime | None:
        """See `ports.EventQueue.oldest`."""
        try:
            return next((found.inserted_on for found in self._client.peek_messages(max_messages=1)), None)
        except AzureError as error:
            ids = {"queue": str(self._client.queue_name)}
            raise storage_error("look at the queue of events", "queue", error, ids) from error


class StorageRecordQueue:
    """`RecordQueue` over one queue, which must exist."""

    def __init__(self, client: QueueClient) -> None:
        self._client = client

    def put(self, message: RecordMessage, delay: timedelta = timedelta()) -> None:
        """See `ports.RecordQueue.put`."""
        _send(self._client, message.to_message(), delay, {"recording_id": str(message.recording_id)})


class StorageJobQueue:
    """`JobQueue` over one queue, which must exist."""

    def __init__(self, client: QueueClient) -> None:
        self._client = client

    def put(self, job_id: str, delay: timedelta = timedelta()) -> None:
        """See `ports.JobQueue.put`."""
        _send(self._client, job_message(job_id), delay, {"job_id": job_id})


def _send(client: QueueClient, text: str, delay: timedelta, ids: Mapping[str, str]) -> None:
    seconds = -(-delay // timedelta(seconds=1))
    try:
        # A message must not expire during its delay or in a backlog; it is deleted when its work is done.
        client.send_message(text, visibility_timeout=seconds, time_to_live=_NO_EXPIRY)
    except AzureError as error:
        raise storage_error("put message", "queue", error, ids) from error
