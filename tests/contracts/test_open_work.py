"""`OpenWork`, `SweepStates` and `Directory`, in memory and in Table storage."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Protocol

import pytest
from azure.core.exceptions import HttpResponseError

from recording.adapters import clients
from recording.adapters.open_work import TableDirectory, TableOpenWork, TableThrottle, page_of_rows
from recording.core.errors import ArchiveRefused, InvalidRequest, Transient
from recording.core.model import Opening, RecordingId
from recording.ports import Directory, OpenRow, OpenWork, SweepState, SweepStates, Throttle
from tests.contracts.catalogs import TABLE
from tests.core.entries_of import NOW
from tests.fakes import FakeDirectory, FakeOpenWork, FakeThrottle

HOUR = timedelta(hours=1)
FIRST = datetime(1999, 3, 1, 12, tzinfo=UTC)
"""Before every other row of the table that the suites share."""
AWKWARD = [RecordingId(text) for text in ("plain", "o'clock", "50%", "a/b?c#d", "ä録音😀", "x" * 300)]


class Work(OpenWork, SweepStates, Protocol):
    """Both ports, which one table serves."""


@pytest.fixture(params=["fake", "real"])
def work(request: pytest.FixtureRequest) -> Iterator[Work]:
    if request.param == "fake":
        yield FakeOpenWork()
        return
    with closing(clients.table(TABLE, request.getfixturevalue("table"), retries=0)) as table:
        rows = TableOpenWork(table)
        yield rows
        for row in rows.page(1000).rows:
            rows.remove(row.recording_id, row.opening)


@pytest.fixture(params=["fake", "real"])
def directory(request: pytest.FixtureRequest) -> Iterator[Directory]:
    if request.param == "fake":
        yield FakeDirectory()
        return
    with closing(clients.table(TABLE, request.getfixturevalue("table"), retries=0)) as table:
        yield TableDirectory(table)


@pytest.fixture(params=["fake", "real"])
def throttle(request: pytest.FixtureRequest) -> Iterator[Throttle]:
    if request.param == "fake":
        yield FakeThrottle()
        return
    with closing(clients.table(TABLE, request.getfixturevalue("table"), retries=0)) as table:
        yield TableThrottle(table)


def opening(hours: int = 0, number: int = 1) -> Opening:
    return Opening(FIRST + hours * HOUR, number)


def pages(work: OpenWork, limit: int) -> list[OpenRow]:
    found: list[OpenRow] = []
    after = ""
    while True:
        page = work.page(limit, after)
        assert len(page.rows) <= limit
        found += page.rows
        after = page.next
        if not after:
            return found


@pytest.mark.parametrize("step", [HOUR, timedelta(minutes=1), timedelta(minutes=13)])
def test_rows_come_by_minute_whatever_the_order_in_which_they_were_put(step: timedelta, work: Work) -> None:
    """And whatever the ids: those are in the opposite order."""
    for place in (5, 1, 3, 2, 4):
        work.put(RecordingId(f"recording-{9 - place}"), Opening(FIRST + place * step, 1), NOW)

    assert [1, 2, 3, 4, 5] == [(row.opening.at - FIRST) // step for row in pages(work, 2) if row.opening.at]


@pytest.mark.parametrize("recording_id", AWKWARD)
def test_a_row_comes_back_as_it_was_put(recording_id: RecordingId, work: Work) -> None:
    """Under any id."""
    work.put(recording_id, opening(), NOW)
    assert [OpenRow(recording_id, opening(), NOW, NOW)] == pages(work, 10)


def test_a_row_is_one_however_often_it_is_put_and_gone_once_it_is_removed(work: Work) -> None:
    """Only that one; to remove it again does nothing."""
    recording_id = RecordingId("recording")
    for at in (NOW, NOW + HOUR):
        work.put(recording_id, opening(), at)
    work.put(recording_id, opening(number=2), NOW)
    assert work.has(recording_id, opening(number=2))
    for _ in range(2):
        work.remove(recording_id, opening(number=2))
        assert not work.has(recording_id, opening(number=2))

    assert [OpenRow(recording_id, opening(), NOW + HOUR, NOW + HOUR)] == pages(work, 10)


def test_a_sign_of_life_and_the_next_look_are_noted(work: Work) -> None:
    """Of a row that is gone, nothing is."""
    recording_id = RecordingId("recording")
    work.put(recording_id, opening(), NOW)
    work.touch(recording_id, opening(), look_at=NOW + HOUR)
    assert [OpenRow(recording_id, opening(), NOW, NOW + HOUR)] == pages(work, 10)
    work.touch(recording_id, opening(), since=NOW + HOUR)
    assert [OpenRow(recording_id, opening(), NOW + HOUR, NOW + HOUR)] == pages(work, 10)
    lives = {"life07": NOW, "life63": NOW + HOUR}
    for name, at in lives.items():
        work.touch(recording_id, opening(), lives={name: at})
    assert [OpenRow(recording_id, opening(), NOW + HOUR, NOW + HOUR, lives)] == pages(work, 10)

    work.remove(recording_id, opening())
    work.touch(recording_id, opening(), look_at=NOW + 2 * HOUR)
    assert [] == pages(work, 10)


@pytest.mark.parametrize("after", ["nonsense", "[1, 2, 3]", "{}", "7", "null", "[1, []]", "[" * 100_000])
def test_a_page_that_no_page_named_is_a_bad_request(after: str, work: Work) -> None:
    with pytest.raises(InvalidRequest):
        work.page(10, after)


def test_a_mark_that_the_service_does_not_know_is_the_callers() -> None:
    """Though it is one by its form: else the sweep would keep it for good. Without one it is no fault of theirs."""

    class Refusing:
        def page(self, *_: object) -> object:
            raise HttpResponseError(response=SimpleNamespace(status_code=400, reason="InvalidInput", headers={}))

    table: Any = Refusing()
    with pytest.raises(InvalidRequest, match="after"):
        page_of_rows(table, "list open work", "", 1, '["x", "y"]')
    with pytest.raises(ArchiveRefused):
        page_of_rows(table, "list open work", "", 1, "")


def test_of_two_that_save_the_state_of_the_sweep_one_wins(work: Work) -> None:
    """Also the first time."""
    known = work.load()
    first = work.save(known)
    assert first is not None
    assert work.save(known) is None
    changed = SweepState(
        tick=3,
        ticked_at=NOW,
        busy_until=NOW,
        began_at=NOW,
        cursor="cursor",
        alive_at=NOW,
        audited=(NOW, "next"),
        done=7,
        audit_began_at=NOW,
        version=first.version,
    )
    assert changed == work.save(changed) == work.load()
    assert work.save(first) is None


def test_recordings_are_listed_by_the_day_on_which_they_were_first_known(directory: Directory) -> None:
    """In that order, page by page."""
    for number, recording_id in enumerate(AWKWARD):
        directory.add(recording_id, FIRST + timedelta(minutes=number))
    directory.add(RecordingId("of the next day"), FIRST + timedelta(hours=12))

    found: list[RecordingId] = []
    after = ""
    while True:
        page = directory.page(FIRST, 4, after)
        found += page.recording_ids
        after = page.next
        if not after:
            break
    assert AWKWARD == found


def test_the_recordings_of_an_hour_are_listed(directory: Directory) -> None:
    """The first and the last of the day too."""
    midnight = FIRST.replace(hour=0, minute=0, second=0, microsecond=0)
    for hour in (0, 9, 10, 23):
        directory.add(RecordingId(f"recording-{hour}"), midnight + timedelta(hours=hour, minutes=59, seconds=59))

    assert [("recording-0",), (), ("recording-9",), ("recording-10",), ("recording-23",)] == [
        directory.page(FIRST, 10, "", hour).recording_ids for hour in (0, 1, 9, 10, 23)
    ]


def test_all_workers_read_until_when_the_source_throttles(throttle: Throttle) -> None:
    """The last that was written."""
    assert throttle.throttled_until() is None
    for until in (NOW, NOW + HOUR):
        throttle.throttle(until)
        assert until == throttle.throttled_until()


def test_a_table_that_is_missing_is_an_error_and_no_empty_page(table: str) -> None:
    """Else nothing would seem to be owed."""
    with closing(clients.table("missing", table, retries=0)) as missing, pytest.raises(Transient):
        TableOpenWork(missing).page(10)
    with closing(clients.table("missing", table, retries=0)) as missing, pytest.raises(Transient):
        TableOpenWork(missing).load()


def test_a_row_that_this_app_did_not_write_is_passed_over_and_told(
    table: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It must not keep the sweep from the others."""
    with closing(clients.table(TABLE, table, retries=0)) as rows:
        work = TableOpenWork(rows)
        rows.put({"PartitionKey": f"{FIRST:%Y%m%d%H}", "RowKey": "foreign", "number": 1})
        work.put(RecordingId("recording"), opening(1), NOW)
        try:
            assert ["recording"] == [row.recording_id for row in work.page(10).rows]
        finally:
            rows.delete(f"{FIRST:%Y%m%d%H}", "foreign")
            work.remove(RecordingId("recording"), opening(1))
    assert "sweep.row_unreadable" in caplog.text


@pytest.mark.parametrize("year", [1, 20, 202, 999, 9999])
def test_a_row_of_any_year_is_read_as_it_was_put(year: int, work: Work) -> None:
    """An event with a wrong time makes such a row, and the sweep must find it all the same."""
    recording_id, own = RecordingId("recording"), Opening(datetime(year, 10, 12, 15, 7, tzinfo=UTC), 1)
    work.put(recording_id, own, NOW)
    assert OpenRow(recording_id, own, NOW, NOW) in pages(work, 10)


def test_a_row_is_removed_as_old_only_if_it_is(work: Work) -> None:
    """Not if it was put again meanwhile."""
    recording_id = RecordingId("recording")
    work.put(recording_id, opening(), NOW)
    assert not work.remove_old(recording_id, opening(), NOW)
    assert work.has(recording_id, opening())
    assert work.remove_old(recording_id, opening(), NOW + HOUR)
    assert not work.remove_old(recording_id, opening(), NOW + HOUR)
