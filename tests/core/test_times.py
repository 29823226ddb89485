"""Moments and durations as the wire writes them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.core.times import format_time, in_milliseconds, parse_day, parse_milliseconds, parse_time

NOON = datetime(2026, 3, 12, 12, 0, 5, tzinfo=UTC)
aware = st.datetimes(min_value=datetime(2, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.timezones())  # noqa: DTZ001 - the zone is drawn beside


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-12T12:00:05Z", NOON),
        ("2026-03-12T12:00:05", NOON),
        ("2026-03-12 12:00:05z", NOON),
        (" 2026-03-12T12:00:05+00:00\r\n", NOON),
        ("2026-03-12T14:00:05+02:00", NOON),
        ("2026-03-12T14:00:05 +0200", NOON),
        ("2026-03-12T06:30:05-05:30", NOON),
        ("2026-03-12T12:00:05.5Z", NOON.replace(microsecond=500_000)),
        ("2026-03-12T12:00:05,5Z", NOON.replace(microsecond=500_000)),
        ("2026-03-12T12:00:05.1234567Z", NOON.replace(microsecond=123_456)),
        ("2026-03-12T12:00:05.123456789Z", NOON.replace(microsecond=123_456)),
    ],
)
def test_every_spelling_seen_is_the_same_moment(text: str, expected: datetime) -> None:
    """Fractions of any length are read; `Z`, an offset, or neither."""
    assert expected == parse_time(text)


@pytest.mark.parametrize(
    "value",
    [
        None,
        5,
        "",
        "yesterday",
        "2026-03-12",
        "2026-13-12T12:00:05Z",
        "2026-03-12T25:00:05Z",
        "2026-03-12T12:00:05+25:00",
        "2026-03-12T12:00:05Z and more",
        "٢٠٢٦-03-12T12:00:05Z",
        "9999-12-31T23:59:59-01:00",
    ],
)
def test_what_is_no_moment_is_none(value: object) -> None:
    assert parse_time(value) is None


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+05:00", "0001-01-01T00:00:00"])
def test_year_one_means_not_yet(text: str) -> None:
    """The service writes 0001-01-01 for a moment that has not come."""
    assert parse_time(text) is None


@given(aware)
def test_a_written_moment_reads_back(moment: datetime) -> None:
    """Only the time zone is lost."""
    assert moment.astimezone(UTC) == parse_time(format_time(moment))
    assert format_time(moment).endswith("Z")


def test_a_moment_without_a_zone_is_not_written() -> None:
    """A time zone is never guessed."""
    with pytest.raises(ValueError, match="time zone"):
        format_time(datetime(2026, 3, 12))  # noqa: DTZ001 - that is the point


@given(st.text())
def test_no_text_breaks_the_reading_of_moments(text: str) -> None:
    """The result for any text is a moment or None."""
    moment = parse_time(text)

    assert moment is None or moment.tzinfo is UTC


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (5580, timedelta(milliseconds=5580)),
        (5580.5, timedelta(milliseconds=5580, microseconds=500)),
        ("5580.0", timedelta(milliseconds=5580)),
        (0, timedelta()),
        (-1, None),
        (True, None),
        (None, None),
        ([], None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        (1e300, None),
        (10**400, None),
    ],
)
def test_a_duration_is_read_from_whatever_number_it_is(value: object, expected: timedelta | None) -> None:
    """It may be whole, have a fraction, or be a text; anything else is None."""
    assert expected == parse_milliseconds(value)


def test_a_duration_is_told_in_whole_milliseconds() -> None:
    assert in_milliseconds(timedelta(seconds=2, microseconds=1_999)) == 2001


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-03-01", date(2026, 3, 1)),
        ("2026-02-30", None),
        ("", None),
        (None, None),
        (20260301, None),
        ("yesterday", None),
    ],
)
def test_a_day_is_read(text: object, day: date | None) -> None:
    """Anything else is none."""
    assert day == parse_day(text)
