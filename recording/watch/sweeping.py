"""Looks at every recording that owes something, the nearest end first, and drives what is overdue.

A pass goes through all rows of open work, in slices of at most a minute; the state of the sweep keeps where the next
slice goes on. Everything done here may be done twice and by two workers at once: facts are applied to the catalog, and
messages may be superfluous. Only one worker at a time sweeps, to save the others the work.
"""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from recording import log, telemetry
from recording.calls.reacting import Reacting
from recording.calls.withdrawing import Withdrawing
from recording.catalog_updates import CatalogUpdates
from recording.core.deadlines import is_urgent
from recording.core.errors import Permanent, RecordingError, Transient
from recording.core.formats.messages import ChunkMessage
from recording.core.lifecycle import Fact, is_stale
from recording.core.model import APP, CatalogEntry
from recording.core.times import format_time
from recording.core.watching import ALL_STAGES, LONGEST, Limits, Look, late_trail, look, stage_of
from recording.ports import ChunkQueue, OpenRow, OpenWork, SweepState, SweepStates
from recording.watch.auditing import Auditing
from recording.watch.missed_timers import MissedTimers
from recording.watch.open_consents import OpenConsents
from recording.watch.replaying import Replaying
from recording.watch.waiting_events import WaitingEvents
from recording.writing_trail import WritingTrail

_PAGE = 200
_SLICE = 50.0
"""Seconds of one slice, or less where the others wait for less: no second one begins while it goes on."""
_MOST_SLICES = 10
_BUSY = timedelta(seconds=90)
"""How long another worker leaves the sweep to this one; a slice and what is in hand at its end."""
_BUSY_INTERVALS = 3
"""But no longer than so many intervals: if this one is killed, none would sweep before. Two at once do no harm."""
_REPLAYING = 60.0
"""Seconds after which a replay that follows a pass is left to the next one."""
_OLD = timedelta(days=1)
"""A row of a save that never came is removed after this time."""
_MOST_CONFLICTS = 20


@dataclass(slots=True)
class Swept:
    """What one slice of the sweep did, and where the next goes on.

    `has_ended`: no error has cut it off. `is_first`, `is_whole`: it begins a pass; the pass has come to its end.
    `first_at`: of its first row. `owed`: rows, by the time left.
    """

    cursor: str = ""
    done: int = 0
    rows: int = 0
    looked: int = 0
    driven: int = 0
    removed: int = 0
    failed: int = 0
    owed: Counter[str] = field(default_factory=Counter)
    has_ended: bool = False
    is_first: bool = False
    is_whole: bool = False
    first_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sweeping:
    """Sweep through the open work. `first_look` is the age before which a row is not looked at: the interval."""

    updates: CatalogUpdates
    open_work: OpenWork
    states: SweepStates
    auditing: Auditing
    replaying: Replaying
    reacting: Reacting
    writing_trail: WritingTrail
    withdrawing: Withdrawing
    open_consents: OpenConsents
    waiting_events: WaitingEvents
    missed_timers: MissedTimers
    queue: ChunkQueue
    limits: Limits
    first_look: timedelta
    now: Callable[[], datetime]
    monotonic: Callable[[], float]

    def sweep_all(self) -> None:
        """The consents; then slices, until all open work is looked at, another worker is at it, or it is enough.

        Raises:
            Transient: as `sweep`, or the consents cannot be listed, or what follows a pass fails.
        """
        try:
            self.open_consents.drive()  # first: their calls are going on
        finally:
            self._sweep_slices()

    def _sweep_slices(self) -> None:
        """The slices, and the replays; every other pass begins with these.

        So neither keeps the other from its turn, though workers die in one of them again and again.
        """
        begins = int(self.now().timestamp() / self.first_look.total_seconds()) % 2 == 1
        try:
            if begins:
                self.replaying.replay(_REPLAYING)
        finally:
            self._look_at_all(replays=not begins)

    def _look_at_all(self, *, replays: bool) -> None:
        owed = telemetry.Owed()
        for _ in range(_MOST_SLICES):
            swept = self.sweep()
            if swept is None:
                return
            owed.add(swept.rows, swept.first_at, is_first=swept.is_first)
            if swept.is_whole:
                owed.observe(self.now())
                try:
                    if replays:
                        self.replaying.replay(_REPLAYING)
                finally:
                    try:
                        self.auditing.audit()
                    finally:
                        try:
                            self.waiting_events.note()
                        finally:
                            self.missed_timers.drive()
                return

    def sweep_by_timer(self, period: timedelta) -> None:
        """As `sweep_all`, unless a pass has ended so recently that the timer's next turn, a `period` later, is in time.

        So an interval that is longer than the period holds for the timer too.

        Raises:
            Transient: as `sweep`.
        """
        state = self.states.load()
        age = None if state.alive_at is None else abs(self.now() - state.alive_at)
        if age is None or state.began_at is not None or age > self.first_look - period:
            self.sweep_all()

    def sweep(self) -> Swept | None:
        """One slice; None if another worker is at it.

        Raises:
            Transient: the table of open work is not available; sweep again later.
        """
        state = self.states.load()
        now = self.now()
        # Later than `_BUSY` from now: by a clock that was wrong. It must not keep all others from the sweep.
        if state.busy_until is not None and now < state.busy_until <= now + _BUSY:
            return None
        mine = self.states.save(replace(state, busy_until=now + self._busy(), began_at=state.began_at or now))
        if mine is None:
            return None
        swept = Swept(state.cursor, state.done, is_first=not state.cursor and not state.done)
        try:
            with telemetry.sweeping():
                self._slice(swept)
            swept.has_ended = True
            telemetry.slice_ended()
        except Permanent:  # the cursor is none, or no longer one
            swept.cursor, swept.done = "", 0
            raise
        finally:
            self._finish(mine, swept)
        return swept

    def _busy(self) -> timedelta:
        return min(_BUSY, _BUSY_INTERVALS * self.first_look)

    def _slice(self, swept: Swept) -> None:
        """Look at rows until the end of the slice.

        Each row has one turn in a pass, also if the looks at a single page take many slices: else the first rows of a
        page, looked at again and again, could keep the sweep from all that follow. If rows of the page are removed
        meanwhile, as many have their turn in the next pass only.
        """
        until = self.monotonic() + _SLICE * (self._busy() / _BUSY)
        while True:
            page = self.open_work.page(_PAGE, swept.cursor)
            for row in page.rows[swept.done :]:
                swept.first_at = swept.first_at or row.opening.at
                swept.rows += 1
                swept.done += 1
                now = self.now()
                swept.owed[stage_of((row.opening.at or now) - now)] += 1
                if self._is_time(row, now):
                    self._look_safely(row, swept)
                if self.monotonic() >= until:
                    return
            swept.cursor, swept.done = page.next, 0
            if not swept.cursor:
                swept.is_whole = True
                return

    def _is_time(self, row: OpenRow, now: datetime) -> bool:
        """Whether to look at the recording. Moments too far in the future are by a clock that was wrong."""
        if abs(now - row.since) < self.first_look:
            return False
        return row.look_at <= now or row.look_at - now > LONGEST

    def _finish(self, mine: SweepState, swept: Swept) -> None:
        """Note where the next slice goes on, and log the heartbeat. The chain of ticks may have changed meanwhile."""
        is_saved = False
        for _ in range(_MOST_CONFLICTS):
            state = self.states.load()
            now = self.now()
            done = replace(
                state,
                busy_until=None,
                cursor=swept.cursor,
                done=swept.done,
                alive_at=now,
            )
            if swept.is_whole:
                done = replace(done, began_at=None)
            if not swept.has_ended:  # an error has cut it off: no sign of life
                done = replace(done, alive_at=state.alive_at)
            is_saved = self.states.save(done) is not None
            if is_saved:
                break
        began = mine.began_at or self.now()
        log.event(
            "sweep.done" if swept.is_whole else "sweep.slice_done",
            {
                "rows": swept.rows,
                "looked": swept.looked,
                "driven": swept.driven,
                "removed": swept.removed,
                "failed": swept.failed,
                **{stage: swept.owed[stage] for stage in ALL_STAGES},
                "began": format_time(began),
                "pass_seconds": (self.now() - began).total_seconds(),
                "saved": is_saved,
                "ended": swept.has_ended,
            },
            logging.WARNING if swept.failed else logging.INFO,
        )

    def _look_safely(self, row: OpenRow, swept: Swept) -> None:
        """Look at one recording. An error of one must not keep the sweep from the others: it is tried again later."""
        try:
            self._look(row, swept)
        except Exception as error:  # noqa: BLE001 - not even a bug in one look may keep it from the others
            swept.failed += 1
            fields = {"recording_id": row.recording_id}
            if isinstance(error, RecordingError):
                level = logging.WARNING if isinstance(error, Transient) else logging.ERROR
                log.event("sweep.look_failed", {**fields, "code": error.code, "cause": error}, level)
            else:
                log.bug("sweep.look_failed", {**fields, "code": type(error).__name__}, error)
            # Else many that fail slowly would fill every slice, and those behind them would never be looked at.
            self.open_work.touch(row.recording_id, row.opening, look_at=self.now() + self.first_look)

    def _look(self, row: OpenRow, swept: Swept) -> None:
        entry = self.updates.load(row.recording_id)
        now = self.now()
        swept.looked += 1
        if entry is None or row.opening != entry.recording.opening:
            if entry is not None and is_stale(row.opening, entry):
                self.open_work.remove(row.recording_id, row.opening)
                swept.removed += 1
            elif now - row.since > _OLD:
                swept.removed += self.open_work.remove_old(row.recording_id, row.opening, now - _OLD)
            return
        telemetry.looked(entry, now)
        found = look(entry, row.since, now, self.limits, row.lives, self.reacting.reaction_of(entry))
        entry = self._apply(entry, *found.facts)
        for document_id in found.drive:
            chunk = entry.chunk(document_id)
            hurry = chunk is not None and not chunk.is_closed and is_urgent(chunk.due, now)
            # With a look, the message is dropped if the one that seemed lost has come first, and put its successor.
            look_at = (chunk.look_at if chunk is not None else None) or now
            self.queue.put(ChunkMessage(row.recording_id, document_id, look_at), timedelta(), is_urgent=hurry)
        swept.driven += bool(found.drive)
        self._note(row, entry, found, now)  # before what may fail: else what was driven is driven at each look
        try:
            entry = self.withdrawing.carry_out(entry, by=APP)
            if found.asks:
                entry = self.reacting.check(entry, "asked by the sweep", by=APP)
            else:
                entry = self.reacting.react(entry)
        finally:  # also if the service cannot be asked
            if not (found.facts or found.drive):  # else at a later look: what may be lost goes first
                entry = self.writing_trail.write(entry)
            warning = late_trail(entry, self.now())
            entry = self._apply(entry, *([] if warning is None else [warning]))
            if entry.recording.untold:
                self.updates.tell(entry)

    def _note(self, row: OpenRow, entry: CatalogEntry, found: Look, now: datetime) -> None:
        """Say in the row when to look again, unless another row stands for the recording now."""
        if entry.recording.opening == row.opening:
            since = now if found.drive else None
            self.open_work.touch(row.recording_id, row.opening, since=since, look_at=found.again_at)

    def _apply(self, entry: CatalogEntry, *facts: Fact) -> CatalogEntry:
        if not facts:
            return entry
        return self.updates.apply(entry.recording.recording_id, *facts, known=entry).entry
