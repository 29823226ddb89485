"""The two moments of a source, and how long a try waits."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.core.deadlines import (
    URGENT,
    Waits,
    another_look,
    due_by_metadata,
    due_of,
    gone_by_of,
    is_urgent,
    next_look,
)
from recording.core.model import FileEvent
from tests.core.entries_of import DUE, GONE_BY, NOW, RECORDING_ID, candidate, chunk

DAY = timedelta(hours=24)
WAITS = Waits()


def event(**fields: object) -> FileEvent:
    """A file event with these times."""
    return replace(FileEvent("event", RECORDING_ID, ()), **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (event(), NOW + DAY),
        (event(at=NOW - timedelta(hours=2)), NOW + DAY - timedelta(hours=2)),
        (event(at=NOW + timedelta(hours=2)), NOW + DAY),
        (
            event(at=NOW, started_at=NOW - timedelta(hours=9), duration=timedelta(hours=3)),
            NOW + DAY - timedelta(hours=6),
        ),
        (event(started_at=NOW, duration=timedelta(hours=3)), NOW + DAY),
        (event(at=datetime(1970, 1, 1, tzinfo=UTC)), datetime(1970, 1, 2, tzinfo=UTC)),
        (event(started_at=datetime.max.replace(tzinfo=UTC), duration=DAY), NOW + DAY),
    ],
    ids=["no time", "late", "a clock ahead", "ended long before", "ends later", "a clock of 1970", "beyond the end"],
)
def test_the_earliest_of_three_clocks_says_when_a_source_may_end(found: FileEvent, expected: datetime) -> None:
    assert expected == due_of(found, NOW, DAY)


def test_the_latest_end_is_counted_from_when_a_chunk_was_first_seen() -> None:
    """The times in the event do not matter."""
    assert NOW + timedelta(hours=25) == gone_by_of(NOW, DAY)


def test_metadata_tells_the_end_of_its_own_chunk() -> None:
    assert NOW + DAY == due_by_metadata(NOW, DAY)
    assert due_by_metadata(None, DAY) is None


@pytest.mark.parametrize(
    ("tries", "least", "most"), [(0, 24, 36), (1, 48, 72), (3, 192, 288), (6, 1536, 1800), (99, 1800, 1800)]
)
def test_a_wait_doubles_up_to_half_an_hour(tries: int, least: int, most: int) -> None:
    """It varies by a fifth, so that chunks are not tried at the same moment."""
    wait = (next_look(replace(chunk(0), tries=tries), NOW, WAITS) - NOW).total_seconds()

    assert least <= wait <= most


def test_a_wait_grows_with_the_rounds_through_all_candidates() -> None:
    many = tuple(candidate(0, host=f"h{number}") for number in range(8))
    wait = next_look(replace(chunk(0), candidates=many, tries=7), NOW, WAITS) - NOW

    assert wait <= timedelta(seconds=36)


def test_a_wait_is_an_eighth_of_what_is_left() -> None:
    waiting = replace(chunk(0), tries=9)
    before, between = DUE - timedelta(minutes=80), GONE_BY - timedelta(minutes=40)

    assert timedelta(minutes=10) == next_look(waiting, before, WAITS) - before
    assert timedelta(minutes=5) == next_look(waiting, between, WAITS) - between


def test_the_last_look_is_not_skipped() -> None:
    now = GONE_BY - timedelta(seconds=20)

    assert GONE_BY == next_look(chunk(0), now, WAITS)
    assert GONE_BY < next_look(chunk(0), GONE_BY, WAITS)


def test_what_the_source_asks_for_is_kept_within_bounds() -> None:
    assert NOW + timedelta(minutes=5) == next_look(chunk(0), NOW, WAITS, asked=300.0)
    assert NOW + timedelta(minutes=30) == next_look(chunk(0), NOW, WAITS, asked=86400.0)
    assert next_look(chunk(0), NOW, WAITS) == next_look(chunk(0), NOW, WAITS, asked=0.0)


def test_a_doubt_is_not_looked_at_after_the_latest_end() -> None:
    assert next_look(chunk(0), NOW, WAITS) == another_look(chunk(0), NOW, WAITS)
    assert another_look(chunk(0), GONE_BY, WAITS) is None


@given(
    st.integers(0, 10_000),
    st.timedeltas(timedelta(days=-2), timedelta(days=2)),
    st.one_of(st.none(), st.floats(0, 1e9)),
)
def test_every_wait_is_bounded_and_goes_forward(tries: int, past: timedelta, asked: float | None) -> None:
    now = NOW + past
    at = next_look(replace(chunk(0), tries=tries), now, WAITS, asked)

    assert timedelta() < at - now <= WAITS.longest


@pytest.mark.parametrize(
    ("left", "expected"), [(URGENT, False), (URGENT - timedelta(seconds=1), True), (timedelta(hours=-1), True)]
)
def test_less_than_four_hours_are_urgent(left: timedelta, *, expected: bool) -> None:
    assert expected == is_urgent(NOW + left, NOW)
