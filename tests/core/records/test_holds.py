"""Which recordings a hold covers."""

from dataclasses import replace
from datetime import timedelta

import pytest

from recording.core.model import (
    APP,
    CallId,
    CatalogEntry,
    DocumentId,
    ParticipantKind,
    Recording,
    RecordingId,
    RecordingState,
    ServerCallId,
)
from recording.core.records.filters import Filters, Period
from recording.core.records.holds import Hold, HoldState, People, Query, Scope, covers, people_of
from recording.core.records.people import ChunkPeople, Heard, PeopleDocument
from tests.core.entries_of import APPLIED, MANIFEST, NOW, WAV

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
        (Query(Period()), True),
        (Query(Period(NOW, NOW + DAY), Filters(output=WAV)), True),
        (Query(Period(NOW + DAY)), False),
        (Query(Period(NOW), Filters(retention_class="short")), False),
    ],
)
def test_a_hold_covers_what_a_search_would_find(query: Query, *, expected: bool) -> None:
    assert expected is covers(Scope(query=query), ENTRY, None)


def test_who_takes_part_is_known_by_the_people_document_in_one_spelling() -> None:
    heard = (
        Heard("8:ACS:a_1", ParticipantKind.COMMUNICATION_USER),
        Heard("4:+49 30 123456", ParticipantKind.PHONE_NUMBER),
    )
    document = PeopleDocument(RECORDING.recording_id, MANIFEST, (ChunkPeople(DocumentId("d"), 0, heard),))
    doubtful = PeopleDocument(RECORDING.recording_id, MANIFEST)

    assert People(frozenset({"8:acs:a_1", "4:+4930123456"})) == people_of(document)
    assert People(frozenset(), is_doubtful=True) == people_of(doubtful)


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
