"""A recording whose file event does not come: over, missing, lost; what a person is warned of; and its history."""

from datetime import timedelta

import pytest

from recording.core.lifecycle import (
    Checked,
    Decided,
    Denied,
    Fact,
    Failed,
    FoundBySweep,
    Missed,
    NeverCame,
    Paused,
    Started,
    Stopped,
    Told,
    Warned,
    decide,
)
from recording.core.lifecycle.history import MOST_HISTORY, MOST_TEXT
from recording.core.model import (
    RUNNING,
    Actor,
    Alarm,
    Alert,
    CatalogEntry,
    ChunkState,
    Happened,
    RecordingState,
    Ruling,
)
from tests.core.entries_of import (
    MANIFEST,
    NOW,
    RECORDING_ID,
    UNERASED,
    WAV,
    announced,
    changed_recording,
    chunk,
    chunk_facts,
    completed,
    document,
    entry_of,
    failure,
)

R = RecordingState
LATER = NOW + timedelta(minutes=1)
FACTS: tuple[Fact, ...] = (Missed("overdue"), NeverCame("it never came"))


def entry_in(state: RecordingState) -> CatalogEntry:
    return changed_recording(entry_of(state=state), announced_at=None, stopped_at=NOW)


@pytest.mark.parametrize("state", RecordingState)
def test_only_a_recording_that_is_over_is_missing(state: RecordingState) -> None:
    """And a person is told."""
    after = decide(entry_in(state), Missed("overdue"), LATER).entry.recording
    expected = (R.MISSING, (Alert(Alarm.MISSING, "overdue"),)) if state is R.STOPPED else (state, ())
    assert expected == (after.state, after.untold)


@pytest.mark.parametrize("state", UNERASED)
@pytest.mark.parametrize("minutes", [0, 4, 5, 60])
def test_two_denials_with_minutes_between_end_what_runs(state: RecordingState, minutes: int) -> None:
    """It is over since the first of them; in another state only the answer is noted."""
    before = changed_recording(entry_in(state), stopped_at=None)
    first = decide(before, Denied("asked"), NOW).entry
    assert (state, None, NOW) == (first.recording.state, first.recording.stopped_at, first.recording.denied_at)

    at = NOW + timedelta(minutes=minutes)
    second = decide(first, Denied("asked"), at).entry.recording
    expected = (R.STOPPED, NOW) if state in RUNNING and minutes >= 5 else (state, None)
    assert (*expected, NOW, at) == (second.state, second.stopped_at, second.denied_at, second.checked_at)


@pytest.mark.parametrize("state", UNERASED)
@pytest.mark.parametrize("is_active", [True, False])
@pytest.mark.parametrize("was_denied", [True, False])
def test_what_records_after_all_is_revived(state: RecordingState, *, is_active: bool, was_denied: bool) -> None:
    """And told, once; an answer between two denials makes the next one the first."""
    denied_at = NOW if was_denied else None
    before = changed_recording(entry_in(state), denied_at=denied_at)
    after = decide(before, Checked(is_active=is_active), LATER).entry.recording
    is_revived = is_active and was_denied and state in {R.STOPPED, R.MISSING, R.LOST, R.EMPTY}
    is_resumed = is_active and state is R.PAUSED
    expected = (R.STARTED, None if is_revived else NOW) if is_revived or is_resumed else (state, NOW)
    assert expected == (after.state, after.stopped_at)
    assert (None if is_revived or state in RUNNING else denied_at) == after.denied_at
    assert [Alarm.AT_RISK] * is_revived == [alert.alarm for alert in after.untold]
    assert ["Checked"] * (is_revived or is_resumed) == [one.what for one in after.history]


def test_a_denial_says_nothing_of_a_recording_with_chunks() -> None:
    """Nor of one that we have stopped, once that was accepted."""
    entry = entry_of(chunk(0))
    assert entry == decide(entry, Denied("asked"), NOW).entry
    revived = decide(changed_recording(entry, denied_at=NOW, state=R.LOST), Checked(is_active=True), LATER).entry
    assert R.LOST is revived.recording.state
    denied = decide(changed_recording(entry_in(R.STARTED), stopped_at=None), Denied("asked"), NOW).entry
    paused = decide(denied, Paused(), LATER).entry  # the service did it
    assert (R.PAUSED, None) == (paused.recording.state, paused.recording.denied_at)
    assert decide(decide(paused, Denied("asked"), NOW).entry, Paused(), LATER).entry.recording.denied_at is None
    assert decide(denied, Stopped(), LATER).entry.recording.denied_at is None


@pytest.mark.parametrize("state", RecordingState)
def test_what_never_came_is_lost(state: RecordingState) -> None:
    """If it was over, or if no event named a chunk that could be read."""
    after = decide(entry_in(state), NeverCame("it never came"), LATER).entry.recording
    is_lost = state in {R.STOPPED, R.MISSING, R.ANNOUNCED}
    expected = (R.LOST, (Alert(Alarm.LOST, "it never came"),)) if is_lost else (state, ())
    assert expected == (after.state, after.untold)


def test_a_recording_with_a_chunk_is_not_lost_for_want_of_an_event() -> None:
    before = entry_of(chunk(0))
    assert before == decide(before, NeverCame("it never came"), LATER).entry


@pytest.mark.parametrize("state", [R.STOPPED, R.MISSING, R.LOST, R.EMPTY])
def test_a_file_event_that_comes_after_all_opens_the_recording(state: RecordingState) -> None:
    after = decide(entry_in(state), announced(0), LATER).entry
    assert (R.ANNOUNCED, [ChunkState.ANNOUNCED]) == (after.recording.state, [one.state for one in after])


def test_when_it_was_checked_and_was_active() -> None:
    """What the service answered is noted, and is no history."""
    started = decide(None, Started(RECORDING_ID, WAV), NOW).entry
    active = decide(started, Checked(is_active=True), LATER).entry
    again = decide(active, Checked(is_active=True), LATER + timedelta(hours=1)).entry

    assert (LATER, LATER) == (active.recording.checked_at, active.recording.active_at)
    assert (LATER + timedelta(hours=1),) * 2 == (again.recording.checked_at, again.recording.active_at)
    assert started.recording.history == again.recording.history


@pytest.mark.parametrize(
    ("fact", "alarm", "reason"),
    [(Warned("6 h", "little time"), Alarm.AT_RISK, "little time"), (FoundBySweep("x"), Alarm.FOUND_BY_SWEEP, "x")],
)
def test_a_warning_is_given_once(fact: Fact, alarm: Alarm, reason: str) -> None:
    """Also after it was published."""
    warned = decide(entry_of(chunk(0)), fact, NOW).entry
    told = decide(warned, Told(warned.recording.untold), NOW).entry

    assert (Alert(alarm, reason),) == warned.recording.untold
    assert told == decide(told, fact, LATER).entry
    assert () == told.recording.untold


def test_a_completion_and_its_lacks_are_in_the_history() -> None:
    entry = entry_of(chunk(0, ChunkState.RELEASED))
    (line,) = decide(entry, completed(0), NOW).entry.recording.history
    assert ("Completed", MANIFEST) == (line.what, line.detail)


def test_the_history_names_what_happened_when_and_by_whom() -> None:
    entry = decide(None, Started(RECORDING_ID, WAV), NOW).entry
    entry = decide(entry, Stopped(), LATER, Actor("a person")).entry

    expected = (
        Happened(NOW, "Started", Actor("app"), "audio-mixed-wav"),
        Happened(LATER, "Stopped", Actor("a person")),
    )
    assert expected == entry.recording.history


@pytest.mark.parametrize("name", chunk_facts())
def test_every_fact_about_a_chunk_that_changes_something_is_in_the_history(name: str) -> None:
    """With the chunk, and with words for people, unless its name says all."""
    before = entry_of(chunk(0, ChunkState.ARCHIVED, with_metadata=False), chunk(1))
    after = decide(before, chunk_facts()[name], NOW).entry
    found = [(one.what, one.document_id, bool(one.detail)) for one in after.recording.history]
    assert ([] if after == before else [(name, document(0), name != "Released")]) == found


@pytest.mark.parametrize(
    "fact",
    [announced(0), Denied("the call ended"), Missed("overdue"), NeverCame("never"), Warned("1 h", "little time")],
)
def test_facts_about_the_recording_are_in_the_history_too(fact: Fact) -> None:
    state = R.STARTED if isinstance(fact, Denied) else R.STOPPED
    after = decide(entry_in(state), fact, NOW).entry
    assert [type(fact).__name__] == [one.what for one in after.recording.history]
    assert after.recording.history[0].detail


def test_the_same_again_is_counted() -> None:
    """Ten tries that fail for the same cause are one line."""
    entry = entry_of(chunk(0))
    for minute in range(10):
        at = NOW + timedelta(minutes=minute)
        entry = decide(entry, Failed(document(0), failure(), at), at).entry
    (one,) = entry.recording.history
    assert (10, NOW, NOW + timedelta(minutes=9)) == (one.times, one.at, one.until)


@pytest.mark.parametrize("kind", ["failures", "warnings"])
def test_the_history_is_bounded(kind: str) -> None:
    """Failures are dropped first; what was known first stays."""
    entry = decide(entry_of(chunk(0)), announced(0, host="us-api"), NOW).entry
    for number in range(MOST_HISTORY + 3):
        failed = Failed(document(0), failure(cause=f"cause {number}"), NOW)
        fact = failed if kind == "failures" else Warned(f"stage {number}", "so")
        entry = decide(entry, fact, NOW).entry

    history = entry.recording.history
    assert MOST_HISTORY == len(history)
    assert "Announced" == history[0].what
    assert f"{MOST_HISTORY + 2}" in history[-1].detail


@pytest.mark.parametrize("by", ["app", "key:somebody"])
def test_the_texts_of_the_history_are_bounded(by: str) -> None:
    """A long reason is cut off; of many, what was known first stays, and a person's decision."""
    entry = decide(entry_of(chunk(0)), announced(0, host="us-api"), NOW).entry
    for number in range(100):
        entry = decide(entry, Warned(f"stage {number}", "x" * 5000), NOW).entry
        if number == 90:
            decided = Decided(document(0), Ruling.RETRY, "I have looked")
            entry = decide(entry, decided, NOW, Actor(by)).entry

    history = entry.recording.history
    assert 50 <= len(history) < 100
    assert sum(len(one.detail) for one in history) <= MOST_TEXT
    assert "Announced" == history[0].what
    assert "stage 99" in history[-1].detail
    assert by in {one.by for one in history if one.what == "Decided"}
