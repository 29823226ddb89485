"""Drives the consents for which there is something to do: a report was lost, a worker died, a service was away.

And looks again into the calls that are recorded: somebody may have joined, and the event that says so may be lost.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from recording import log
from recording.calls.consenting import Consenting
from recording.core.consent import CallOver, Consent, LookAgain, is_closed, next_step
from recording.core.errors import Permanent, RecordingError
from recording.core.model import CallConnectionId
from recording.ports import ConsentRow, Consents

_PAGE = 200
_SECONDS = 20.0
_OLD = timedelta(days=1)
"""A row of a save that never came is removed after this time, and a consent is given up that could not be driven, or
into whose call nobody could look, for so long. A recording may go on for longer."""


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
    _looked: dict[CallConnectionId, datetime] = field(default_factory=dict, repr=False)

    def drive(self) -> None:
        """Go through the rows, for a bounded time. An error of one does not keep it from the others.

        It goes on where this worker had to end the last time: else the first rows, driven slowly and in vain, would
        keep it from all that follow. The looks into calls in which nothing is owed come last, in a time of their own.

        Raises:
            Transient: the rows cannot be read.
        """
        until, place = self.monotonic() + _SECONDS, self._place
        recorded: list[Consent] = []
        is_whole = not (place.page or place.done)
        try:
            while self._drive_page(place, until, recorded) and not (is_whole and not place.page):
                is_whole = is_whole or not place.page  # from the beginning, once
        except Permanent:  # there is no such page any more
            place.page, place.done = "", 0
            raise
        self._look_again(recorded)

    def _look_again(self, recorded: list[Consent]) -> None:
        """Look into calls, for a bounded time: first into those that were not looked into for the longest.

        A look that failed counts too: else the slow ones that fail would come first each time, and keep it from the
        others.
        """
        until, tried = self.monotonic() + _SECONDS, self._looked
        due = {one.connection_id: max(tried.get(one.connection_id, one.begun_at), _seen_at(one)) for one in recorded}
        for gone in tried.keys() - due.keys():
            del tried[gone]
        for consent in sorted(recorded, key=lambda one: due[one.connection_id]):
            if self.monotonic() >= until:
                return
            tried[consent.connection_id] = self.now()
            self._safely(consent.connection_id, partial(self.consenting.drive, consent))

    def _drive_page(self, place: _Place, until: float, recorded: list[Consent]) -> bool:
        """Drive the rest of a page; False if the time is over. `recorded` takes those of which only a look is due."""
        page = self.consents.page(_PAGE, place.page)
        for row in page.rows[place.done :]:
            if self.monotonic() >= until:
                return False
            place.done += 1
            self._safely(row.connection_id, partial(self._drive, row, recorded))
        place.page, place.done = page.next, 0
        return True

    def _safely(self, connection_id: CallConnectionId, act: Callable[[], object]) -> None:
        try:
            act()
        except RecordingError as error:
            fields = {"call_connection_id": connection_id, "code": error.code, "cause": error}
            log.event("consent.drive_failed", fields, logging.WARNING)
        except Exception as error:  # noqa: BLE001 - not even a bug in one may keep it from the others
            fields = {"call_connection_id": connection_id, "code": type(error).__name__}
            log.bug("consent.drive_failed", fields, error)

    def _drive(self, row: ConsentRow, recorded: list[Consent]) -> None:
        consent, now = self.consents.load(row.connection_id), self.now()
        since = row.since if consent is None or consent.recording_id is None else max(row.since, _seen_at(consent))
        is_old = now - since > _OLD
        if consent is None or row.opening > consent.opening:  # of a save in progress, or of one that never came
            if is_old:
                self.consents.remove_row(row.connection_id, row.opening)
        elif row.opening < consent.opening or is_closed(consent, now):
            self.consents.remove_row(row.connection_id, row.opening)
        elif is_old:
            log.event("consent.given_up", {"call_connection_id": row.connection_id}, logging.WARNING)
            self.consenting.note(row.connection_id, CallOver())
        elif isinstance(next_step(consent, now), LookAgain):
            recorded.append(consent)
        else:
            self.consenting.drive(consent)


def _seen_at(consent: Consent) -> datetime:
    return consent.looked_at or consent.begun_at
