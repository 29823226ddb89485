"""What is done when a recording does not record although it should: by default nothing but telling."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from recording.core.lifecycle import (
    Checked,
    ConsentWithdrawn,
    Continued,
    Fact,
    Interrupted,
    Ordered,
    Paused,
    Resumed,
    Started,
    StartFailed,
    Stopped,
    Warned,
    decide,
)
from recording.core.model import (
    APP,
    Actor,
    Alarm,
    CatalogEntry,
    Order,
    Reaction,
    RecordingId,
    RecordingState,
)
from recording.core.reactions import NEVER_ACTIVE, Act, act_due, may_go_on, reaction_of
from recording.core.watching import Limits, look
from tests.core.entries_of import APPLIED, ATTESTED, NOW, RECORDING_ID, WAV, changed_recording

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
LIMITS = Limits(retention=24 * 60 * MINUTE, file_event=60 * MINUTE, step=30 * MINUTE)
ALL = Reaction(restart=True, pause_limit=10 * MINUTE, resumes_at_limit=True, tries=1)
LATER = RecordingId("later")


def entry(*facts: Fact, at: datetime = NOW) -> CatalogEntry:
    found = decide(None, Started(RECORDING_ID, WAV), NOW).entry
    for fact in facts:
        found = decide(found, fact, at).entry
    return found


ACTIVE = Checked(is_active=True)
STOP = Order(RecordingState.STOPPED, Actor("entra:ada"), NOW)


@pytest.mark.parametrize(
    ("known", "after", "reaction", "expected"),
    [
        (entry(), NEVER_ACTIVE, ALL, Act.STOP_AND_RESTART),
        (entry(), NEVER_ACTIVE, Reaction(), None),
        (entry(), NEVER_ACTIVE - MINUTE, ALL, None),
        (entry(StartFailed("x")), MINUTE, ALL, Act.STOP_AND_RESTART),
        (changed_recording(entry(), attempt=2), NEVER_ACTIVE, ALL, None),
        (entry(Paused()), MINUTE, ALL, None),
        (changed_recording(entry(), requested_at=None), NEVER_ACTIVE, ALL, None),
        (changed_recording(entry(Paused(), Resumed()), checked_at=NOW), NEVER_ACTIVE, ALL, None),
        (changed_recording(entry(Paused(), Resumed()), checked_at=NOW + NEVER_ACTIVE), HOUR, ALL, Act.STOP_AND_RESTART),
        (entry(ACTIVE), NEVER_ACTIVE, ALL, None),
        (entry(ACTIVE, Interrupted()), MINUTE, ALL, Act.RESTART),
        (entry(ACTIVE, Interrupted()), MINUTE, Reaction(), None),
        (entry(ACTIVE, Interrupted(), Continued(LATER)), MINUTE, ALL, None),
        (entry(ACTIVE, Interrupted(), Stopped()), 59 * MINUTE, ALL, Act.RESTART),  # it was tried, and failed
        (entry(ACTIVE, Interrupted(), Stopped()), 60 * MINUTE, ALL, None),
        (entry(ACTIVE, Interrupted(), Ordered(RecordingState.STOPPED)), MINUTE, ALL, None),
        (entry(ACTIVE, Stopped()), MINUTE, ALL, None),
        (entry(ACTIVE, Paused()), 10 * MINUTE, ALL, Act.RESUME),
        (entry(ACTIVE, Paused()), 9 * MINUTE, ALL, None),
        (changed_recording(entry(ACTIVE, Paused()), ordered=STOP), 10 * MINUTE, ALL, None),  # its answer is lost
        (changed_recording(entry(), ordered=STOP), NEVER_ACTIVE, ALL, None),
        (changed_recording(entry(), ordered=replace(STOP, by=APP)), NEVER_ACTIVE, ALL, Act.STOP_AND_RESTART),
        (entry(ACTIVE, Paused()), 10 * MINUTE, replace(ALL, resumes_at_limit=False), None),
        (entry(ACTIVE, Paused()), 10 * MINUTE, replace(ALL, pause_limit=None), None),
        (entry(ACTIVE, Interrupted(), ConsentWithdrawn()), MINUTE, ALL, None),
        (changed_recording(entry(ACTIVE, Paused()), consent=ATTESTED), 10 * MINUTE, ALL, Act.RESUME),
    ],
)
def test_what_a_reaction_wants(known: CatalogEntry, after: timedelta, reaction: Reaction, expected: Act | None) -> None:
    """As it says, and once for each recording."""
    assert expected is act_due(known, reaction, NOW + after)


@pytest.mark.parametrize(
    ("reaction", "minutes", "is_told"),
    [
        (Reaction(), 600, False),
        (Reaction(pause_limit=10 * MINUTE), 9, False),
        (Reaction(pause_limit=10 * MINUTE), 10, True),
        (ALL, 10, False),  # it is resumed
        (ALL, 20, True),  # that has not succeeded
    ],
)
def test_a_pause_beyond_its_limit_is_told(reaction: Reaction, minutes: int, *, is_told: bool) -> None:
    """Once, as every warning."""
    paused = entry(ACTIVE, Paused())
    at = NOW + minutes * MINUTE
    facts = [one for one in look(paused, NOW, at, LIMITS, reaction=reaction).facts if isinstance(one, Warned)]
    told = [one for one in facts if one.alarm is Alarm.PAUSED_LONG]

    assert is_told == bool(told)
    for _ in range(2):
        for fact in told:
            paused = decide(paused, fact, at).entry
    assert [Alarm.PAUSED_LONG] * is_told == [alert.alarm for alert in paused.recording.untold]


@pytest.mark.parametrize(("age", "expected"), [(0, 10), (9, 10), (10, 20)])
def test_a_paused_recording_is_looked_at_when_its_limit_is_over(age: int, expected: int) -> None:
    at = NOW + age * MINUTE
    paused = changed_recording(entry(ACTIVE, Paused()), checked_at=at)
    assert NOW + expected * MINUTE == look(paused, NOW, at, LIMITS, reaction=ALL).again_at


def test_nothing_is_told_of_a_pause_that_has_ended() -> None:
    over = entry(ACTIVE, Paused(), Stopped())
    assert [] == [
        one for one in look(over, NOW, NOW + 20 * MINUTE, LIMITS, reaction=ALL).facts if isinstance(one, Warned)
    ]


def test_the_limit_of_a_pause_is_the_rules_or_the_usual() -> None:
    """A recording without a rule, such as one that others started, has the usual one."""
    known = entry()
    short, usual = replace(APPLIED, reaction=Reaction(pause_limit=MINUTE)), 10 * MINUTE

    assert Reaction(pause_limit=usual) == reaction_of(known, usual)
    assert Reaction(restart=True, pause_limit=usual) == reaction_of(
        changed_recording(known, applied=replace(APPLIED, reaction=Reaction(restart=True))), usual
    )
    assert Reaction(pause_limit=MINUTE) == reaction_of(changed_recording(known, applied=short), usual)
    assert reaction_of(known, None).pause_limit is None


@pytest.mark.parametrize(
    ("reaction", "facts", "expected"),
    [
        (None, (), False),
        (Reaction(), (), False),
        (Reaction(restart=True), (), True),
        (Reaction(tries=1), (), True),
        (Reaction(restart=True), (Interrupted(),), True),
        (Reaction(restart=True), (Ordered(RecordingState.PAUSED),), True),
        (Reaction(restart=True), (Ordered(RecordingState.STOPPED),), False),
        (Reaction(restart=True), (ConsentWithdrawn(),), False),
    ],
)
def test_another_may_go_on_in_its_place(reaction: Reaction | None, facts: tuple[Fact, ...], expected: bool) -> None:  # noqa: FBT001 - a case
    """If the rule wants it, and nobody has ended it."""
    applied = None if reaction is None else replace(APPLIED, reaction=reaction)
    known = changed_recording(entry(ACTIVE, *facts), applied=applied)
    assert expected is may_go_on(known.recording)
