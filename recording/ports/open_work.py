"""The open work: a row for every recording that owes something, in order of time left; and the state of the sweep."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from recording.core.model import Opening, RecordingId


@dataclass(frozen=True, slots=True)
class OpenRow:
    """A recording that owes something, as far as the table knows.

    Attributes:
        recording_id: whose.
        opening: minute and number; the entry of the recording says whether this row stands for it.
        since: when there was the last sign that its work goes on: the row was put, or a message was put again.
        look_at: when the sweep looks at the recording again.
        lives: when a long copy of a chunk has progressed, under the names of `core.lifecycle.life_of`.
    """

    recording_id: RecordingId
    opening: Opening
    since: datetime
    look_at: datetime
    lives: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OpenPage:
    """Rows in order, and where the next page begins; empty after the last."""

    rows: tuple[OpenRow, ...]
    next: str = ""


class OpenWork(Protocol):
    """The rows of open work. A row that is too many is harmless; one that is missing could lose a recording."""

    def put(self, recording_id: RecordingId, opening: Opening, at: datetime) -> None:
        """Write the row of this opening, which has a minute, at that moment; replaces one with the same key.

        Raises:
            ArchiveBusy, ArchiveRefused: it may or may not be written; retry.
        """

    def remove(self, recording_id: RecordingId, opening: Opening) -> None:
        """Remove the row of this opening, if there is one."""

    def remove_old(self, recording_id: RecordingId, opening: Opening, before: datetime) -> bool:
        """Remove the row of this opening if its `since` is before that moment; whether it was removed.

        A row that is put again at the same moment stays: its save may be in progress.
        """

    def touch(
        self,
        recording_id: RecordingId,
        opening: Opening,
        *,
        since: datetime | None = None,
        look_at: datetime | None = None,
        lives: Mapping[str, datetime] | None = None,
    ) -> None:
        """Change what is given of the row of this opening; does nothing if it was removed."""

    def has(self, recording_id: RecordingId, opening: Opening) -> bool:
        """Whether there is a row of this opening."""

    def page(self, limit: int, after: str = "") -> OpenPage:
        """At most `limit` rows, by minute and then by recording, from the beginning or from a page's `next`.

        Args:
            limit: 1 to 1000.
            after: `next` of the page before.

        Raises:
            InvalidRequest: `after` is no page's `next`.
        """


@dataclass(frozen=True, slots=True)
class SweepState:
    """What the sweeps of all workers know of one another.

    Attributes:
        tick: the number of the tick message that may plant its successor.
        ticked_at: when a tick last came.
        busy_until: until when a slice is in progress.
        began_at: when the pass in progress began; None between two passes.
        cursor: where the page begins at which the next slice goes on.
        alive_at: when the last slice ended: the heartbeat.
        audited: the day, and where in it, the audit goes on.
        audit_began_at: when its round through both days began.
        done: how many rows of that page have had their turn in this pass.
        version: the ETag of what was read, the condition of the next save; empty for a state never saved.
    """

    tick: int = 0
    ticked_at: datetime | None = None
    busy_until: datetime | None = None
    began_at: datetime | None = None
    cursor: str = ""
    alive_at: datetime | None = None
    audited: tuple[datetime | None, str] = (None, "")
    version: str = field(default="", compare=False)
    done: int = 0
    audit_began_at: datetime | None = None


class SweepStates(Protocol):
    """The one state of the sweep."""

    def load(self) -> SweepState:
        """The state as last saved, or a new one."""

    def save(self, state: SweepState) -> SweepState | None:
        """Save if nobody has saved since it was loaded (If-Match); the state as saved, None on a conflict."""


@dataclass(frozen=True, slots=True)
class DayPage:
    """Recordings of a day in the order in which the catalog first knew them; `next` as in `OpenPage`."""

    recording_ids: tuple[RecordingId, ...]
    next: str = ""


class Directory(Protocol):
    """Which recordings the catalog knows, by the day (UTC) on which it first knew them."""

    def add(self, recording_id: RecordingId, at: datetime) -> None:
        """List the recording under the day of `at`; repeated on the same day, it may be listed twice."""

    def page(self, day: datetime, limit: int, after: str = "", hour: int | None = None) -> DayPage:
        """At most `limit` recordings of the day, or of one hour of it (0 to 23, UTC).

        Raises:
            InvalidRequest: `after` is no page's `next`.
        """
