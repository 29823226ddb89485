"""The queue of chunk messages, for those that must come back at a moment of their own."""

from datetime import timedelta

from azure.core.exceptions import AzureError
from azure.storage.queue import QueueClient

from recording.adapters.replies import code_of, is_busy, message_of, retry_after_of, status_of
from recording.core.errors import ArchiveBusy, ArchiveRefused, RecordingError
from recording.core.steps import Step

_FOR_EVER = -1


class StorageQueue:
    """`ChunkQueue` over one queue, which must exist. Messages are plain text, as host.json's `messageEncoding` says."""

    def __init__(self, client: QueueClient) -> None:
        self._client = client

    def put(self, step: Step, delay: timedelta) -> None:
        """See `ports.ChunkQueue.put`."""
        seconds = -(-delay // timedelta(seconds=1))
        try:
            # A message that is held back must outlive its delay, and a backlog; what ends it is the work being done.
            self._client.send_message(step.to_message(), visibility_timeout=seconds, time_to_live=_FOR_EVER)
        except AzureError as error:
            raise _error(step, error) from error


def _error(step: Step, error: AzureError) -> RecordingError:
    status = status_of(error)
    ids = {"recording_id": step.recording_id, "document_id": step.document_id}
    if status is None:
        return ArchiveBusy("put message", message_of(error), hint="check ARCHIVE_STORAGE and the network", ids=ids)
    cause = f"{status} {code_of(error) or message_of(error)}"
    if is_busy(status):
        return ArchiveBusy("put message", cause, ids=ids, retry_after=retry_after_of(error))
    hint = "check that the queue exists, and the identity's role on the storage account (it takes time to work)"
    return ArchiveRefused("put message", cause, hint=hint, ids=ids)
