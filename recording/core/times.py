"""Moments (ISO 8601) and durations (milliseconds) of the wire, to aware UTC `datetime` and `timedelta`, and back."""

import math
import re
from datetime import UTC, date, datetime, timedelta, timezone

_MOMENT = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)[T ](?P<time>\d\d:\d\d:\d\d)(?:[.,](?P<fraction>\d+))?"
    r"\s?(?:Z|(?P<sign>[+-])(?P<hours>\d\d):?(?P<minutes>\d\d))?",
    re.ASCII | re.IGNORECASE,
)
_MICROSECOND_DIGITS = 6
_UNSET_YEAR = 1


def parse_time(text: object) -> datetime | None:
    """Read a moment in ISO 8601: any number of fraction digits; `Z`, an offset, or, for UTC, neither.

    Digits beyond the microsecond are cut off. The service writes year 1 for "not yet": that is read as None.

    Args:
        text: the value of the field, of any type.

    Returns:
        The moment in UTC; None if the value is not one.
    """
    if not isinstance(text, str) or (match := _MOMENT.fullmatch(text.strip())) is None:
        return None
    fraction = (match["fraction"] or "")[:_MICROSECOND_DIGITS].ljust(_MICROSECOND_DIGITS, "0")
    try:
        moment = datetime.fromisoformat(f"{match['date']}T{match['time']}.{fraction}+00:00")
        if moment.year == _UNSET_YEAR:
            return None
        if match["sign"] is None:
            return moment
        offset = timezone(timedelta(hours=int(match["hours"]), minutes=int(match["minutes"])))
        return moment + offset.utcoffset(None) * (1 if match["sign"] == "-" else -1)
    except (ValueError, OverflowError):  # month 13, offset +25:00, or a moment before year 1 once in UTC
        return None


def parse_day(text: object) -> date | None:
    """Read a day in ISO 8601, such as `2026-03-01`; None if the value is not one."""
    try:
        return date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None


def format_time(moment: datetime) -> str:
    """Write an aware moment in UTC with `Z`; microseconds only if it has a fraction of a second."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone is ambiguous")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def format_known(moment: datetime | None) -> str | None:
    """As `format_time`; None for a moment that is not known."""
    return None if moment is None else format_time(moment)


def parse_milliseconds(value: object) -> timedelta | None:
    """Read a duration in milliseconds, a number or its text, from 0 up; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
        return timedelta(milliseconds=number) if number >= 0 and math.isfinite(number) else None
    except (ValueError, OverflowError):
        return None


def in_milliseconds(duration: timedelta) -> int:
    """Express a duration in whole milliseconds, rounded down."""
    return duration // timedelta(milliseconds=1)
