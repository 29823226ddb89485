"""A delivery costs little, whatever it has: time, memory, log lines, blobs and alerts."""

import json
import logging

import pytest

from recording.core.callers import KEY
from recording.core.errors import ArchiveBusy, InvalidRequest, RequestTooLarge
from recording.core.formats.deliveries import MOST_AT_ONCE
from recording.core.model import BlobName, Door
from recording.events.taking import MOST_NAMED
from tests.core.formats.file_events import file_event
from tests.use_cases.receptions import DOORS, INCOMING_CALL, Deliver, World, lines, of, posted, queued, triggered


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize(("events", "said"), [(300_000, 1), (4_000, MOST_NAMED + 1)])
def test_a_delivery_of_nothing_takes_a_few_lines_blobs_and_alerts(
    world: World, caplog: pytest.LogCaptureFixture, events: int, said: int
) -> None:
    """900 KB with the headers of Event Grid; if it has more events than Event Grid delivers, none is read."""
    received = world.receiving.receive_request(b"[" + b"{}," * events + b"{}]", from_event_grid=True, by=KEY)

    assert ([said] * 2, None) == ([len(caplog.records), len(world.told)], received.failure)
    assert MOST_AT_ONCE >= len(received.outcomes)
    assert said >= len(world.kept)


def test_a_caller_who_sends_900_kb_of_nothing_is_refused_before_anything_is_done(world: World) -> None:
    """No log line, no blob."""
    with pytest.raises(RequestTooLarge):
        world.receiving.receive_request(b"[" + b"{}," * 300_000 + b"{}]", from_event_grid=False, by=KEY)
    assert ([], []) == (world.kept, world.told)


@pytest.mark.parametrize("deliver", [triggered, queued])
def test_what_is_kept_of_a_delivery_of_nothing_is_all_of_it(world: World, deliver: Deliver) -> None:
    """The first few in blobs of their own, the others together."""
    deliver(world, [{"n": number} for number in range(50)])
    single = [json.loads(body) for body in world.kept[:MOST_NAMED]]

    assert [{"n": number} for number in range(50)] == single + json.loads(world.kept[MOST_NAMED])


def test_events_of_no_concern_take_one_line_and_one_blob(world: World, caplog: pytest.LogCaptureFixture) -> None:
    posted(world, [{**INCOMING_CALL, "id": str(number)} for number in range(2000)])

    assert (1, 1) == (len(caplog.records), len(world.kept))
    assert 2000 == len(json.loads(world.kept[0]))


@DOORS
def test_a_long_delivery_is_taken_in_several_runs(world: World, deliver: Deliver) -> None:
    """None is lost, none is taken twice, and each keeps the door by which it first arrived."""
    waiting = [deliver(world, [of(f"r{number}") for number in range(250)])]
    taken = [len(waiting[0].messages)]
    while waiting:
        received = [world.receiving.receive_message(text.encode()) for one in waiting for text in one.later]
        taken += [len(one.messages) for one in received]
        waiting = [one for one in received if one.later]

    assert (250, MOST_AT_ONCE) == (sum(taken), max(taken))
    assert 250 == len(world.catalog.entries)
    assert {Door.FUNCTION_KEY if deliver is posted else Door.EVENT_GRID} == {
        candidate.door for entry in world.catalog.entries.values() for one in entry for candidate in one.candidates
    }


def test_calls_of_a_long_delivery_are_all_recorded(world: World) -> None:
    received = posted(world, [world.call_event() for _ in range(150)])
    for text in received.later:
        world.receiving.receive_message(text.encode())

    assert 150 == len(world.calls.recordings)


def test_members_that_cannot_be_read_take_few_lines_too(world: World, caplog: pytest.LogCaptureFixture) -> None:
    triggered(world, [{**of(f"r{number}"), "data": None} for number in range(60)])

    assert MOST_NAMED + 1 == len(lines(caplog, "event.refused"))


# Time limits and chunk messages


@DOORS
@pytest.mark.parametrize("one", [file_event(), None], ids=["true", "junk"])
def test_a_delivery_ends_in_time_though_nothing_of_it_can_be_kept(world: World, deliver: Deliver, one: object) -> None:
    """Each try takes as long as the journal's timeout; the delivery is retried."""

    def hang(operation: str, _name: BlobName) -> None:
        world.seconds += 10.0
        raise ArchiveBusy(operation, "no answer")

    world.journal.before = hang
    received = deliver(world, [one] * 90)

    assert isinstance(received.failure, ArchiveBusy) or received.later
    assert world.seconds <= 40.0


@DOORS
def test_what_a_slow_run_does_not_get_to_is_put_off(world: World, deliver: Deliver) -> None:
    """All events are taken in the end, each once."""

    def slow(_operation: str, _name: BlobName) -> None:
        world.seconds += 6.0

    world.journal.before = slow
    received = deliver(world, [of(f"r{number}") for number in range(7)])
    messages = list(received.messages)
    assert (3, 1) == (len(messages), len(received.later))
    while received.later:
        received = world.receiving.receive_message(received.later[0].encode())
        messages += received.messages

    assert {f"r{number}" for number in range(7)} == {str(message.recording_id) for message in messages}


def test_a_step_that_can_never_work_is_put_before_a_person(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Kept, logged and published; the same message again gives the same blob and the same event id."""
    caplog.set_level(logging.ERROR)
    for _ in range(2):
        world.receiving.refusing.refuse_message(b"no message", InvalidRequest("message", "neither JSON nor base64"))

    assert [b"no message"] == world.kept
    assert 1 == len({event.event_id for event in world.topic.received})
    assert 2 == len(lines(caplog, "step.refused"))
