"""Two erasures at once, which meet at events that name both people: neither leaves an event of either."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from recording.core.errors import CatalogConflict
from recording.core.model import BlobName
from recording.core.records.exporting import Person
from recording.core.records.jobs import JobState
from tests.use_cases.erasures import ANN, BOB, places_of, two_recordings
from tests.use_cases.kills import KilledError
from tests.use_cases.test_erasing import begun
from tests.use_cases.test_erasing_events import call_of
from tests.use_cases.world import World

CARL = "8:acs:carl"


def of_three(world: World) -> World:
    """With a blob of today that has an event of each of three people."""
    body = json.dumps([call_of(ANN), call_of(BOB), call_of(CARL)]).encode()
    world.journal.put_as_stranger(BlobName(f"{world.clock.now():%Y/%m/%d}/zz-of-three.json"), body)
    return world


def at_the_put(world: World, act: Callable[[], object]) -> None:
    """Do something just before the others of an event are written anew; once."""
    before = world.journal.before

    def hook(operation: str, name: str) -> None:
        if operation == "put" and "call-9" in name:
            world.journal.before = before
            act()

    world.journal.before = hook


def finish(world: World, *erasures: str) -> None:
    """Run their jobs until they are over."""
    for one in erasures:
        while not world.app.records.jobs.load(one).is_over:
            world.app.records.jobs.run(one)


def left(world: World) -> set[str]:
    """Where the journal names who was erased."""
    return {place for place in places_of(world, ANN) | places_of(world, BOB) if place.startswith("journal")}


def test_two_erasures_at_once_write_no_event_anew_of_one_another() -> None:
    world = of_three(two_recordings(1))
    ann, bob = begun(world), begun(world, Person(raw_id=BOB))
    jobs = world.app.records.jobs

    def meanwhile() -> None:
        with pytest.raises(CatalogConflict, match="another erasure"):
            finish(world, ann)

    at_the_put(world, meanwhile)
    finish(world, bob, ann)

    assert (JobState.DONE, JobState.DONE) == (jobs.load(ann).state, jobs.load(bob).state)
    assert set() == left(world)
    assert places_of(world, CARL)


def test_an_event_that_another_erasure_has_written_anew_is_searched_for_again() -> None:
    """It had read the blob before, and finds it gone."""
    world = of_three(two_recordings(1))
    ann, bob = begun(world), begun(world, Person(raw_id=BOB))
    insert = world.index.insert

    def insert_late(row: object) -> object:
        world.index.insert = insert  # type: ignore[method-assign]
        finish(world, ann)
        return insert(row)  # type: ignore[arg-type]

    world.index.insert = insert_late  # type: ignore[method-assign,assignment]
    with pytest.raises(CatalogConflict, match="has written"):
        finish(world, bob)
    finish(world, bob)
    assert set() == left(world)
    assert places_of(world, CARL)


def test_what_another_erasure_writes_anew_behind_a_search_is_found_at_its_end() -> None:
    """It stands before the page that is searched."""
    world = two_recordings(1)
    day = f"{world.clock.now():%Y/%m/%d}"
    world.journal.put_as_stranger(BlobName(f"{day}/zz-last.json"), json.dumps(call_of(CARL)).encode())
    bob, before = begun(world, Person(raw_id=BOB)), world.journal.before

    def hook(operation: str, name: str) -> None:
        if operation == "read" and "zz-last" in name:
            world.journal.before = before
            body = json.dumps([call_of(BOB), call_of(CARL)]).encode()
            world.journal.put_as_stranger(BlobName(f"{day}/aa-written-anew.json"), body)

    world.journal.before = hook
    finish(world, bob)
    assert set() == {place for place in places_of(world, BOB) if place.startswith("journal")}


def test_a_blob_whose_erasure_was_killed_is_written_anew_by_another_one_after_an_hour() -> None:
    world = of_three(two_recordings(1))
    ann, bob = begun(world), begun(world, Person(raw_id=BOB))
    delete = world.index.delete

    def killed() -> None:
        world.index.delete = dies  # type: ignore[method-assign]
        raise KilledError

    def dies(partition: str, key: str) -> None:
        raise KilledError

    at_the_put(world, killed)
    with pytest.raises(KilledError):
        finish(world, bob)
    world.index.delete = delete  # type: ignore[method-assign]
    with pytest.raises(CatalogConflict):
        finish(world, ann)
    world.clock.sleep(timedelta(hours=1, minutes=1).total_seconds())
    finish(world, ann, bob)
    assert set() == left(world)
