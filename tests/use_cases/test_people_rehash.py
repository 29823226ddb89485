"""The keys of the people's index are changed without a gap, and without a loss."""

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

import pytest

from recording.core.errors import (
    ArchiveBusy,
    RecordingOpen,
    UnknownPerson,
)
from recording.core.model import CatalogEntry, RecordingId
from recording.core.records.jobs import JobKind, JobState
from recording.core.records.people import ANY_TAG, OwnIdentity
from recording.ports import IndexRow
from recording.records.late_writes import LateWrites
from recording.records.people.own_identities import OwnIdentities
from tests.use_cases.persons import (
    ADA,
    BY,
    EVE,
    KEY,
    NEXT,
    Failing,
    ids,
    of,
    record,
    world_of,
)
from tests.use_cases.rehashes import filed, hashed, jobs_in, own_rows, rehash, rotated
from tests.use_cases.world import World


def test_a_document_that_is_none_keeps_no_other_recording_from_being_hashed_anew() -> None:
    """It stays under the old key, and is told each day."""
    world = rotated(filed(), f"{NEXT},{KEY}")
    (name,) = (name for name in world.archive.blobs if name.endswith("one.people.json"))
    world.archive.put_as_stranger(name, b"no document")
    rehash(world)
    assert [JobState.DONE] == [job.state for job in jobs_in(world)]
    rotated(world, NEXT)
    assert ["two"] == ids(of(world, ADA))


def test_with_a_new_key_everybody_is_found_before_during_and_after_the_rows_are_written_anew() -> None:
    world = rotated(filed(), f"{NEXT},{KEY}")
    before = hashed(world)
    record(world, "three", [ADA])
    assert ["one", "three", "two"] == sorted(ids(of(world, *world.app.records.people.raw_ids("crm-1"))))

    rehash(world)
    assert before.isdisjoint(hashed(world))
    rotated(world, NEXT)
    assert ["one", "three", "two"] == sorted(ids(of(world, *world.app.records.people.raw_ids("crm-1"))))
    rehash(world)
    assert [] == [job for job in world.index.rows if job[0] == "open-jobs"]


@pytest.mark.parametrize("keys", [NEXT, f"{NEXT},{KEY}"], ids=["the old key is gone", "the old key is kept"])
def test_an_old_key_may_be_gone_before_the_rows_are_written_anew(keys: str) -> None:
    world = rotated(filed(), keys)
    rehash(world)

    assert {"one", "two"} == set(ids(of(world, ADA)))
    assert (ADA,) == world.app.records.people.raw_ids("crm-1")


def test_what_was_filed_without_a_key_is_filed_by_name_once_there_is_one() -> None:
    world = world_of("")
    record(world, "one", [ADA])
    rotated(world, KEY)
    assert [] == ids(of(world, ADA))

    rehash(world)
    assert ["one"] == ids(of(world, ADA))


def test_without_a_key_rows_are_left_as_they_are() -> None:
    """Somebody may have removed the setting by mistake."""
    world = rotated(filed(), "")
    before = hashed(world)
    rehash(world)

    assert before == hashed(world)


def test_what_was_saved_meanwhile_is_newer_than_what_is_moved() -> None:
    world = rotated(filed(), f"{NEXT},{KEY}")
    old = next(row for row in world.index.rows.values() if row.partition.startswith("own~"))
    world.app.records.people.save([OwnIdentity("crm-1", (EVE,))], by=BY)
    world.index.put(old)
    rehash(world)

    assert (EVE,) == world.app.records.people.raw_ids("crm-1")


def test_one_that_cannot_be_read_does_not_keep_the_others_from_being_written_anew() -> None:
    world = rotated(filed(["one", "three", "two"]), f"{NEXT},{KEY}")
    world.catalog.newer.add(RecordingId("three"))
    rehash(world)

    assert {"one", "two", "three"} == set(ids(of(world, ADA)))
    world.catalog.newer.clear()
    rehash(world)
    assert {"one", "two", "three"} == set(ids(of(rotated(world, NEXT), ADA)))


def test_one_whose_blobs_are_protected_or_gone_does_not_keep_the_others_either(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who writes rows looks afterwards at what may have happened meanwhile."""
    world = filed()
    rotated(world, NEXT)
    look = LateWrites.of

    @contextmanager
    def of_one(late: LateWrites, entry: CatalogEntry) -> Iterator[None]:
        with look(late, entry):
            yield
        if entry.recording.recording_id == "one":
            raise RecordingOpen("unlink person", "its blob is gone")

    with monkeypatch.context() as patch:
        patch.setattr(LateWrites, "of", of_one)
        rehash(world)
    assert [JobState.DONE] == [job.state for job in jobs_in(world) if job.kind is JobKind.REHASH]
    assert "two" in ids(of(world, ADA))
    rehash(world)
    assert ["one", "two"] == ids(of(world, ADA))


def test_killed_at_any_request_the_rows_are_written_anew_in_the_end() -> None:
    for fails_at in count(1):
        world = World(settings={"PEOPLE_INDEX_KEY": KEY}, index=Failing())
        record(world, "one", [ADA, EVE])
        rotated(world, f"{NEXT},{KEY}")
        assert isinstance(world.index, Failing)
        world.index.seen, world.index.fails_at = 0, fails_at
        try:
            rehash(world)
            break
        except ArchiveBusy:
            assert ["one"] == ids(of(world, ADA)) == ids(of(world, EVE))
        rehash(world)
        assert ["one"] == ids(of(rotated(world, NEXT), ADA)) == ids(of(world, EVE))
        assert 3 == len(hashed(world))
    assert fails_at > 15


def test_a_key_that_is_forgotten_is_not_found_under_an_older_key_of_the_index() -> None:
    """Whose row a run has left that was cut off."""
    world = filed()
    old = next(row for row in world.index.rows.values() if row.partition.startswith("own~"))
    people = rotated(world, f"{NEXT},{KEY}").app.records.people
    people.save_one(OwnIdentity("crm-1", (EVE,)), ANY_TAG, by=BY)
    world.index.put(old)
    people.save_one(OwnIdentity("crm-1", ()), ANY_TAG, by=BY)
    assert people.own.find("crm-1") is None


@pytest.mark.parametrize("left", [(EVE,), (ADA, EVE)])
def test_whoever_is_forgotten_is_not_left_under_an_older_key_of_the_index(left: tuple[str, ...]) -> None:
    """A run that was cut off has left that row; the key stands for somebody else too."""
    world = filed()
    old = next(row for row in world.index.rows.values() if row.partition.startswith("own~"))
    people = rotated(world, f"{NEXT},{KEY}").app.records.people
    people.save_one(OwnIdentity("crm-1", left), ANY_TAG, by=BY)
    world.index.put(old)
    people.forget("crm-1", (ADA,))
    assert (EVE,) == people.raw_ids("crm-1")
    assert [] == own_rows(world, ADA)


@pytest.mark.parametrize("at", ["since it was listed", "since it was read"])
def test_whoever_is_forgotten_while_rows_are_hashed_anew_stays_so(at: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The erasure has not seen the row that is written then."""
    world = filed()
    people = rotated(world, f"{NEXT},{KEY}").app.records.people
    move, insert = OwnIdentities.move, world.index.insert

    def move_late(own: OwnIdentities, row: IndexRow) -> None:
        people.forget("crm-1", (ADA,))
        move(own, row)

    def insert_late(row: IndexRow) -> IndexRow | None:
        if row.partition.startswith("own~"):
            people.forget("crm-1", (ADA,))
        return insert(row)

    if at == "since it was listed":
        monkeypatch.setattr(OwnIdentities, "move", move_late)
    else:
        world.index.insert = insert_late  # type: ignore[method-assign]
    rehash(world)
    assert people.own.find("crm-1") is None
    assert [] == own_rows(world, ADA)


def while_moved(world: World, act: Callable[[], object]) -> None:
    """Write rows anew; once, between the new row of an own key and the removal of the old one, that is done."""
    insert = world.index.insert

    def insert_then(row: IndexRow) -> IndexRow | None:
        if not row.partition.startswith("own~"):
            return insert(row)
        world.index.insert = insert  # type: ignore[method-assign]
        written = insert(row)
        act()
        return written

    world.index.insert = insert_then  # type: ignore[method-assign]
    rehash(world)


SAVES: dict[str, Callable[[World], object]] = {
    "saved": lambda world: world.app.records.people.save([OwnIdentity("crm-1", (ADA,))], by=BY),
    "saved by who has seen it": lambda world: world.app.records.people.save_one(
        OwnIdentity("crm-1", (ADA,)), ANY_TAG, by=BY
    ),
    "somebody else is forgotten": lambda world: world.app.records.people.forget("crm-1", (EVE,)),
}


@pytest.mark.parametrize("how", SAVES)
def test_a_key_that_is_saved_as_it_was_while_rows_are_hashed_anew_is_known_still(how: str) -> None:
    world = rotated(filed(), f"{NEXT},{KEY}")
    while_moved(world, lambda: SAVES[how](world))
    assert (ADA,) == world.app.records.people.raw_ids("crm-1")


def test_two_runs_at_once_that_hash_rows_anew_lose_no_key() -> None:
    """One has inserted the new row, and the other removes the old one."""
    world = rotated(filed(), f"{NEXT},{KEY}")
    (old,) = (row for row in world.index.rows.values() if row.partition.startswith("own~"))
    while_moved(world, lambda: world.app.records.people.own.move(old))
    assert (ADA,) == world.app.records.people.raw_ids("crm-1")
    rotated(world, NEXT)
    assert (ADA,) == world.app.records.people.raw_ids("crm-1")


def test_a_row_whose_removal_was_repeated_as_its_reply_was_lost_is_hashed_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """The repeated request finds none."""
    world = rotated(filed(), f"{NEXT},{KEY}")
    remove = world.index.remove

    def remove_twice(row: IndexRow) -> bool:
        remove(row)
        return remove(row)

    with monkeypatch.context() as patch:
        patch.setattr(world.index, "remove", remove_twice)
        rehash(world)
    assert (ADA,) == world.app.records.people.raw_ids("crm-1")


def forget_late(world: World, *then: Callable[[], object]) -> None:
    """Forget whoever is found under the older key, after the new row of the key was written; then something else."""
    people, replaced = world.app.records.people, world.index.replace

    def replace_late(row: IndexRow) -> IndexRow | None:
        world.index.replace = replaced  # type: ignore[method-assign]
        found: list[IndexRow | None] = []

        def forgotten() -> None:
            found.append(replaced(row))
            for act in then:
                act()

        while_moved(world, forgotten)
        return found[0]

    world.index.replace = replace_late  # type: ignore[method-assign]
    people.forget("crm-1", (ADA,))


def test_whoever_was_found_before_rows_are_hashed_anew_and_is_forgotten_meanwhile_stays_so() -> None:
    """Nothing is left of the mark either."""
    world = rotated(filed(), f"{NEXT},{KEY}")
    forget_late(world)
    assert world.app.records.people.own.find("crm-1") is None
    assert [] == [row for row in world.index.rows if row[0].startswith("own~")]


@pytest.mark.parametrize("how", SAVES)
def test_a_key_that_is_saved_again_after_it_was_forgotten_while_rows_are_hashed_anew_is_known(how: str) -> None:
    world = rotated(filed(), f"{NEXT},{KEY}")
    forget_late(world, lambda: SAVES[how](world))
    assert (ADA,) == world.app.records.people.raw_ids("crm-1")


@pytest.mark.parametrize("is_one", [True, False])
def test_a_mark_of_who_is_forgotten_names_nobody_and_is_gone_with_the_next_run(*, is_one: bool) -> None:
    world = rotated(filed(), f"{NEXT},{KEY}")
    people = world.app.records.people
    if is_one:
        people.save_one(OwnIdentity("crm-1", ()), ANY_TAG, by=BY)
    else:
        people.save([OwnIdentity("crm-1", ())], by=BY)
    (mark,) = (row for row in world.index.rows.values() if row.partition.startswith("own~"))
    assert b"crm-1" not in mark.body
    assert people.own.find("crm-1") is None
    with pytest.raises(UnknownPerson):
        people.raw_ids("crm-1")
    rehash(world)
    assert [] == [row for row in world.index.rows if row[0].startswith("own~")]


def test_what_stands_under_the_oldest_key_does_not_come_back_over_a_newer_row_that_is_not_moved_yet() -> None:
    """Of a person who is forgotten there, while it is hashed anew; a run that was cut off has left it."""
    world = filed()
    (old,) = (row for row in world.index.rows.values() if row.partition.startswith("own~"))
    people = rotated(world, f"{NEXT},{KEY}").app.records.people
    people.save_one(OwnIdentity("crm-1", (EVE,)), ANY_TAG, by=BY)
    world.index.put(old)
    third = base64.b64encode(b"t" * 32).decode()
    people = rotated(world, f"{third},{NEXT},{KEY}").app.records.people
    get = world.index.get

    def get_then(partition: str, key: str) -> IndexRow | None:
        world.index.get = get  # type: ignore[method-assign]
        found = get(partition, key)
        people.forget("crm-1", (ADA,))
        return found

    world.index.get = get_then  # type: ignore[method-assign]
    people.own.move(old)
    assert (EVE,) == people.raw_ids("crm-1")
    assert [] == own_rows(world, ADA)


@pytest.mark.parametrize("how", ["found", "forgotten"])
def test_a_key_is_found_whose_row_is_moved_between_the_looks_under_each_key(how: str) -> None:
    """An erasure that does not find it would leave what it stands for."""
    world = rotated(filed(), f"{NEXT},{KEY}")
    people, get = world.app.records.people, world.index.get

    def get_then(partition: str, key: str) -> IndexRow | None:
        world.index.get = get  # type: ignore[method-assign]
        found = get(partition, key)
        rehash(world)
        return found

    world.index.get = get_then  # type: ignore[method-assign]
    if how == "found":
        assert (ADA,) == people.raw_ids("crm-1")
    else:
        people.forget("crm-1", (ADA,))
        assert [] == own_rows(world, ADA)
