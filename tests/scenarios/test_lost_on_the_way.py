"""Events that Event Grid gave up on, and messages that the host gave up on: found, and given to the app again."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from math import inf

import pytest
import requests
from azure.storage.queue import QueueClient

from local.acs.events import Event
from local.stack import OPEN_TABLE, TABLE, Stack, wait_for
from recording.adapters import clients
from recording.adapters.archive import BlobArchive
from recording.adapters.catalog import TableCatalog
from recording.adapters.inventory import BlobInventory
from recording.adapters.ledger import TableLedger
from recording.adapters.queue import StorageEventQueue
from recording.bootstrap import compose
from recording.core.formats.cursors import JournalCursor
from recording.core.formats.events import RECORDING_FILE_STATUS_UPDATED
from recording.core.naming import journal_name
from recording.settings import CHUNK_QUEUE, EVENT_QUEUE, POISON, SWEEP_QUEUE, URGENT_QUEUE, Settings
from tests.scenarios.sounds import short_wav
from tests.scenarios.worlds import (
    DEAD_LETTERS,
    JOURNAL,
    Given,
    assert_archived,
    chunk_view,
    given,
    told,
    wait_completed,
    wait_failures,
)


@pytest.fixture(autouse=True)
def nothing_stays(stack: Stack) -> Iterator[None]:
    """After every scenario nothing remains in the poison queues."""
    yield
    for queue in (CHUNK_QUEUE, URGENT_QUEUE, EVENT_QUEUE, SWEEP_QUEUE):
        wait_for(lambda: stack.queue_length(f"{queue}{POISON}") == 0, f"{queue}{POISON} to be drained")  # noqa: B023


def sweep(stack: Stack) -> None:
    """Run the sweep's timer now."""
    headers = {"x-functions-key": stack.host.master_key}
    reply = requests.post(f"{stack.host.url}/admin/functions/sweep_timer", json={}, headers=headers, timeout=30)
    assert requests.codes.accepted == reply.status_code


def replay(stack: Stack, later: timedelta) -> None:
    """A pass beside the host, which takes the events, at a moment that is so much later.

    Of calls that other tests have left it tells nobody: it has no way to the service that resolves them.
    """
    storage = stack.azurite.connection_string
    with ExitStack() as opened:
        blobs = opened.enter_context(clients.blob_service(storage))
        pipeline = opened.enter_context(clients.blob_requests(blobs))
        events = opened.enter_context(clients.queue(EVENT_QUEUE, storage))
        catalog, ledger = (opened.enter_context(closing(clients.table(name, storage))) for name in (TABLE, OPEN_TABLE))
        letters, journal = (BlobArchive(blobs, pipeline, container) for container in (DEAD_LETTERS, JOURNAL))
        moment = datetime.now(UTC)
        cursor = JournalCursor.between(moment - timedelta(hours=2), moment - timedelta(hours=1), moment + later)
        while not cursor.is_finished:
            cursor = cursor.moved("")
        TableLedger(ledger).note("journal", "cursor", cursor.to_text())
        app = compose(
            Settings.from_env(stack.environment()),
            catalog=TableCatalog(catalog),
            ledger=TableLedger(ledger),
            dead_letters=BlobInventory(blobs, letters),
            journal_inventory=BlobInventory(blobs, journal),
            event_queue=StorageEventQueue(events),
            now=lambda: datetime.now(UTC) + later,
        )
        app.replaying.replay(inf)


def poison(stack: Stack, queue: str, message: str) -> None:
    """Put a message where the host puts it when it gives it up."""
    name = f"{queue}{POISON}"
    wait_for(lambda: stack.queue_length(name) == 0, f"{name} to be there")
    with QueueClient.from_connection_string(stack.azurite.connection_string, name) as client:
        client.send_message(message)


def dead_letters(stack: Stack) -> list[Event]:
    """The events in the container of dead letters."""
    container = stack.container(DEAD_LETTERS)
    names = list(container.list_blob_names())
    return [event for name in names for event in json.loads(container.download_blob(name).readall())]


def test_events_of_an_outage_are_dead_lettered_replayed_and_their_recordings_archived(stack: Stack) -> None:
    """In both schemas: Event Grid gives up while the app is down. A person hears that they were found by the sweep."""
    url, kinds = stack.host.event_grid_url("recording_file_status_updated"), [RECORDING_FILE_STATUS_UPDATED]
    stack.event_grid.unsubscribe(stack.subscription)
    hasty = [
        stack.event_grid.subscribe(url, kinds, "eventgrid", name="hasty", max_attempts=2),
        stack.event_grid.subscribe(url, kinds, "cloudevents", name="hasty-cloud", max_attempts=2),
    ]
    stack.host.kill()
    found = [given(stack, [short_wav(900 + number)]) for number in range(2)]
    for one in found:
        one.publish()
    assert stack.event_grid.wait_idle()
    wanted = sorted(2 * [one.event["id"] for one in found])
    lettered = sorted(event["id"] for event in dead_letters(stack) if event["id"] in wanted)  # others may stand there
    stack.host.start()
    for subscription in hasty:
        stack.event_grid.unsubscribe(subscription)
    stack.subscription = stack.event_grid.subscribe(url, kinds)
    sweep(stack)

    assert wanted == lettered
    for one in found:
        assert_archived(stack, one.recording)
        assert 1 == len(told(stack, "SweepFoundWork", one.id))


def test_an_event_that_is_in_the_journal_only_is_replayed(stack: Stack) -> None:
    """Its run ended after the journal was written, and nobody delivered it again."""
    found = given(stack, [short_wav(910)])
    body = json.dumps(found.event).encode()
    stack.container(JOURNAL).upload_blob(journal_name(datetime.now(UTC), found.event["id"], body), body)
    replay(stack, timedelta(minutes=11))

    assert_archived(stack, found.recording, released=False)
    assert 1 == len(told(stack, "SweepFoundWork", found.id))


@pytest.mark.parametrize("queue", [CHUNK_QUEUE, URGENT_QUEUE])
def test_a_chunk_whose_message_was_given_up_is_driven_again(stack: Stack, queue: str) -> None:
    """While it is open; when it is done, the message is acknowledged."""
    found = given(stack, [short_wav(920)])
    fault = found.arm("not_ready_404", count=None)
    found.publish()
    wait_failures(stack, found.id, 1)
    fault.stop()
    stack.clear_messages()
    poison(stack, queue, message_of(stack, found))
    assert_archived(stack, found.recording)
    poison(stack, queue, message_of(stack, found))


def message_of(stack: Stack, found: Given) -> str:
    """The message of its chunk."""
    return json.dumps({"recordingId": found.id, "documentId": chunk_view(stack, found.id)["documentId"]})


def test_events_whose_message_was_given_up_are_taken_again(stack: Stack) -> None:
    """Each by itself."""
    found = [given(stack, [short_wav(930 + number)]) for number in range(2)]
    poison(stack, EVENT_QUEUE, json.dumps([one.event for one in found]))

    for one in found:
        assert_archived(stack, one.recording)


def test_an_event_whose_message_is_given_up_twice_is_put_before_a_person(stack: Stack) -> None:
    """It is in the journal, and an alert names the entry."""
    event = {"id": "given-up-twice", "eventType": RECORDING_FILE_STATUS_UPDATED, "subject": "", "data": {}}
    for _ in range(2):
        poison(stack, EVENT_QUEUE, json.dumps(event))

    def alerts() -> set[str]:
        received = [one for one in stack.event_grid.topic.received if one["eventType"] == "RecordingEventUnreadable"]
        return {one["data"]["reason"] for one in received if one["data"].get("eventId") == event["id"]}

    wait_for(lambda: any("given up its message twice" in reason for reason in alerts()), "the alert")


def test_a_message_that_nobody_can_read_is_put_before_a_person(stack: Stack) -> None:
    """It does not remain in the poison queue, where nobody would see it."""
    before = set(stack.container(JOURNAL).list_blob_names())
    poison(stack, CHUNK_QUEUE, "no message of ours")
    (name,) = wait_for(
        lambda: [
            name for name in stack.container(JOURNAL).list_blob_names() if "/step-" in name and name not in before
        ],
        "the message in the journal",
    )

    assert b"no message of ours" == stack.container(JOURNAL).download_blob(name).readall()


def test_a_tick_that_was_given_up_is_dropped(stack: Stack) -> None:
    """Other drivers of the sweep plant a new one."""
    poison(stack, SWEEP_QUEUE, json.dumps({"number": 1}))
    found = given(stack, [short_wav(950)])
    found.publish()

    wait_completed(stack, found.id)
