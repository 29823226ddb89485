"""Drives the consents for which there is something to do: a report was lost, a worker died, a service was away."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from recording import log
from recording.calls.consenting import Consenting
from recording.core.consent import CallOver, is_closed
from recording.core.errors import RecordingError
from recording.ports import ConsentRow, Consents

_PAGE = 200
_SECONDS = 20.0
_OLD = timedelta(days=1)
"""A row of a save that never came is removed after this time, and a consent that cannot be driven is given up."""


@dataclass(frozen=True, slots=True)
class OpenConsents:
    """Drive every consent that has a row. `monotonic` is a clock in seconds."""

    consents: Consents
    consenting: Consenting
    now: Callable[[], datetime]
    monotonic: Callable[[], float]

    def drive(self) -> None:
        """Go through the rows, for a bounded time. An error of one does not keep it from the others.

        Raises:
            Transient: the rows cannot be read.
        """
        until, following = self.monotonic() + _SECONDS, ""
        while True:
            page = self.consents.page(_PAGE, following)
            for row in page.rows:
                if self.monotonic() >= until:
                    return
                self._drive_safely(row)
            following = page.next
            if not following:
                return

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
