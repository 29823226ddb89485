"""Deliveries as Event Grid makes them: handshake, retries, dead letters, duplicates, order, queues."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from azure.storage.blob import ContainerClient
from azure.storage.queue import QueueClient

from local.acs.events import Schema
from local.azurite import Azurite
from local.eventgrid import HandshakeError, LocalEventGrid
from local.eventgrid.deadletters import ContainerStore, FolderStore
from local.eventgrid.destinations import Text
from local.eventgrid.subscription import RETRY_SCHEDULE
from tests.local.webhook_receiver import Receiver, receiving

KIND = "Microsoft.Communication.RecordingFileStatusUpdated"


@pytest.fixture
def grid(tmp_path: Path) -> Iterator[LocalEventGrid]:
    """A grid that scales 10 s to 1 ms."""
    with LocalEventGrid(tmp_path, scale=0.0001) as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A webhook that accepts everything."""
    with receiving() as listening:
        yield listening


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Azurite's connection string."""
    with Azurite(tmp_path_factory.mktemp("azurite")) as azurite:
        yield azurite.connection_string


def event(number: int = 0, kind: str = KIND) -> dict[str, Any]:
    """An event in the Event Grid schema."""
    return {
        "id": f"event-{number}",
        "topic": "/subscriptions/x",
        "subject": "/recording/call/1",
        "eventType": kind,
        "eventTime": "2026-11-23T10:00:00Z",
        "dataVersion": "1.0",
        "metadataVersion": "1",
        "data": {"number": number},
    }


def test_an_event_arrives_as_an_array_of_one(grid: LocalEventGrid, receiver: Receiver) -> None:
    """Its headers are those of the real service."""
    grid.subscribe(receiver.url, [KIND], name="archive-files")
    grid.publish(event())
    assert grid.wait_idle()
    assert [[event()]] == receiver.bodies
    headers = receiver.headers[0]
    assert ("Notification", "ARCHIVE-FILES", "0") == (
        headers["aeg-event-type"],
        headers["aeg-subscription-name"],
        headers["aeg-delivery-count"],
    )


def test_a_cloud_event_arrives_alone(grid: LocalEventGrid, receiver: Receiver) -> None:
    """It is one object, converted, with the content type of CloudEvents."""
    grid.subscribe(receiver.url, schema="cloudevents")
    grid.publish(event())
    assert grid.wait_idle()
    body = receiver.bodies[0]
    assert ("1.0", KIND, "/subscriptions/x", {"number": 0}) == (
        body["specversion"],
        body["type"],
        body["source"],
        body["data"],
    )
    assert receiver.headers[0]["content-type"].startswith("application/cloudevents+json")


def test_the_filter_keeps_others_out(grid: LocalEventGrid, receiver: Receiver) -> None:
    """Only events of the included types are delivered."""
    grid.subscribe(receiver.url, [KIND])
    grid.publish([event(1, "Microsoft.Communication.CallStarted"), event(2)])
    assert grid.wait_idle()
    assert ["event-2"] == receiver.ids()


def test_a_batch_arrives_in_one_body(grid: LocalEventGrid, receiver: Receiver) -> None:
    """It contains at most as many events as the subscription allows."""
    grid.subscribe(receiver.url, batch=3)
    grid.publish([event(number) for number in range(4)])
    assert grid.wait_idle()
    assert [1, 3] == sorted(len(body) for body in receiver.bodies)


@pytest.mark.parametrize("schema", ["eventgrid", "cloudevents"])
def test_without_a_handshake_there_is_no_subscription(grid: LocalEventGrid, receiver: Receiver, schema: Schema) -> None:
    """A wrong echo, or a missing allowed origin, is refused."""
    receiver.polite = False
    with pytest.raises(HandshakeError):
        grid.subscribe(receiver.url, schema=schema)


def test_an_endpoint_that_is_not_there_cannot_subscribe(grid: LocalEventGrid, receiver: Receiver) -> None:
    """The message does not contain the key of its URL."""
    with pytest.raises(HandshakeError) as refused:
        grid.subscribe("http://127.0.0.1:1/hook?code=secret")
    assert "secret" not in str(refused.value).partition(" did not")[0]


@pytest.mark.parametrize("status", [404, 408, 429, 500, 503])
def test_a_failure_is_tried_again(grid: LocalEventGrid, receiver: Receiver, status: int) -> None:
    """Retries follow the schedule, with the count in a header, until one is accepted."""
    grid.subscribe(receiver.url)
    receiver.statuses = [status] * 3
    grid.publish(event())
    assert grid.wait_idle()
    assert ["0", "1", "2", "3"] == [headers["aeg-delivery-count"] for headers in receiver.headers]
    assert [status] * 3 + [200] == [delivery.outcome.status for delivery in grid.deliveries]


def test_the_schedule_is_the_documented_one() -> None:
    """10 s, 30 s, 1 m, 5 m, 10 m, 30 m, 1 h, 3 h, 6 h, then every 12 h."""
    assert (10, 30, 60, 300, 600, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600) == RETRY_SCHEDULE


@pytest.mark.parametrize(
    ("status", "reason"), [(400, "BadRequest"), (401, "Unauthorized"), (403, "Forbidden"), (413, None)]
)
def test_some_failures_are_final(grid: LocalEventGrid, receiver: Receiver, status: int, reason: str | None) -> None:
    """They are dead-lettered at once, in the documented form and path."""
    grid.subscribe(receiver.url, name="archive")
    receiver.statuses = [status]
    grid.publish(event())
    assert grid.wait_idle()
    assert 1 == len(receiver.bodies)
    store = grid.dead_letters
    assert isinstance(store, FolderStore)
    (letter,) = store.read()
    assert ("event-0", 1, status) == (letter["id"], letter["deliveryAttempts"], letter["lastHttpStatusCode"])
    if reason:
        assert (f"UndeliverableDueToHttp{reason}", reason) == (
            letter["deadLetterReason"],
            letter["lastDeliveryOutcome"],
        )
    (path,) = store.folder.rglob("*.json")
    place = path.relative_to(store.folder).parts
    assert ("ARCHIVE", 6) == (place[0], len(place))
    assert not any(part.startswith("0") for part in place[1:4])


def test_after_the_last_try_comes_the_dead_letter(grid: LocalEventGrid, receiver: Receiver) -> None:
    """In the CloudEvents schema its fields are in lower case."""
    grid.subscribe(receiver.url, schema="cloudevents", max_attempts=3)
    receiver.statuses = [503] * 9
    grid.publish(event())
    assert grid.wait_idle()
    store = grid.dead_letters
    assert isinstance(store, FolderStore)
    (letter,) = store.read()
    assert ("MaxDeliveryAttemptsExceeded", 3, "Busy") == (
        letter["deadletterreason"],
        letter["deliveryattempts"],
        letter["lastdeliveryoutcome"],
    )


def test_the_time_to_live_ends_the_tries(grid: LocalEventGrid, receiver: Receiver) -> None:
    """The earlier limit counts: an attempt after the time to live is not made."""
    grid.subscribe(receiver.url, time_to_live=5)
    receiver.statuses = [503] * 9
    grid.publish(event())
    assert grid.wait_idle()
    assert 1 == len(receiver.bodies)


def test_a_late_answer_is_a_failure(tmp_path: Path, receiver: Receiver) -> None:
    """The event is delivered again while the endpoint still works on it: at least once."""
    with LocalEventGrid(tmp_path, scale=0.0001, answer_limit=0.2) as grid:
        grid.subscribe(receiver.url, max_attempts=2)
        receiver.pause = 0.5
        grid.publish(event())
        assert grid.wait_idle()
        assert [None, None] == [delivery.outcome.status for delivery in grid.deliveries]
        assert "TimedOut" == grid.deliveries[0].outcome.name


def test_duplicates_come_on_request(grid: LocalEventGrid, receiver: Receiver) -> None:
    """For all events, or for one."""
    grid.subscribe(receiver.url)
    grid.publish(event(1), copies=2)
    grid.copies = 3
    grid.publish(event(2))
    assert grid.wait_idle()
    assert ["event-1"] * 2 + ["event-2"] * 3 == sorted(receiver.ids())


def test_held_events_come_in_another_order(grid: LocalEventGrid, receiver: Receiver) -> None:
    """Nothing is delivered before the block ends; they come in one batch, which shows the order."""
    grid.subscribe(receiver.url, batch=10)
    with grid.held("reversed"):
        for number in range(3):
            grid.publish(event(number))
        assert not grid.idle()
    assert grid.wait_idle()
    assert ["event-2", "event-1", "event-0"] == receiver.ids()


def test_a_window_shuffles_what_comes_within_it(grid: LocalEventGrid, receiver: Receiver) -> None:
    """The same seed gives the same order; no event is lost."""
    grid.order, grid.delay = "shuffled", 0.05
    grid.subscribe(receiver.url, batch=10)
    for number in range(8):
        grid.publish(event(number))
    assert grid.wait_idle()
    came = receiver.ids()
    assert [f"event-{number}" for number in range(8)] == sorted(came)
    assert came != sorted(came)


def test_an_unsubscribed_endpoint_hears_no_more(grid: LocalEventGrid, receiver: Receiver) -> None:
    """No delivery to it is pending."""
    grid.unsubscribe(grid.subscribe(receiver.url))
    grid.publish(event())
    assert grid.idle()


@pytest.mark.parametrize("text", ["plain", "base64"])
def test_events_go_straight_into_a_queue(grid: LocalEventGrid, storage: str, text: Text) -> None:
    """As JSON, or in base64."""
    with QueueClient.from_connection_string(storage, f"events-{uuid4()}") as queue:
        queue.create_queue()
        grid.subscribe_queue(storage, queue.queue_name, [KIND], text=text)
        grid.publish(event())
        assert grid.wait_idle()
        (message,) = queue.receive_messages()
    content = base64.b64decode(message.content) if text == "base64" else message.content
    assert event() == json.loads(content)


def test_dead_letters_go_into_a_container(grid: LocalEventGrid, receiver: Receiver, storage: str) -> None:
    """Each is one blob that contains an array."""
    name = f"dead-{uuid4()}"
    with ContainerClient.from_connection_string(storage, name) as container:
        container.create_container()
        grid.dead_letters = ContainerStore(storage, name)
        grid.subscribe(receiver.url, name="archive", batch=2)
        receiver.statuses = [403]
        grid.publish([event(1), event(2)])
        assert grid.wait_idle()
        (blob,) = container.list_blobs()
        letters = json.loads(container.download_blob(blob.name).readall())
    assert blob.name.startswith("ARCHIVE/")
    assert ["event-1", "event-2"] == [letter["id"] for letter in letters]
