"""Once a day: finds what was not filed or not sealed, and runs the passes of the records."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from recording import log
from recording.core.errors import EntryUnreadable, NewerSchema, Transient
from recording.core.formats.messages import RecordMessage, Task
from recording.core.model import CatalogEntry, RecordingId
from recording.ports import Catalog, Directory, RecordQueue
from recording.records.filing import Filing
from recording.records.sealing import Sealing

_DAYS = 3
"""Recordings first known in these days are looked at: the message of one that is completed later is its own care."""
_PAGE = 500


class Pass(Protocol):
    """Something that is done once a day; done twice, it does no harm."""

    def run(self) -> None:
        """Do it, for some minutes at most."""


@dataclass(frozen=True, slots=True)
class Daily:
    """The daily pass."""

    catalog: Catalog
    directory: Directory
    filing: Filing
    sealing: Sealing
    queue: RecordQueue
    passes: Sequence[Pass]
    now: Callable[[], datetime]

    def run(self) -> None:
        """Put a message for each recording of the last days that is not filed, or not sealed; then run the passes.

        Raises:
            Transient: the first error, after the passes that do not fail.
        """
        found = 0
        failure: Transient | None = None
        for days in range(_DAYS):
            found += self._find(self.now() - timedelta(days=days))
        for recording_id in tuple(self.filing.late.left()):
            self.queue.put(RecordMessage(recording_id, Task.FILE))
        for one in self.passes:
            try:
                one.run()
            except Transient as error:
                failure = failure or error
        log.event("records.daily", {"owed": found, "failed": failure is not None})
        if failure is not None:
            raise failure

    def _find(self, day: datetime) -> int:
        found, after = 0, ""
        while True:
            page = self.directory.page(day, _PAGE, after)
            for recording_id in dict.fromkeys(page.recording_ids):
                entry = self._load(recording_id)
                task = None if entry is None else self._owed(entry)
                if task is not None:
                    self.queue.put(RecordMessage(recording_id, task))
                    found += 1
            after = page.next
            if not after:
                return found

    def _owed(self, entry: CatalogEntry) -> Task | None:
        """Filing puts the message for sealing itself: it is put here if that was lost."""
        if self.filing.is_owed(entry):
            return Task.FILE
        return Task.SEAL if self.sealing.is_owed(entry) else None

    def _load(self, recording_id: RecordingId) -> CatalogEntry | None:
        """One that cannot be read is told of by the sweep, and must not keep the others from being filed."""
        try:
            return self.catalog.load(recording_id)
        except (EntryUnreadable, NewerSchema):
            return None
