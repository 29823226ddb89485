"""Deliveries of events over fakes, at each of the three doors: journal, catalog, alerts, later runs and answers."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from recording.core.callers import CALLBACK, EVENT_GRID, KEY
from recording.core.errors import ArchiveBusy, MalformedEvent, RequestTooLarge
from recording.core.formats.deliveries import MOST_AT_ONCE, Member, messages
from recording.core.formats.events import CALL_CONNECTED, CALL_STARTED
from recording.core.model import APP, Actor, Alarm, BlobName, Door, RecordingId
from tests.core.formats.file_events import CHUNKS_PATH, RECORDING, changed, chunk, cloud_event, file_event
from tests.use_cases.receptions import (
    DOORS,
    INCOMING_CALL,
    OTHER,
    Deliver,
    World,
    lines,
    of,
    posted,
    queued,
    triggered,
)


@pytest.fixture
def world() -> World:
    return World()


# Independent events


@DOORS
def test_what_is_no_event_costs_only_itself(world: World, deliver: Deliver, caplog: pytest.LogCaptureFixture) -> None:
    """The real events are taken; the others are kept, logged and published as alerts."""
    received = deliver(world, [of("a"), None, 5, of("b"), "text", {}])

    assert ({"a", "b"}, 2) == (set(world.catalog.entries), len(received.messages))
    assert ["announced", "refused", "refused", "announced", "refused", "refused"] == [
        one["outcome"] for one in received.outcomes
    ]
    assert ["RecordingEventUnreadable"] * 4 == world.told
    assert 4 == len(lines(caplog, "event.refused"))
    assert (None, None, []) == (received.malformed, received.failure, received.later)


def test_a_call_beside_what_is_no_event_is_recorded(world: World) -> None:
    """Event Grid would not send the call event again."""
    received = posted(world, [world.call_event(), None], from_event_grid=False)

    assert ["recording", "refused"] == [one["outcome"] for one in received.outcomes]
    assert 1 == len(world.calls.recordings)


@DOORS
def test_an_event_that_the_catalog_can_never_hold_is_told_and_holds_up_nobody(world: World, deliver: Deliver) -> None:
    """It is not retried."""
    world.catalog.too_large = {"poison"}
    received = deliver(world, [of("poison"), of("good")])

    assert (["good"], None) == ([message.recording_id for message in received.messages], received.failure)
    assert ["refused", "announced"] == [one["outcome"] for one in received.outcomes]
    assert ["RecordingEventUnreadable"] == world.told
    assert 2 == len(world.kept)


@DOORS
def test_an_event_that_fails_for_now_holds_up_nobody(world: World, deliver: Deliver) -> None:
    """The good event's chunk message is queued at once. The other is retried, alone where the door allows it."""
    world.catalog.busy = {"poison"}
    received = deliver(world, [of("poison"), of("good")])
    assert ["good"] == [message.recording_id for message in received.messages]
    assert (received.failure is None) == bool(received.later) == (deliver is queued)

    world.catalog.busy = set()
    again = [world.receiving.receive_message(text.encode()) for text in received.later] or [
        deliver(world, [of("poison"), of("good")])
    ]
    assert {"poison", "good"} == set(world.catalog.entries)
    assert "poison" in [message.recording_id for one in again for message in one.messages]


@DOORS
def test_an_event_that_meets_a_bug_holds_up_nobody(world: World, deliver: Deliver) -> None:
    """The exception is raised after all other events are taken."""
    world.catalog.broken = {"poison"}
    received = deliver(world, [of("poison"), of("good")])

    assert ["good"] == [message.recording_id for message in received.messages]
    assert bool(received.later) or isinstance(received.failure, ZeroDivisionError)


@DOORS
def test_an_event_that_fails_alone_is_given_back(world: World, deliver: Deliver) -> None:
    """The sender, or the queue, has the right delay."""
    world.catalog.busy = {"poison"}
    received = deliver(world, [of("poison")])

    assert (True, [], []) == (received.failure is not None, received.later, received.messages)


@DOORS
def test_an_event_that_the_journal_cannot_keep_is_not_taken(world: World, deliver: Deliver) -> None:
    """Journal first: without the journal's copy nothing is done, and the event is retried."""

    def busy(_operation: str, name: BlobName) -> None:
        if "poison" in name:
            raise ArchiveBusy("put", "503")

    world.journal.before = busy
    received = deliver(world, [of("poison"), of("good"), {"id": "poison"}])

    assert ["good"] == list(world.catalog.entries)
    assert bool(received.later) or received.failure is not None


def test_how_an_event_was_found_is_known_when_it_is_taken_later(world: World) -> None:
    """An event that fails comes back as a message of its own; then a person hears that no delivery brought it."""
    world.catalog.busy = {"busy"}
    events = [Member(one, json.dumps(one).encode()) for one in (of("busy"), of("good"))]
    (message,) = messages(events, Door.EVENT_GRID, "its event was a dead letter", by=APP)
    received = world.receiving.receive_message(message.encode())
    world.catalog.busy = set()
    for text in received.later:
        world.receiving.receive_message(text.encode())

    reasons = [entry.recording.untold for entry in world.catalog.entries.values()]
    assert [Alarm.FOUND_BY_SWEEP] * 2 == [alert.alarm for untold in reasons for alert in untold]


def test_a_person_who_cannot_be_told_is_told_later(world: World) -> None:
    """The topic is unavailable: the delivery is retried."""
    world.topic.fail(503)
    assert triggered(world, {"id": "x"}).failure is not None
    assert triggered(world, {"id": "x"}).failure is None
    assert (["RecordingEventUnreadable"], 1) == (world.told, len(world.kept))


def test_a_message_that_cannot_be_told_does_not_become_thousands(world: World) -> None:
    """The message is retried as it is."""
    world.topic.fail(503, times=100)
    received = queued(world, [{}] * 4000)

    assert (True, []) == (received.failure is not None, received.later)


def test_a_member_that_cannot_be_read_is_logged_and_told_by_its_recording(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """One log line for the event; the other chunk is queued, and its run publishes the alert."""
    event = changed(file_event([chunk(0), chunk(1)]), f"{CHUNKS_PATH}[1].contentLocation", None)
    received = triggered(world, event)

    untold = world.catalog.entries[RecordingId(RECORDING)].recording.untold
    assert (1, [Alarm.UNREADABLE]) == (len(received.messages), [alert.alarm for alert in untold])
    (line,) = lines(caplog, "event.refused")
    assert "1 of its members cannot be read" in line


def test_an_event_of_a_known_recording_with_nothing_readable_is_known_to_the_recording(world: World) -> None:
    """So that the API can show it."""
    received = triggered(world, {**file_event(), "data": None})

    assert ["refused"] == [one["outcome"] for one in received.outcomes]
    assert 1 == len(world.catalog.entries[RecordingId(RECORDING)].recording.unread)
    assert ["RecordingEventUnreadable"] == world.told


# The doors


@pytest.mark.parametrize(
    ("deliver", "door"), [(posted, Door.FUNCTION_KEY), (triggered, Door.EVENT_GRID), (queued, Door.EVENT_GRID)]
)
def test_the_function_key_is_not_event_grid_whatever_the_headers_say(
    world: World, deliver: Deliver, door: Door
) -> None:
    """Anyone with the key can send these headers."""
    deliver(world, of("a"))

    assert [door] == [one.door for chunk in world.catalog.entries[RecordingId("a")] for one in chunk.candidates]


@pytest.mark.parametrize("deliver", [triggered, queued])
def test_no_call_is_recorded_by_the_doors_for_file_events(world: World, deliver: Deliver) -> None:
    """A subscription without a filter is not a request to record: ignored in one log line, kept in the journal."""
    event = world.call_event()
    received = deliver(world, event)

    assert ["ignored"] == [one["outcome"] for one in received.outcomes]
    assert ({}, [event]) == (world.calls.recordings, [json.loads(body) for body in world.kept])


@DOORS
def test_what_is_no_json_is_kept_and_told(world: World, deliver: Deliver) -> None:
    """By the endpoint it is not kept, as its content is unknown."""
    body = b"neither JSON nor base64!"
    match deliver.__name__:
        case "posted":
            received = world.receiving.receive_request(body, from_event_grid=True, by=KEY)
        case "triggered":
            received = world.receiving.receive_event(body)
        case _:
            received = world.receiving.receive_message(body)

    assert (["RecordingEventUnreadable"], None) == (world.told, received.failure)
    assert (deliver is not posted) == (body in world.kept)


def test_a_caller_is_told_what_is_wrong_with_his_request(world: World) -> None:
    """Not JSON, nothing readable, or too many events; Event Grid never gets 4xx."""
    with pytest.raises(MalformedEvent):
        world.receiving.receive_request(b"{", from_event_grid=False, by=KEY)
    assert isinstance(posted(world, [{}], from_event_grid=False).malformed, MalformedEvent)
    with pytest.raises(RequestTooLarge):
        posted(world, [world.call_event(CALL_CONNECTED) for _ in range(MOST_AT_ONCE + 1)], from_event_grid=False)
    assert {} == world.calls.recordings


@pytest.mark.parametrize("schema", [file_event, cloud_event], ids=["Event Grid", "CloudEvents"])
@pytest.mark.parametrize("wrap", [lambda event: event, lambda event: [event]], ids=["one", "an array"])
def test_a_file_event_that_a_person_hands_in_is_a_candidate_by_the_function_key(
    world: World, schema: Callable[[], dict[str, Any]], wrap: Callable[[object], object]
) -> None:
    """In the journal as it came, and with a message for each chunk."""
    received = world.receiving.receive_file_events(json.dumps(wrap(schema())).encode(), by=KEY)
    (chunk_,) = world.catalog.entries[RecordingId(RECORDING)]

    assert (["announced"], 1) == ([one["outcome"] for one in received.outcomes], len(received.messages))
    assert [Door.FUNCTION_KEY] == [one.door for one in chunk_.candidates]
    assert [schema()] == [json.loads(body) for body in world.kept]


def test_what_a_person_hands_in_neither_starts_a_recording_nor_answers_a_handshake(world: World) -> None:
    """These are for the endpoint of call events."""
    handshake = {"eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "data": {"validationCode": "abc"}}
    body = json.dumps([world.call_event(CALL_CONNECTED), handshake]).encode()
    received = world.receiving.receive_file_events(body, by=KEY)

    assert (["ignored", "ignored"], None) == ([one["outcome"] for one in received.outcomes], received.validation_code)
    assert {} == world.calls.recordings


def test_a_handshake_is_answered_by_the_http_endpoint(world: World) -> None:
    """Nothing is stored."""
    event = {"eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "data": {"validationCode": "abc"}}

    assert ("abc", []) == (posted(world, [event]).validation_code, world.kept)


@pytest.mark.parametrize(
    ("url", "code"), [("https://rp-eastus2.eventgrid.azure.net:553/x", "abc"), ("https://evil.example/x", None)]
)
def test_a_handshake_is_answered_only_for_event_grid(world: World, url: str, code: str | None) -> None:
    data = {"validationCode": "abc", "validationUrl": url}
    event = {"eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "data": data}

    assert code == posted(world, [event]).validation_code


# Who sent them


def test_a_file_event_by_the_webhook_has_authority_only_by_event_grids_token(world: World) -> None:
    """With the function key alone it is a candidate of less weight."""
    for recording, by in (("a", EVENT_GRID), ("b", KEY), ("c", CALLBACK)):
        world.receiving.receive_request(json.dumps([of(recording)]).encode(), from_event_grid=True, by=by)
    entries = world.catalog.entries.items()
    doors = {name: [one.door for chunk_ in entry for one in chunk_.candidates] for name, entry in entries}

    assert {"a": [Door.EVENT_GRID], "b": [Door.FUNCTION_KEY], "c": [Door.FUNCTION_KEY]} == doors


@pytest.mark.parametrize("by", [EVENT_GRID, KEY, CALLBACK])
def test_a_call_event_is_taken_from_everybody_who_was_admitted_and_the_history_says_from_whom(
    world: World, by: Actor
) -> None:
    event = world.call_event()
    world.receiving.receive_request(json.dumps(event).encode(), from_event_grid=by == EVENT_GRID, by=by)
    (entry,) = world.catalog.entries.values()

    assert [by] == [one.by for one in entry.recording.history]


def test_call_events_that_wait_are_taken_from_the_queue_as_of_the_same_sender(world: World) -> None:
    """Also those of the proven webhook: the queue takes call events of no other door."""
    events = [world.call_event() for _ in range(MOST_AT_ONCE + 1)]
    received = world.receiving.receive_request(json.dumps(events).encode(), from_event_grid=True, by=EVENT_GRID)
    (left,) = received.later
    again = world.receiving.receive_message(left.encode())

    assert ["recording"] == [one["outcome"] for one in again.outcomes]
    assert MOST_AT_ONCE + 1 == len(world.catalog.entries)
    assert {EVENT_GRID} == {one.by for entry in world.catalog.entries.values() for one in entry.recording.history}


# The journal


@pytest.mark.parametrize("written", [file_event(), cloud_event(), cloud_event("specVersion")])
def test_the_journal_keeps_an_event_as_it_came(world: World, written: dict[str, Any]) -> None:
    """Byte for byte, once for each door: unknown fields, digits, offsets, blanks."""
    text = json.dumps({**written, "time": "2026-03-01T10:20:30.1234567+02:00", "traceparent": "00-1"}, indent=1)
    world.receiving.receive_event(text.encode())
    world.receiving.receive_message(base64.b64encode(f"[{text}]".encode()))
    world.receiving.receive_request(f"[{text}, {text}]".encode(), from_event_grid=True, by=KEY)

    assert [text.encode()] * len(Door) == world.kept


def test_a_cloud_event_with_its_data_in_base64_is_taken_and_kept(world: World) -> None:
    event = cloud_event()
    event["data_base64"] = base64.b64encode(json.dumps(event.pop("data")).encode()).decode()
    received = triggered(world, event)

    assert (1, [event]) == (len(received.messages), [json.loads(body) for body in world.kept])


@DOORS
def test_the_journal_keeps_nothing_of_an_incoming_call_but_type_and_id(world: World, deliver: Deliver) -> None:
    """Alone or among others; no phone number, no token."""
    deliver(world, [INCOMING_CALL, of("a"), {**INCOMING_CALL, "id": "second"}])
    deliver(world, INCOMING_CALL)

    assert [] == [body for body in world.kept if b"+49" in body or b"t0ken" in body]
    assert {"id": "incoming", "type": OTHER} in [json.loads(body) for body in world.kept]


@pytest.mark.parametrize("text", [json.dumps(INCOMING_CALL)[:-1], f"[{json.dumps(INCOMING_CALL)}"])
def test_a_broken_incoming_call_is_not_kept_either(world: World, text: str) -> None:
    """Its type is visible, though it is not valid JSON."""
    world.receiving.receive_event(text.encode())
    world.receiving.receive_message(text.encode())

    assert [] == [body for body in world.kept if b"+49" in body or b"t0ken" in body]


@pytest.mark.parametrize("kind", [CALL_STARTED, CALL_CONNECTED])
def test_a_call_event_is_kept_by_the_endpoint_too(world: World, kind: str) -> None:
    """So that it can be replayed."""
    event = world.call_event(kind)
    posted(world, event, from_event_grid=False)

    assert [event] == [json.loads(body) for body in world.kept]
