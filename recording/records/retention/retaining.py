"""Each day ends what is to end on it: the recordings whose days are over are deleted, or a person is asked.

What is decided is decided anew just before, from the entry, its holds and the classes of now: a row only says when to
look. No more than `most` recordings are deleted on a day, also if two workers do it at once. A deletion is noted before
it begins, so that one that was cut off is finished, and told.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Protocol

import msgspec

from recording import log
from recording.core.errors import CatalogConflict, EntryUnreadable, InvalidRequest, RecordingError
from recording.core.formats import notifications
from recording.core.model import APP, Actor, CatalogEntry, RecordingId, RecordingState, RemovalReason
from recording.core.naming import encode
from recording.core.retention import Duty, Kept, Step, is_busy, step_on
from recording.ports import Catalog, Index, IndexRow, Topic
from recording.records.erasure.erased_of_late import OF_ONE
from recording.records.index_rows import rows_in
from recording.records.keeping.duties import ASKED, ENDS, HELD, KEPT, Duties, End
from recording.records.keeping.holding import Holding

_STATE = "retention"
REMOVING = "ends-removing"
"""The partition of the recordings whose deletion has begun."""
_PAGE = 100
SLICE = 480.0
"""Seconds for the ends of one day; the next day goes on."""
_ANEW = (ENDS, ASKED, KEPT, "")
"""The partitions whose rows are made anew when the classes have changed; rows of what is held are when that ends."""
_DAY = timedelta(days=1)
_TRIES = 20
BUSY = "it is not done yet"
FAILED = "its entry cannot be read"


class Removes(Protocol):
    """Removes recordings; see `records.erasure.removing`."""

    def remove(self, entry: CatalogEntry, reason: RemovalReason, *, by: Actor) -> None:
        """Remove all of a recording; idempotent."""


@dataclass(frozen=True, slots=True)
class RetentionState:
    """How far the retention is.

    Attributes:
        day: on which so many were `removed`.
        told: whether somebody was told that the limit of that day was reached.
        digest: of the classes by which all rows were made.
        partition, cursor: how far they were made anew by the classes of now.
        held: how far the rows of what is held were looked at.
    """

    day: date | None = None
    removed: int = 0
    told: bool = False
    digest: str = ""
    partition: str = ""
    cursor: str = ""
    held: str = ""
    version: str = field(default="", compare=False)


# Created at import: see `adapters.rows`.
_DECODER = msgspec.json.Decoder(RetentionState)
_END = msgspec.json.Decoder(End)


@dataclass(frozen=True, slots=True)
class Retaining:
    """The daily pass of the retention.

    Attributes:
        most: recordings that are deleted on a day.
        is_rebuilding: whether a job makes the catalog again: until it is done, some recordings are not there. It reads
            every job that is not over.
    """

    duties: Duties
    holding: Holding
    removing: Removes
    catalog: Catalog
    index: Index
    topic: Topic
    most: int
    is_rebuilding: Callable[[], bool]
    now: Callable[[], datetime]
    monotonic: Callable[[], float]

    def run(self) -> None:
        """Do what is to be done today, for some minutes at most; nothing while the classes are not known.

        Nothing ends while the catalog is rebuilt: a recording that is not there yet may be one with which another ends,
        by the longest duty of both.

        Raises:
            Transient: the rest is done tomorrow.
        """
        if not self.duties.classes.are_known:
            log.event("retention.waits", {"cause": Kept.CLASSES_UNKNOWN}, logging.ERROR)
            return
        end = self.monotonic() + SLICE
        self._finish_removals(end - SLICE / 2)
        self._make_anew(end)
        self._look_at_held(end)
        counts = self._end_all(end)
        log.event("retention.done", {"day": self.now().date(), **{str(step): count for step, count in counts.items()}})

    def _end_all(self, end: float) -> dict[Step, int]:
        today = self.now().date()
        counts, after = dict.fromkeys(Step, 0), ""
        if self.is_rebuilding():
            log.event("retention.waits", {"cause": "the catalog is being rebuilt"}, logging.WARNING)
            return counts
        while True:
            found, following = self.duties.page(ENDS, _PAGE, after, today)
            if not (found or following):
                return counts
            after = "" if found else following  # what was found leaves the range
            for one in found:
                if self.monotonic() >= end:
                    self._limited("the time of its run was over")
                    return counts
                step = self._end(one, today)
                if step is None:
                    self._limited(f"RETENTION_MOST_A_DAY is {self.most}")
                    return counts
                counts[step] += 1

    def _end(self, one: End, today: date) -> Step | None:
        """Do with a recording what is to be done; None if no more may be deleted today."""
        try:
            return self._end_loaded(one, today)
        except OF_ONE as error:
            _log_failed(one.recording_id, error)
            self._put_off(one, today)
            return Step.BUSY

    def _end_loaded(self, one: End, today: date) -> Step | None:
        entry = self.catalog.load(one.recording_id)
        if entry is None:  # a rebuild makes it again, and files nothing that is filed: this row is all that asks for it
            ids = {"recording_id": one.recording_id}
            raise EntryUnreadable("end recording", "the catalog has lost it", hint="rebuild the catalog", ids=ids)
        if entry.recording.state is RecordingState.ERASED:
            self.duties.drop(one)
            return Step.KEEP
        duty, is_decided = self.duties.duty_of(entry)
        is_held = bool(self.holding.of(one.recording_id, entry))
        step = step_on(today, duty, is_held=is_held, is_busy=is_busy(entry), is_decided=is_decided)
        placed = None
        if step is Step.DELETE and isinstance(duty, Duty):
            one = replace(one, ends_on=duty.ends_on, retention_class=duty.retention_class)
            if not self._remove(entry, one):
                return None
        elif step is Step.ASK and isinstance(duty, Duty):
            placed = self.duties.ask(entry, duty)
        else:
            placed = self.duties.place(entry, today + _DAY, BUSY if step is Step.BUSY else "")
        if placed is None or placed.key != one.key or placed.partition != one.partition:
            self.duties.drop(one)
        return step

    def _put_off(self, one: End, today: date) -> None:
        """Look at what cannot be read again tomorrow."""
        later = today + _DAY
        key = f"{later.year:04}{later:%m%d}~{encode(one.recording_id)}"
        self.index.put(IndexRow(ENDS, key, msgspec.json.encode(replace(one, partition=ENDS, key=key, why=FAILED))))
        if (one.partition, one.key) != (ENDS, key):
            self.duties.drop(one)

    def _remove(self, entry: CatalogEntry, one: End) -> bool:
        """Delete a recording, and tell; False if no more may be deleted today."""
        if not self._spend():
            return False
        self.index.put(IndexRow(REMOVING, encode(one.recording_id), msgspec.json.encode(one)))
        self._finish(entry, one)
        return True

    def _finish_removals(self, end: float) -> None:
        """Finish what was cut off, or what could not be deleted then; what there is no time for, tomorrow."""
        for row in rows_in(self.index, REMOVING):
            if self.monotonic() >= end:
                return
            one = _END.decode(row.body)
            try:
                entry = self.catalog.load(one.recording_id)
            except OF_ONE as error:  # its row stays: whether anything is deleted cannot be said
                _log_failed(one.recording_id, error)
                continue
            if entry is None:  # likewise, until it is rebuilt
                continue
            if entry.recording.state is RecordingState.ERASED:
                self._finish(entry, one)
                continue
            self.duties.place(entry)  # nothing of it has been deleted: it is decided anew
            self.index.delete(REMOVING, row.key)

    def _finish(self, entry: CatalogEntry, one: End) -> None:
        """Delete, and tell. What cannot be deleted now is tried again tomorrow."""
        recording_id = entry.recording.recording_id
        try:
            self.removing.remove(entry, RemovalReason.RETENTION, by=APP)
        except OF_ONE as error:
            _log_failed(recording_id, error)
            return
        reason = f"its class {one.retention_class} has kept it until {one.ends_on}"
        self.topic.publish(notifications.deleted(recording_id, RemovalReason.RETENTION, reason, self.now()))
        log.event("recording.deleted", {"recording_id": recording_id, "retention_class": one.retention_class})
        self.index.delete(REMOVING, encode(recording_id))

    def _make_anew(self, end: float) -> None:
        """Once after the classes have changed, look at every row: what has become shorter must not end too late."""
        digest = self.duties.classes.digest
        state = self.state()
        if state.digest == digest:
            return
        partition, cursor = state.partition or _ANEW[0], state.cursor
        while partition:
            if self.monotonic() >= end:
                return
            found, cursor = self._page(partition, cursor)
            for one in found:
                entry = self._load(one.recording_id)
                if entry is not None:
                    self.duties.place(entry)
                else:  # no pass comes to it once more for these classes
                    self._put_off(one, self.now().date())
            if not cursor:
                partition = _ANEW[_ANEW.index(partition) + 1]
            self._change(partial(replace, partition=partition, cursor=cursor))
        self._change(partial(replace, digest=digest, partition="", cursor=""))

    def _page(self, partition: str, cursor: str) -> tuple[tuple[End, ...], str]:
        """A page of rows; the first one where the storage does not know the stored mark any more."""
        try:
            return self.duties.page(partition, _PAGE, cursor)
        except InvalidRequest:
            return self.duties.page(partition, _PAGE)

    def _load(self, recording_id: RecordingId) -> CatalogEntry | None:
        try:
            return self.catalog.load(recording_id)
        except OF_ONE as error:
            _log_failed(recording_id, error)
            return None

    def _look_at_held(self, end: float) -> None:
        """Give back what no hold covers any more: its hold may have ended just when its row was written."""
        cursor = self.state().held
        while self.monotonic() < end:
            found, cursor = self._page(HELD, cursor)
            for entry in filter(None, map(self._load, (one.recording_id for one in found))):
                if not self.holding.of(entry.recording.recording_id, entry):
                    self.duties.place(entry)
            self._change(partial(replace, held=cursor))
            if not cursor:
                return

    def _limited(self, cause: str) -> None:
        """Tell, once a day, that recordings are left whose days are over."""
        today = self.now().date()
        if self.state().told and self.state().day == today:
            return
        event = notifications.retention_limited(today, cause, self.now())
        log.event("retention.limited", {"alert": event.event_type, "cause": cause}, logging.ERROR)
        self.topic.publish(event)
        self._change(lambda known: replace(_of_day(known, today), told=True))

    def _spend(self) -> bool:
        """Count one more as deleted today; False if that would be too many."""
        today, is_spent = self.now().date(), False

        def one_more(known: RetentionState) -> RetentionState:
            nonlocal is_spent
            of_day = _of_day(known, today)
            is_spent = of_day.removed < self.most
            return replace(of_day, removed=of_day.removed + 1) if is_spent else known

        self._change(one_more)
        return is_spent

    def _change(self, change: Callable[[RetentionState], RetentionState]) -> None:
        for _ in range(_TRIES):
            known = self.state()
            after = change(known)
            if after == known:
                return
            row = IndexRow(_STATE, "state", msgspec.json.encode(after), known.version)
            if self.index.replace(row) is not None if known.version else self.index.insert(row):
                return
        raise CatalogConflict("save retention", "it was changed again and again meanwhile")

    def state(self) -> RetentionState:
        """How far it is."""
        row = self.index.get(_STATE, "state")
        return RetentionState() if row is None else replace(_DECODER.decode(row.body), version=row.version)


def _of_day(state: RetentionState, today: date) -> RetentionState:
    return state if state.day == today else replace(state, day=today, removed=0, told=False)


def _log_failed(recording_id: RecordingId, error: RecordingError) -> None:
    fields = {"recording_id": recording_id, "code": error.code, "cause": error}
    log.event("retention.failed", fields, logging.ERROR)
