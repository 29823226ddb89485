"""Places holds on recordings, and takes them off again: a job that goes on page by page; and newly filed recordings.

On each recording a hold places a row about it, a row of the hold, and the legal holds of its blobs. The rows are
written before the legal holds are set, and looked at again after legal holds are cleared: so of two holds of which one
begins while the other ends, the blobs keep theirs.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

import msgspec

from recording import log
from recording.catalog_updates import CatalogUpdates
from recording.core.errors import CatalogConflict, EntryUnreadable, NewerSchema
from recording.core.lifecycle import Held, HoldEnded
from recording.core.model import CatalogEntry, RecordingId, RecordingState
from recording.core.naming import encode
from recording.core.records.filters import calls_of
from recording.core.records.holds import Hold, HoldState, Scope, covers
from recording.core.records.jobs import Job, JobState
from recording.ports import Directory, Index, IndexRow
from recording.records.keeping.duties import Duties
from recording.records.keeping.held_blobs import HeldBlobs
from recording.records.keeping.holding import Holding
from recording.records.people.people import People

_PAGE = 100
_SLICE = 180.0
"""Seconds after which a run ends, and the next goes on."""
_CALL = "call~"
_BEFORE = timedelta(days=1)
"""The clock of an event that says when a recording began may be so far ahead of ours, which names the day."""


@dataclass(frozen=True, slots=True)
class OnRecording:
    """A row of a hold, or of a call: a recording.

    Attributes:
        recording_id: of the recording.
        is_protected: its blobs have got their legal holds.
        is_sure: the hold covers it; else it could not be read, and may be covered.
    """

    recording_id: RecordingId
    is_protected: bool = True
    is_sure: bool = True


# Created at import: see `adapters.rows`.
_ROW = msgspec.json.Decoder(OnRecording)


@dataclass(frozen=True, slots=True)
class PlacingHolds:
    """Place holds and take them off."""

    holding: Holding
    blobs: HeldBlobs
    duties: Duties
    updates: CatalogUpdates
    directory: Directory
    people: People
    index: Index
    save: Callable[[Job], Job | None]
    now: Callable[[], datetime]
    monotonic: Callable[[], float]

    def file(self, entry: CatalogEntry) -> None:
        """Place on a newly filed recording the holds that cover it, and make it be found by its call.

        Raises:
            Transient: it is filed again.
        """
        recording_id = entry.recording.recording_id
        for call in sorted(calls_of(entry.recording)):
            self.index.put(_row(_of_call(call), recording_id))
        for hold in self.holding.of(recording_id, entry):
            if self._is_sure(hold, recording_id):
                self._hold(hold, entry)
            else:  # a row counts that was written while it could not be read: what it says now decides
                self.make_sure(hold, entry)

    def unfile(self, entry: CatalogEntry) -> None:
        """Remove the rows by which a recording is found by its call; idempotent."""
        for call in calls_of(entry.recording):
            self.index.delete(_of_call(call), encode(entry.recording.recording_id))

    def run(self, job: Job) -> Job:
        """Go on with the job of a hold: it is placed, or taken off; see `Jobs`.

        Raises:
            Transient: it is run again.
        """
        end = self.monotonic() + _SLICE
        hold = self.holding.find(json.loads(job.spec)["holdId"])
        if hold is not None and hold.state is HoldState.PLACING:
            return self._place(job, hold, end)
        if hold is not None and hold.state is HoldState.ENDING:
            return self._take_off(job, hold, end)
        return self._saved(replace(job, state=JobState.DONE))

    def _saved(self, job: Job) -> Job:
        saved = self.save(job)
        if saved is None:
            raise CatalogConflict("save job", "another run of it goes on", ids={"job_id": job.job_id})
        return saved

    def placed_on(self, hold_id: str, after: str = "") -> tuple[tuple[OnRecording, ...], str]:
        """Some of the recordings that a hold is placed on, and where the next page begins."""
        page = self.index.page(_of_hold(hold_id), _PAGE, after)
        return tuple(_ROW.decode(row.body) for row in page.rows), page.next

    def note_protected(self, hold: Hold, recording_id: RecordingId, *, is_protected: bool) -> None:
        """Keep whether the blobs of a recording have their legal holds."""
        self.index.put(_row(_of_hold(hold.hold_id), recording_id, is_protected=is_protected))

    def load(self, recording_id: RecordingId) -> CatalogEntry | None:
        """The entry; None also for one that cannot be read: the hold is asked for by its id before it is removed."""
        try:
            return self.updates.load(recording_id)
        except (EntryUnreadable, NewerSchema):
            return None

    def _place(self, job: Job, hold: Hold, end: float) -> Job:
        cursor = job.work
        while self.monotonic() < end:
            found, cursor = self._page(hold.scope, cursor)
            count = sum(map(self._perhaps, [hold] * len(found), found))
            progress = {"recordings": job.progress.get("recordings", 0) + count}
            if not cursor:
                self.holding.change(hold.hold_id, _active)
                log.event("hold.placed", {"hold_id": hold.hold_id, **progress})
                return self._saved(replace(job, state=JobState.DONE, work="", progress=progress))
            job = self._saved(replace(job, work=cursor, progress=progress))
        return job

    def _perhaps(self, hold: Hold, recording_id: RecordingId) -> bool:
        """Place the hold on a recording if it covers it; whether it does. One that cannot be read may be covered."""
        try:
            entry = self.updates.load(recording_id)
        except (EntryUnreadable, NewerSchema):
            return self._hold_unread(hold, recording_id)
        if entry is None:
            return recording_id in hold.scope.recordings
        if not self._covers(hold, entry):
            return False
        self._hold(hold, entry)
        return True

    def _hold_unread(self, hold: Hold, recording_id: RecordingId) -> bool:
        """Hold a recording that cannot be read, and may be covered: the daily look makes it sure. Whether it is held.

        What an earlier run has found out of it stays.
        """
        if self.index.get(_of_hold(hold.hold_id), encode(recording_id)) is not None:
            return True
        self.holding.note(recording_id, hold)
        self.index.put(_row(_of_hold(hold.hold_id), recording_id, is_protected=False, is_sure=False))
        if self._is_active(hold):
            return True
        # It was ended meanwhile, and this recording perhaps passed over: then nobody would make it sure.
        self.holding.unnote(recording_id, hold)
        self.holding.forget_class(recording_id, hold)
        self.index.delete(_of_hold(hold.hold_id), encode(recording_id))
        return False

    def _is_active(self, hold: Hold) -> bool:
        """Whether the hold has not been ended since it was read."""
        known = self.holding.find(hold.hold_id)
        return known is not None and known.is_active

    def make_sure(self, hold: Hold, entry: CatalogEntry) -> None:
        """Place a hold for good on a recording that could not be read before, or take it off if it does not cover it.

        Raises:
            Transient: it is done another time.
        """
        recording_id = entry.recording.recording_id
        if self._covers(hold, entry):
            self._hold(hold, entry)
        else:
            self.holding.forget_class(recording_id, hold)
            self._release(hold, recording_id, was_held=False)

    def is_let_go(self, hold: Hold, recording_id: RecordingId) -> bool:
        """Whether a hold was taken off a recording since its row was read; what was set on it since is cleared then.

        While its row about the recording stands, whoever takes it off clears the legal holds after that.
        """
        if self._is_noted(hold, recording_id):
            return False
        self._release(hold, recording_id, was_held=False)
        return True

    def _is_noted(self, hold: Hold, recording_id: RecordingId) -> bool:
        return hold.hold_id in {row.hold_id for row in self.holding.noted(recording_id)}

    def _is_sure(self, hold: Hold, recording_id: RecordingId) -> bool:
        """Whether no row of the hold says that the recording could not be read when it was placed."""
        row = self.index.get(_of_hold(hold.hold_id), encode(recording_id))
        return row is None or _ROW.decode(row.body).is_sure

    def _covers(self, hold: Hold, entry: CatalogEntry) -> bool:
        if _is_gone(entry):
            return False
        return covers(hold.scope, entry, self.holding.participants(entry) if hold.scope.person else None)

    def _page(self, scope: Scope, cursor: str) -> tuple[list[RecordingId], str]:
        """Recordings among which are those that a hold covers, and where the next page begins; empty after the last."""
        if scope.recordings:
            first = int(cursor or 0)
            following = first + _PAGE
            more = following < len(scope.recordings)
            return list(scope.recordings[first:following]), str(following) if more else ""
        if scope.call:
            page = self.index.page(_of_call(scope.call), _PAGE, cursor)
            return [_ROW.decode(row.body).recording_id for row in page.rows], page.next
        if scope.person:
            return self._page_of_person(scope, cursor)
        return self._page_of_days(scope, cursor)

    def _page_of_person(self, scope: Scope, cursor: str) -> tuple[list[RecordingId], str]:
        """First those in which the person is heard, then, if it says so, those in which anybody may be heard."""
        of_anybody, after = json.loads(cursor) if cursor else (False, "")
        page = (
            self.people.unknown(after, _PAGE) if of_anybody else self.people.recordings_of(scope.person, after, _PAGE)
        )
        found = [row.recording_id for row in page.rows]
        if page.next:
            return found, json.dumps([of_anybody, page.next])
        return found, json.dumps([True, ""]) if scope.unknown and not of_anybody else ""

    def _page_of_days(self, scope: Scope, cursor: str) -> tuple[list[RecordingId], str]:
        """Those that the catalog first knew on a day: from the first that the query names until today."""
        begin, after = json.loads(cursor) if cursor else (_first_day(scope, self.now()).isoformat(), "")
        day = date.fromisoformat(begin)
        page = self.directory.page(datetime.combine(day, time(), UTC), _PAGE, after)
        found = list(dict.fromkeys(page.recording_ids))
        if page.next:
            return found, json.dumps([day.isoformat(), page.next])
        following = day + timedelta(days=1)
        return found, json.dumps([following.isoformat(), ""]) if following <= self.now().date() else ""

    def _hold(self, hold: Hold, entry: CatalogEntry) -> None:
        """Place a hold on a recording; idempotent."""
        recording_id = entry.recording.recording_id
        is_erased = entry.recording.state is RecordingState.ERASED
        if not is_erased and not (self._is_noted(hold, recording_id) and self._is_sure(hold, recording_id)):
            self.updates.apply(recording_id, Held(hold.hold_id), by=hold.made_by)
        self.holding.note(recording_id, hold)
        self.note_protected(hold, recording_id, is_protected=False)
        if self.blobs.set(entry, on=True):
            self.note_protected(hold, recording_id, is_protected=True)
        self.duties.place(entry)
        if not self._is_active(hold):  # it was ended meanwhile, and this recording passed over
            self._release(hold, recording_id)

    def _take_off(self, job: Job, hold: Hold, end: float) -> Job:
        done, after, left = job.progress.get("recordings", 0), "", 0
        while self.monotonic() < end:
            found, after = self.placed_on(hold.hold_id, after)
            if not (found or after or left):
                self.holding.close(hold)
                log.event("hold.ended", {"hold_id": hold.hold_id, "recordings": done})
                return self._saved(replace(job, state=JobState.DONE, progress={"recordings": done}))
            released = sum(map(self._let_go, [hold] * len(found), found))
            done, left = done + released, left + len(found) - released
            job = self._saved(replace(job, progress={"recordings": done}))
            if left and not after:
                cause = f"the entries of {left} recordings cannot be read, or legal holds of their blobs not be cleared"
                hint = "rebuild what is lost, deploy the version that has written it, or give the app its role"
                raise CatalogConflict("take off hold", cause, hint=hint, ids={"hold_id": hold.hold_id})
        return job

    def _let_go(self, hold: Hold, row: OnRecording) -> bool:
        """Take an ended hold off a recording. What it has done to one that could not be read is only known now."""
        if row.is_sure:
            return self._release(hold, row.recording_id, must_clear=row.is_protected)
        entry = self.load(row.recording_id)
        if entry is None:
            return False
        is_held = self._covers(hold, entry)
        if not is_held:
            self.holding.forget_class(row.recording_id, hold)
        elif entry.recording.state is not RecordingState.ERASED:
            self.updates.apply(row.recording_id, Held(hold.hold_id), by=hold.made_by)
        return self._release(hold, row.recording_id, was_held=is_held)

    def _release(
        self, hold: Hold, recording_id: RecordingId, *, was_held: bool = True, must_clear: bool = False
    ) -> bool:
        """Take a hold off a recording; idempotent. What it has put off happens by itself if it was the last.

        False if its entry cannot be read, which says what blobs it has, or if it `must_clear` their legal holds, which
        were set, and the app may not do that any more: they would stay for ever.
        """
        entry = self.load(recording_id)
        if entry is None:
            return False
        self.holding.unnote(recording_id, hold)
        if not _is_gone(entry):
            if not self.holding.of(recording_id, entry):
                if not self.blobs.set(entry, on=False) and must_clear:
                    return False
                if self.holding.of(recording_id, entry):  # another one was placed just now
                    self.blobs.set(entry, on=True)
            if was_held and entry.recording.state is not RecordingState.ERASED:
                self.updates.apply(recording_id, HoldEnded(hold.hold_id), by=hold.ended_by or hold.made_by)
            self.duties.place(entry)
        self.index.delete(_of_hold(hold.hold_id), encode(recording_id))
        return True


def _is_gone(entry: CatalogEntry) -> bool:
    """Whether nothing is left to be held. What is left of an erasure that has only begun can be."""
    erasure = entry.recording.erasure
    return erasure is not None and erasure.finished_at is not None


def _first_day(scope: Scope, now: datetime) -> date:
    """The first day on which the catalog may have known a recording of the query."""
    since = scope.query.period.since if scope.query is not None else None
    return ((since or now) - _BEFORE).date()


def _active(hold: Hold) -> Hold:
    return replace(hold, state=HoldState.ACTIVE) if hold.state is HoldState.PLACING else hold


def _of_hold(hold_id: str) -> str:
    return f"held~{hold_id}"


def _of_call(call: str) -> str:
    return f"{_CALL}{encode(call)}"


def _row(partition: str, recording_id: RecordingId, *, is_protected: bool = True, is_sure: bool = True) -> IndexRow:
    found = OnRecording(recording_id, is_protected, is_sure)
    return IndexRow(partition, encode(recording_id), msgspec.json.encode(found))
