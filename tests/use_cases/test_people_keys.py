"""The customer's own keys of people, also where two save one at once."""

import json
from collections.abc import Callable
from contextlib import nullcontext
from itertools import product

import pytest

from recording.core.errors import (
    CatalogConflict,
    ConditionMissing,
    InvalidRequest,
    PeopleIndexOff,
    PersonChanged,
    SettingsInvalid,
    UnknownPerson,
)
from recording.core.formats.records.people import read_people
from recording.core.records.people import ANY_TAG, OwnIdentity
from recording.ports import IndexRow
from tests.use_cases.persons import (
    ADA,
    BOB,
    BY,
    EVE,
    KEY,
    NEXT,
    SEARCH,
    document,
    ids,
    in_clear,
    of,
    record,
    world_of,
)
from tests.use_cases.rehashes import rotated
from tests.use_cases.world import RECORDING, World


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


def test_a_key_that_others_change_all_the_time_is_tried_another_time(monkeypatch: pytest.MonkeyPatch) -> None:
    world = world_of()
    people = world.app.records.people
    monkeypatch.setattr(world.index, "insert", lambda _: None)
    with pytest.raises(CatalogConflict):
        people.save_one(OwnIdentity("crm-1", (ADA,)), "", by=BY)


def test_an_etag_says_nothing_of_whom_it_is() -> None:
    """It may be logged: whoever knows the key and the raw ids cannot tell that they belong together."""
    tags = {world_of(key).app.records.people.tag(OwnIdentity("crm-1", (EVE,))) for key in (KEY, NEXT)}
    assert 2 == len(tags)
