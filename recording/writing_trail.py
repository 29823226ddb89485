"""Writes the acts of audit trails as blobs, after the entries that contain them are saved.

A run writes what it has done at its end, several acts in one go; the sweep writes the rest. So the trail is on the way
of no start, copy or release. Where it cannot be written, only the trail waits: its acts stay in the entry, which keeps
its row of open work.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from recording import log
from recording.catalog_updates import CatalogUpdates
from recording.core.errors import ArchiveDamaged, RecordingError, Transient
from recording.core.lifecycle import Written
from recording.core.model import CatalogEntry
from recording.core.trail import Link, links
from recording.ports import Trail

_AT_ONCE = 200
"""Acts written in one go; more are left to the sweep."""
_PAUSE = timedelta(minutes=1)
"""After a failure this worker tries no trail for so long: each try may take a while, and would hold up a copy."""


@dataclass(slots=True)
class _Pause:
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class WritingTrail:
    """Write the acts that an entry has and no blob has yet."""

    updates: CatalogUpdates
    trail: Trail
    now: Callable[[], datetime]
    _pause: _Pause = field(default_factory=_Pause, repr=False)

    def write(self, entry: CatalogEntry) -> CatalogEntry:
        """Write the unwritten acts, and save that they are written; the entry after that.

        Idempotent, and the same for any number of workers at once: equal acts are equal blobs. No error is raised: what
        is not written stays owed, and the sweep comes back to it.
        """
        until = self._pause.until
        if not entry.recording.trail.unwritten or (until is not None and until - _PAUSE <= self.now() < until):
            return entry
        recording_id = entry.recording.recording_id
        last, failure = self._write(entry)
        try:
            if last is not None:
                entry = self.updates.apply(recording_id, Written(last.number, last.hash), known=entry).entry
        except RecordingError as error:
            failure = failure or error
        if failure is not None:
            level = logging.WARNING if isinstance(failure, Transient) else logging.ERROR
            fields = {"recording_id": recording_id, "code": failure.code, "cause": failure}
            log.event("recording.trail_left", fields, level)
        return entry

    def _write(self, entry: CatalogEntry) -> tuple[Link | None, RecordingError | None]:
        """The last act written, and why not all are."""
        last = None
        for link in islice(links(entry.recording), _AT_ONCE):
            try:
                self.trail.write(link.name, link.body)
            except RecordingError as error:
                if not isinstance(error, ArchiveDamaged):  # that one is about a single blob
                    self._pause.until = self.now() + _PAUSE
                return last, error
            last = link
        return last, None
