"""A recording while it runs: orders, answers of the service, pauses with who, interruptions, and starts that failed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.core.lifecycle import (
    Checked,
    Continued,
    Denied,
    Fact,
    Interrupted,
    Joined,
    Ordered,
    ParticipantsSeen,
    Paused,
    Resumed,
    Started,
    StartFailed,
    Stopped,
    contradicts,
    decide,
    is_paused,
    is_paused_by_others,
    is_unasked_end,
    may_revive,
    open_at,
    runs,
)
from recording.core.lifecycle.running import MOST_PAUSES, SETTLES
from recording.core.model import (
    APP,
    OUTSIDE,
    RUNNING,
    Actor,
    Alarm,
    CatalogEntry,
    Continuation,
    ParticipantKind,
    Pause,
    RecordingId,
    RecordingState,
)
from tests.core.entries_of import NOW, RECORDING_ID, WAV, announced, changed_recording, chunk, entry_of, without_history

R = RecordingState
ANN = Actor("key:ann")
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
AT = NOW + 10 * MINUTE
ACTIVE, INACTIVE = Checked(is_active=True), Checked(is_active=False)


def applied(entry: CatalogEntry, *facts: Fact, at: datetime = AT, by: Actor = ANN) -> CatalogEntry:
    for fact in facts:
        entry = decide(entry, fact, at, by).entry
    return entry


def begun(*, paused: bool = False, by: Actor = ANN) -> CatalogEntry:
    """Started, and not yet said to be active."""
    return decide(None, Started(RECORDING_ID, WAV, paused=paused), NOW, by).entry


def active() -> CatalogEntry:
    return applied(begun(), ACTIVE, at=NOW + MINUTE)


def full(end_reason: str = "ChunkMaximumSizeExceeded") -> CatalogEntry:
    """It runs for so long that its first chunk is announced already."""
    return replace(entry_of(chunk(0, end_reason=end_reason)), recording=entry_of().recording)


def alarms(entry: CatalogEntry) -> list[Alarm]:
    return [alert.alarm for alert in entry.recording.untold]


# One table: what an answer of the service means

ANSWERS = {
    # what was known: (after active, after inactive)
    "begun": ((R.STARTED, 0), (R.STARTED, 0)),
    "active": ((R.STARTED, 0), (R.PAUSED, 1)),
    "paused": ((R.STARTED, 1), (R.PAUSED, 1)),
    "stopped": ((R.STOPPED, 0), (R.STOPPED, 0)),
}


@pytest.mark.parametrize(("known", "is_active"), list(product(ANSWERS, [True, False])))
def test_what_an_answer_of_the_service_means(known: str, *, is_active: bool) -> None:
    """State and number of pauses; the service is right about what it does."""
    entry = {
        "begun": begun(),
        "active": active(),
        "paused": applied(active(), Paused(), at=NOW + 2 * MINUTE),
        "stopped": applied(active(), Stopped(), at=NOW + 2 * MINUTE),
    }[known]
    after = applied(entry, Checked(is_active)).recording

    assert ANSWERS[known][0 if is_active else 1] == (after.state, len(after.pauses))


@pytest.mark.parametrize(
    ("orders", "expected"),
    [
        ([], False),
        ([APP], False),
        ([ANN], True),
        ([ANN, APP], True),
        ([APP, ANN], True),
    ],
)
def test_a_pause_is_that_of_others_if_anybody_else_has_ordered_it(orders: list[Actor], *, expected: bool) -> None:
    entry = active()
    for by in orders:
        entry = applied(entry, Ordered(R.PAUSED), Paused(), by=by)

    assert expected is is_paused_by_others(entry.recording)


@pytest.mark.parametrize(
    ("state", "orders", "expected"),
    [
        (R.STOPPED, [APP], APP),
        (R.STOPPED, [ANN, APP], ANN),
        (R.STOPPED, [APP, ANN], ANN),
        (R.PAUSED, [ANN, APP], APP),  # nothing was paused: its order was not carried out
        (R.STARTED, [ANN, APP], APP),
    ],
)
def test_a_stop_that_the_app_orders_too_stays_that_of_others(
    state: RecordingState, orders: list[Actor], expected: Actor
) -> None:
    entry = active()
    for by in orders:
        entry = applied(entry, Ordered(state), by=by)

    assert entry.recording.ordered is not None
    assert (state, expected) == (entry.recording.ordered.state, entry.recording.ordered.by)


def test_an_order_of_another_to_resume_wants_no_pause() -> None:
    """Its answer was lost, and the pause that this app began lasts."""
    entry = applied(active(), Ordered(R.PAUSED), Paused(), by=APP)

    assert not is_paused_by_others(applied(entry, Ordered(R.STARTED)).recording)


def test_a_pause_by_nobody_here_is_kept_and_told() -> None:
    """From the moment that the callback named; it ends with whoever resumes it."""
    since = AT - 7 * SECOND
    paused = applied(active(), Checked(is_active=False, since=since))

    assert (Pause(since, OUTSIDE),) == paused.recording.pauses
    assert [Alarm.INTERRUPTED] == alarms(paused)
    assert "nobody has paused it here" in paused.recording.untold[0].reason
    resumed = applied(paused, Resumed(), at=AT + MINUTE)
    assert (Pause(since, OUTSIDE, AT + MINUTE, ANN),) == resumed.recording.pauses


@pytest.mark.parametrize(
    "since",
    [None, datetime(1, 1, 1, tzinfo=UTC), AT + MINUTE, NOW - MINUTE],
    ids=["none", "the year 1", "in the future", "before its start"],
)
def test_a_moment_that_cannot_be_is_not_taken(since: datetime | None) -> None:
    """The time of the answer stands for it."""
    assert AT == applied(active(), Checked(is_active=False, since=since)).recording.pauses[0].since


def test_a_moment_without_a_known_start_is_not_taken() -> None:
    entry = changed_recording(active(), requested_at=None)
    assert AT == applied(entry, Checked(is_active=False, since=NOW)).recording.pauses[0].since


def test_who_resumes_what_was_paused_here_is_told() -> None:
    """It records what somebody here did not want to be recorded; of a pause by others that is no news."""
    by_ann = applied(active(), Ordered(R.PAUSED), Paused(), at=NOW + 2 * MINUTE)
    found = applied(by_ann, ACTIVE)
    assert ([Alarm.AT_RISK], R.STARTED, OUTSIDE) == (
        alarms(found),
        found.recording.state,
        found.recording.pauses[0].until_by,
    )
    by_others = applied(applied(active(), INACTIVE, at=NOW + 2 * MINUTE), ACTIVE)
    assert [Alarm.INTERRUPTED] == alarms(by_others)  # of the pause alone
    without_interval = changed_recording(begun(), state=R.PAUSED)
    assert [] == alarms(applied(without_interval, ACTIVE))


# Our own orders, in any order with what the service tells


@pytest.mark.parametrize(("order", "fact", "answer"), [(R.PAUSED, Paused(), INACTIVE), (R.STARTED, Resumed(), ACTIVE)])
@pytest.mark.parametrize("is_told_first", [True, False])
def test_our_own_order_is_ours_whoever_tells_of_it_first(
    order: R, fact: Paused | Resumed, answer: Checked, *, is_told_first: bool
) -> None:
    """No alert, and the pause names who ordered it."""
    before = active() if order is R.PAUSED else applied(active(), Paused(), at=NOW + 2 * MINUTE)
    ordered = applied(before, Ordered(order))
    facts: list[Fact] = [answer, fact] if is_told_first else [fact, answer]
    after = applied(ordered, *facts, at=AT + SECOND)

    assert (order, []) == (after.recording.state, alarms(after))
    (pause,) = after.recording.pauses
    assert ANN == (pause.by if order is R.PAUSED else pause.until_by)


@pytest.mark.parametrize(("order", "fact"), [(R.PAUSED, Paused()), (R.STARTED, Resumed())])
def test_an_answer_from_before_an_order_changes_nothing(order: R, fact: Paused | Resumed) -> None:
    """For half a minute; what the service says after that counts."""
    before = active() if order is R.PAUSED else applied(active(), Paused(), at=NOW + 2 * MINUTE)
    after = applied(before, Ordered(order), fact)
    contrary = Checked(is_active=order is R.PAUSED)

    assert order is applied(after, contrary, at=AT + SETTLES - SECOND).recording.state
    assert order is not applied(after, contrary, at=AT + SETTLES).recording.state


def test_an_order_that_was_never_confirmed_explains_a_pause_however_late() -> None:
    """Its answer and the callback may be lost. One that was confirmed explains no later pause."""
    ordered = applied(active(), Ordered(R.PAUSED))
    after = applied(ordered, INACTIVE, at=AT + 60 * MINUTE)
    assert (ANN, []) == (after.recording.pauses[0].by, alarms(after))
    resumed = applied(applied(ordered, Paused()), ACTIVE, at=AT + 5 * MINUTE)
    again = applied(resumed, INACTIVE, at=AT + 10 * MINUTE)
    assert [ANN, OUTSIDE] == [pause.by for pause in again.recording.pauses]


def test_a_resume_whose_answer_was_lost_may_have_made_a_file() -> None:
    """Its file event is awaited."""
    over = applied(begun(paused=True), Ordered(R.STARTED), Stopped())
    assert R.STOPPED is over.recording.state


def test_pauses_are_bounded() -> None:
    entry = active()
    for number in range(MOST_PAUSES + 3):
        entry = applied(entry, Paused(), Resumed(), at=AT + number * MINUTE)
    assert MOST_PAUSES == len(entry.recording.pauses)
    assert AT + 3 * MINUTE == entry.recording.pauses[0].since


@given(
    st.lists(
        st.tuples(st.sampled_from([Paused(), Resumed(), ACTIVE, INACTIVE, Ordered(R.PAUSED)]), st.integers(0, 300))
    )
)
def test_pauses_are_in_order_and_agree_with_the_state(steps: list[tuple[Fact, int]]) -> None:
    """Whatever comes in whatever order: intervals do not overlap, and only the last may be open."""
    entry, at = active(), AT
    for fact, seconds in steps:
        at += seconds * SECOND
        entry = decide(entry, fact, at).entry
        pauses = entry.recording.pauses
        edges = [edge for pause in pauses for edge in (pause.since, pause.until) if edge is not None]
        assert sorted(edges) == edges
        assert all(pause.until is not None for pause in pauses[:-1])
        assert (entry.recording.open_pause is not None) == (entry.recording.state is R.PAUSED)


# Whether a callback is a reason to ask


@pytest.mark.parametrize(
    ("entry", "is_active", "expected"),
    [
        (begun(), True, True),  # it begins
        (active(), True, False),
        (active(), False, True),
        (applied(active(), Paused()), False, False),
        (applied(active(), Paused()), True, True),
        (applied(active(), Ordered(R.STOPPED)), False, False),
        (applied(active(), Ordered(R.STARTED)), False, True),
        (applied(active(), Denied("asked")), True, True),
        (applied(active(), Interrupted()), True, True),
        (applied(active(), Stopped()), False, False),
        (applied(active(), Stopped()), True, False),
        (applied(active(), Stopped(), Denied("asked")), True, True),
        (full(), False, True),
        (changed_recording(full("SessionEnded"), announced_at=AT), False, True),  # its file event came first
        (applied(full("SessionEnded"), Ordered(R.STOPPED)), False, False),
        (changed_recording(full("SessionEnded"), announced_at=AT - 60 * MINUTE), False, False),
        (changed_recording(full("SessionEnded"), announced_at=None), False, False),
        (changed_recording(full("SessionEnded"), denied_at=AT), True, False),
    ],
)
def test_the_service_is_asked_where_a_callback_contradicts(
    entry: CatalogEntry, *, is_active: bool, expected: bool
) -> None:
    assert expected is contradicts(entry, AT + MINUTE, is_active=is_active)


@pytest.mark.parametrize(("seconds", "expected"), [(0, False), (29, False), (30, True)])
def test_what_has_just_been_started_may_not_be_known_yet(seconds: int, *, expected: bool) -> None:
    """It is asked about, and no alarm comes of that for half a minute; unless it has been active."""
    at = NOW + seconds * SECOND
    assert contradicts(begun(), at, is_active=False)
    assert expected is is_unasked_end(begun(), at)
    assert is_unasked_end(applied(begun(), ACTIVE, at=NOW), at)
    assert is_unasked_end(changed_recording(begun(), requested_at=None), at)


# Over in mid-call


def test_what_ends_unasked_in_its_call_is_told_once() -> None:
    """It is not over for that: two denials are still needed; if it records after all, that is forgotten."""
    entry = applied(active(), Denied("asked"), Interrupted(AT - SECOND))
    assert ([Alarm.INTERRUPTED], AT - SECOND) == (alarms(entry), entry.recording.interrupted_at)
    assert R.STARTED is entry.recording.state
    assert [Alarm.INTERRUPTED] == alarms(applied(entry, Interrupted()))
    assert applied(entry, ACTIVE).recording.interrupted_at is None


@pytest.mark.parametrize("facts", [(Stopped(),), (Ordered(R.STOPPED),)])
def test_what_is_stopped_here_is_not_interrupted(facts: tuple[Fact, ...]) -> None:
    entry = applied(active(), *facts)
    assert entry == applied(entry, Interrupted())


def test_what_only_the_service_has_said_to_be_over_may_go_on() -> None:
    """Not what was stopped here, nor what has a file."""
    denied = applied(active(), Denied("asked"))
    assert (False, True) == (may_revive(active()), may_revive(denied))

    assert [False, False] == [may_revive(applied(denied, Ordered(R.STOPPED))), may_revive(full())]


def test_what_has_run_for_hours_is_watched_as_well() -> None:
    """Its first chunk is announced, and its state is that of its chunks."""
    entry = changed_recording(full(), active_at=NOW, requested_at=NOW)
    assert runs(entry)
    assert not runs(applied(entry, Ordered(R.STOPPED)))
    assert [Alarm.INTERRUPTED] == alarms(applied(entry, Interrupted()))
    paused = applied(entry, INACTIVE)
    assert (R.ANNOUNCED, True, [Alarm.INTERRUPTED]) == (
        paused.recording.state,
        is_paused(paused.recording),
        alarms(paused),
    )
    assert applied(paused, Resumed()).recording.open_pause is None


# No file is expected


@pytest.mark.parametrize("end", ["stopped", "with its call"])
def test_what_was_started_paused_and_never_resumed_is_empty(end: str) -> None:
    """Nothing is owed, and nothing is told; a file event that comes after all opens it."""
    entry = begun(paused=True)
    assert entry.recording.has_recorded_nothing
    facts: list[Fact] = [Stopped()] if end == "stopped" else [Denied("asked")]
    over = applied(applied(entry, *facts), *facts, at=AT + 6 * MINUTE)

    assert (R.EMPTY, [], None) == (over.recording.state, alarms(over), open_at(without_history(over)))
    assert R.ANNOUNCED is applied(over, announced(0)).recording.state


@pytest.mark.parametrize("facts", [(Resumed(),), (ACTIVE,)])
def test_what_was_resumed_once_has_a_file(facts: tuple[Fact, ...]) -> None:
    """By us or by others."""
    over = applied(begun(paused=True), *facts, Paused(), Stopped(), at=AT)
    assert R.STOPPED is over.recording.state


def test_what_is_paused_later_has_a_file() -> None:
    assert R.STOPPED is applied(begun(), Paused(), Stopped()).recording.state


def test_a_recording_of_others_is_expected_to_have_a_file() -> None:
    assert not changed_recording(begun(paused=True), requested_at=None).recording.has_recorded_nothing


def test_a_start_that_failed_is_told_and_empty_once_it_is_over() -> None:
    """One message; a recording that the service calls active has not failed."""
    entry = applied(begun(), Denied("asked"), StartFailed("code 500"))
    assert ([Alarm.NOT_STARTED], R.STARTED) == (alarms(entry), entry.recording.state)
    assert entry.recording.untold == applied(entry, StartFailed("code 500")).recording.untold
    assert R.EMPTY is applied(entry, Denied("asked"), at=AT + 6 * MINUTE).recording.state
    assert applied(entry, ACTIVE).recording.failed_at is None


@pytest.mark.parametrize("entry", [active(), applied(begun(), Stopped()), entry_of(chunk(0))])
def test_what_records_or_is_over_has_not_failed_to_start(entry: CatalogEntry) -> None:
    assert entry == applied(entry, StartFailed("code 500"))


def test_what_was_replaced_as_it_never_began_is_empty() -> None:
    """One that was replaced as it ended has a file."""
    later = Continued(RecordingId("later"))
    assert R.EMPTY is applied(begun(), later, Stopped()).recording.state
    assert R.STOPPED is applied(begun(), Interrupted(), later, Stopped()).recording.state


def test_what_is_empty_records_after_all_if_the_service_says_so() -> None:
    entry = applied(begun(paused=True), Denied("asked"))
    empty = applied(entry, Denied("asked"), at=AT + 6 * MINUTE)
    assert (R.EMPTY, R.STARTED) == (empty.recording.state, applied(empty, ACTIVE).recording.state)


# Recordings of one call; participants


def test_recordings_of_one_call_name_each_other() -> None:
    """The first word stands; none continues itself."""
    other, third = RecordingId("other"), RecordingId("third")
    entry = applied(active(), Joined(other, NOW, 2), Joined(third, AT, 3), Continued(other), Continued(third))
    recording = entry.recording
    assert (Continuation(other, NOW), 2, other) == (recording.continues, recording.attempt, recording.continued_by)
    assert applied(active(), Joined(RECORDING_ID, NOW, 2)).recording.continues is None
    assert applied(active(), Continued(RECORDING_ID)).recording.continued_by is None


def test_the_newest_list_of_participants_is_kept() -> None:
    """By its number, in whatever order the lists come; it is no history."""
    new, old = ((ParticipantKind.PHONE_NUMBER, 2),), ((ParticipantKind.PHONE_NUMBER, 1),)
    entry = applied(active(), ParticipantsSeen(2, new), ParticipantsSeen(1, old))
    assert (new, 2) == (entry.recording.participants, entry.recording.participants_number)
    assert active().recording.history == entry.recording.history


@pytest.mark.parametrize("state", RecordingState)
def test_no_fact_of_these_is_refused(state: RecordingState) -> None:
    """In every state each has a meaning, and only what runs is paused, interrupted or failed."""
    entry = changed_recording(entry_of(state=state), active_at=NOW, requested_at=NOW)
    for fact in (Interrupted(), StartFailed("x"), INACTIVE, ACTIVE, Ordered(R.PAUSED), Continued(RecordingId("x"))):
        after = applied(entry, fact)
        assert state in RUNNING or state is after.recording.state
        assert state in RUNNING or [] == alarms(after)
