"""Looks at the holds each day: whether blobs still have their legal holds, whether a review is due, what was lost."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime

import msgspec

from recording import log
from recording.core.errors import ArchiveRefused
from recording.core.formats import notifications
from recording.core.model import RecordingId
from recording.core.records.holds import Hold, HoldState
from recording.ports import Index, IndexRow, Topic
from recording.records.keeping.deciding_holds import DecidingHolds
from recording.records.keeping.held_blobs import HeldBlobs
from recording.records.keeping.placing_holds import OnRecording, PlacingHolds

_LOOKS = "hold-looks"
SLICE = 240.0
"""Seconds for the looks of one day; the next day goes on."""


@dataclass(frozen=True, slots=True)
class _Look:
    """How far the blobs of a hold's recordings have been looked at, and on which day the last round ended."""

    cursor: str = ""
    done_on: date | None = None


# Created at import: see `adapters.rows`.
_LOOK = msgspec.json.Decoder(_Look)


@dataclass(frozen=True, slots=True)
class WatchingHolds:
    """The daily look at the holds."""

    deciding: DecidingHolds
    placing: PlacingHolds
    blobs: HeldBlobs
    index: Index
    topic: Topic
    now: Callable[[], datetime]
    monotonic: Callable[[], float]

    def run(self) -> None:
        """Remind of reviews, drive what was lost on its way, and look at the blobs of each active hold.

        Raises:
            Transient: the rest is looked at tomorrow.
        """
        end = self.monotonic() + SLICE
        today = self.now().date()
        looks: list[tuple[date, Hold, _Look]] = []
        holding = self.deciding.holding
        for hold in map(holding.end_again, tuple(holding.open())):
            if hold.is_review_due(today):
                self._remind(hold, today)
            self.deciding.drive(hold)
            if hold.state is HoldState.ACTIVE:
                look = self._last_look(hold)
                looks.append((look.done_on or date.min, hold, look))
        # Those not looked at for longest are first: else one with very many recordings would keep all others waiting.
        for done_on, hold, look in sorted(looks, key=lambda one: one[0]):
            if done_on != today:
                self._look(hold, look, today, end)
        holding.restore()  # one whose making was cut off has a copy only: it holds, and can be ended

    def _remind(self, hold: Hold, today: date) -> None:
        event = notifications.hold_overdue(hold.hold_id, hold.review_on, self.now())
        fields = {"alert": event.event_type, "hold_id": hold.hold_id, "review_on": hold.review_on}
        log.event("hold.overdue", fields, logging.ERROR)
        self.topic.publish(event)
        self.deciding.holding.change(hold.hold_id, lambda known: replace(known, reminded_on=today))

    def _last_look(self, hold: Hold) -> _Look:
        row = self.index.get(_LOOKS, hold.hold_id)
        return _LOOK.decode(row.body) if row is not None else _Look()

    def _look(self, hold: Hold, look: _Look, today: date, end: float) -> None:
        while self.monotonic() < end:
            found, cursor = self.placing.placed_on(hold.hold_id, look.cursor)
            for one in found:
                self._look_at(hold, one)
            look = _Look(cursor, look.done_on if cursor else today)
            self.index.put(IndexRow(_LOOKS, hold.hold_id, msgspec.json.encode(look)))
            if not cursor:
                return

    def _look_at(self, hold: Hold, one: OnRecording) -> None:
        """Set the legal holds of a recording again; somebody is told if they had been set before."""
        entry = self.placing.load(one.recording_id)
        if entry is None:
            return
        if not one.is_sure:
            self.placing.make_sure(hold, entry)
            return
        try:
            lifted = self.blobs.lifted(entry)
        except ArchiveRefused as error:
            fields = {"hold_id": hold.hold_id, "recording_id": one.recording_id, "cause": error}
            log.event("hold.unprotected", fields, logging.WARNING)
            return
        if one.is_protected and not lifted:
            return
        if not one.is_protected:
            self.placing.note_protected(hold, one.recording_id, is_protected=True)
        if not self.placing.is_let_go(hold, one.recording_id) and one.is_protected:
            self._tell(hold, one.recording_id, len(lifted))

    def _tell(self, hold: Hold, recording_id: RecordingId, blobs: int) -> None:
        event = notifications.hold_lifted(hold.hold_id, recording_id, blobs, self.now())
        fields = {
            "alert": event.event_type,
            "hold_id": hold.hold_id,
            "recording_id": recording_id,
            "blobs": blobs,
        }
        log.event("hold.lifted", fields, logging.ERROR)
        self.topic.publish(event)
