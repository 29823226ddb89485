"""What the sweep does about one recording: what is overdue, at risk or missing, and when it looks again."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.core.deadlines import MARGIN
from recording.core.lifecycle import FoundBySweep, Missed, NeverCame, Warned, decide_all
from recording.core.model import (
    APP,
    Act,
    Alarm,
    CatalogEntry,
    Chunk,
    ChunkState,
    Pause,
    Recording,
    RecordingState,
    Trail,
    Unread,
)
from recording.core.reactions import NEVER_ACTIVE
from recording.core.watching import (
    ALL_STAGES,
    STAGES,
    Limits,
    end_of_source,
    late_trail,
    look,
    never_active,
    stage_of,
)
from tests.core.entries_of import (
    DUE,
    GONE_BY,
    NOW,
    RECORDING_ID,
    changed_recording,
    chunk,
    document,
    entry_of,
    failure,
)

C, R = ChunkState, RecordingState
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
DAY = 24 * HOUR
OVERDUE = "it has been over for 60 minutes, and its file event has not come"
LIMITS = Limits(retention=DAY, file_event=HOUR, step=30 * MINUTE)


def recording(state: RecordingState, **fields: object) -> CatalogEntry:
    return changed_recording(CatalogEntry(Recording(RECORDING_ID, state)), **fields)


RESUMED = Pause(NOW - HOUR, APP, NOW, APP)


def waits(minutes: float) -> CatalogEntry:
    """A chunk whose next look is so long after NOW."""
    return entry_of(replace(chunk(0), look_at=NOW + minutes * MINUTE))


@pytest.mark.parametrize(
    ("entry", "age", "expected"),
    [
        (entry_of(chunk(0)), 29, []),
        (entry_of(chunk(0)), 30, [0]),
        (entry_of(chunk(0), chunk(1), chunk(2, C.RELEASED)), 30, [0, 1]),
        (entry_of(chunk(0, C.ARCHIVED)), 30, [0]),
        (waits(60), 45, []),  # it is not yet its time
        (waits(10), 39, []),  # it was its time 29 minutes ago
        (waits(10), 40, [0]),
        (entry_of(chunk(0, C.RELEASED), chunk(1, C.RELEASED)), 30, [0]),  # one message leads to the manifest
        (entry_of(replace(chunk(0, C.QUARANTINED, apart=True), look_at=None)), 300, []),  # a person's
        (entry_of(chunk(0, C.RELEASED), completed_at=NOW), 300, []),
    ],
)
def test_what_gave_no_sign_of_life_for_long_is_driven(entry: CatalogEntry, age: float, expected: list[int]) -> None:
    """Counted from the last sign, or from the next look if that is later."""
    found = look(entry, NOW, NOW + age * MINUTE, LIMITS)
    assert [document(index) for index in expected] == list(found.drive)
    assert bool(expected) == any(isinstance(fact, FoundBySweep) for fact in found.facts)


def with_trail(entry: CatalogEntry, **fields: object) -> CatalogEntry:
    return changed_recording(entry, trail=Trail(unwritten=(Act(NOW, "Completed", APP),)), **fields)


@pytest.mark.parametrize(
    ("entry", "hours", "is_told"),
    [
        (with_trail(entry_of(chunk(0, C.RELEASED))), 5, False),
        (with_trail(entry_of(chunk(0, C.RELEASED))), 6, True),
        (with_trail(entry_of(chunk(0, C.RELEASED)), warned=("trail",)), 6, False),
        (entry_of(chunk(0, C.RELEASED)), 6, False),
    ],
)
def test_a_trail_that_cannot_be_written_for_hours_is_told_once(
    entry: CatalogEntry, hours: int, *, is_told: bool
) -> None:
    warning = late_trail(entry, NOW + hours * HOUR)
    assert is_told == (warning is not None)
    assert warning is None or "since 2026-03-01T12:00:00Z" in warning.reason


@pytest.mark.parametrize(("age", "again"), [(0 * HOUR, 30 * MINUTE), (2 * HOUR, 2 * HOUR), (9 * HOUR, 6 * HOUR)])
def test_a_trail_that_is_not_written_is_come_back_to(age: timedelta, again: timedelta) -> None:
    """The longer it has waited, the later: where it cannot be written, many may wait."""
    entry = with_trail(entry_of(chunk(0, C.RELEASED), completed_at=NOW))
    assert NOW + age + again == look(entry, NOW, NOW + age, LIMITS).again_at


@pytest.mark.parametrize(("hours", "is_told"), [(5, False), (6, True)])
def test_a_service_that_says_nothing_for_long_is_told(hours: int, *, is_told: bool) -> None:
    """The end of the recording would not be noticed."""
    heard = recording(R.STARTED, requested_at=NOW - DAY, checked_at=NOW, active_at=NOW)
    warned = [fact for fact in look(heard, NOW, NOW + hours * HOUR, LIMITS).facts if isinstance(fact, Warned)]
    assert is_told == ("not known" in {fact.stage for fact in warned})


def test_a_sign_of_life_in_the_future_says_nothing() -> None:
    """It is by a clock that was wrong."""
    found = look(entry_of(chunk(0)), NOW + DAY, NOW, LIMITS)
    assert (document(0),) == found.drive


@pytest.mark.parametrize(("hours", "expected"), [(13, None), (11, "12 h"), (5, "6 h"), (0.5, "1 h"), (-1, "1 h")])
def test_a_person_is_warned_as_the_end_comes_near(hours: float, expected: str | None) -> None:
    """Of each stage once; of a stage that was passed over, no more."""
    entry = entry_of(replace(chunk(0), last_failure=failure()))
    now = DUE - hours * HOUR
    warnings = [fact for fact in look(entry, now, now, LIMITS).facts if isinstance(fact, Warned)]
    assert ([] if expected is None else [expected]) == [fact.stage for fact in warnings]
    assert all("read source: 503" in fact.reason for fact in warnings)

    warned = decide_all(entry, warnings, now).entry if warnings else entry
    assert () == look(warned, now, now, LIMITS).facts


def refused(code: str = "source_refused", tries: int = 5, state: ChunkState = C.ANNOUNCED, hint: str = "") -> Chunk:
    return replace(chunk(0, state), tries=tries, last_failure=replace(failure(code, "403"), hint=hint))


@pytest.mark.parametrize(
    ("one", "is_told"),
    [
        (refused(), True),
        (refused(tries=4), False),
        (refused("source_busy", tries=50), False),
        (refused("service_refused"), True),
        (refused("archive_refused"), True),
        (refused(state=C.ARCHIVED, hint="check the role"), True),
        (refused(state=C.RELEASED), False),
        (replace(refused(), last_failure=None), False),
    ],
)
def test_who_is_refused_again_and_again_is_told_once_long_before_the_end(one: Chunk, *, is_told: bool) -> None:
    """With the cause and what to do, and once for a recording, however many chunks it has."""
    entry = entry_of(replace(chunk(1), tries=9), one)
    warnings = [fact for fact in look(entry, NOW, NOW, LIMITS).facts if isinstance(fact, Warned)]

    assert (["refused"] if is_told else []) == [fact.stage for fact in warnings]
    assert all("read source: 403" in fact.reason for fact in warnings)
    if one.last_failure and one.last_failure.hint:
        assert all(fact.reason.endswith("(check the role)") for fact in warnings)
    if warnings:
        told = decide_all(entry, warnings, NOW).entry
        assert [Alarm.AT_RISK] == [alert.alarm for alert in told.recording.untold]
        assert () == look(told, NOW, NOW + MINUTE, LIMITS).facts


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (entry_of(chunk(0), replace(chunk(1), due=DUE + HOUR)), DUE),
        (entry_of(chunk(0, C.ARCHIVED)), None),  # only the release is owed
        (entry_of(chunk(0, C.ARCHIVED, with_metadata=False)), DUE),
        (entry_of(chunk(0, C.LOST)), None),
        (recording(R.STARTED, requested_at=NOW), None),
        (recording(R.STOPPED, stopped_at=NOW), NOW + DAY),
        (recording(R.MISSING, stopped_at=NOW), NOW + DAY),
        (recording(R.LOST, stopped_at=NOW), None),
        (recording(R.ANNOUNCED, announced_at=NOW), NOW + DAY),
        (recording(R.STOPPED), None),
    ],
)
def test_what_is_still_needed_of_the_source_ends(entry: CatalogEntry, expected: datetime | None) -> None:
    assert expected == end_of_source(entry, LIMITS)


@pytest.mark.parametrize(
    ("entry", "age", "expected"),
    [
        (recording(R.STOPPED, stopped_at=NOW), 59 * MINUTE, None),
        (recording(R.STOPPED, stopped_at=NOW), HOUR, Missed(OVERDUE)),
        (recording(R.MISSING, stopped_at=NOW), 11 * HOUR, None),
        (recording(R.MISSING, stopped_at=NOW), DAY + MARGIN, NeverCame("no file event came, and its source has ended")),
        (recording(R.STOPPED, stopped_at=NOW), DAY + MARGIN, NeverCame("no file event came, and its source has ended")),
        (
            recording(R.ANNOUNCED, announced_at=NOW, unread=(Unread("event", "data: missing"),)),
            DAY + MARGIN,
            NeverCame("none of its events names a chunk that can be read, and its source has ended"),
        ),
        (recording(R.ANNOUNCED, announced_at=NOW), 3 * HOUR, None),
        (recording(R.STARTED, requested_at=NOW), 3 * DAY, None),
    ],
)  # fmt: skip
def test_a_file_event_that_does_not_come_is_missing_and_lost_at_last(
    entry: CatalogEntry, age: timedelta, expected: object
) -> None:
    found = look(entry, NOW, NOW + age, LIMITS).facts
    assert ([] if expected is None else [expected]) == [one for one in found if not isinstance(one, Warned)]


@pytest.mark.parametrize(
    ("entry", "age", "expected"),
    [
        (recording(R.STARTED, requested_at=NOW), MINUTE, True),
        (recording(R.STARTED, requested_at=NOW, checked_at=NOW), MINUTE, False),
        (recording(R.STARTED, requested_at=NOW, checked_at=NOW), NEVER_ACTIVE, True),
        (recording(R.PAUSED, requested_at=NOW, checked_at=NOW, active_at=NOW), NEVER_ACTIVE, False),
        (recording(R.PAUSED, requested_at=NOW, checked_at=NOW, active_at=NOW), HOUR, True),
        (recording(R.STOPPED, stopped_at=NOW), HOUR, False),
        (recording(R.STARTED, checked_at=NOW, active_at=NOW, denied_at=NOW), 4 * MINUTE, False),
        (recording(R.STARTED, checked_at=NOW, active_at=NOW, denied_at=NOW), 5 * MINUTE, True),
        (recording(R.STOPPED, stopped_at=NOW, checked_at=NOW, denied_at=NOW - 2 * HOUR), 5 * MINUTE, False),
        (recording(R.MISSING, stopped_at=NOW, checked_at=NOW, denied_at=NOW - 2 * HOUR), HOUR, True),
        (recording(R.LOST, stopped_at=NOW, denied_at=NOW), HOUR, False),
        (entry_of(chunk(0), state=R.STARTED), HOUR, False),
    ],
)
def test_the_service_is_asked_about_what_was_started(entry: CatalogEntry, age: timedelta, *, expected: bool) -> None:
    """Soon until it has said that it records, then once an hour."""
    assert expected == look(entry, NOW, NOW + age, LIMITS).asks


@pytest.mark.parametrize(
    ("entry", "age", "expected"),
    [
        (recording(R.STARTED, requested_at=NOW), NEVER_ACTIVE, True),
        (recording(R.STARTED, requested_at=NOW), NEVER_ACTIVE - MINUTE, False),
        (recording(R.STARTED, requested_at=NOW, active_at=NOW), NEVER_ACTIVE, False),
        (recording(R.PAUSED, requested_at=NOW), NEVER_ACTIVE, False),
        (recording(R.STARTED), NEVER_ACTIVE, False),
        (recording(R.STARTED, requested_at=NOW - HOUR, pauses=(RESUMED,)), NEVER_ACTIVE, True),
        (recording(R.STARTED, requested_at=NOW - HOUR, pauses=(RESUMED,)), NEVER_ACTIVE - MINUTE, False),
        (recording(R.STARTED, requested_at=NOW - HOUR, pauses=(replace(RESUMED, until=None),)), HOUR, False),
    ],
)
def test_what_was_accepted_and_never_recorded_is_told(entry: CatalogEntry, age: timedelta, *, expected: bool) -> None:
    assert expected == (never_active(entry, NOW + age) is not None)


@pytest.mark.parametrize(
    ("entry", "age", "expected"),
    [
        (entry_of(chunk(0)), 5, 30),  # when it is overdue
        (waits(60), 5, 90),
        (entry_of(chunk(0)), 30, 90),  # it was driven: twice its age later
        (entry_of(chunk(0, C.RELEASED), completed_at=NOW), 5, 365),
        (recording(R.STARTED, requested_at=NOW), 5, 10),
        (recording(R.STARTED, requested_at=NOW, active_at=NOW), 5, 65),
        (recording(R.STOPPED, stopped_at=NOW), 5, 60),
        (recording(R.MISSING, stopped_at=NOW), 65, 425),
    ],
)
def test_when_the_sweep_looks_again(entry: CatalogEntry, age: float, expected: float) -> None:
    """In minutes after NOW."""
    assert expected == (look(entry, NOW, NOW + age * MINUTE, LIMITS).again_at - NOW) / MINUTE


def test_what_was_driven_near_its_end_is_driven_again_soon() -> None:
    """A share of the time left, and not less than a step may take."""
    now = DUE - 5 * HOUR
    assert now + 5 * HOUR / 8 == look(entry_of(chunk(0)), now - DAY, now, LIMITS).again_at


MOMENTS = st.integers(-60 * 2, 60 * 28).map(lambda minutes: NOW + minutes * MINUTE)


@given(st.sampled_from(C), st.one_of(st.none(), MOMENTS), MOMENTS, st.integers(0, 24 * 60))
def test_the_next_look_is_always_later_and_never_misses_a_stage(
    state: ChunkState, look_at: datetime | None, now: datetime, age: int
) -> None:
    """So every stage of every recording is told in time, and no look is in vain at once."""
    is_open = state in {C.ANNOUNCED, C.ARCHIVED, C.QUARANTINED}
    one = chunk(0, state, apart=True)
    entry = entry_of(replace(one, look_at=look_at) if is_open else one)
    found = look(entry, now - age * MINUTE, now, LIMITS)
    assert found.again_at > now
    ends = end_of_source(entry, LIMITS)
    if ends is not None:
        assert not [stage for stage in STAGES if now < ends - stage < found.again_at]


def test_the_completion_of_what_is_not_whole_is_waited_for() -> None:
    """Its manifest is owed once every source must have ended."""
    entry = entry_of(chunk(0, C.RELEASED), chunk(1, C.LOST))
    assert () == look(entry, NOW, NOW + 2 * HOUR, LIMITS).drive
    assert (document(0),) == look(entry, NOW, GONE_BY + HOUR, LIMITS).drive


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        (-1, "due_in_1h"),
        (1, "due_in_1h"),
        (1.1, "due_in_6h"),
        (6, "due_in_6h"),
        (12, "due_in_12h"),
        (12.1, "due_later"),
    ],
)
def test_what_is_owed_is_counted_by_the_time_left(hours: float, expected: str) -> None:
    assert expected == stage_of(timedelta(hours=hours))
    assert ("due_later", "due_in_12h", "due_in_6h", "due_in_1h") == ALL_STAGES
