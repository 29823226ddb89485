"""Drives the consents for which there is something to do: a report was lost, a worker died, a service was away."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from recording import log
from recording.calls.consenting import Consenting
from recording.core.consent import CallOver, is_closed
from recording.core.errors import Permanent, RecordingError
from recording.ports import ConsentRow, Consents

_PAGE = 200
_SECONDS = 20.0
_OLD = timedelta(days=1)
"""A row of a save that never came is removed after this time, and a consent that cannot be driven is given up."""


@dataclass(slots=True)
class _Place:
    """The page that is next, and how many of its rows are done."""

    page: str = ""
    done: int = 0


@dataclass(frozen=True, slots=True)
class OpenConsents:
    """Drive every consent that has a row. `monotonic` is a clock in seconds."""

    consents: Consents
    consenting: Consenting
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    _place: _Place = field(default_factory=_Place, repr=False)

    def drive(self) -> None:
        """Go through the rows, for a bounded time. An error of one does not keep it from the others.

        It goes on where this worker had to end the last time: else the first rows, driven slowly and in vain, would
        keep it from all that follow.

        Raises:
            Transient: the rows cannot be read.
        """
        until, place = self.monotonic() + _SECONDS, self._place
        is_whole = not (place.page or place.done)
        try:
            while self._drive_page(place, until) and not (is_whole and not place.page):
                is_whole = is_whole or not place.page  # from the beginning, once
        except Permanent:  # there is no such page any more
            place.page, place.done = "", 0
            raise

    def _drive_page(self, place: _Place, until: float) -> bool:
        """Drive the rest of a page; False if the time is over."""
        page = self.consents.page(_PAGE, place.page)
        for row in page.rows[place.done :]:
            if self.monotonic() >= until:
                return False
            place.done += 1
            self._drive_safely(row)
        place.page, place.done = page.next, 0
        return True

    def _drive_safely(self, row: ConsentRow) -> None:
        try:
            self._drive(row)
        except RecordingError as error:
            fields = {"call_connection_id": row.connection_id, "code": error.code, "cause": error}
            log.event("consent.drive_failed", fields, logging.WARNING)
        except Exception as error:  # noqa: BLE001 - not even a bug in one may keep it from the others
            fields = {"call_connection_id": row.connection_id, "code": type(error).__name__}
            log.bug("consent.drive_failed", fields, error)

    def _drive(self, row: ConsentRow) -> None:
        consent, is_old = self.consents.load(row.connection_id), self.now() - row.since > _OLD
        if consent is None or row.opening > consent.opening:  # of a save in progress, or of one that never came
            if is_old:
                self.consents.remove_row(row.connection_id, row.opening)
        elif row.opening < consent.opening or is_closed(consent, self.now()):
            self.consents.remove_row(row.connection_id, row.opening)
        elif is_old:
            log.event("consent.given_up", {"call_connection_id": row.connection_id}, logging.WARNING)
            self.consenting.note(row.connection_id, CallOver())
        else:
            self.consenting.drive(consent)
