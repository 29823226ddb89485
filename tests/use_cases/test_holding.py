"""Which holds cover a recording, as is asked just before anything of it is removed."""

from dataclasses import replace

import pytest

from recording.core.errors import CatalogConflict, InvalidRequest, UnknownHold
from recording.core.model import APP, CatalogEntry, RecordingId
from recording.core.records.filters import Period
from recording.core.records.holds import Hold, HoldState, People, Query, Scope
from recording.ports import IndexRow
from recording.records.keeping.holding import ENDED, HOLDS, Holding
from tests.use_cases.world import RECORDING, START, World

OTHER = RecordingId("other")


def hold(scope: Scope, name: str = "h1", state: HoldState = HoldState.ACTIVE, **fields: object) -> Hold:
    made = Hold(name, state, scope, "a court asks", "legal", START.date(), START, APP)
    return replace(made, **fields)  # type: ignore[arg-type]


@pytest.fixture
def world() -> World:
    """A world with one recording, whole, and no hold."""
    world = World()
    world.announce(world.add())
    world.run()
    return world


def of(holding: Holding, recording_id: RecordingId = RECORDING) -> list[str]:
    return [one.hold_id for one in holding.of(recording_id)]


def test_without_a_hold_nothing_is_held_and_one_request_says_so(world: World) -> None:
    """Once it is known that the index has lost none."""
    assert [] == of(world.app.records.holding)
    asked = world.index.asked

    assert [] == of(world.app.records.holding)
    assert asked + 1 == world.index.asked


def test_a_hold_by_id_counts_from_the_moment_it_is_made(world: World) -> None:
    """Also of a recording that the catalog does not know."""
    holding = world.app.records.holding
    holding.insert(hold(Scope(recordings=(RECORDING, RecordingId("gone"))), state=HoldState.PLACING))

    assert ["h1"] == of(holding)
    assert ["h1"] == of(holding, RecordingId("gone"))
    assert [] == of(holding, OTHER)


def test_what_fits_is_held_while_a_hold_is_placed_and_for_the_future_if_it_says_so(world: World) -> None:
    holding = world.app.records.holding
    holding.insert(hold(Scope(query=Query(Period())), "placing", HoldState.PLACING))
    holding.insert(hold(Scope(query=Query(Period())), "past"))
    holding.insert(hold(Scope(query=Query(Period()), future=True), "future"))
    holding.insert(hold(Scope(query=Query(Period()), future=True), "over", HoldState.ENDING))

    assert {"placing", "future"} == set(of(holding))


def test_a_recording_that_a_hold_was_placed_on_is_held_until_the_hold_ends(world: World) -> None:
    holding = world.app.records.holding
    past = holding.insert(hold(Scope(query=Query(Period()))))
    holding.note(RECORDING, past)
    assert ["h1"] == of(holding)

    holding.change("h1", lambda known: replace(known, state=HoldState.ENDING))
    assert [] == of(holding)


def test_a_hold_for_a_person_covers_what_nobody_has_looked_at_yet(world: World) -> None:
    def somebody(entry: CatalogEntry) -> People | None:
        return found.get(entry.recording.recording_id)

    found = dict[RecordingId, People]()
    holding = replace(world.app.records.holding, participants=somebody)
    holding.insert(hold(Scope(person=("8:acs:a",), future=True, unknown=False)))
    assert ["h1"] == of(holding)

    found[RECORDING] = People(frozenset({"8:acs:b"}))
    assert [] == of(holding)
    found[RECORDING] = People(frozenset({"8:acs:a", "8:acs:b"}))
    assert ["h1"] == of(holding)


def test_the_class_of_a_hold_counts_for_a_recording_after_its_end(world: World) -> None:
    holding = world.app.records.holding
    for name, retention_class in (("h1", "court"), ("h2", "")):
        made = holding.insert(hold(Scope(recordings=(RECORDING,)), name, retention_class=retention_class))
        holding.note(RECORDING, made)
        holding.unnote(RECORDING, made)

    assert ("court",) == holding.classes_of(RECORDING)
    assert () == holding.classes_of(OTHER)


def test_an_ended_hold_is_still_shown_and_names_nobody(world: World) -> None:
    holding = world.app.records.holding
    made = holding.insert(hold(Scope(person=("8:acs:somebody",)), state=HoldState.ENDING))
    holding.close(made)

    assert [()] == [one.scope.person for one in holding.page(ENDED, 10).holds]
    assert () == holding.page(HOLDS, 10).holds
    assert HoldState.ENDED is holding.load("h1").state
    assert not any(b"somebody" in row.body for row in world.index.rows.values())
    assert holding.load("h1") == holding.change("h1", lambda known: replace(known, owner="another"))


def test_a_hold_that_ends_while_lost_ones_are_brought_back_stays_ended(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are looked for each day."""
    holding = world.app.records.holding
    made, insert = holding.insert(hold(Scope(person=("8:acs:somebody",)), state=HoldState.ENDING)), world.index.insert

    def insert_late(row: IndexRow) -> IndexRow | None:
        holding.close(made)
        return insert(row)

    with monkeypatch.context() as patch:
        patch.setattr(world.index, "insert", insert_late)
        holding.restore()
    assert [] == list(holding.open())
    assert not any(b"somebody" in row.body for row in world.index.rows.values())


@pytest.mark.parametrize(
    ("field", "scope"),
    [
        ("person", Scope(person=tuple(f"8:acs:{number:0290}" for number in range(200)))),
        ("recordings", Scope(recordings=tuple(RecordingId(f"{number:03}{'ä' * 390}") for number in range(100)))),
    ],
)
def test_a_hold_of_more_ids_than_its_row_can_hold_is_refused_before_anything_is_kept_of_it(
    world: World, field: str, scope: Scope
) -> None:
    """There must be room for who ends it, and why."""
    holding = world.app.records.holding
    with pytest.raises(InvalidRequest) as refused:
        holding.insert(hold(scope, "h1", reason="r" * 2000))
    assert field == refused.value.field
    assert [] == [name for name in world.archive.blobs if name.startswith("holds/")]
    assert [] == list(holding.open())


def test_a_hold_that_there_is_not_is_named(world: World) -> None:
    holding = world.app.records.holding

    assert holding.find("none") is None
    with pytest.raises(UnknownHold, match="none"):
        holding.load("none")


def test_a_change_that_always_loses_is_tried_again(world: World) -> None:
    """Of two changes at the same moment both are kept."""
    holding = world.app.records.holding
    holding.insert(hold(Scope(call="c")))
    calls = 0

    def late(known: Hold) -> Hold:
        nonlocal calls
        calls += 1
        if calls <= most:
            holding.change("h1", lambda now: replace(now, owner=f"{now.owner}{calls}"))
        return replace(known, reason="late")

    most = 2
    changed = holding.change("h1", late)
    assert ("legal12", "late") == (changed.owner, changed.reason)

    calls, most = 0, 10**6
    with pytest.raises(CatalogConflict):
        holding.change("h1", lambda known: late(replace(known, end_reason="x")))


def test_more_holds_than_a_page_are_all_asked(world: World) -> None:
    world.index.most = 2
    holding = world.app.records.holding
    for number in range(5):
        holding.note(RECORDING, holding.insert(hold(Scope(query=Query(Period())), f"h{number}")))

    assert [f"h{number}" for number in range(5)] == of(holding)
