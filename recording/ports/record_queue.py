"""The queues of the records: recordings to be filed, and jobs."""

from datetime import timedelta
from typing import Protocol

from recording.core.formats.messages import RecordMessage


class RecordQueue(Protocol):
    """The queue of recordings to be filed: low priority, so that no copy waits for it."""

    def put(self, message: RecordMessage, delay: timedelta = timedelta()) -> None:
        """Put a message that becomes visible after `delay` (0 to 7 days); at least once.

        Raises:
            ArchiveBusy, ArchiveRefused: it may or may not be queued; retry.
        """


class JobQueue(Protocol):
    """The queue of jobs."""

    def put(self, job_id: str, delay: timedelta = timedelta()) -> None:
        """As `RecordQueue.put`."""
