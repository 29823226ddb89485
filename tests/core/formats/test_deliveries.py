"""Requests and queue messages to single events: plain or base64, one or many, each with its own bytes."""

import base64
import codecs
import contextlib
import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.core.callers import CALLBACK, EVENT_GRID, KEY
from recording.core.errors import MalformedEvent, RequestTooLarge
from recording.core.formats.api import MOST_BODY
from recording.core.formats.deliveries import (
    MOST_AT_ONCE,
    MOST_EVENTS,
    MOST_MESSAGE,
    Member,
    can_wait,
    kept,
    messages,
    read_body,
    read_message,
)
from recording.core.formats.events import parse_event
from recording.core.model import APP, Actor, Door
from tests.core.formats.file_events import cloud_event, file_event

ONE = file_event()
MANY = [file_event(id="a"), cloud_event(), cloud_event("specVersion")]
INCOMING_CALL = {
    "id": "incoming",
    "eventType": "Microsoft.Communication.IncomingCall",
    "data": {"from": {"phoneNumber": "+4912345"}, "incomingCallContext": "t0ken"},
}
KEPT = ["RecordingFileStatusUpdated", "RecordingStateChanged", "CallStarted", "CallConnected"]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
blanks = st.text(" \t\r\n", max_size=3)


def plain(event: object) -> bytes:
    """These events as the text of a message."""
    return json.dumps(event).encode()


def in_base64(event: object) -> bytes:
    """These events as base64 of the text of a message."""
    return base64.b64encode(plain(event))


def member(event: object) -> Member:
    """One event, as it came."""
    return Member(event, plain(event))


def raws(message: bytes) -> list[object]:
    """The parsed events of a message."""
    return [one.raw for one in read_message(message).members]


# Requests


def test_a_request_is_an_array_or_one_event() -> None:
    """A member that is no event stays in the list, and is refused by itself."""
    assert [{"id": "a"}, 5, None] == [one.raw for one in read_body(b'[{"id": "a"}, 5, null]')]
    assert [{"id": "a"}] == [one.raw for one in read_body(b'{"id": "a"}')]
    assert () == read_body(b" [ ] ")


@given(st.lists(st.tuples(blanks, json_values, blanks), max_size=4))
def test_each_event_keeps_the_bytes_that_it_came_in(events: list[tuple[str, object, str]]) -> None:
    """Blanks between events do not matter; spellings that parsing would lose are kept."""
    texts = [json.dumps(event, ensure_ascii=False, indent=1) for _, event, _ in events]
    body = "[" + ",".join(before + text + after for text, (before, _, after) in zip(texts, events, strict=True)) + "]"
    members = read_body(body.encode())

    assert texts == [one.body.decode() for one in members]
    assert [event for _, event, _ in events] == [one.raw for one in members]


@pytest.mark.parametrize("written", ['{"n": 1.00, "n": 1e2, "s": "\\u00e4ä", "h": "\\ud800"}', '{"d": 0.10}'])
def test_an_event_is_kept_letter_by_letter(written: str) -> None:
    """Repeated keys, all digits and escapes are kept, in a single event and in an array."""
    assert written.encode() == read_body(written.encode())[0].body
    assert [written.encode()] * 2 == [one.body for one in read_body(f"[{written} ,\n{written}]".encode())]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"[1] 2",
        b"\xff\xff",
        b"[" * 100_000,
        b'{"id": ' + b"9" * 5_000 + b"}",
        b"[" + b" " * 2 * MOST_BODY + b"]",
        b"[" + b"0," * MOST_EVENTS + b"0]",
    ],
    ids=range(9),
)
def test_what_is_no_json_or_endless_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedEvent) as caught:
        read_body(body)

    assert "body" == caught.value.field


def test_a_caller_may_not_send_more_than_is_taken_at_once() -> None:
    """The limits are a number of events and a number of bytes; for Event Grid they do not apply."""
    many = b"[" + b",".join([b"{}"] * (MOST_AT_ONCE + 1)) + b"]"
    for body in (many, b"[" + b" " * MOST_BODY + b"]"):
        with pytest.raises(RequestTooLarge):
            read_body(body, MOST_AT_ONCE)

    assert MOST_AT_ONCE == len(read_body(b"[" + b",".join([b"{}"] * MOST_AT_ONCE) + b"]", MOST_AT_ONCE))
    assert MOST_AT_ONCE + 1 == len(read_body(many))


# Messages


@pytest.mark.parametrize("written", [plain, in_base64])
@pytest.mark.parametrize(("event", "events"), [(ONE, [ONE]), (MANY, MANY), ([], []), ([5, ONE], [5, ONE])])
def test_either_text_holds_one_event_or_many(
    written: Callable[[object], bytes], event: object, events: list[object]
) -> None:
    """Both schemas are read; a message without a door counts as Event Grid's."""
    assert events == raws(written(event))
    assert Door.EVENT_GRID is read_message(written(event)).door


@pytest.mark.parametrize("written", [plain, in_base64])
def test_the_same_event_means_the_same(written: Callable[[object], bytes]) -> None:
    """Its facts are those of the same event by the webhook, however the message was written."""
    assert [parse_event(ONE)] == [parse_event(event) for event in raws(written(ONE))]


def test_blanks_and_byte_order_marks_do_no_harm() -> None:
    """They may be before, after, and within base64 that has line breaks."""
    text = base64.encodebytes(codecs.BOM_UTF8 + plain(ONE))
    assert [ONE] == raws(codecs.BOM_UTF8 + b" " + plain(ONE) + b"\n") == raws(b"\n" + text)


@pytest.mark.parametrize(
    "message", [b"", b"%%%%", b"abcde", b"{", b"[1] 2", b"[" * 100_000, base64.b64encode(b"\xff\xfe\x00")]
)
def test_a_message_that_holds_no_json_is_refused(message: bytes) -> None:
    with pytest.raises(MalformedEvent):
        read_message(message)


@given(st.lists(json_values, max_size=4))
def test_plain_and_base64_always_mean_the_same(events: list[object]) -> None:
    assert events == raws(plain(events)) == raws(in_base64(events))


@given(st.binary())
def test_nothing_but_a_refusal_comes_of_any_bytes(message: bytes) -> None:
    """No other exception is raised."""
    with contextlib.suppress(MalformedEvent):
        read_message(message)


# Messages written here


@pytest.mark.parametrize("found", ["", "its event was a dead letter"])
@pytest.mark.parametrize("door", Door)
@given(st.lists(json_values.map(member), max_size=4))
def test_events_that_wait_come_back_as_they_were(door: Door, found: str, members: list[Member]) -> None:
    """They have the same bytes, the door by which they came first, and where the app found them."""
    deliveries = [read_message(text.encode()) for text in messages(members, door, found, by=APP)]

    assert members == [one for delivery in deliveries for one in delivery.members]
    assert {(door, found)} >= {(delivery.door, delivery.found) for delivery in deliveries}


@pytest.mark.parametrize(
    ("door", "found", "by", "sender"),
    [
        (Door.EVENT_GRID, "", EVENT_GRID, EVENT_GRID),
        (Door.FUNCTION_KEY, "", KEY, KEY),
        (Door.FUNCTION_KEY, "", CALLBACK, CALLBACK),
        (Door.FUNCTION_KEY, "", "entra:5e2f6a0c", "entra:5e2f6a0c"),
        (Door.EVENT_GRID, "it was a dead letter", APP, APP),
    ],
)
def test_events_that_wait_keep_who_sent_them(door: Door, found: str, by: Actor, sender: Actor) -> None:
    (text,) = messages([member({"id": "1"})], door, found, by=by)

    assert sender == read_message(text.encode()).by


def test_a_message_of_an_earlier_version_has_the_sender_of_its_door() -> None:
    """And a subscription's own has Event Grid."""
    assert KEY == read_message(plain({"door": "functionKey", "events": []})).by
    assert APP == read_message(plain({"door": "functionKey", "found": "in the journal", "events": []})).by
    assert EVENT_GRID == read_message(plain(file_event())).by


def test_a_message_holds_what_is_taken_at_once_and_what_a_queue_takes() -> None:
    small = [member({"id": str(number)}) for number in range(250)]
    large = [member(file_event(id=str(number), more='"' * 9_000)) for number in range(12)]
    found = "its event was in the journal only"
    texts = [*messages(small, Door.FUNCTION_KEY, found, by=APP), *messages(large, Door.FUNCTION_KEY, found, by=APP)]

    assert [100, 100, 50] == [len(read_message(text.encode()).members) for text in texts[:3]]
    assert 12 == sum(len(read_message(text.encode()).members) for text in texts[3:])
    assert [] == [len(text) for text in texts if len(text) > MOST_MESSAGE or not text.isascii()]
    assert [True, False] == [can_wait(member("x" * 50_000)), can_wait(member("x" * 70_000))]


@pytest.mark.parametrize("events", [None, 5, ["{", "[1"], [7]])
def test_a_message_that_only_looks_as_if_written_here_has_members_that_are_refused(events: object) -> None:
    """No member is ignored silently, and none affects another."""
    found = raws(plain({"door": "functionKey", "events": events}))

    assert found
    for one in found:
        with pytest.raises(MalformedEvent):
            parse_event(one)


def test_a_door_that_is_none_is_no_door() -> None:
    """The message is then read as an event, which has no type."""
    assert Door.EVENT_GRID is read_message(plain({"door": ["eventGrid"], "events": []})).door


# What the journal keeps


@pytest.mark.parametrize("door", Door)
def test_an_event_that_concerns_no_recording_is_kept_by_type_and_id_alone(door: Door) -> None:
    """An IncomingCall contains a phone number and a token."""
    body = kept(Member(INCOMING_CALL, plain(INCOMING_CALL)), door)

    assert {"id": "incoming", "type": "Microsoft.Communication.IncomingCall"} == json.loads(body)


@pytest.mark.parametrize("door", Door)
@pytest.mark.parametrize(
    "kind", ["RecordingFileStatusUpdated", "RecordingStateChanged", "CallStarted", "CallConnected"]
)
def test_an_event_of_a_recording_is_kept_as_it_came(door: Door, kind: str) -> None:
    body = f'{{ "id":"e", "type":"Microsoft.Communication.{kind}","x" : 1.00 }}'.encode()

    assert body == kept(read_body(body)[0], door)


@pytest.mark.parametrize("body", [b"5", b'{"id":  "e"}', b'{"type": 7, "x": "Microsoft.Communication.CallStarted"}'])
def test_what_names_no_type_is_kept_if_event_grid_brought_it(body: bytes) -> None:
    """By its doors only events come; a caller with the function key could send anything."""
    (one,) = read_body(body)

    assert body == kept(one, Door.EVENT_GRID)
    assert {"id", "type"} == json.loads(kept(one, Door.FUNCTION_KEY)).keys()


def test_what_names_no_type_but_holds_another_kind_of_event_is_not_kept() -> None:
    """The type may be in a place where the parser does not look."""
    one = member({"id": "e", "event": INCOMING_CALL})

    assert {"id": "e", "type": None} == json.loads(kept(one, Door.EVENT_GRID))
