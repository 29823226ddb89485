"""What people see: what is owed, by time left, and the recordings of a day; in pages of bounded cost."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from recording.core.errors import InvalidRequest
from recording.core.formats.api import ListRequest, PageRequest, owed_view
from recording.core.lifecycle import Started
from recording.core.model import CatalogEntry, ChunkState, Opening, RecordingId, RecordingState
from recording.core.records.filters import ANY
from recording.records.finding.searching import Listed, Unlisted
from tests.core.entries_of import WAV
from tests.use_cases.world import RECORDING, START, World

HOUR = timedelta(hours=1)


@pytest.fixture
def world() -> World:
    return World()


def known(world: World, number: int, after: timedelta = timedelta()) -> RecordingId:
    """A recording that is announced at that time after the start."""
    recording_id = RecordingId(f"recording-{number}")
    world.clock.at = START + after
    world.announce(world.add(f"document-{number}"), recording_id=recording_id)
    return recording_id


def ids(listed: Listed) -> list[str]:
    return [one.recording_id if isinstance(one, Unlisted) else one.recording.recording_id for one in listed.found]


def every(page: Callable[[str], Listed]) -> list[str]:
    """The ids on all pages."""
    found, following = list[str](), ""
    while True:
        listed = page(following)
        found += ids(listed)
        if not (following := listed.next):
            return found


def owed(world: World, limit: int = 50, after: str = "") -> Listed:
    return world.app.listing.owed(PageRequest(limit, after))


def listed(world: World, limit: int = 50, after: str = "", day: datetime | None = None, **which: object) -> Listed:
    filters = replace(ANY, **which)  # type: ignore[arg-type]
    asked = ListRequest(PageRequest(limit, after), day or world.clock.now(), filters=filters)
    return world.app.records.searching.of_day(asked)


@pytest.mark.parametrize("limit", [1, 2, 50])
def test_what_ends_first_is_listed_first_whatever_the_pages(world: World, limit: int) -> None:
    late, soon, later = known(world, 1, 2 * HOUR), known(world, 2), known(world, 3, 3 * HOUR)

    assert [soon, late, later] == every(lambda after: owed(world, limit, after))


@pytest.mark.parametrize("limit", [1, 2, 50])
def test_within_an_hour_what_ends_first_is_listed_first_whatever_the_pages(world: World, limit: int) -> None:
    """To the minute across pages."""
    third, first = known(world, 1, timedelta(minutes=30)), known(world, 3)
    second = known(world, 2, timedelta(minutes=1))

    assert [first, second, third] == every(lambda after: owed(world, limit, after))


def test_within_a_minute_what_ends_first_is_listed_first_on_a_page(world: World) -> None:
    second, first = known(world, 1, timedelta(seconds=30)), known(world, 2)

    assert [first, second] == ids(owed(world))


def test_what_is_done_is_not_listed(world: World) -> None:
    known(world, 1)
    world.run()

    assert Listed(()) == owed(world)


def test_an_act_that_is_to_be_written_is_owed_without_a_time_and_behind_what_may_be_lost(world: World) -> None:
    """The one that is archived, and whose trail cannot be written; before it one whose source ends in some hours."""
    archived = known(world, 1)
    world.trail.archive.exists = False
    world.run()
    lost_first = known(world, 2, -10 * HOUR)
    entry = world.entry(archived)
    assert ({ChunkState.RELEASED}, True) == ({chunk.state for chunk in entry}, bool(entry.recording.trail.unwritten))

    shown = [owed_view(one, world.app.listing.end_of_source(one), START) for one in owed(world).found]  # type: ignore[arg-type]
    assert [lost_first, archived] == [one["recordingId"] for one in shown]
    assert [False, True] == [one["secondsLeft"] is None for one in shown]


def test_a_row_that_does_not_stand_for_its_entry_is_passed_over(world: World) -> None:
    """One left by a crash, one of a save in progress, and one without an entry: no recording is listed twice."""
    recording_id = known(world, 1)
    opening = world.entry(recording_id).recording.opening
    for number in (0, opening.number + 1):
        world.open_work.put(recording_id, Opening(opening.at, number), START)
    world.open_work.put(RecordingId("never saved"), Opening(opening.at, 1), START)

    assert [recording_id] == ids(owed(world))


def test_an_entry_that_cannot_be_read_is_listed_as_such_among_the_others(world: World) -> None:
    """Unless only those in a state are asked for, which nobody knows of it."""
    newer, other = known(world, 1), known(world, 2)
    world.catalog.newer.add(newer)
    broken, rest = owed(world).found

    assert isinstance(broken, Unlisted)
    assert isinstance(rest, CatalogEntry)
    assert [newer, other] == ids(owed(world)) == ids(listed(world))
    assert [other] == ids(listed(world, state=RecordingState.ANNOUNCED))


def test_an_entry_in_which_this_version_sees_nothing_owed_is_listed_among_the_others(world: World) -> None:
    """By its row, which another version of the app has put."""
    done, other = known(world, 1), known(world, 2, HOUR)
    world.run(until=HOUR / 2)
    entry = world.entry(done)
    row = Opening(START, entry.recording.opening.number + 1)
    world.open_work.put(done, row, START)
    world.catalog.save(replace(entry, recording=replace(entry.recording, opening=row)))
    world.open_work.put(other, world.entry(other).recording.opening, START)

    assert done == ids(owed(world))[0]


@pytest.mark.parametrize("archive", [5, 500])
def test_a_page_costs_as_much_in_a_large_archive_as_in_a_small_one(world: World, archive: int) -> None:
    """One request for rows, and one for each entry on the page."""
    known(world, 1)
    world.run()
    done = world.entry(RecordingId("recording-1"))
    for number in range(archive):
        recording_id = RecordingId(f"done-{number}")
        world.catalog.entries[recording_id] = replace(
            done, recording=replace(done.recording, recording_id=recording_id)
        )
        world.directory.add(recording_id, START)
    known(world, 2)
    world.catalog.calls.clear()
    world.open_work.calls.clear()

    assert ["recording-2"] == ids(owed(world))
    assert (["load"], ["page"]) == (world.catalog.calls, world.open_work.calls)
    assert 3 == len(listed(world, 3).found)
    assert ["load"] * 4 == world.catalog.calls


def test_the_recordings_of_a_day_are_listed_in_the_order_in_which_they_were_known(world: World) -> None:
    """The day is one of UTC; another day has its own."""
    first, second, other = known(world, 1), known(world, 2, HOUR), known(world, 3, 13 * HOUR)

    assert [other] == ids(listed(world))
    assert [first, second] == every(lambda after: listed(world, 1, after, day=START))
    assert [] == ids(listed(world, day=START - timedelta(days=1)))


def test_recordings_are_listed_by_state_and_by_each_id_of_their_call(world: World) -> None:
    """A page may be short, and the next one is named all the same."""
    announced = known(world, 1)
    started = RecordingId("recording-2")
    fact = Started(started, WAV, group_call_id="group", room_id="room")
    world.updates.apply(started, fact)

    assert [announced] == ids(listed(world, state=RecordingState.ANNOUNCED))
    assert [started] == ids(listed(world, call="group")) == ids(listed(world, call="room"))
    assert [] == ids(listed(world, call="group", state=RecordingState.ANNOUNCED))
    page = listed(world, 1, call="group")
    assert ([], True) == (ids(page), page.next != "")
    assert [started] == ids(listed(world, 1, page.next, call="group"))


def test_a_recording_that_is_named_twice_is_listed_once(world: World) -> None:
    """Its row was written twice: the save after the first one failed."""
    known(world, 1)
    world.directory.add(RECORDING, START + HOUR)

    assert [RECORDING] == ids(listed(world))


def test_a_mark_that_no_page_has_named_is_refused(world: World) -> None:
    for ask in (owed, listed):
        with pytest.raises(InvalidRequest, match="after"):
            ask(world, 1, "nonsense")
