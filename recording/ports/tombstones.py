"""What is kept of an erased recording outside of the catalog, so that it stays erased though its row is lost."""

from typing import Protocol

from recording.core.formats.records.tombstones import Tombstone
from recording.core.model import RecordingId


class Tombstones(Protocol):
    """One blob for each erased recording, in the container of the audit trails: created and read, never changed."""

    def put(self, tombstone: Tombstone) -> None:
        """Create it; nothing is done if the recording has one.

        Raises:
            ArchiveBusy, ArchiveRefused: it may or may not be written; retry.
        """

    def find(self, recording_id: RecordingId) -> Tombstone | None:
        """The tombstone of a recording, or None. One request if there is none.

        Raises:
            EntryUnreadable: a blob has its name, and is no tombstone of this recording.
            ArchiveBusy, ArchiveRefused: it is not known whether there is one; retry.
        """
