"""The events that are published to the customer's own topic."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from recording.core.consent import NotPlayed, decide
from recording.core.formats import notifications
from recording.core.formats.notifications import EventName, OutgoingEvent
from recording.core.model import (
    Alarm,
    Alert,
    AnnouncedChunk,
    BlobName,
    CallConnectionId,
    CallEvent,
    Candidate,
    CatalogEntry,
    Chunk,
    ChunkState,
    Digest,
    DocumentId,
    Door,
    Location,
    Place,
    Proof,
    Recording,
    RecordingId,
    RecordingState,
    RemovalReason,
    ServerCallId,
)
from recording.core.records.seals import RecordingSeal
from recording.core.records.silence import Silence
from tests.core.consents import consent

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
RECORDING = Recording(RecordingId("r"), RecordingState.ARCHIVED)
ALARMED = {
    Alarm.QUARANTINED: EventName.QUARANTINED,
    Alarm.LOST: EventName.LOST,
    Alarm.DAMAGED: EventName.DAMAGED,
    Alarm.CONFLICT: EventName.CONFLICT,
    Alarm.UNREADABLE: EventName.UNREADABLE,
    Alarm.STUCK: EventName.AT_RISK,
    Alarm.IMPOSSIBLE: EventName.AT_RISK,
    Alarm.AT_RISK: EventName.AT_RISK,
    Alarm.MISSING: EventName.MISSING,
    Alarm.FOUND_BY_SWEEP: EventName.SWEPT,
    Alarm.INTERRUPTED: EventName.INTERRUPTED,
    Alarm.NOT_STARTED: EventName.NOT_STARTED,
    Alarm.PAUSED_LONG: EventName.PAUSED_LONG,
}


def chunk(index: int, *, is_proven: bool = True) -> Chunk:
    """A chunk that is archived, or still owed."""
    document = DocumentId(f"d{index}")
    announced = AnnouncedChunk(document, index, Location("https://x.asm.skype.com/content"), None, None)
    candidate = Candidate(announced, "e", Door.EVENT_GRID, NOW)
    owed = Chunk(document, BlobName(f"{index}.wav"), (candidate,), NOW, NOW)
    if not is_proven:
        return owed
    proof = Proof(owed.name, 100 + index, Digest("ab" * 32, 64), "etag", NOW)
    return replace(owed, state=ChunkState.ARCHIVED, proof=proof, proven=candidate)


ENTRY = CatalogEntry(RECORDING, (chunk(0), chunk(1)))


def test_an_archived_recording_tells_what_is_where() -> None:
    """The event has every proven chunk, the manifest and its revision."""
    event = notifications.completed(ENTRY, "recordings", "a.manifest.json", NOW)

    assert (EventName.ARCHIVED, "/recordings/r", NOW) == (event.event_type, event.subject, event.at)
    assert {
        "recordingId": "r",
        "container": "recordings",
        "manifest": "a.manifest.json",
        "revision": 1,
        "chunks": [
            {"index": 0, "documentId": "d0", "blob": "0.wav", "length": 100},
            {"index": 1, "documentId": "d1", "blob": "1.wav", "length": 101},
        ],
        "lacks": [],
        "doubts": [],
        "continues": None,
        "continuedBy": None,
        "at": "2026-03-01T12:00:00Z",
    } == event.body


def test_what_stands_in_a_native_container_is_told_with_it() -> None:
    one = chunk(0)
    assert one.proof is not None
    proof = replace(one.proof, name=BlobName("a/0.wav"), place=Place.NATIVE, container="https://a.example/calls")
    native = CatalogEntry(RECORDING, (replace(one, proof=proof),))
    event = notifications.completed(native, "recordings", "a.manifest.json", NOW)

    told = {"index": 0, "documentId": "d0", "container": proof.container, "blob": "a/0.wav", "length": 100}
    assert [told] == event.body["chunks"]


def test_a_recording_that_is_not_whole_is_told_as_incomplete_with_what_it_lacks() -> None:
    """The event has another type than for a whole recording, and lists the chunks that there are."""
    gap = replace(ENTRY, chunks=(chunk(0), chunk(2), chunk(3, is_proven=False)))
    event = notifications.completed(gap, "recordings", "m", NOW)

    assert EventName.INCOMPLETE is event.event_type
    assert ["chunk 1 was never announced", "chunk 3 is not archived yet"] == event.body["lacks"]
    assert [0, 2] == [one["index"] for one in chunks_of(event.body["chunks"])]


def chunks_of(told: object) -> list[dict[str, Any]]:
    """The chunks of an event's body."""
    assert isinstance(told, list)
    return told


def test_doubts_about_the_whole_are_told_with_it() -> None:
    """Durations that do not add up do not make a recording incomplete."""
    short = replace(chunk(0), duration=timedelta(minutes=1))
    doubted = CatalogEntry(replace(RECORDING, duration=timedelta(hours=1)), (short,))
    event = notifications.completed(doubted, "recordings", "m", NOW)

    assert EventName.ARCHIVED is event.event_type
    assert ["its chunks last 60.0 s together, the event says 3600.0 s"] == event.body["doubts"]


def test_the_same_fact_has_the_same_id() -> None:
    """The id depends on neither the time nor the number of tries; the next revision has another."""
    first = notifications.completed(ENTRY, "recordings", "m", NOW)
    again = notifications.completed(ENTRY, "recordings", "m", NOW + timedelta(hours=1))
    revised = replace(ENTRY, recording=replace(RECORDING, revision=2))
    second = notifications.completed(revised, "recordings", "m", NOW)

    assert first.event_id == again.event_id != second.event_id


@pytest.mark.parametrize("alarm", Alarm)
def test_every_alarm_is_an_event(alarm: Alarm) -> None:
    """The event has the reason, and the chunk that it concerns."""
    event = notifications.alert(RecordingId("r"), Alert(alarm, "because", DocumentId("d0")), NOW)

    assert {
        "recordingId": "r",
        "alarm": alarm.value,
        "reason": "because",
        "documentId": "d0",
        "at": "2026-03-01T12:00:00Z",
    } == event.body
    assert ALARMED[alarm] is event.event_type


def test_every_event_name_is_told_by_something() -> None:
    """So no alert rule can wait for an event that is never published."""
    whole, lacking = (
        notifications.completed(entry, "c", "m", NOW) for entry in (ENTRY, replace(ENTRY, chunks=(chunk(1),)))
    )

    others = [notifications.not_consented(consent(), NOW), silent(), *kept(NOW)]
    told = {event.event_type for event in (whole, lacking, *others)}
    assert set(EventName) == {*ALARMED.values(), *told}


def kept(now: datetime) -> list[OutgoingEvent]:
    """What is told of holds and of retention."""
    recording_id = RecordingId("r")
    return [
        notifications.deleted(recording_id, RemovalReason.RETENTION, "its class is over", now),
        notifications.retention_limited(now.date(), "the limit", now),
        notifications.hold_overdue("h", NOW.date(), now),
        notifications.hold_lifted("h", recording_id, 2, now),
    ]


def test_what_is_told_of_holds_and_retention_has_one_id_a_day() -> None:
    """A deletion has one for good."""
    bodies = [{name: value for name, value in one.body.items() if name != "at"} for one in kept(NOW)]
    assert [
        {"recordingId": "r", "reason": "retention", "cause": "its class is over"},
        {"day": "2026-03-01", "reason": "the limit"},
        {"holdId": "h", "reviewOn": "2026-03-01"},
        {"holdId": "h", "recordingId": "r", "blobs": 2},
    ] == bodies
    ids = [[one.event_id for one in kept(NOW + late)] for late in (timedelta(), timedelta(hours=1), timedelta(days=1))]
    assert ids[0] == ids[1]
    assert [True, False, False, False] == [one == other for one, other in zip(ids[0], ids[2], strict=True)]


def silent(*groups: tuple[int, ...]) -> OutgoingEvent:
    """The event of a recording of which this is silent."""
    seal = RecordingSeal(RecordingId("r"), BlobName("m"), 1, (), Silence(is_all=not groups, groups=groups))
    return notifications.silent(seal, BlobName("r.seal.json"), NOW)


def test_silence_names_the_channels_and_where_it_is_said() -> None:
    """Each different silence has an id of its own."""
    told = silent((1,), (2, 3))

    assert ("/recordings/r", [[1], [2, 3]], "r.seal.json") == (told.subject, told.body["channels"], told.body["seal"])
    assert 3 == len({told.event_id, silent().event_id, silent((1,)).event_id})


def test_a_call_without_consent_is_told_by_its_connection() -> None:
    """Why it is not recorded; a second telling of the same has the same id."""
    found = decide(consent(prompts=1), NotPlayed(0, "PlayFailed"), NOW)
    told = notifications.not_consented(replace(found, failure="PlayFailed 500/8536"), NOW)

    assert told.event_id == notifications.not_consented(found, NOW).event_id
    assert ("connection", None, "PlayFailed 500/8536") == (
        told.body["callConnectionId"],
        told.body["recordingId"],
        told.body["reason"],
    )


@pytest.mark.parametrize(("server", "connection", "subject"), [("s", "c", "/calls/s"), (None, "c", "/calls/c")])
def test_a_call_of_which_nothing_has_begun_is_told_by_its_ids(
    server: ServerCallId | None, connection: CallConnectionId, subject: str
) -> None:
    """They are what a person needs to start it; a second telling of the same event has the same id."""
    event = CallEvent("e", server, connection)
    told = notifications.not_begun(event, "because", "day/e.json", NOW)

    assert (subject, EventName.NOT_STARTED) == (told.subject, told.event_type)
    assert ("e", server, connection, "because", "day/e.json") == tuple(
        told.body[name] for name in ("eventId", "serverCallId", "callConnectionId", "reason", "journal")
    )
    assert told.event_id == notifications.not_begun(event, "again", "next day/e.json", NOW).event_id
    assert told.event_id != notifications.not_begun(replace(event, event_id="f"), "because", "", NOW).event_id


def test_an_alarm_of_the_whole_recording_names_no_chunk() -> None:
    """The field is left out."""
    assert "documentId" not in notifications.alert(RecordingId("r"), Alert(Alarm.LOST, "because"), NOW).body


def test_two_alarms_are_two_events() -> None:
    """Kind, chunk and reason make the id; the same alert published twice has one id."""
    one, other = DocumentId("d0"), DocumentId("d1")
    alerts = [
        Alert(Alarm.LOST, "a", one),
        Alert(Alarm.LOST, "a", other),
        Alert(Alarm.LOST, "b", one),
        Alert(Alarm.DAMAGED, "a", one),
        Alert(Alarm.LOST, "a", one),
    ]

    assert 4 == len({notifications.alert(RecordingId("r"), found, NOW).event_id for found in alerts})


def test_an_event_that_no_recording_knows_of_is_told_by_where_it_is_kept() -> None:
    """The id follows from the name of the blob, so an event that comes twice has one id."""
    first = notifications.unreadable("e", "data: missing", "2026/e.json", NOW)
    again = notifications.unreadable("e", "data: missing", "2026/e.json", NOW + timedelta(hours=1))
    other = notifications.unreadable("e", "data: missing", "2026/f.json", NOW)

    assert (EventName.UNREADABLE, "/events/e") == (first.event_type, first.subject)
    assert {
        "eventId": "e",
        "reason": "data: missing",
        "journal": "2026/e.json",
        "at": "2026-03-01T12:00:00Z",
    } == first.body
    assert first.event_id == again.event_id != other.event_id


def test_what_cannot_be_encoded_is_told_all_the_same() -> None:
    """An event may contain a lone surrogate, which UTF-8 cannot encode; its alert must be published."""
    told = notifications.alert(RecordingId("r"), Alert(Alarm.UNREADABLE, "event \ud800: no chunks"), NOW)

    assert told.event_id != notifications.unreadable("\ud800", "\ud800", "\ud800.json", NOW).event_id
    assert json.dumps(told.body).isascii()


def test_an_event_can_be_sent_as_json() -> None:
    """All values are of JSON types."""
    body = notifications.completed(ENTRY, "recordings", "m", NOW).body

    assert body == json.loads(json.dumps(body))
