"""Checks that recordings of the last two days that owe something have their rows of open work.

None can be missing, by the order of the writes. This looks all the same, at a page of a hundred recordings after each
pass of the sweep, and tells what it finds as a fault of the app. A round goes through both days. If it is not at its
end after six hours, there are more recordings than that: each pass then goes on for twenty seconds, until it is.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from recording import log, telemetry
from recording.catalog_updates import CatalogUpdates
from recording.core.errors import RecordingError
from recording.core.lifecycle import FoundBySweep, open_at
from recording.core.model import RecordingId
from recording.ports import Directory, OpenWork, SweepStates

_PAGE = 100
_ROUND = timedelta(hours=6)
_SECONDS = 20.0
"""Of a pass, while a round takes longer than that; some two thousand recordings."""
_DAY = timedelta(days=1)
_WITHOUT_ROW = "it owed something, and had no row of open work"


@dataclass(frozen=True, slots=True)
class Auditing:
    """Audit the rows of open work against the catalog."""

    updates: CatalogUpdates
    open_work: OpenWork
    states: SweepStates
    directory: Directory
    now: Callable[[], datetime]
    monotonic: Callable[[], float]

    def audit(self) -> int:
        """Check recordings of yesterday and today, in turn; how many rows were missing, and are put.

        Raises:
            Transient: a table is not available.
        """
        until, missing = self.monotonic() + _SECONDS, 0
        while True:
            state, now = self.states.load(), self.now()
            day, after = state.audited
            began = state.audit_began_at
            if day is None or began is None or now - day > 2 * _DAY or began > now:  # the last by a wrong clock
                day, after, began = now - _DAY, "", now
            page = self.directory.page(day, _PAGE, after)
            found = sum(self._is_missing(recording_id) for recording_id in page.recording_ids)
            telemetry.audited(found)
            missing += found
            is_whole = not page.next and day.date() == now.date()
            following = (day, page.next) if page.next else (now - _DAY if is_whole else now, "")
            # On a conflict the page is checked once more.
            self.states.save(replace(state, audited=following, audit_began_at=now if is_whole else began))
            if is_whole or now - began < _ROUND or self.monotonic() >= until:
                return missing

    def _is_missing(self, recording_id: RecordingId) -> bool:
        try:
            entry = self.updates.load(recording_id)
            if entry is None or open_at(entry) is None:
                return False
            opening = entry.recording.opening
            if opening.at is not None and self.open_work.has(recording_id, opening):
                return False
            again = self.updates.load(recording_id)
            if again is None or again.version != entry.version:
                return False  # it has changed meanwhile: another row stands for it now
            if opening.at is not None:
                self.open_work.put(recording_id, opening, self.now())
            else:  # a version of the app that saw nothing owed has saved it; to save it anew puts a row
                self.updates.apply(recording_id, FoundBySweep(_WITHOUT_ROW), known=again)
        except RecordingError as error:
            fields = {"recording_id": recording_id, "code": error.code, "cause": error}
            log.event("sweep.audit_failed", fields, logging.WARNING)
            return False
        log.event("sweep.row_missing", {"recording_id": recording_id}, logging.ERROR)
        return True
