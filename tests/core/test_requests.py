"""The app's own HTTP language: what a request may say, what the API tells, how an error is told."""

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.core import errors, outputs
from recording.core.errors import (
    CallRefused,
    InvalidRequest,
    MalformedEvent,
    Permanent,
    RecordingError,
    SettingsInvalid,
    SourceBusy,
    Transient,
    UnknownRecording,
)
from recording.core.model import (
    BlobName,
    CallConnectionId,
    Channel,
    ChunkState,
    Content,
    Format,
    Output,
    RecordingState,
    ServerCallId,
)
from recording.core.requests import MOST_BODY, StartRequest, parse_json, parse_start, problem, recording_view
from tests.core.entries_of import DEADLINE, NOW, changed_recording, chunk, document, entry_of

WAV = Output(Content.AUDIO, Channel.MIXED, Format.WAV)
USUAL = Output(Content.AUDIO, Channel.MIXED, Format.MP3)
START: dict[str, object] = {"serverCallId": "call", "content": "audio", "channel": "mixed", "format": "wav"}


def start(body: object, request_id: str | None = None) -> StartRequest:
    """The request that a body makes."""
    return parse_start(json.dumps(body).encode(), request_id, USUAL)


def refused(body: object, request_id: str | None = None) -> InvalidRequest:
    """The refusal of a request with that body."""
    with pytest.raises(InvalidRequest) as caught:
        start(body, request_id)
    return caught.value


# JSON


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (b"", "empty"),
        (b" \r\n", "empty"),
        (b'{"a": 1,\n b}', "line 2 column 2"),
        (b"\xff\xfe\xfa", "UTF-8"),
        (b"[" * 500_000, "too deep"),
        (b"1" * 5000, "not JSON"),
        (b" " * (MOST_BODY + 1), f"more than {MOST_BODY}"),
    ],
    ids=["nothing", "blanks", "broken", "no text", "too deep", "too long a number", "too large"],
)
def test_a_body_that_is_no_json_is_refused(body: bytes, cause: str) -> None:
    """With the place where it stops being so."""
    with pytest.raises(InvalidRequest, match=cause) as caught:
        parse_json(body)

    assert "body" == caught.value.field


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_json_may_come_in_any_encoding_of_unicode(encoding: str) -> None:
    """As RFC 4627 had it, and with a byte order mark."""
    assert {"ä": 1} == parse_json('{"ä": 1}'.encode(encoding))


@given(st.binary(max_size=60))
def test_any_bytes_are_json_or_refused(body: bytes) -> None:
    """Nothing else is ever raised."""
    try:
        parse_json(body)
    except InvalidRequest as error:
        str(error).encode()


# Starting


@pytest.mark.parametrize(
    ("locator", "expected"),
    [
        ({"serverCallId": "a"}, StartRequest(WAV, server_call_id=ServerCallId("a"))),
        ({"groupCallId": "a"}, StartRequest(WAV, group_call_id="a")),
        ({"roomId": "a"}, StartRequest(WAV, room_id="a")),
        ({"callConnectionId": "a"}, StartRequest(WAV, call_connection_id=CallConnectionId("a"))),
        ({"roomId": "a", "groupCallId": None}, StartRequest(WAV, room_id="a")),
    ],
)
def test_a_call_is_named_in_one_of_four_ways(locator: dict[str, object], expected: StartRequest) -> None:
    """A null is as good as nothing."""
    assert expected == start({"content": "Audio", "channel": "mixed", "format": "WAV", **locator})


def test_a_start_without_an_output_gets_the_usual_one() -> None:
    """All three are left out, or none."""
    assert USUAL == start({"serverCallId": "a"}).output
    assert "format" == refused({"serverCallId": "a", "content": "audio", "channel": "mixed"}).field
    assert "content" == refused({"serverCallId": "a", "format": "wav"}).field


def test_a_start_may_be_paused_and_have_an_id() -> None:
    """The caller's own id makes its request safe to repeat."""
    request = start({**START, "pauseOnStart": True}, "a-1_b.C")

    assert (True, "a-1_b.C") == (request.pause_on_start, request.request_id)


@pytest.mark.parametrize("locators", [{}, {"serverCallId": "a", "roomId": "b"}])
def test_a_start_names_exactly_one_call(locators: dict[str, object]) -> None:
    """The refusal lists the ways there are."""
    body = {"content": "audio", "channel": "mixed", "format": "wav", **locators}
    error = refused(body)

    assert "serverCallId | groupCallId | roomId | callConnectionId" == error.field
    assert f"not {len(locators)}" in error.cause


@pytest.mark.parametrize("name", ["serverCallId", "groupCallId", "roomId", "callConnectionId"])
@pytest.mark.parametrize("value", ["", "  ", 5, True, [], {}, "x" * 4097, "\ud800"])
def test_a_locator_is_a_text(name: str, value: object) -> None:
    """Of a bounded length, and of characters that can be written down."""
    body = {key: value for key, value in START.items() if key != "serverCallId"}

    assert name == refused({**body, name: value}).field


@pytest.mark.parametrize("name", ["content", "channel", "format"])
def test_an_output_is_given_whole(name: str) -> None:
    """The SDK would send no defaults either."""
    assert name == refused({key: value for key, value in START.items() if key != name}).field


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"content": "video"}, "content"),
        ({"channel": 5}, "channel"),
        ({"format": None}, "format"),
        ({"format": "mp4"}, "output"),
        ({"channel": "unmixed", "format": "mp3"}, "output"),
    ],
)
def test_an_invalid_output_is_refused_with_the_table(fields: dict[str, object], field: str) -> None:
    """Of those that there are."""
    error = refused({**START, **fields})

    assert field == error.field
    assert outputs.table() == problem(error)[1]["validOutputs"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([START], "body"),
        ("text", "body"),
        (None, "body"),
        ({**START, "output": "wav", "zeal": 1}, "output"),
        ({**START, "x" * 200: 1}, "x" * 80),
        ({**START, "pauseOnStart": "yes"}, "pauseOnStart"),
        ({**START, "pauseOnStart": None}, "pauseOnStart"),
    ],
)
def test_what_a_start_does_not_know_is_refused_by_name(body: object, field: str) -> None:
    """A misspelt wish must not be taken for none."""
    assert field == refused(body).field


@pytest.mark.parametrize("request_id", ["", "a b", "x" * 65, "ä", "a\n"])
def test_a_request_id_is_short_and_plain(request_id: str) -> None:
    """It becomes a key of the catalog."""
    assert "Repeatability-Request-ID" == refused(START, request_id).field


# What the API tells


def test_a_recording_just_started_has_no_chunks_and_no_deadline() -> None:
    """The service's own word beside ours."""
    started = changed_recording(
        entry_of(state=RecordingState.STARTED), output=WAV, requested_at=NOW, announced_at=None, deadline=None
    )
    expected: dict[str, object] = {
        "recordingId": "recording-1",
        "state": "started",
        "serviceState": "active",
        "output": {"content": "audio", "channel": "mixed", "format": "wav"},
        "startedAt": "2026-03-01T12:00:00Z",
        "durationMs": None,
        "announcedAt": None,
        "deadline": None,
        "secondsLeft": None,
        "completedAt": None,
        "manifest": None,
        "chunks": [],
    }

    assert expected == recording_view(started, NOW, "active")


def test_a_chunk_is_shown_with_its_proof_and_failures() -> None:
    """And what is not known is null."""
    proven = replace(chunk(0, ChunkState.RELEASED, notes="noted"), failures=(("source_busy", 2),), last_failure="503")
    view = recording_view(entry_of(proven, chunk(1)), NOW)

    assert [
        {
            "index": 0,
            "documentId": document(0),
            "state": "released",
            "blob": "2026/03/01/0000.wav",
            "length": 100,
            "digest": {"sha256OfBlocks": "ab" * 32, "blockSize": 64},
            "verifiedAt": "2026-03-01T12:00:00Z",
            "releasedAt": "2026-03-01T12:00:00Z",
            "keptAtSource": None,
            "failures": {"source_busy": 2},
            "lastFailure": "503",
            "notes": ["noted"],
        },
        {
            "index": 1,
            "documentId": document(1),
            "state": "announced",
            "blob": None,
            "length": None,
            "digest": None,
            "verifiedAt": None,
            "releasedAt": None,
            "keptAtSource": None,
            "failures": {},
            "lastFailure": None,
            "notes": [],
        },
    ] == view["chunks"]


@pytest.mark.parametrize(("completed_at", "left"), [(None, 23 * 3600), (NOW, None)], ids=["running", "completed"])
def test_the_time_left_is_told_while_something_is_owed(completed_at: datetime | None, left: int | None) -> None:
    """In seconds, up to the source's end; it may be over."""
    entry = changed_recording(
        entry_of(),
        completed_at=completed_at,
        duration=timedelta(minutes=1),
        manifest_name=BlobName("m"),
        started_at=NOW,
        requested_at=DEADLINE,
    )
    view = recording_view(entry, NOW)

    assert (left, 60_000, "m", None) == (view["secondsLeft"], view["durationMs"], view["manifest"], view["output"])
    assert "2026-03-01T12:00:00Z" == view["startedAt"]
    if left:
        assert -60 == recording_view(entry, DEADLINE + timedelta(minutes=1))["secondsLeft"]


def test_no_location_and_no_name_of_the_service_is_shown() -> None:
    """A location opens the recording to whoever has the service's key."""
    view = recording_view(entry_of(*(chunk(i, state) for i, state in enumerate(ChunkState))), NOW)

    assert "skype" not in json.dumps(view)


# Errors


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InvalidRequest("field", "wrong"), 400),
        (MalformedEvent("data.x", "wrong"), 400),
        (UnknownRecording("find", "unknown"), 404),
        (CallRefused("stop", "over", status=404), 404),
        (CallRefused("stop", "over", status=409), 409),
        (CallRefused("start", "not established", status=400), 409),
        (SettingsInvalid(("A: missing",)), 503),
        (SourceBusy("read", "busy"), 503),
        (Permanent("save", "too many"), 409),
    ],
    ids=str,
)
def test_every_error_is_a_problem_with_a_status(error: RecordingError, status: int) -> None:
    """RFC 9457, with a type of its own."""
    found, details = problem(error)

    assert (status, status, str(error)) == (found, details["status"], details["detail"])
    assert f"urn:recording:problem:{error.code.replace('_', '-')}" == details["type"]
    assert details["title"]


def test_every_error_there_is_has_a_title() -> None:
    """Those that take other arguments are in the list above."""
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, RecordingError)]
    special = {InvalidRequest, MalformedEvent, CallRefused, SettingsInvalid}

    assert all(problem(kind("do it", "it failed"))[1]["title"] for kind in kinds if kind not in special)


def test_a_problem_says_what_to_mend() -> None:
    """The field, the settings, the seconds to wait."""
    assert "field" == problem(InvalidRequest("field", "wrong"))[1]["field"]
    assert "validOutputs" not in problem(InvalidRequest("field", "wrong"))[1]
    assert ["A: missing", "B: wrong"] == problem(SettingsInvalid(("A: missing", "B: wrong")))[1]["problems"]
    assert 7.0 == problem(Transient("read", "busy", retry_after=7.0))[1]["retryAfterSeconds"]
    assert "retryAfterSeconds" not in problem(Transient("read", "busy"))[1]
