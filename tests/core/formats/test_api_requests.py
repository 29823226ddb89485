"""What a request to the app's HTTP API may say."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.core import outputs
from recording.core.errors import InvalidRequest, RequestTooLarge
from recording.core.formats.api import MOST_BODY, StartRequest, parse_json, parse_start
from recording.core.model import (
    Attestation,
    CallConnectionId,
    CallKind,
    Channel,
    Content,
    Direction,
    EventKind,
    Format,
    KnownCall,
    Output,
    ParticipantKind,
    ServerCallId,
)
from recording.entrypoints.problems import problem

WAV = Output(Content.AUDIO, Channel.MIXED, Format.WAV)
START: dict[str, object] = {"serverCallId": "call", "content": "audio", "channel": "mixed", "format": "wav"}


def start(body: object, request_id: str | None = None) -> StartRequest:
    """The request that a body makes."""
    return parse_start(json.dumps(body).encode(), request_id)


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
    ],
    ids=["nothing", "blanks", "broken", "no text", "too deep", "too long a number"],
)
def test_a_body_that_is_no_json_is_refused(body: bytes, cause: str) -> None:
    with pytest.raises(InvalidRequest, match=cause) as caught:
        parse_json(body)

    assert "body" == caught.value.field


def test_a_body_that_is_too_large_is_not_read() -> None:
    """The answer is 413, not 400: another text of this size would be refused too."""
    with pytest.raises(RequestTooLarge, match=f"more than {MOST_BODY}") as caught:
        parse_json(b" " * (MOST_BODY + 1))

    assert (413, "body") == (problem(caught.value).status, problem(caught.value).details["field"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_json_may_come_in_any_encoding_of_unicode(encoding: str) -> None:
    """RFC 4627 allows UTF-8, UTF-16 and UTF-32; a byte order mark is tolerated."""
    assert {"ä": 1} == parse_json('{"ä": 1}'.encode(encoding))


@given(st.binary(max_size=60))
def test_any_bytes_are_json_or_refused(body: bytes) -> None:
    """No other exception is raised."""
    try:
        parse_json(body)
    except InvalidRequest as error:
        str(error).encode()


# Starting


@pytest.mark.parametrize(
    ("locator", "expected", "kind"),
    [
        ({"serverCallId": "a"}, StartRequest(WAV, server_call_id=ServerCallId("a")), None),
        ({"groupCallId": "a"}, StartRequest(WAV, group_call_id="a"), CallKind.GROUP),
        ({"roomId": "a"}, StartRequest(WAV, room_id="a"), CallKind.ROOM),
        (
            {"callConnectionId": "a"},
            StartRequest(WAV, call_connection_id=CallConnectionId("a")),
            CallKind.CONNECTION,
        ),
        ({"roomId": "a", "groupCallId": None}, StartRequest(WAV, room_id="a"), CallKind.ROOM),
    ],
)
def test_a_call_is_named_in_one_of_four_ways(
    locator: dict[str, object], expected: StartRequest, kind: CallKind | None
) -> None:
    """The policy sees how."""
    call = KnownCall(EventKind.REQUEST, kind=kind)

    assert replace(expected, call=call) == start({"content": "Audio", "channel": "mixed", "format": "WAV", **locator})


def test_a_start_leaves_open_what_it_does_not_name() -> None:
    request = start({"serverCallId": "a"})

    assert (None, None) == (request.output, request.pause_on_start)
    assert "format" == refused({"serverCallId": "a", "content": "audio", "channel": "mixed"}).field
    assert "content" == refused({"serverCallId": "a", "format": "wav"}).field


def test_a_start_says_what_it_knows_of_the_call() -> None:
    """The participants that it names are all of them."""
    consent = {"basis": "contract", "by": "somebody", "at": "2026-03-01T12:00:00Z"}
    call = start(
        {
            **START,
            "direction": "inbound",
            "participants": ["4:+4930123", "8:acs:a"],
            "operationContext": "support",
            "consent": consent,
        }
    ).call

    assert Direction.INBOUND is call.direction
    assert [ParticipantKind.PHONE_NUMBER, ParticipantKind.COMMUNICATION_USER] == [one.kind for one in call.participants]
    assert (True, "support") == (call.has_all, call.context)
    assert Attestation("contract", "somebody", datetime(2026, 3, 1, 12, tzinfo=UTC)) == call.attested


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"direction": "sideways"}, "direction"),
        ({"direction": ["inbound"]}, "direction"),
        ({"participants": "8:acs:a"}, "participants"),
        ({"participants": ["8:acs:a", 5]}, "participants"),
        ({"participants": ["8:acs:a"] * 351}, "participants"),
        ({"operationContext": 5}, "operationContext"),
        ({"operationContext": "x" * 4097}, "operationContext"),
        ({"consent": "yes"}, "consent"),
        ({"consent": {}}, "consent"),
        ({"consent": {"basis": "a", "by": "b"}}, "consent"),
        ({"consent": {"basis": "a", "by": " ", "at": "2026-03-01T12:00:00Z"}}, "consent.by"),
        ({"consent": {"basis": "a", "by": "b", "at": "now"}}, "consent.at"),
    ],
)
def test_what_a_start_says_wrongly_of_the_call_is_refused_by_name(fields: dict[str, object], field: str) -> None:
    assert field == refused({**START, **fields}).field


def test_a_start_may_be_paused_and_have_an_id() -> None:
    """The caller's own id makes its request idempotent."""
    request = start({**START, "pauseOnStart": True}, "a-1_b.C")

    assert (True, "a-1_b.C") == (request.pause_on_start, request.request_id)


@pytest.mark.parametrize("locators", [{}, {"serverCallId": "a", "roomId": "b"}])
def test_a_start_names_exactly_one_call(locators: dict[str, object]) -> None:
    """The refusal lists the four fields."""
    body = {"content": "audio", "channel": "mixed", "format": "wav", **locators}
    error = refused(body)

    assert "serverCallId | groupCallId | roomId | callConnectionId" == error.field
    assert f"not {len(locators)}" in error.cause


@pytest.mark.parametrize("name", ["serverCallId", "groupCallId", "roomId", "callConnectionId"])
@pytest.mark.parametrize(
    ("value", "cause"),
    [
        ("", "empty"),
        ("   ", "blank"),
        (5, "not a text"),
        (True, "not a text"),
        ([], "not a text"),
        ({}, "not a text"),
        ("x" * 4097, "4097 characters, more than 4096"),
        ("\ud800", "a lone surrogate"),
    ],
)
def test_a_locator_is_a_text_and_the_refusal_says_what_it_is_instead(name: str, value: object, cause: str) -> None:
    """It is stored in the catalog, which needs a bounded length and valid UTF-8."""
    body = {key: value for key, value in START.items() if key != "serverCallId"}
    error = refused({**body, name: value})

    assert name == error.field
    assert cause in error.cause


@pytest.mark.parametrize("name", ["content", "channel", "format"])
def test_an_output_is_given_whole(name: str) -> None:
    """No default is filled in for one of the three fields."""
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
    error = refused({**START, **fields})

    assert field == error.field
    assert outputs.table() == problem(error).details["validOutputs"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([START], "body"),
        ("text", "body"),
        (None, "body"),
        ({**START, "output": "wav", "zeal": 1}, "output"),
        ({**START, "x" * 200: 1}, "x" * 80),
        ({**START, "pauseOnStart": "yes"}, "pauseOnStart"),
        ({**START, "pauseOnStart": 1}, "pauseOnStart"),
    ],
)
def test_what_a_start_does_not_know_is_refused_by_name(body: object, field: str) -> None:
    """A misspelt field must not be ignored."""
    assert field == refused(body).field


@pytest.mark.parametrize("request_id", ["", "a b", "x" * 65, "ä", "a\n"])
def test_a_request_id_is_short_and_plain(request_id: str) -> None:
    """It becomes part of a key in the catalog."""
    assert "Repeatability-Request-ID" == refused(START, request_id).field
