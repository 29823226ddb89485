"""The customer's own keys of people, and the keys of the index, which are changed without a gap."""

import base64
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from itertools import count, product

import pytest

from recording.core.errors import (
    ArchiveBusy,
    CatalogConflict,
    ConditionMissing,
    InvalidRequest,
    PeopleIndexOff,
    PersonChanged,
    RecordingOpen,
    SettingsInvalid,
    UnknownPerson,
)
from recording.core.formats.records.people import read_people
from recording.core.model import CatalogEntry, RecordingId
from recording.core.records.jobs import Job, JobKind, JobState
from recording.core.records.people import ANY_TAG, OwnIdentity
from recording.ports import IndexRow
from recording.records.late_writes import LateWrites
from recording.records.own_identities import OwnIdentities
from tests.use_cases.persons import (
    ADA,
    BOB,
    BY,
    EVE,
    KEY,
    NEXT,
    SEARCH,
    Failing,
    document,
    ids,
    in_clear,
    of,
    record,
    world_of,
)
from tests.use_cases.world import RECORDING, World

# Own keys


def test_an_own_key_finds_by_all_its_raw_ids() -> None:
    world = world_of()
    record(world, "one", [ADA])
    record(world, "two", [EVE])
    people = world.app.records.people
    people.save([OwnIdentity("crm-1", (ADA, EVE)), OwnIdentity("crm-2", (BOB,))], by=BY)

    assert {"one", "two"} == {row.recording_id for row in people.recordings_of(people.raw_ids("crm-1")).rows}
    assert () == people.recordings_of(people.raw_ids("crm-2")).rows
    assert [] == in_clear(world, "crm-1")


def test_what_is_saved_takes_the_place_of_what_was_known() -> None:
    people = world_of().app.records.people
    people.save([OwnIdentity("crm-1", (ADA,))], by=BY)
    people.save([OwnIdentity("crm-1", (EVE,))], by=BY)
    assert (EVE,) == people.raw_ids("crm-1")

    people.save([OwnIdentity("crm-1", ())], by=BY)
    with pytest.raises(UnknownPerson):
        people.raw_ids("crm-1")


def test_a_forgotten_key_is_unknown() -> None:
    people = world_of().app.records.people
    people.save([OwnIdentity("crm-1", (ADA,))], by=BY)
    people.forget("crm-1", (ADA,))

    with pytest.raises(UnknownPerson):
        people.show("crm-1", "x", by=BY)


def test_a_key_with_more_than_a_row_can_hold_is_refused() -> None:
    people = world_of().app.records.people
    with pytest.raises(InvalidRequest):
        people.save([OwnIdentity("crm-1", tuple(f"8:acs:{number:01000}" for number in range(100)))], by=BY)


# Keys of the index


def test_without_a_key_nobody_is_found_and_the_answer_says_what_to_set() -> None:
    """The document is written all the same, and what is of nobody can be listed."""
    world = world_of("")
    record(world, RECORDING, [])

    with pytest.raises(PeopleIndexOff) as caught:
        of(world, ADA)
    assert "PEOPLE_INDEX_KEY" in caught.value.cause
    with pytest.raises(PeopleIndexOff):
        world.app.records.people.save([OwnIdentity("crm-1", (ADA,))], by=BY)
    assert read_people(json.dumps(document(world)).encode()).is_unknown
    assert [RECORDING] == ids(world.app.records.searching.of_anybody(SEARCH, by=BY))


def test_a_key_that_cannot_be_read_files_nothing() -> None:
    """Rather than without a key: the daily pass files it when the setting is right."""
    world = world_of("not base64!")
    record(world, filed=False)

    with pytest.raises(SettingsInvalid):
        world.app.records.filing.file(RECORDING)


# Rotation


def rotated(world: World, keys: str) -> World:
    """The same tables and containers under other keys."""
    world.settings = {"PEOPLE_INDEX_KEY": keys}
    world.worker()
    return world


def rehash(world: World) -> None:
    """The daily pass, and the jobs that it makes."""
    world.job_queue.jobs.clear()
    world.app.records.daily.run()
    while world.job_queue.jobs:
        world.app.records.jobs.run(world.job_queue.jobs.pop(0))


def filed(names: Iterable[str] = ("one", "two")) -> World:
    """Recordings and an own key that are filed under the first key."""
    world = world_of()
    for name in names:
        record(world, name, [ADA])
    world.app.records.people.save([OwnIdentity("crm-1", (ADA,))], by=BY)
    return world


def jobs_in(world: World) -> list[Job]:
    """All jobs that there are."""
    return [world.app.records.jobs.load(key) for partition, key in world.index.rows if partition == "jobs"]


def hashed(world: World) -> set[str]:
    """The partitions that have rows of people."""
    return {partition for partition, _ in world.index.rows if partition.startswith(("person~", "own~", "filed-under~"))}


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


# Two people at one key


def seen(world: World, key: str = "crm-1") -> str:
    """The ETag of what somebody sees of a key."""
    people = world.app.records.people
    return people.tag(people.show(key, "request 7", by=BY))


def test_who_has_not_seen_what_is_known_of_a_key_does_not_replace_it() -> None:
    """Two who begin at once, two who have seen the same, and one who has seen what is forgotten by now."""
    world = world_of()
    people = world.app.records.people
    people.save_one(OwnIdentity("crm-1", (ADA,)), "", by=BY)
    with pytest.raises(ConditionMissing):
        people.save_one(OwnIdentity("crm-1", (EVE,)), "", by=BY)
    first = seen(world)
    second = people.save_one(OwnIdentity("crm-1", (ADA, EVE)), first, by=BY)
    with pytest.raises(PersonChanged):
        people.save_one(OwnIdentity("crm-1", (ADA, BOB)), first, by=BY)
    assert (ADA, EVE) == people.raw_ids("crm-1")
    assert second == seen(world)

    people.save_one(OwnIdentity("crm-1", ()), second, by=BY)
    for condition in (second, ANY_TAG):
        with pytest.raises(PersonChanged):
            people.save_one(OwnIdentity("crm-1", (BOB,)), condition, by=BY)
    with pytest.raises(UnknownPerson):
        people.raw_ids("crm-1")


def test_what_is_known_already_is_saved_whatever_was_seen() -> None:
    """As by somebody whose answer was lost."""
    world = world_of()
    people = world.app.records.people
    tag = people.save_one(OwnIdentity("crm-1", (ADA, EVE)), "", by=BY)
    assert tag == people.save_one(OwnIdentity("crm-1", (ADA, EVE)), "", by=BY)
    assert tag == people.save_one(OwnIdentity("crm-1", (EVE, ADA)), "", by=BY) == seen(world)
    for _ in range(2):
        assert "" == people.save_one(OwnIdentity("crm-1", ()), tag, by=BY)
    assert people.save_one(OwnIdentity("crm-1", (BOB,)), "", by=BY) == seen(world)
    people.save_one(OwnIdentity("crm-1", (ADA,)), ANY_TAG, by=BY)
    assert (ADA,) == people.raw_ids("crm-1")


AT_ONCE = [
    (known, wanted, others, is_rotated)
    for known, wanted, others, is_rotated in product(
        ((), (BOB,)), ((), (ADA,), (EVE, ADA)), ((), (BOB,), (ADA,), (BOB, EVE)), (False, True)
    )
    # While its row is under the older key, who forgets it leaves nothing that could be found changed.
    if not (is_rotated and known and not others)
]


@pytest.mark.parametrize(("known", "wanted", "others", "is_rotated"), AT_ONCE)
def test_of_two_at_the_same_moment_one_is_told(
    known: tuple[str, ...], wanted: tuple[str, ...], others: tuple[str, ...], *, is_rotated: bool
) -> None:
    """One saves between the look and the write of the other: that stands, unless it changes nothing for the other."""
    world = world_of()
    world.app.records.people.save_one(OwnIdentity("crm-1", known), "", by=BY)
    if is_rotated:
        rotated(world, f"{NEXT},{KEY}")
    people, turns = world.app.records.people, [True]
    tag = people.tag(OwnIdentity("crm-1", known))

    def between(write: Callable[[IndexRow], object]) -> Callable[[IndexRow], object]:
        def written(row: IndexRow) -> object:
            if turns:
                turns.clear()
                people.save_one(OwnIdentity("crm-1", others), tag, by=BY)
            return write(row)

        return written

    for name in ("insert", "replace", "remove"):
        setattr(world.index, name, between(getattr(world.index, name)))
    is_told = set(others) not in ({*known}, {*wanted}) and known != wanted
    with pytest.raises((PersonChanged, ConditionMissing)) if is_told else nullcontext():
        people.save_one(OwnIdentity("crm-1", wanted), tag, by=BY)
    left = people.own.find("crm-1")
    assert (others if is_told else wanted) == (left.raw_ids if left else ())


def test_an_erasure_forgets_nobody_whom_a_key_stands_for_since() -> None:
    """It has looked at the key before somebody cross-referenced another person."""
    world = world_of()
    people = world.app.records.people
    people.save_one(OwnIdentity("crm-1", (ADA,)), "", by=BY)
    remove = world.index.remove

    def between(row: IndexRow) -> bool:
        world.index.remove = remove  # type: ignore[method-assign]
        people.save_one(OwnIdentity("crm-1", (ADA, EVE)), ANY_TAG, by=BY)
        return remove(row)

    world.index.remove = between  # type: ignore[method-assign]
    people.forget("crm-1", (ADA,))
    assert (EVE,) == people.raw_ids("crm-1")


def test_a_key_that_is_forgotten_is_not_found_under_an_older_key_of_the_index() -> None:
    """Whose row a run has left that was cut off."""
    world = filed()
    old = next(row for row in world.index.rows.values() if row.partition.startswith("own~"))
    people = rotated(world, f"{NEXT},{KEY}").app.records.people
    people.save_one(OwnIdentity("crm-1", (EVE,)), ANY_TAG, by=BY)
    world.index.put(old)
    people.save_one(OwnIdentity("crm-1", ()), ANY_TAG, by=BY)
    assert people.own.find("crm-1") is None


def test_a_key_that_others_change_all_the_time_is_tried_another_time(monkeypatch: pytest.MonkeyPatch) -> None:
    world = world_of()
    people = world.app.records.people
    monkeypatch.setattr(world.index, "insert", lambda _: False)
    with pytest.raises(CatalogConflict):
        people.save_one(OwnIdentity("crm-1", (ADA,)), "", by=BY)


def test_an_etag_says_nothing_of_whom_it_is() -> None:
    """It may be logged: whoever knows the key and the raw ids cannot tell that they belong together."""
    tags = {world_of(key).app.records.people.tag(OwnIdentity("crm-1", (EVE,))) for key in (KEY, NEXT)}
    assert 2 == len(tags)


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


def own_rows(world: World, raw_id: str) -> list[str]:
    """The rows of own keys that stand for somebody."""
    rows = world.index.rows.values()
    return [row.key for row in rows if row.partition.startswith("own~") and raw_id.encode() in row.body]
