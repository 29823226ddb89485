"""How far the journal was checked, as the ledger keeps it."""

import json
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from recording.core.formats import reading
from recording.core.times import format_time, parse_day, parse_time

_SKEW = timedelta(hours=1)
"""How far the clock that names an entry's day and the one that dates its blob may differ."""


@dataclass(frozen=True, slots=True)
class JournalCursor:
    """A scan of the entries written after `after` and not after `until`, day by day; it goes on at `day` and `marker`.

    All of them are checked when `day` is past `last_day`; the next scan begins at `until`. `told_from`: nobody is
    told of calls whose entries are older, as it is not known what became of them; None if it is known of all.
    """

    after: datetime
    until: datetime
    day: date
    marker: str = ""
    told_from: datetime | None = None

    @classmethod
    def between(cls, after: datetime, until: datetime, told_from: datetime | None = None) -> "JournalCursor":
        """A scan that begins."""
        return cls(after, until, (after - _SKEW).date(), told_from=told_from)

    @property
    def last_day(self) -> date:
        """The day of the last names that are looked at."""
        return (self.until + _SKEW).date()

    @property
    def is_finished(self) -> bool:
        """Whether everything is checked."""
        return self.day > self.last_day

    def holds(self, written_at: datetime) -> bool:
        """Whether an entry of that moment is in this scan."""
        return self.after < written_at <= self.until

    def tells_of(self, written_at: datetime) -> bool:
        """Whether somebody is told of the calls of an entry of that moment."""
        return self.told_from is None or written_at >= self.told_from

    def moved(self, marker: str) -> "JournalCursor":
        """After a page of the day: its next page, or, without a marker, the next day."""
        return replace(self, marker=marker) if marker else replace(self, day=self.day + timedelta(days=1), marker="")

    def to_text(self) -> str:
        """The cursor as JSON."""
        fields = {"after": format_time(self.after), "until": format_time(self.until)}
        told_from = {} if self.told_from is None else {"toldFrom": format_time(self.told_from)}
        return json.dumps({**fields, "day": self.day.isoformat(), "marker": self.marker, **told_from})


def parse_journal_cursor(text: str | None) -> JournalCursor | None:
    """Read a cursor; None if there is none, or if it cannot be read: a scan begins anew then."""
    fields = reading.mapping(text) or {}
    after, until, day = parse_time(fields.get("after")), parse_time(fields.get("until")), parse_day(fields.get("day"))
    if after is None or until is None or day is None:
        return None
    marker = reading.text(fields.get("marker")) or ""
    return JournalCursor(after, until, day, marker, parse_time(fields.get("toldFrom")))
