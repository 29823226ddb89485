"""Keeps the sweep going without a timer: a chain of messages, each of which puts its successor.

Timers of the platform have been seen to stop for good after a deployment. There are three drivers: the timer, the ticks
themselves, and every file event. The first and the last begin the chain again if it is broken. There is only one chain:
the state of the sweep says the number of the tick that may put the next one. A tick is put before the state says so:
else a state could tell of a tick that is not there, as its worker could not put it, or died. So a tick whose number is
one higher goes on too, and one of any other number is dropped. One that is delivered again, as its worker died in the
sweep, sweeps again, and puts nothing.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from recording import log
from recording.core.errors import RecordingError
from recording.ports import SweepState, SweepStates, TickQueue

_MOST_CONFLICTS = 20
_BROKEN = 3
"""After this many intervals without a tick the chain is broken."""


@dataclass(slots=True)
class _Seen:
    """When this worker last looked at the chain."""

    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ticking:
    """Keep the chain of ticks. `interval` is the time from one tick to the next."""

    states: SweepStates
    queue: TickQueue
    interval: timedelta
    now: Callable[[], datetime]
    _seen: _Seen = field(default_factory=_Seen)

    def continue_chain(self, number: int) -> bool:
        """Put the successor of a tick; whether to sweep: not if the tick does not belong to the chain.

        The successor is put before the state says so: after a crash in between the tick is delivered again, and its
        successor is queued twice. Of those two one puts nothing.

        Raises:
            Transient: the tick must be delivered again.
        """
        state = self.states.load()
        if number not in {state.tick, state.tick + 1}:
            is_unfinished = number + 1 == state.tick and not _has_swept(state)
            name = "sweep.tick_again" if is_unfinished else "sweep.tick_dropped"
            log.event(name, {"tick": number, "expected": state.tick})
            return is_unfinished
        self.queue.put(number + 1, self.interval)
        for _ in range(_MOST_CONFLICTS):
            if self.states.save(replace(state, tick=number + 1, ticked_at=self.now())) is not None:
                return True
            state = self.states.load()
            if number not in {state.tick, state.tick + 1}:
                return False
        return True  # the next tick finds its number too high, and is dropped: `ensure` begins again

    def ensure(self) -> bool:
        """Begin the chain again if it is broken; whether it was.

        A worker asks the table at most once an interval.

        Raises:
            Transient: it is not known whether there is a chain.
        """
        now = self.now()
        if self._seen.at is not None and abs(now - self._seen.at) < self.interval:
            return False
        state = self.states.load()
        has_begun = not self._is_whole(state, now) and self._begin(state, now)
        self._seen.at = now
        return has_begun

    def _begin(self, state: SweepState, now: datetime) -> bool:
        """Put the first tick of a chain; False if another worker has changed the state: then its tick goes on."""
        begun = replace(state, tick=state.tick + 1, ticked_at=now)
        self.queue.put(begun.tick, timedelta())
        if self.states.save(begun) is None:
            return False
        log.event("sweep.chain_begun", {"tick": begun.tick})
        return True

    def wake(self) -> None:
        """As `ensure`, for a caller who has more to do: a failure is logged."""
        try:
            self.ensure()
        except RecordingError as error:
            log.event("sweep.not_woken", {"code": error.code, "cause": error}, logging.WARNING)

    def _is_whole(self, state: SweepState, now: datetime) -> bool:
        """A moment too far in the future is by a clock that was wrong: it says as little as one long past."""
        return state.ticked_at is not None and abs(now - state.ticked_at) < _BROKEN * self.interval


def _has_swept(state: SweepState) -> bool:
    """Whether a pass has ended since the last tick."""
    if state.ticked_at is None or state.alive_at is None:
        return False
    return state.began_at is None and state.alive_at >= state.ticked_at
