"""How far the journal was checked: a scan by time, in pages of days, that ends and goes on."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.core.formats.cursors import JournalCursor, parse_journal_cursor

AFTER = datetime(2026, 3, 1, 0, 30, tzinfo=UTC)
UNTIL = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive


@given(
    moments,
    st.timedeltas(timedelta(), timedelta(days=9)),
    st.lists(st.sampled_from(["", "m1", "m2"]), max_size=9),
    st.none() | moments,
)
def test_a_cursor_reads_back_the_same(
    after: datetime, length: timedelta, moves: list[str], told_from: datetime | None
) -> None:
    """After any pages."""
    cursor = JournalCursor.between(after, after + length, told_from)
    for marker in moves:
        cursor = cursor.moved(marker)

    assert cursor == parse_journal_cursor(cursor.to_text())


def test_a_scan_looks_at_every_day_whose_names_can_hold_its_entries() -> None:
    """The clock that names an entry and the one that dates it may differ by an hour."""
    cursor, days = JournalCursor.between(AFTER, UNTIL), []
    while not cursor.is_finished:
        days.append(cursor.day.isoformat())
        cursor = cursor.moved("")

    assert ["2026-02-28", "2026-03-01", "2026-03-02", "2026-03-03"] == days


def test_a_page_is_followed_by_the_next_of_its_day() -> None:
    """Then by the first one of the next day."""
    cursor = JournalCursor.between(AFTER, UNTIL)
    second = cursor.moved("m")
    next_day = second.moved("")

    assert [("2026-02-28", "m"), ("2026-03-01", "")] == [
        (one.day.isoformat(), one.marker) for one in (second, next_day)
    ]


def test_of_calls_of_before_it_began_to_tell_nobody_hears() -> None:
    cursor = JournalCursor.between(AFTER, UNTIL, UNTIL)
    assert [False, True, True] == [cursor.tells_of(UNTIL + timedelta(days=days)) for days in (-1, 0, 1)]
    assert JournalCursor.between(AFTER, UNTIL).tells_of(AFTER)


def test_each_entry_is_in_one_scan() -> None:
    """The next scan begins where this one ends."""
    first = JournalCursor.between(AFTER, UNTIL)
    second = JournalCursor.between(UNTIL, UNTIL + timedelta(days=1))
    written = [AFTER, AFTER + timedelta.resolution, UNTIL, UNTIL + timedelta.resolution]

    assert [False, True, True, False] == [first.holds(one) for one in written]
    assert [False, False, False, True] == [second.holds(one) for one in written]


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "{}",
        "[]",
        "no JSON",
        '{"after": "2026-03-01T00:00:00Z", "until": "2026-03-01T00:00:00Z"}',
        '{"after": "2026-03-01T00:00:00Z", "until": "2026-03-01T00:00:00Z", "day": "yesterday"}',
        '{"after": "2026-03-01T00:00:00Z", "until": "soon", "day": "2026-03-01"}',
    ],
)
def test_a_text_that_is_no_cursor_is_none(text: str | None) -> None:
    """The scan begins anew then."""
    assert parse_journal_cursor(text) is None
