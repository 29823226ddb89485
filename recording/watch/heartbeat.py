"""Whether the sweep is alive, by the state that it leaves in the table."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from recording.core.errors import SweepSilent
from recording.ports import SweepStates

_INTERVALS = 3
_SLICE = timedelta(minutes=2)
_KNOWN_FOR = timedelta(seconds=10)


@dataclass(slots=True)
class _Known:
    """What this worker read last, so that many health checks make few requests."""

    at: datetime | None = None
    alive_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The heartbeat of the sweep. `since` is when this worker began: before its time is over, silence says nothing."""

    states: SweepStates
    interval: timedelta
    since: datetime
    now: Callable[[], datetime]
    _known: _Known = field(default_factory=_Known)

    def check(self) -> None:
        """Do nothing if the sweep is alive.

        Raises:
            SweepSilent: no slice of the sweep has ended for too long.
            Transient: the table of open work is not available.
        """
        now, known = self.now(), self._known
        if known.at is None or abs(now - known.at) >= _KNOWN_FOR:
            known.at, known.alive_at = now, self.states.load().alive_at
        # A moment far in the future is by a clock that was wrong: it says as little as one long past.
        silence = min(abs(now - at) for at in (known.alive_at, self.since) if at is not None)
        if silence > _INTERVALS * self.interval + _SLICE:
            raise SweepSilent(
                "check sweep",
                f"no sweep has ended for {int(silence.total_seconds())} seconds",
                hint="look for the log lines of sweep_timer and sweep_tick; restart the app if there are none",
            )
