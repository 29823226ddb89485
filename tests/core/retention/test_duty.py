"""Until when a recording is kept, and what is done on a day."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.core.model import APP, CatalogEntry, ChunkState, Opening, Recording, RecordingId, RecordingState
from recording.core.retention import (
    Afterwards,
    Choice,
    Chosen,
    Duty,
    Kept,
    NoEnd,
    RetentionClass,
    RetentionClasses,
    Step,
    Tier,
    TierMove,
    class_of,
    duty_of,
    ended_at,
    guarded_until,
    is_busy,
    next_move,
    protected_until,
    step_on,
    with_choice,
)
from tests.core.entries_of import APPLIED, NOW, chunk

TODAY = NOW.date()
SHORT = RetentionClass("short", 10, Afterwards.DELETE)
LONG = RetentionClass(
    "long", 100, Afterwards.ASK, moves=(TierMove(30, Tier.COOL), TierMove(60, Tier.ARCHIVE)), worm_days=50
)
EDGE = RetentionClass("edge", 36_500, Afterwards.DELETE)
CLASSES = RetentionClasses((SHORT, LONG, EDGE), "short")
DUTY = Duty("short", TODAY, Afterwards.DELETE)
ASKED = Duty("long", TODAY, Afterwards.ASK)


def entry(name: str = "", at: datetime | None = NOW, **fields: object) -> CatalogEntry:
    """A recording that ended at that moment, with the class of that name."""
    applied = replace(APPLIED, retention_class=name) if name else None
    recording = Recording(RecordingId("r"), RecordingState.RELEASED, stopped_at=at, applied=applied)
    return CatalogEntry(replace(recording, **fields))  # type: ignore[arg-type]


def test_the_class_is_that_of_the_rule() -> None:
    assert ("long", "") == (class_of(entry("long").recording), class_of(entry().recording))


@pytest.mark.parametrize(
    ("fields", "ended"),
    [
        ({"stopped_at": NOW, "announced_at": NOW + timedelta(hours=1)}, NOW + timedelta(hours=1)),
        ({"stopped_at": NOW, "started_at": NOW + timedelta(days=9999)}, NOW),
        ({"stopped_at": None, "started_at": NOW, "duration": timedelta(hours=1)}, NOW + timedelta(hours=1)),
        ({"stopped_at": None, "started_at": NOW}, NOW),
        ({"stopped_at": None, "started_at": NOW, "duration": timedelta.max}, None),
        ({"stopped_at": None}, None),
    ],
)
def test_days_are_counted_from_what_this_app_knows_of_the_end(
    fields: dict[str, object], ended: datetime | None
) -> None:
    """What an event says of itself counts only where nothing else is known."""
    assert ended == ended_at(replace(entry().recording, **fields))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("joined", "by_holds", "expected"),
    [
        ([entry("short")], [], Duty("short", date(2026, 3, 12), Afterwards.DELETE)),
        ([entry()], [], Duty("short", date(2026, 3, 12), Afterwards.DELETE)),
        ([entry(at=datetime(2026, 3, 1, tzinfo=UTC))], [], Duty("short", date(2026, 3, 11), Afterwards.DELETE)),
        ([entry("short"), entry("long")], [], Duty("long", date(2026, 6, 10), Afterwards.ASK)),
        ([entry("short")], ["", "long"], Duty("long", date(2026, 6, 10), Afterwards.ASK)),
        ([entry("short"), entry("none")], [], NoEnd(Kept.UNKNOWN_CLASS)),
        ([entry("short")], ["none"], NoEnd(Kept.UNKNOWN_CLASS)),
        ([entry("short"), entry(at=None)], [], NoEnd(Kept.END_UNKNOWN)),
        ([entry("edge", datetime(9990, 1, 1, tzinfo=UTC))], [], NoEnd(Kept.END_UNKNOWN)),
        ([entry("short", datetime(9999, 12, 21, 12, tzinfo=UTC))], [], NoEnd(Kept.END_UNKNOWN)),
    ],
)
def test_the_longest_duty_wins(joined: list[CatalogEntry], by_holds: list[str], expected: Duty | NoEnd) -> None:
    """If how long is not known, the recording is kept and flagged."""
    assert expected == duty_of(joined, by_holds, CLASSES)


def test_without_a_class_nothing_has_an_end() -> None:
    assert NoEnd(Kept.NO_CLASS) == duty_of([entry()], [], RetentionClasses((SHORT,)))


def test_of_two_classes_that_end_on_the_same_day_the_one_that_asks_wins() -> None:
    classes = RetentionClasses((SHORT, replace(SHORT, name="asks", afterwards=Afterwards.ASK)))

    assert Afterwards.ASK is duty_of([entry("short"), entry("asks")], [], classes).afterwards  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("duty", "flags", "expected"),
    [
        (NoEnd(Kept.NO_CLASS), {}, Step.KEEP),
        (replace(DUTY, ends_on=TODAY + timedelta(days=1)), {}, Step.WAIT),
        (DUTY, {"is_held": True}, Step.HELD),
        (DUTY, {"is_busy": True}, Step.BUSY),
        (ASKED, {}, Step.ASK),
        (ASKED, {"is_decided": True}, Step.DELETE),
        (DUTY, {}, Step.DELETE),
    ],
)
def test_what_is_done_on_a_day(duty: Duty | NoEnd, flags: dict[str, bool], expected: Step) -> None:
    assert expected is step_on(TODAY, duty, **({"is_held": False, "is_busy": False} | flags))


def test_a_recording_is_busy_until_it_is_complete_and_owes_nothing() -> None:
    complete = entry(completed_at=NOW)

    assert not is_busy(complete)
    assert is_busy(entry())
    assert is_busy(entry(completed_at=NOW, opening=Opening(NOW, 1)))


def chosen(choice: Choice, until: date | None = None, ends_on: date = TODAY) -> Chosen:
    return Chosen(choice, ends_on, until, APP, NOW, "because")


@pytest.mark.parametrize(
    ("duty", "choice", "expected"),
    [
        (ASKED, None, (ASKED, False)),
        (ASKED, chosen(Choice.DELETE), (ASKED, True)),
        (ASKED, chosen(Choice.DELETE, ends_on=TODAY - timedelta(days=1)), (ASKED, False)),
        (NoEnd(Kept.NO_CLASS), chosen(Choice.DELETE), (NoEnd(Kept.NO_CLASS), False)),
        (DUTY, chosen(Choice.KEEP, date(2030, 1, 1)), (Duty("short", date(2030, 1, 1), Afterwards.ASK), False)),
        (ASKED, chosen(Choice.KEEP, TODAY - timedelta(days=1)), (ASKED, False)),
    ],
)
def test_a_person_decides_about_the_end_that_they_have_seen(
    duty: Duty | NoEnd, choice: Chosen | None, expected: tuple[Duty | NoEnd, bool]
) -> None:
    assert expected == with_choice(duty, choice)


def test_blobs_are_protected_for_the_days_of_immutability_after_the_last_was_written() -> None:
    whole = replace(entry(completed_at=NOW + timedelta(days=1)), chunks=(chunk(0, ChunkState.RELEASED), chunk(1)))

    assert date(2026, 3, 10) == protected_until(whole, 7)
    assert date(2026, 3, 9) == protected_until(replace(whole, recording=entry().recording), 7)
    assert protected_until(whole, 0) is None
    assert protected_until(entry(), 7) is None


def test_blobs_are_guarded_for_the_days_of_the_class() -> None:
    assert datetime(2026, 4, 20, tzinfo=UTC) == guarded_until(entry(), LONG)
    assert guarded_until(entry(), SHORT) is None
    assert guarded_until(entry(at=None), LONG) is None


def test_media_move_from_tier_to_tier() -> None:
    assert (date(2026, 4, 1), LONG.moves[0]) == next_move(entry(), LONG, ())
    assert (date(2026, 5, 1), LONG.moves[1]) == next_move(entry(), LONG, {"Cool"})
    assert next_move(entry(), LONG, {"Cool", "Archive"}) is None
    assert next_move(entry(at=None), LONG, ()) is None


CLASS_LISTS = st.lists(
    st.builds(RetentionClass, st.sampled_from("abcd"), st.integers(1, 36_500), st.sampled_from(Afterwards)),
    max_size=4,
    unique_by=lambda one: one.name,
)
ENTRIES = st.lists(
    st.builds(
        entry,
        st.sampled_from(["", "a", "b", "c", "d"]),
        st.none() | st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    ),
    min_size=1,
    max_size=4,
)


@given(ENTRIES, st.lists(st.sampled_from("abcd"), max_size=3), CLASS_LISTS, st.sampled_from(["", "a"]), st.data())
def test_nothing_is_deleted_before_its_longest_duty_and_nothing_that_is_held(
    joined: list[CatalogEntry],
    by_holds: list[str],
    classes: list[RetentionClass],
    default: str,
    data: st.DataObject,
) -> None:
    """Said anew here, without looking at how it is computed."""
    declared = RetentionClasses(tuple(classes), default)
    duty = duty_of(joined, by_holds, declared)
    day = data.draw(st.dates(date(2019, 1, 1), date(2140, 1, 1)))
    is_held = data.draw(st.booleans())
    step = step_on(day, duty, is_held=is_held, is_busy=False, is_decided=True)
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    days = {one.name: one.days for one in classes}
    ends = [
        one.recording.stopped_at
        and one.recording.stopped_at + timedelta(days=days.get(class_of(one.recording) or default, 10**6))
        for one in joined
    ]

    if step is Step.DELETE:
        assert not is_held
        assert all(end is not None and end <= midnight for end in ends)
        assert set(by_holds) <= set(days)
    elif step is Step.HELD:
        assert is_held


def test_nothing_has_an_end_while_the_classes_are_not_known() -> None:
    """As when their setting is wrong."""
    assert NoEnd(Kept.CLASSES_UNKNOWN) == duty_of([], [], replace(RetentionClasses(), are_known=False))
