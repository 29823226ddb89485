"""What the archive tells the customer's own topic."""

import json
from datetime import timedelta

import pytest

from recording.core import outgoing
from recording.core.lifecycle import Alarm, Alert
from recording.core.model import ChunkState
from recording.core.outgoing import EventName
from tests.core.entries_of import NOW, RECORDING_ID, changed_recording, chunk, document, entry_of

ENTRY = entry_of(chunk(0, ChunkState.RELEASED), chunk(1, ChunkState.ARCHIVED, kept="told to"))


def test_an_archived_recording_tells_what_is_where() -> None:
    """Every proven chunk, the manifest and its number."""
    event = outgoing.archived(ENTRY, "recordings", "a.manifest.json", NOW)

    assert (EventName.ARCHIVED, "/recordings/recording-1", NOW) == (event.event_type, event.subject, event.at)
    assert {
        "recordingId": RECORDING_ID,
        "container": "recordings",
        "manifest": "a.manifest.json",
        "revision": 1,
        "chunks": [
            {"index": 0, "documentId": document(0), "blob": "2026/03/01/0000.wav", "length": 100},
            {"index": 1, "documentId": document(1), "blob": "2026/03/01/0001.wav", "length": 101},
        ],
        "at": "2026-03-01T12:00:00Z",
    } == event.body


def test_the_same_fact_has_the_same_id() -> None:
    """However often and whenever it is told; the next revision has another."""
    first = outgoing.archived(ENTRY, "recordings", "m", NOW)
    again = outgoing.archived(ENTRY, "recordings", "m", NOW + timedelta(hours=1))
    second = outgoing.archived(changed_recording(ENTRY, revision=2), "recordings", "m", NOW)

    assert first.event_id == again.event_id != second.event_id


@pytest.mark.parametrize("alarm", Alarm)
def test_every_alarm_is_an_event(alarm: Alarm) -> None:
    """With its reason, and the chunk that it concerns."""
    event = outgoing.alert(RECORDING_ID, Alert(alarm, "because", document(0)), NOW)

    assert {
        "recordingId": RECORDING_ID,
        "alarm": alarm.value,
        "reason": "because",
        "documentId": document(0),
        "at": "2026-03-01T12:00:00Z",
    } == event.body
    assert event.event_type in EventName


def test_an_alarm_of_the_whole_recording_names_no_chunk() -> None:
    """There is none to name."""
    assert "documentId" not in outgoing.alert(RECORDING_ID, Alert(Alarm.LOST, "because"), NOW).body


def test_two_alarms_are_two_events() -> None:
    """By their kind, chunk and reason; the same one told twice is one."""
    alerts = [
        Alert(Alarm.LOST, "a", document(0)),
        Alert(Alarm.LOST, "a", document(1)),
        Alert(Alarm.LOST, "b", document(0)),
        Alert(Alarm.DAMAGED, "a", document(0)),
        Alert(Alarm.LOST, "a", document(0)),
    ]

    assert 4 == len({outgoing.alert(RECORDING_ID, alert, NOW).event_id for alert in alerts})


def test_an_event_can_be_sent_as_json() -> None:
    """Nothing in it is of a type that only we know."""
    body = outgoing.archived(ENTRY, "recordings", "m", NOW).body

    assert body == json.loads(json.dumps(body))
