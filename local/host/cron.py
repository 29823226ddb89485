"""NCRONTAB, the schedules of timer triggers: {second} {minute} {hour} {day} {month} {day-of-week}, in UTC.

Unlike Vixie's cron, and like NCRONTAB, a day must fit both the day of the month and the day of the week.
"""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name}
_DAYS = {name: number for number, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}
_FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("second", 0, 59, {}),
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day", 1, 31, {}),
    ("month", 1, 12, _MONTHS),
    ("day-of-week", 0, 6, _DAYS),
)
_YEARS_AHEAD = 9  # a 29 February may be eight years away


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a timer fires: the allowed values of each field, in the order written."""

    fields: tuple[frozenset[int], ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads six fields, or five with the second left out (then 0).

        Raises:
            ValueError: names the field that is wrong.
        """
        parts = text.split()
        if len(parts) == len(_FIELDS) - 1:
            parts = ["0", *parts]
        if len(parts) != len(_FIELDS):
            raise ValueError(f"schedule {text!r} has {len(parts)} fields; an NCRONTAB expression has six")
        return cls(
            tuple(
                frozenset(_values(part, name, low, high, names))
                for part, (name, low, high, names) in zip(parts, _FIELDS, strict=True)
            )
        )

    def after(self, moment: datetime) -> datetime:
        """The first moment later than this one that fits.

        Raises:
            ValueError: none comes (a 30 February).
        """
        seconds, minutes, hours, days, months, weekdays = self.fields
        at = moment.replace(microsecond=0) + timedelta(seconds=1)
        while at.year < moment.year + _YEARS_AHEAD:
            if at.month not in months:
                at = (at.replace(day=1, hour=0, minute=0, second=0) + timedelta(days=32)).replace(day=1)
            elif at.day not in days or at.isoweekday() % 7 not in weekdays:
                at = at.replace(hour=0, minute=0, second=0) + timedelta(days=1)
            elif at.hour not in hours:
                at = at.replace(minute=0, second=0) + timedelta(hours=1)
            elif at.minute not in minutes:
                at = at.replace(second=0) + timedelta(minutes=1)
            elif at.second not in seconds:
                at += timedelta(seconds=1)
            else:
                return at
        raise ValueError("no moment ever fits this schedule")


def _values(part: str, name: str, low: int, high: int, names: dict[str, int]) -> Iterator[int]:
    for item in part.split(","):
        span, _, step = item.partition("/")
        first, dash, last = span.partition("-")
        try:
            start = low if first == "*" else _number(first, names)
            stride = int(step) if step else 1
            end = _number(last, names) if dash else high if first == "*" or stride > 1 else start
        except ValueError:
            raise ValueError(f"schedule field {name}: {item!r} is not a value, a range or a step") from None
        if not (low <= start <= end <= high and stride > 0):
            raise ValueError(f"schedule field {name}: {item!r} is outside {low}-{high}")
        yield from range(start, end + 1, stride)


def _number(text: str, names: dict[str, int]) -> int:
    return names[text[:3].lower()] if text[:3].lower() in names else int(text)
