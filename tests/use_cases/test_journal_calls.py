"""The journal: of a call whose event was never acted upon, and that is not recorded, a person hears once."""

import json
import logging
import uuid
from dataclasses import replace
from typing import Any

import pytest

from recording.core.callers import CALLBACK
from recording.core.errors import CallRefused, ServiceBusy
from recording.core.formats.events import CALL_CONNECTED, CALL_STARTED
from recording.core.formats.notifications import EventName
from recording.core.model import (
    APP,
    CallConnectionId,
    RecordingId,
    StartOrder,
)
from recording.events.taking import Reception
from recording.ports import StartClaim
from recording.watch.replayed import Replayed
from tests.core.consents import terms
from tests.fakes import FakeCatalog, FakeLedger, FakeOpenWork
from tests.use_cases.asking import ANN, AskingWorld
from tests.use_cases.desks import MP3
from tests.use_cases.journals import DAY, MINUTE, check, event_of, journal
from tests.use_cases.kills import KilledError
from tests.use_cases.world import RECORDING, World


@pytest.fixture
def world() -> World:
    return World()


def call_event_of(world: World, kind: str = CALL_CONNECTED) -> dict[str, Any]:
    """An event of a new call that goes on, with the time of the clock. The first scan, which tells of none, is over."""
    if not world.ledger.outcomes:
        check(world)
    server, _, _, connection = world.calls.add_call().locators
    data: dict[str, str | None] = {"serverCallId": server.server_call_id}
    if kind == CALL_CONNECTED:
        data["callConnectionId"] = connection.call_connection_id
        world.prompts.people[CallConnectionId(connection.call_connection_id or "")] = [ANN]
    return {"id": str(uuid.uuid4()), "type": kind, "time": world.clock.now().isoformat(), "data": data}


def take(world: World, *events: object) -> Reception:
    """Deliver events of calls as a callback, with success."""
    received = post(world, *events)
    assert received.failure is None
    return received


def post(world: World, *events: object) -> Reception:
    """Deliver events of calls as a callback."""
    return world.receiving.receive_request(json.dumps(events).encode(), from_event_grid=False, by=CALLBACK)


def told_of(world: World) -> list[object]:
    """The ids of the events of whose calls a person has heard that they are not recorded."""
    return [event.body["eventId"] for event in world.topic.received if event.event_type is EventName.NOT_STARTED]


@pytest.mark.parametrize("kind", [CALL_STARTED, CALL_CONNECTED])
def test_a_person_hears_once_of_a_call_that_should_be_recorded_and_of_which_nothing_has_begun(
    world: World, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The worker was killed after the journal, and the event did not come again. Nothing is started so late."""
    event = call_event_of(world, kind)
    name = journal(world, event)
    found = []
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            world.clock.sleep(11 * MINUTE)
            found.append(check(world))

    assert [Replayed(unbegun=1), Replayed(), Replayed()] == found
    assert [event["id"]] == told_of(world)
    [line] = [one.getMessage() for one in caplog.records if one.getMessage().startswith("call.not_begun")]
    assert {"alert=RecordingNotStarted", f"event_id={event['id']}"} <= set(line.split())
    [told] = [one for one in world.topic.received if one.event_type is EventName.NOT_STARTED]
    assert (name, event["data"]["serverCallId"]) == (told.body["journal"], told.body["serverCallId"])
    assert {} == world.calls.recordings


def test_nobody_hears_of_a_call_that_was_recorded_whatever_has_become_of_it(world: World) -> None:
    """By this event, by another one of the same call, and after its recording is over."""
    first, second = call_event_of(world), call_event_of(world)
    take(world, first, second)
    journal(world, {**second, "id": "another of the second call"})
    world.clock.sleep(MINUTE)
    stopped = next(iter(world.calls.recordings))
    world.app.controlling.stop(stopped, by=APP)
    world.clock.sleep(11 * MINUTE)

    assert ([], Replayed()) == (told_of(world), check(world))


def test_of_a_call_that_began_again_after_its_recording_was_stopped_a_person_hears(world: World) -> None:
    """The event is from after the end: another recording should have begun."""
    event = call_event_of(world)
    take(world, event)
    world.clock.sleep(MINUTE)
    world.app.controlling.stop(next(iter(world.calls.recordings)), by=APP)
    world.clock.sleep(MINUTE)
    journal(world, {**event, "id": "later", "time": world.clock.now().isoformat()})
    world.clock.sleep(11 * MINUTE)
    check(world)

    assert ["later"] == told_of(world)


def test_a_claim_without_a_recording_is_no_begin(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker was killed before the service was asked."""
    event = call_event_of(world)

    def kill(_order: StartOrder) -> RecordingId:
        raise KilledError

    monkeypatch.setattr(world.calls, "start", kill)
    with pytest.raises(KilledError):
        take(world, event)
    world.clock.sleep(11 * MINUTE)
    check(world)

    assert [event["id"]] == told_of(world)


def test_a_claim_that_gave_way_is_no_begin(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its event did not come again, and the worker whose claim was first was killed before the service was asked."""
    event, claim = call_event_of(world), world.catalog.claim
    other = f"{MP3} call/{event['data']['serverCallId']}"

    def both(own: StartClaim) -> StartClaim:
        claim(replace(own, key=other, asked_by="event/lost"))
        found = claim(own)
        world.clock.sleep(1)
        return found

    monkeypatch.setattr(world.catalog, "claim", both)
    assert post(world, event).failure is not None
    world.clock.sleep(11 * MINUTE)
    check(world)

    assert ([event["id"]], {}) == (told_of(world), world.calls.recordings)


def test_nobody_hears_again_of_a_call_whose_start_the_service_has_refused(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As of each call that nobody answers: that was an error when it came, and no person can do anything about it."""

    def refuse(_order: StartOrder) -> RecordingId:
        world.clock.sleep(1)
        raise CallRefused("start recording", "the call is over", status=404)

    monkeypatch.setattr(world.calls, "start", refuse)
    event = call_event_of(world)
    world.clock.sleep(2 * MINUTE)  # it is no young call any more, whose start would be tried again
    take(world, event)
    assert 1 == caplog.text.count("call.not_recorded")
    take(
        world, {**event, "id": str(uuid.uuid4())}
    )  # another of the same call: its start is asked for by the same claim
    assert 2 == caplog.text.count("call.not_recorded")
    world.clock.sleep(11 * MINUTE)
    check(world)

    assert [] == told_of(world)


def test_nobody_hears_of_a_call_that_the_policy_refuses() -> None:
    """That is no error of the app, and was logged when the event came."""
    world = World(settings={"RECORDING_POLICY": ""})
    journal(world, call_event_of(world))
    world.clock.sleep(11 * MINUTE)

    assert (Replayed(), []) == (check(world), world.told())


def test_nobody_hears_of_a_call_of_long_ago_whose_event_was_written_anew(world: World) -> None:
    """An erasure does so with events of others in the same entry; what the policy said of it then is not known."""
    event = call_event_of(world)
    world.clock.sleep(DAY + MINUTE)
    journal(world, event)
    world.clock.sleep(11 * MINUTE)

    assert (Replayed(), []) == (check(world), told_of(world))


def test_nobody_hears_of_a_call_whose_consent_was_asked_for() -> None:
    """What becomes of the consent is told by it. If nothing was asked, a person hears."""
    world = AskingWorld(terms=terms())
    asked = call_event_of(world)
    take(world, asked)
    lost = call_event_of(world)
    journal(world, lost)
    journal(world, call_event_of(world, CALL_STARTED))  # nobody can be asked by it, so that it is refused
    world.clock.sleep(11 * MINUTE)
    check(world)

    assert [lost["id"]] == told_of(world)


def test_while_the_policy_cannot_be_read_a_person_hears_of_every_call_that_is_not_recorded() -> None:
    """Nobody knows whether it should be."""
    world = World(settings={"RECORDING_POLICY": "no policy"})
    event = call_event_of(world)
    journal(world, event)
    world.clock.sleep(11 * MINUTE)
    check(world)

    assert [event["id"]] == told_of(world)


def test_a_call_of_which_nobody_can_be_told_now_is_told_later_and_holds_up_no_chunk(world: World) -> None:
    """The page is repeated; what is archived meanwhile is replayed once."""
    event = call_event_of(world)
    journal(world, event)
    world.clock.sleep(MINUTE)
    journal(world, event_of(world, RECORDING, "document-0"))
    world.clock.sleep(11 * MINUTE)
    world.topic.fail(503)
    with pytest.raises(ServiceBusy):
        check(world)
    world.take_events()
    assert {RECORDING} == set(world.catalog.entries)
    assert (Replayed(unbegun=1), [event["id"]]) == (check(world), told_of(world))


def test_a_topic_that_is_down_for_hours_holds_up_no_chunk_that_came_later(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """After an hour the log line alone has told of the call: what is copied in time comes before what is told twice."""

    def down(_: object) -> None:
        raise ServiceBusy("publish", "503")

    journal(world, call_event_of(world))
    world.clock.sleep(11 * MINUTE)
    monkeypatch.setattr(world.topic, "publish", down)
    with pytest.raises(ServiceBusy):
        check(world)
    journal(world, event_of(world, RECORDING, "document-0"))
    world.clock.sleep(61 * MINUTE)
    with caplog.at_level(logging.ERROR):
        check(world)
        world.clock.sleep(11 * MINUTE)
        check(world)
    world.take_events()

    assert {RECORDING} == set(world.catalog.entries)
    said = [one.getMessage().split()[0] for one in caplog.records if one.levelno == logging.ERROR]
    assert ["call.not_begun", "call.not_begun", "journal.call_left"] == said


@pytest.mark.parametrize("between", [MINUTE, 11 * MINUTE])
def test_after_the_tables_are_lost_nobody_hears_of_the_calls_whose_claims_are_lost_with_them(
    world: World, between: float
) -> None:
    """They were recorded, and no blob says of which call; the ledger says how far the check was, and is lost too."""
    take(world, call_event_of(world), call_event_of(world))
    world.clock.sleep(MINUTE)
    world.catalog, world.open_work, world.ledger = FakeCatalog(), FakeOpenWork(), FakeLedger()
    world.worker()
    for _ in range(3):
        assert Replayed() == check(world)
        world.clock.sleep(between)
    event = call_event_of(world)
    journal(world, event)
    world.clock.sleep(11 * MINUTE)

    assert (Replayed(unbegun=1), [event["id"]]) == (check(world), told_of(world))
