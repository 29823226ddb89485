"""Which recordings a hold covers."""

from dataclasses import replace
from datetime import timedelta

import pytest

from recording.core.model import (
    APP,
    CallId,
    CatalogEntry,
    Channel,
    Recording,
    RecordingId,
    RecordingState,
    ServerCallId,
)
from recording.core.records.holds import Hold, HoldState, People, Query, Scope, began_at, calls_of, covers
from tests.core.entries_of import APPLIED, NOW, WAV

RECORDING = Recording(
    RecordingId("r"),
    RecordingState.RELEASED,
    output=WAV,
    call_id=CallId("call"),
    server_call_id=ServerCallId("server"),
    applied=APPLIED,
    started_at=NOW,
    duration=timedelta(minutes=5),
)
ENTRY = CatalogEntry(RECORDING)
TODAY = NOW.date()
DAY = timedelta(days=1)
HOLD = Hold("id", HoldState.ACTIVE, Scope(call="call"), "why", "who", TODAY, NOW, APP)


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (Scope(recordings=(RecordingId("r"), RecordingId("s"))), True),
        (Scope(recordings=(RecordingId("s"),)), False),
        (Scope(call="call"), True),
        (Scope(call="server"), True),
        (Scope(call="other"), False),
        (Scope(), False),
    ],
)
def test_a_hold_covers_recordings_by_id_and_by_call(scope: Scope, *, expected: bool) -> None:
    assert expected is covers(scope, ENTRY, None)


@pytest.mark.parametrize(
    ("people", "unknown", "expected"),
    [
        (None, False, True),
        (People(frozenset({"4:+491", "8:acs:b"})), False, True),
        (People(frozenset({"8:acs:b"})), True, False),
        (People(frozenset({"8:acs:b"}), is_doubtful=True), True, True),
        (People(frozenset({"8:acs:b"}), is_doubtful=True), False, False),
        (People(frozenset()), True, True),
        (People(frozenset()), False, False),
    ],
)
def test_a_hold_covers_the_recordings_of_a_person(people: People | None, *, unknown: bool, expected: bool) -> None:
    """Those of which nobody has looked who takes part are covered; those of which it is not known, if it says so."""
    assert expected is covers(Scope(person=("4:+491", "4:+492"), unknown=unknown), ENTRY, people)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Query(), True),
        (Query(since=TODAY, until=TODAY), True),
        (Query(since=TODAY + DAY), False),
        (Query(until=TODAY - DAY), False),
        (Query(state=RecordingState.RELEASED), True),
        (Query(state=RecordingState.LOST), False),
        (Query(output=WAV), True),
        (Query(output=replace(WAV, channel=Channel.UNMIXED)), False),
        (Query(retention_class="long"), True),
        (Query(retention_class="short"), False),
        (Query(least=timedelta(minutes=5), most=timedelta(minutes=5)), True),
        (Query(least=timedelta(minutes=6)), False),
        (Query(most=timedelta(minutes=4)), False),
    ],
)
def test_a_hold_covers_what_fits_a_query(query: Query, *, expected: bool) -> None:
    assert expected is covers(Scope(query=query), ENTRY, None)


def test_what_is_not_known_of_a_recording_fits_every_condition() -> None:
    """To hold too much loses nothing."""
    bare = CatalogEntry(Recording(RecordingId("r"), RecordingState.STARTED))
    query = Query(TODAY, TODAY, None, WAV, "", timedelta(1), timedelta(2))

    assert covers(Scope(query=query), bare, None)


def test_the_usual_class_is_that_of_recordings_without_one() -> None:
    bare = CatalogEntry(Recording(RecordingId("r"), RecordingState.STARTED))
    scope = Scope(query=Query(retention_class="usual"))

    assert [True, False] == [covers(scope, bare, None, usual) for usual in ("usual", "")]


def test_a_recording_knows_its_call_and_when_it_began() -> None:
    requested = replace(RECORDING, started_at=None, requested_at=NOW - DAY, announced_at=NOW)
    announced = replace(requested, requested_at=None)

    assert {"call", "server"} == calls_of(RECORDING)
    assert (NOW, NOW - DAY, NOW) == (began_at(RECORDING), began_at(requested), began_at(announced))


@pytest.mark.parametrize(
    ("state", "is_active"),
    [
        (HoldState.PLACING, True),
        (HoldState.ACTIVE, True),
        (HoldState.ENDING, False),
        (HoldState.ENDED, False),
    ],
)
def test_a_hold_is_active_from_when_it_is_made_until_it_is_ended(state: HoldState, *, is_active: bool) -> None:
    assert is_active is replace(HOLD, state=state).is_active


def test_a_review_is_due_after_its_day_and_told_once_a_day() -> None:
    tomorrow = TODAY + DAY

    assert not HOLD.is_review_due(TODAY)
    assert HOLD.is_review_due(tomorrow)
    assert not replace(HOLD, reminded_on=tomorrow).is_review_due(tomorrow)
    assert replace(HOLD, reminded_on=tomorrow).is_review_due(tomorrow + DAY)
    assert not replace(HOLD, state=HoldState.ENDED).is_review_due(tomorrow)
