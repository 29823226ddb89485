"""What a search asks of a recording, beyond the time and the person."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from recording.core.model import CatalogEntry, Output, Recording, RecordingState
from recording.core.records.people import moment_of


@dataclass(frozen=True, slots=True)
class Filters:
    """What is asked for: everything that is given. What is not known of a recording does not fit.

    Attributes:
        state: its state.
        call: any of the ids of its call.
        output: what is recorded.
        retention_class: the one that the rule names which it was started by.
        is_held: whether a hold keeps it; whoever searches asks for the holds.
        shortest, longest: its duration, both included.
    """

    state: RecordingState | None = None
    call: str = ""
    output: Output | None = None
    retention_class: str = ""
    is_held: bool | None = None
    shortest: timedelta | None = None
    longest: timedelta | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked for."""
        return self == ANY

    def fits(self, entry: CatalogEntry) -> bool:
        """Whether the recording fits, as far as its entry says."""
        recording = entry.recording
        return (
            self.state in {None, recording.state}
            and (not self.call or self.call in calls_of(recording))
            and self.output in {None, recording.output}
            and (not self.retention_class or self.retention_class == _class_of(recording))
            and self._fits_duration(recording.duration)
        )

    def _fits_duration(self, duration: timedelta | None) -> bool:
        if self.shortest is None and self.longest is None:
            return True
        if duration is None:
            return False
        return (self.shortest or timedelta()) <= duration <= (self.longest or timedelta.max)


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` on and before `until`; None: no limit."""

    since: datetime | None = None
    until: datetime | None = None

    def holds(self, recording: Recording) -> bool:
        """Whether the recording began in it."""
        at = moment_of(recording)
        return (self.since is None or self.since <= at) and (self.until is None or at < self.until)


ANY = Filters()
"""Asks for nothing."""
ALL_TIME = Period()


def calls_of(recording: Recording) -> frozenset[str]:
    """The ids of its call."""
    ids = (
        recording.call_id,
        recording.server_call_id,
        recording.call_connection_id,
        recording.group_call_id,
        recording.room_id,
    )
    return frozenset(one for one in ids if one)


def _class_of(recording: Recording) -> str:
    return "" if recording.applied is None else recording.applied.retention_class
