"""File events that Event Grid delivers to a Storage queue are processed like those of the webhook."""

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from azure.storage.queue import QueueClient

from local.acs.events import Schema
from local.eventgrid.destinations import Text
from local.stack import Stack, wait_for
from recording.core.formats.events import RECORDING_FILE_STATUS_UPDATED
from recording.settings import EVENT_QUEUE
from tests.scenarios.conftest import SETTINGS
from tests.scenarios.sounds import short_wav
from tests.scenarios.worlds import JOURNAL, assert_archived, assert_nothing_poisoned, given


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, media_folder: Path) -> Iterator[Stack]:
    """The whole stack on one machine, with a subscription that delivers to the queue."""
    folder = tmp_path_factory.mktemp("queue")
    with Stack(folder, settings=SETTINGS, media_folder=media_folder, delivery="queue") as running:
        yield running


def put(stack: Stack, message: str) -> None:
    """Put a message into the queue of events, as anyone with access can."""
    with QueueClient.from_connection_string(stack.azurite.connection_string, EVENT_QUEUE) as client:
        client.send_message(message)


def test_the_queue_is_the_subscriptions_destination(stack: Stack) -> None:
    """The webhook gets no request, and the recording is archived whole."""
    found = given(stack, [short_wav(1), short_wav(2)])
    found.publish()

    assert_archived(stack, found.recording)
    assert "eventgrid.validated" not in (stack.folder / "host.log").read_text(encoding="utf-8")


@pytest.mark.parametrize("text", ["plain", "base64"])
@pytest.mark.parametrize("schema", ["eventgrid", "cloudevents"])
def test_each_text_and_schema_is_read(stack: Stack, text: Text, schema: Schema) -> None:
    stack.event_grid.unsubscribe(stack.subscription)
    stack.subscription = stack.event_grid.subscribe_queue(
        stack.azurite.connection_string, EVENT_QUEUE, [RECORDING_FILE_STATUS_UPDATED], schema, text=text
    )
    found = given(stack, [short_wav(1)])
    found.publish(copies=2)

    assert_archived(stack, found.recording)


@pytest.mark.parametrize("written", [str.encode, lambda text: base64.b64encode(text.encode())])
def test_one_message_may_hold_many_events(stack: Stack, written: Callable[[str], bytes]) -> None:
    """Members that are no events do not affect the others."""
    first, second = given(stack, [short_wav(1)]), given(stack, [short_wav(2)])
    put(stack, written(json.dumps([first.event, 5, second.event])).decode())

    assert_archived(stack, first.recording)
    assert_archived(stack, second.recording)


def test_a_message_of_more_events_than_one_run_takes_is_taken_whole(stack: Stack) -> None:
    """The remaining events come back as messages of their own."""
    found = [given(stack, [short_wav(3)]) for _ in range(3)]
    kind, subject = "Microsoft.Communication.RecordingFileStatusUpdated", "/recording/call/c/recordingId/of-no-chunks"
    others = [{"id": str(number), "eventType": kind, "subject": subject} for number in range(120)]
    put(stack, json.dumps([*others, *(one.event for one in found)]))

    for one in found:
        assert_archived(stack, one.recording)


def test_events_wait_in_the_queue_while_the_app_is_down(stack: Stack) -> None:
    """They are delivered while the app is down, and taken when it is up again."""
    stack.host.kill()
    found = given(stack, [short_wav(1)])
    found.publish()
    wait_for(lambda: stack.queue_length(EVENT_QUEUE) == 1, "the event to wait in the queue")
    stack.host.start()

    assert_archived(stack, found.recording)


def test_a_message_that_nobody_can_read_is_kept_and_told(stack: Stack) -> None:
    """It is in the journal byte for byte, the log has an error, and it is not retried."""
    container = stack.container(JOURNAL)
    before = set(container.list_blob_names())
    put(stack, "neither JSON nor base64!")
    (name,) = wait_for(
        lambda: [name for name in container.list_blob_names() if "/unidentified-" in name and name not in before],
        "the message in the journal",
    )

    assert b"neither JSON nor base64!" == container.download_blob(name).readall()
    wait_for(lambda: stack.queue_length(EVENT_QUEUE) == 0, "the message to be done with")
    logged = (stack.folder / "host.log").read_text(encoding="utf-8")
    assert "event.refused alert=RecordingEventUnreadable event_id=unidentified" in logged
    assert_nothing_poisoned(stack)
