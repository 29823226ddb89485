"""When the timers of the records ran last: a timer can stop for good after a deployment, and nothing says so."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from recording.ports import Index, IndexRow

_TIMERS = "timers"
# Created at import: see `adapters.rows`.
_AT = msgspec.json.Decoder(datetime)


@dataclass(frozen=True, slots=True)
class LastRuns:
    """When each timer ran last, as rows of the index."""

    index: Index
    now: Callable[[], datetime]

    def note(self, timer: str) -> None:
        """It runs now."""
        self.index.put(IndexRow(_TIMERS, timer, msgspec.json.encode(self.now())))

    def is_missed(self, timer: str, after: timedelta) -> bool:
        """Whether it has not run for so long. One of which nothing is known counts from now."""
        row = self.index.get(_TIMERS, timer)
        if row is None:
            self.note(timer)
            return False
        return abs(self.now() - _AT.decode(row.body)) > after
