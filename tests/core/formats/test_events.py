"""Events of both schemas to facts: what is tolerated, what is refused, and by which name."""

import base64
import dataclasses
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.core.errors import MalformedEvent
from recording.core.formats.events import (
    CALL_CONNECTED,
    CALL_STARTED,
    RECORDING_FILE_STATUS_UPDATED,
    SUBSCRIPTION_VALIDATION,
    ValidationEvent,
    data_of,
    event_id_of,
    parse_event,
)
from recording.core.model import (
    AnnouncedChunk,
    CallConnectionId,
    CallEndEvent,
    CallEvent,
    CallId,
    Channel,
    ComplianceEvent,
    Content,
    DocumentId,
    EventKind,
    FileEvent,
    Format,
    KnownCall,
    Location,
    Output,
    RecordingId,
    ServerCallId,
)
from tests.core.formats.file_events import (
    CHUNKS_PATH,
    RECORDING,
    SERVER_CALL,
    changed,
    chunk,
    cloud_event,
    file_event,
    without,
)

FIRST = f"{CHUNKS_PATH}[0]"
SECOND = f"{CHUNKS_PATH}[1]"
WRONG_TEXTS = [None, "", 7, True, ["text"], {"text": 1}, "\ud800"]


def parsed(event: object) -> FileEvent:
    """The event, known to be a file event."""
    found = parse_event(event)
    assert isinstance(found, FileEvent)
    return found


def refused(event: object) -> MalformedEvent:
    """The refusal of an event."""
    with pytest.raises(MalformedEvent) as caught:
        parse_event(event)
    return caught.value


# Both schemas


def test_an_event_in_the_event_grid_schema_is_read_whole() -> None:
    document = DocumentId(f"0-weu-d1-{0:032x}")
    base = f"https://eu-api.asm.skype.com/v1/objects/{document}"
    expected = FileEvent(
        event_id="event-1",
        recording_id=RecordingId(RECORDING),
        chunks=(
            AnnouncedChunk(
                document_id=document,
                index=0,
                content_location=Location(f"{base}/content/video"),
                metadata_location=Location(f"{base}/content/acsmetadata"),
                delete_location=Location(base),
                end_reason="SessionEnded",
            ),
        ),
        call_id=CallId("call-1"),
        server_call_id=ServerCallId(SERVER_CALL),
        at=datetime(2026, 3, 1, 10, 20, 30, 123_456, UTC),
        started_at=datetime(2026, 3, 1, 10, tzinfo=UTC),
        duration=timedelta(milliseconds=61_500),
        session_end_reason="CallEnded",
    )

    assert expected == parse_event(file_event())


@pytest.mark.parametrize("spelling", ["specversion", "specVersion"])
def test_a_cloud_event_says_the_same(spelling: str) -> None:
    assert parse_event(file_event()) == parse_event(cloud_event(spelling))


def test_an_event_without_a_type_is_known_by_its_storage_info() -> None:
    """The binding drops the type of a CloudEvent that has `specVersion` with a capital V."""
    assert parse_event(cloud_event()) == parse_event(without(cloud_event(), "type"))


def test_unknown_fields_are_tolerated() -> None:
    event = file_event([{**chunk(), "checksum": "?"}], extra=1)
    event["data"]["more"] = {"and": ["more"]}

    assert parse_event(file_event()) == parse_event(event)


# The subject


@pytest.mark.parametrize(
    ("subject", "call", "server", "recording"),
    [
        ("/recording/call/c", "c", None, "from-data"),
        ("/recording/call/c/recordingId/r", "c", None, "r"),
        ("/recording/call/c/serverCallId/s/recordingId/r", "c", "s", "r"),
        ("/recording/call/c/serverCallId/s", "c", "s", "from-data"),
        ("/Recording/Call/c/ServerCallId/s/RecordingId/r", "c", "s", "r"),
        (f"/recording/call/c/serverCallId/{SERVER_CALL}/recordingId/r", "c", SERVER_CALL, "r"),
        ("/recording/call/c/serverCallId/a//b/+=/recordingId/r/=+", "c", "a//b/+=", "r/=+"),
        ("/recording/call//serverCallId//recordingId/", None, None, "from-data"),
        ("/something/else", None, None, "from-data"),
        ("", None, None, "from-data"),
        (None, None, None, "from-data"),
        (17, None, None, "from-data"),
        ("/recording/call/\ud800/recordingId/\udfff", None, None, "from-data"),
    ],
)
def test_the_subject_is_read_in_all_its_forms(
    subject: object, call: str | None, server: str | None, recording: str
) -> None:
    """A base64 server call id may contain slashes; without a recording id in the subject that of the data is used."""
    event = parsed(changed(file_event(subject=subject), "data.recordingId", "from-data"))

    assert (call, server, recording) == (event.call_id, event.server_call_id, event.recording_id)


@pytest.mark.parametrize("in_data", WRONG_TEXTS)
def test_without_any_recording_id_the_first_document_stands_for_it(in_data: object) -> None:
    """The media is archived, with a note."""
    chunks = [chunk(2, "late"), chunk(1, "early")]
    event = parsed(changed(file_event(chunks, subject=""), "data.recordingId", in_data))

    assert "unidentified-early" == event.recording_id
    assert any("no recording id" in note for note in event.notes)


# What is optional


@pytest.mark.parametrize("field", ["metadataLocation", "deleteLocation", "endReason"])
@pytest.mark.parametrize("value", WRONG_TEXTS)
def test_an_optional_text_of_the_wrong_kind_counts_as_absent(field: str, value: object) -> None:
    """A chunk can be archived without these fields."""
    absent = parsed(without(file_event(), f"{FIRST}.{field}"))

    assert absent == parsed(changed(file_event(), f"{FIRST}.{field}", value))


def test_what_a_chunk_lacks_is_none() -> None:
    """A missing location is not derived from another."""
    bare = {name: chunk()[name] for name in ("documentId", "index", "contentLocation")}
    (found,) = parsed(file_event([bare])).chunks

    assert (None, None, "") == (found.metadata_location, found.delete_location, found.end_reason)


@pytest.mark.parametrize("field", ["recordingStartTime", "recordingDurationMs"])
@pytest.mark.parametrize("value", [None, "yesterday", [], -1])
def test_an_unreadable_time_is_noted_not_refused(field: str, value: object) -> None:
    """The note names the field."""
    event = parsed(changed(file_event(), f"data.{field}", value))

    assert [field in note for note in event.notes] == [True]


def test_the_output_is_read_where_the_event_tells_it() -> None:
    """The values are in PascalCase; one field suffices if only one output has its value."""
    event = changed(file_event(), "data.recordingContentType", "AudioVideo")
    wav = changed(changed(file_event(), "data.recordingFormatType", "Wav"), "data.recordingChannelType", "Unmixed")

    assert Output(Content.AUDIO_VIDEO, Channel.MIXED, Format.MP4) == parsed(event).output
    assert Output(Content.AUDIO, Channel.UNMIXED, Format.WAV) == parsed(wav).output
    assert parsed(file_event()).output is None


@pytest.mark.parametrize("value", [None, 5, "soon", "0001-01-01T00:00:00Z"])
def test_an_event_time_that_is_none_is_unknown(value: object) -> None:
    """It is no reason to refuse the event."""
    assert parsed(file_event(eventTime=value)).at is None


# Chunks that cannot be read


@pytest.mark.parametrize("field", ["documentId", "contentLocation"])
@pytest.mark.parametrize("value", WRONG_TEXTS)
def test_a_chunk_without_a_text_it_needs_is_named_beside_those_that_can_be_read(field: str, value: object) -> None:
    """It is listed by its path, with what is known of it; the other chunks are read."""
    event = parsed(file_event([chunk(0), {**chunk(1), field: value}, chunk(2)]))
    (unread,) = event.unread

    assert [0, 2] == [one.index for one in event.chunks]
    assert ("event-1", 1) == (unread.event_id, unread.index)
    assert unread.cause.startswith(f"{SECOND}.{field}: ")
    assert unread.document_id == (None if field == "documentId" else chunk(1)["documentId"])


@pytest.mark.parametrize("value", [0, 0.0, "0", "0.0", " 0 ", "+0", "0."], ids=repr)
def test_an_index_is_read_in_every_spelling_that_means_one(value: object) -> None:
    """The same spellings are read as in the metadata file."""
    event = parsed(changed(file_event(), f"{FIRST}.index", value))

    assert ([0], ()) == ([one.index for one in event.chunks], event.unread)
    assert parsed(file_event()).notes == event.notes


@pytest.mark.parametrize("value", [None, True, False, "", "zero", 0.5, [], {}, "1e3", float("inf")], ids=repr)
def test_an_index_that_cannot_be_read_is_that_of_its_place(value: object) -> None:
    """A note says so, also for an event's only chunk."""
    alone = parsed(changed(file_event(), f"{FIRST}.index", value))
    event = parsed(file_event([chunk(0), {**chunk(1), "index": value}, chunk(2)]))

    assert ([0], 1) == ([one.index for one in alone.chunks], sum("no index" in note for note in alone.notes))
    assert ([0, 1, 2], ()) == ([one.index for one in event.chunks], event.unread)
    assert "1 chunks of the event have no index that can be read; their places stand for it" in event.notes


def test_the_index_of_a_place_is_not_taken_from_a_sister_that_has_it() -> None:
    """Two chunks with one index would be as wrong as a missing one."""
    event = parsed(file_event([chunk(1), {**chunk(5), "index": None}]))

    assert [1] == [one.index for one in event.chunks]
    assert [(chunk(5)["documentId"], None)] == [(one.document_id, one.index) for one in event.unread]


@pytest.mark.parametrize("value", [-1, 10_000, 10**30, "-1", "10000", -1.0, 1e300], ids=repr)
def test_an_index_out_of_bounds_is_no_index(value: object) -> None:
    """9999 is the greatest index in a blob name."""
    event = parsed(changed(file_event([chunk(0), chunk(1)]), f"{SECOND}.index", value))

    assert [0] == [one.index for one in event.chunks]
    assert [f"{SECOND}.index: not a whole number from 0 to 9999"] == [one.cause for one in event.unread]


@pytest.mark.parametrize("path", ["data.recordingStorageInfo", CHUNKS_PATH, FIRST])
@pytest.mark.parametrize("value", [None, "text", 3, True, [], ["x"]])
def test_an_event_of_a_known_recording_is_read_though_none_of_its_chunks_can_be(path: str, value: object) -> None:
    """The recording can then say what it lacks: the path of the outermost structure that is missing."""
    event = parsed(changed(file_event(), path, value))

    assert ((), RECORDING) == (event.chunks, event.recording_id)
    assert [True] == [one.cause.startswith(path) for one in event.unread]


@pytest.mark.parametrize("path", ["data", "data.recordingStorageInfo", CHUNKS_PATH])
def test_what_names_no_recording_and_has_no_chunk_is_refused_by_its_path(path: str) -> None:
    """The path is of the outermost structure that is missing; the error has the event's id."""
    error = refused(without(file_event(subject=""), path))

    assert (path, {"event_id": "event-1"}) == (error.field, error.ids)


def test_data_as_json_text_is_read() -> None:
    """Each level that has an object may have its JSON text instead."""
    event = file_event()
    nested = changed(event, "data.recordingStorageInfo", json.dumps(event["data"]["recordingStorageInfo"]))

    assert parse_event(event) == parse_event({**event, "data": json.dumps(event["data"])})
    assert parse_event(event) == parse_event({**nested, "data": json.dumps(nested["data"])})


def test_data_in_base64_is_read() -> None:
    """CloudEvents allow it as `data_base64`."""
    event = cloud_event()
    packed = base64.b64encode(json.dumps(event["data"]).encode()).decode()

    assert parse_event(event) == parse_event({**without(event, "data"), "data_base64": packed})
    for broken in ("%%%", base64.b64encode(b"no json").decode(), 5):
        assert "data" in parsed({**without(event, "data"), "data_base64": broken}).unread[0].cause


def test_one_chunk_in_place_of_an_array_is_read() -> None:
    assert parse_event(file_event()) == parse_event(changed(file_event(), CHUNKS_PATH, chunk()))


@pytest.mark.parametrize("event_type", [None, 5, [], {"a": 1}])
def test_an_event_without_a_type_is_refused(event_type: object) -> None:
    """An event with `recordingStorageInfo` is the exception: only file events have it."""
    assert "eventType" == refused({"id": "e", "eventType": event_type, "data": {}}).field
    assert "eventType" == refused({"id": "e", "data": None}).field
    assert parse_event(file_event()) == parse_event(file_event(eventType=event_type))


@pytest.mark.parametrize("raw", [None, "text", 3, [], [{}]])
def test_an_event_is_an_object(raw: object) -> None:
    assert "event" == refused(raw).field


def test_a_refusal_never_shows_what_the_field_held() -> None:
    """The value may be a signed URL or a person's id."""
    secret = ["https://secret.example/?sig=s3cret"]
    event = changed(file_event(), f"{FIRST}.contentLocation", secret)
    error = refused({"eventType": CALL_STARTED, "data": {"serverCallId": secret}})

    assert "s3cret" not in f"{error} {parsed(event).unread} {refused(changed(event, 'subject', ''))}"


# Several chunks


def test_chunks_come_out_in_the_order_of_their_index() -> None:
    """The order in the event does not matter."""
    event = parsed(file_event([chunk(2), chunk(0), chunk(10), chunk(1)]))

    assert [0, 1, 2, 10] == [found.index for found in event.chunks]


def test_a_document_named_twice_is_two_announcements_of_it() -> None:
    """The copy will show which one is right; an exact repetition is ignored."""
    again = {**chunk(0, "a"), "contentLocation": "https://eu-api.asm.skype.com/v1/objects/other/content/video"}
    event = parsed(file_event([chunk(0, "b"), chunk(0, "a"), again, chunk(0, "b")]))

    assert ["a", "a", "b"] == [one.document_id for one in event.chunks]
    assert 2 == len({one.content_location for one in event.chunks if one.document_id == "a"})
    assert "the event names 1 documents twice and not alike, a first" in event.notes


@pytest.mark.parametrize("count", [100, 150, 500])
def test_an_event_of_hundreds_of_chunks_is_read_whole(count: int) -> None:
    """At four hours each, hundreds are a recording of months."""
    event = parsed(file_event([chunk(index) for index in range(count)]))

    assert (list(range(count)), ()) == ([one.index for one in event.chunks], event.unread)


def test_members_that_cannot_be_read_are_named_by_the_hundred_and_then_counted() -> None:
    """An event of one megabyte could have hundreds of thousands of them."""
    event = parsed(file_event([*[{} for _ in range(5000)], *[chunk(index) for index in range(1500)]]))

    assert (1000, 101) == (len(event.chunks), len(event.unread))
    assert f"{CHUNKS_PATH}: 5400 more members cannot be read" == event.unread[-1].cause


def test_notes_of_one_event_are_few() -> None:
    """They are stored with every chunk of the event."""
    event = parsed(file_event([{**chunk(index), "index": None} for index in range(500)]))

    assert (500, 1) == (len(event.chunks), len(event.notes))


# Calls and handshakes


def test_call_connected_names_the_call() -> None:
    """Call Automation sends it as a CloudEvent."""
    raw = {
        "specversion": "1.0",
        "id": "e",
        "type": CALL_CONNECTED,
        "data": {"serverCallId": SERVER_CALL, "callConnectionId": "connection"},
    }

    assert CallEvent("e", ServerCallId(SERVER_CALL), CallConnectionId("connection")) == parse_event(raw)


@pytest.mark.parametrize("connection", [{}, {"callConnectionId": ""}, {"callConnectionId": 3}])
def test_call_started_needs_no_connection(connection: dict[str, object]) -> None:
    """Older events have no call connection id."""
    raw = {"id": "e", "eventType": CALL_STARTED, "data": {"serverCallId": "s", **connection}}

    assert CallEvent("e", ServerCallId("s"), call=KnownCall(EventKind.CALL_STARTED)) == parse_event(raw)


@pytest.mark.parametrize("value", WRONG_TEXTS)
def test_a_callback_without_a_server_call_id_is_read_by_its_connection(value: object) -> None:
    """Callbacks of 2022 had no server call id; the time of the event is kept."""
    data = {"serverCallId": value, "callConnectionId": "connection"}
    raw = {"id": "e", "type": CALL_CONNECTED, "time": "2026-03-01T10:20:30+02:00", "data": data}
    at = datetime(2026, 3, 1, 8, 20, 30, tzinfo=UTC)

    assert CallEvent("e", None, CallConnectionId("connection"), at) == parse_event(raw)


@pytest.mark.parametrize("value", WRONG_TEXTS)
def test_a_call_event_without_its_call_is_refused(value: object) -> None:
    assert "data.serverCallId" == refused({"eventType": CALL_STARTED, "data": {"serverCallId": value}}).field
    assert "data" == refused({"eventType": CALL_CONNECTED, "data": value}).field or isinstance(value, dict)


def test_a_handshake_carries_its_code() -> None:
    """A handshake without a code is refused."""
    raw: dict[str, Any] = {"eventType": SUBSCRIPTION_VALIDATION, "data": {"validationCode": "abc"}}

    assert ValidationEvent("abc") == parse_event(raw)
    assert ValidationEvent("abc") == parse_event({**raw, "data": json.dumps(raw["data"])})
    assert "data.validationCode" == refused(changed(raw, "data.validationCode", None)).field
    assert "data.validationCode" == refused(without(raw, "data")).field


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://rp-eastus2.eventgrid.azure.net:553/x?y", "rp-eastus2.eventgrid.azure.net"),
        ("https://evil.example/eventgrid.azure.net", "evil.example"),
        ("https://[", ""),
        ("no url", ""),
        (7, ""),
    ],
)
def test_a_handshake_names_the_host_that_asks(url: object, origin: str) -> None:
    raw = {"eventType": SUBSCRIPTION_VALIDATION, "data": {"validationCode": "abc", "validationUrl": url}}

    assert ValidationEvent("abc", origin) == parse_event(raw)


@pytest.mark.parametrize("kind", ["CallEnded", "CallDisconnected"])
def test_the_end_of_a_call_names_the_call(kind: str) -> None:
    """By one of its ids; without any it concerns no recording."""
    raw: dict[str, Any] = {"id": "e", "type": f"Microsoft.Communication.{kind}", "data": {"serverCallId": "s"}}

    assert CallEndEvent("e", ServerCallId("s")) == parse_event(raw)
    connected = CallEndEvent("e", None, CallConnectionId("c"))
    assert connected == parse_event({**raw, "data": {"callConnectionId": "c"}})
    assert parse_event({**raw, "data": {}}) is None


def test_an_event_of_another_type_is_none_and_no_error() -> None:
    """Event Grid may deliver more types than this app needs."""
    assert parse_event({"id": "e", "type": "Microsoft.Communication.CallEnded"}) is None


# Ids


@pytest.mark.parametrize("raw", [None, [], {}, {"id": ""}, {"id": 4}])
def test_an_event_without_an_id_is_unidentified(raw: object) -> None:
    """Journal and log show it as `unidentified`."""
    assert "unidentified" == event_id_of(raw)


# Any JSON

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None), max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
known_types = st.sampled_from(
    [RECORDING_FILE_STATUS_UPDATED, CALL_STARTED, CALL_CONNECTED, SUBSCRIPTION_VALIDATION, "x"]
)
paths = st.sampled_from(
    [
        "subject",
        "eventTime",
        "data",
        "data.recordingStorageInfo",
        CHUNKS_PATH,
        FIRST,
        "data.recordingStartTime",
        "data.recordingDurationMs",
        "data.recordingId",
        "data.recordingContentType",
        *(f"{FIRST}.{name}" for name in chunk()),
    ]
)


def refusal(raw: object) -> MalformedEvent | None:
    """How an event is refused, if it is; whatever was read can be encoded as UTF-8."""
    try:
        found = parse_event(raw)
    except MalformedEvent as error:
        str(error).encode()
        return error
    json.dumps(dataclasses.asdict(found) if found else None, ensure_ascii=False, default=str).encode()
    return None


@given(json_values)
def test_any_json_is_read_or_refused(raw: object) -> None:
    """No other exception is raised."""
    refusal(raw)


@given(known_types, st.dictionaries(st.sampled_from(["id", "subject", "data", "time"]), json_values))
def test_any_event_of_a_known_type_is_read_or_refused(event_type: str, fields: dict[str, object]) -> None:
    refusal({"eventType": event_type, **fields})


@given(paths, json_values)
def test_an_event_broken_in_one_place_is_read_or_refused(path: str, value: object) -> None:
    """A refusal names the broken field, or one in it; the chunk beside a broken chunk is read."""
    error = refusal(changed(file_event(), path, value))
    assert error is None or error.field.startswith(path)


@given(st.sampled_from([FIRST, *(f"{FIRST}.{name}" for name in chunk())]), json_values)
def test_no_chunk_can_take_its_sister_along(path: str, value: object) -> None:
    """Any values may be in it, except the other chunk's id or index."""
    event = parsed(changed(file_event([chunk(3, "first"), chunk(7, "sister")]), path, value))

    assert "sister" in [one.document_id for one in event.chunks]
    assert 1 <= len(event.chunks) + len(event.unread) <= 2


@pytest.mark.parametrize("field", ["recordingKind", "storageType"])
@pytest.mark.parametrize("recording", [RECORDING, None])
def test_a_compliance_recording_of_teams_is_told_apart(field: str, recording: str | None) -> None:
    event = changed(file_event(), f"data.{field}", "TeamsCompliance")
    event = changed(event, "data.recordingId", recording)
    found = parse_event(event)

    assert isinstance(found, ComplianceEvent)
    assert recording == found.recording_id


@pytest.mark.parametrize("said", ["ACS", "azureBlobStorage", "teams", "", None, 5, ["teamsCompliance"]])
def test_no_other_storage_type_decides_anything(said: object) -> None:
    """What decides where a chunk is, is its location."""
    assert parsed(file_event()) == parsed(changed(file_event(), "data.storageType", said))


@pytest.mark.parametrize("query", ["?sig=s3cret", "?sv=2024&sr=b&SIG=s3cret&se=2026"])
def test_a_signature_in_a_location_is_not_kept(query: str) -> None:
    """It is a secret, and an entry is shown to people."""
    place = "https://customer.blob.core.windows.net/calls/0.wav"
    event = changed(file_event(), f"{FIRST}.contentLocation", f"{place}{query}")

    assert "s3cret" not in repr(parsed(event))
    assert parsed(event).chunks[0].content_location.startswith(place)


def test_another_query_of_a_location_is_kept() -> None:
    place = "https://eu-api.asm.skype.com/v1/objects/d/content/audio?view=1&signature=2"

    assert place == parsed(changed(file_event(), f"{FIRST}.contentLocation", place)).chunks[0].content_location


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"data": {"x": 1}}, {"x": 1}),
        ({"data": json.dumps({"x": 1})}, {"x": 1}),
        ({"data_base64": base64.b64encode(b'{"x": 1}').decode()}, {"x": 1}),
        ({"data_base64": "none"}, None),
        ({}, None),
        ("text", None),
    ],
)
def test_the_data_of_an_event_are_found_in_each_of_their_forms(raw: object, expected: object) -> None:
    assert expected == data_of(raw)
