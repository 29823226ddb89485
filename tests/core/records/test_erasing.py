"""What defers the erasure of a recording, and the plan by which it is executed."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from recording.core.errors import PlanChanged
from recording.core.model import Actor, CatalogEntry, Chunk, ChunkState, RecordingId
from recording.core.participants import one_spelling
from recording.core.records.erasing import (
    LOST,
    Deferral,
    Erase,
    Mode,
    Plan,
    Why,
    deferrals,
    is_one_of,
    planned,
    planned_unread,
)
from recording.core.records.holds import Hold, HoldState, Scope
from recording.core.retention import Afterwards, Duty, Kept, NoEnd
from tests.core.entries_of import (
    MANIFEST,
    NATIVE,
    NOW,
    changed_recording,
    chunk,
    entry_of,
    metadata_proof,
    native_chunk,
)

HOLD = Hold("h-1", HoldState.ACTIVE, Scope(), "a reason", "legal", date(2026, 6, 1), NOW, Actor("entra:ada"))
TODAY = NOW.date()
TOMORROW = TODAY + timedelta(days=1)
NO_END = NoEnd(Kept.NO_CLASS)
CLOSED = changed_recording(
    entry_of(chunk(0, ChunkState.RELEASED), chunk(1, ChunkState.LOST), completed_at=NOW), manifest_name=MANIFEST
)
ERASE = Erase(Mode.WHOLE, "she asks", ("8:acs:ann",))


def _native_metadata() -> Chunk:
    known = chunk(0, ChunkState.RELEASED)
    assert known.proof is not None
    return replace(known, proof=replace(known.proof, metadata=replace(metadata_proof(0), container=NATIVE)))


def until(day: date) -> Duty:
    return Duty("mifid", day, Afterwards.DELETE)


@pytest.mark.parametrize(
    ("holds", "duty", "protected", "overrides", "expected"),
    [
        ((), NO_END, None, False, ()),
        ((HOLD, replace(HOLD, hold_id="a")), NO_END, None, True, (Deferral(Why.HOLD, "a"), Deferral(Why.HOLD, "h-1"))),
        ((), until(TOMORROW), None, False, (Deferral(Why.DUTY, "mifid", TOMORROW),)),
        ((), until(TODAY), None, False, ()),
        ((), until(TOMORROW), None, True, ()),
        ((), NoEnd(Kept.UNKNOWN_CLASS), None, False, (Deferral(Why.DUTY, "a class that is not declared"),)),
        ((), NoEnd(Kept.UNKNOWN_CLASS), None, True, ()),
        ((), NoEnd(Kept.CLASSES_UNKNOWN), None, False, (Deferral(Why.DUTY, "classes that cannot be read"),)),
        ((), NoEnd(Kept.CLASSES_UNKNOWN), None, True, ()),
        (
            (),
            NoEnd(Kept.JOINED_UNREAD),
            None,
            False,
            (Deferral(Why.DUTY, "that of a recording that cannot be read, and with which it ends"),),
        ),
        ((), NO_END, TOMORROW, True, (Deferral(Why.PROTECTED, "its blobs are immutable", TOMORROW),)),
        ((), NO_END, TODAY, False, ()),
    ],
)
def test_holds_duties_and_protection_defer_it(
    holds: tuple[Hold, ...],
    duty: Duty | NoEnd,
    protected: date | None,
    overrides: bool,  # noqa: FBT001 - a row of the table
    expected: tuple[Deferral, ...],
) -> None:
    """Duties only where the request does not override them; holds and protection always."""
    found = deferrals(CLOSED, NOW, holds=holds, duty=duty, protected=protected, overrides_duties=overrides)
    assert expected == found


def test_what_is_open_is_deferred() -> None:
    entry = entry_of(chunk(0))
    (found,) = deferrals(entry, NOW, holds=(), duty=NO_END, protected=None, overrides_duties=False)
    assert (Why.OPEN, True) == (found.why, "chunk 0" in found.by)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (CLOSED, []),
        (replace(CLOSED, chunks=(native_chunk(0, ChunkState.KEPT),)), [Why.OPEN, Why.MODE]),
        (replace(CLOSED, chunks=(_native_metadata(),)), [Why.MODE]),
        (entry_of(chunk(0)), [Why.OPEN]),
    ],
)
def test_the_mode_defers_what_it_cannot_be_done_to(entry: CatalogEntry, expected: list[Why]) -> None:
    """What stands in a native container is not this app's; erased whole, it is left there."""
    entry = replace(entry, chunks=tuple(one for one in entry if one.state is not ChunkState.LOST))
    found = deferrals(entry, NOW, holds=(), duty=NO_END, protected=None, overrides_duties=False, mode=Mode.UNLINK)
    assert expected == [one.why for one in found]
    whole = deferrals(entry, NOW, holds=(), duty=NO_END, protected=None, overrides_duties=False)
    assert Why.MODE not in {one.why for one in whole}


def test_a_plan_has_one_hash_whatever_its_order() -> None:
    """It changes with all that whoever executes it has seen: deferrals, others, revision, mode."""
    one = planned(CLOSED, 2, (), is_doubtful=False)
    two = replace(one, recording_id=RecordingId("r-2"), deferred=(Deferral(Why.DUTY, "mifid", TOMORROW),))
    plan = Plan(ERASE, (one, two), 3)
    assert plan.hash == Plan(ERASE, (two, one), 0).hash
    others = [
        Plan(ERASE, (one,), 3),
        Plan(ERASE, (one, replace(two, deferred=(Deferral(Why.HOLD, "h"),))), 3),
        Plan(ERASE, (replace(one, others=3), two), 3),
        Plan(ERASE, (replace(one, revision=2), two), 3),
        Plan(replace(ERASE, overrides_duties=True), (one, two), 3),
        Plan(replace(ERASE, mode=Mode.UNLINK), (one, two), 3),
        Plan(replace(ERASE, raw_ids=("8:acs:bob",)), (one, two), 3),
    ]
    assert len(others) + 1 == len({plan.hash, *(other.hash for other in others)})
    assert ":ann" not in repr(plan)


def test_a_recording_is_planned_as_the_catalog_has_it() -> None:
    found = planned(CLOSED, 1, (), is_doubtful=True)
    assert (2, 100, 1, True, NOW) == (found.chunks, found.length, found.others, found.is_doubtful, found.started_at)


def test_a_person_is_found_in_any_spelling() -> None:
    is_ann = is_one_of(("4:+49151",), one_spelling)
    assert is_ann("+49 151")
    assert not is_ann("4:+491512")


def test_a_recording_whose_entry_is_lost_is_in_the_plan() -> None:
    """And deferred: nobody may take it for erased."""
    found = planned_unread(RecordingId("r"), NOW, LOST)
    assert ((LOST,), True, NOW) == (found.deferred, found.is_doubtful, found.started_at)


def test_a_plan_that_has_changed_comes_with_the_refusal() -> None:
    plan = Plan(ERASE, (), 0)
    assert plan is PlanChanged("execute erasure", "it would be another one", plan=plan).plan
