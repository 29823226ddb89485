"""The custom topic, used by the real publisher client through the tunnel."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.core.messaging import CloudEvent
from azure.eventgrid import EventGridEvent, EventGridPublisherClient

from local.acs import LocalAcs
from local.eventgrid import LocalEventGrid
from local.net.hosts import TOPIC_HOST


@pytest.fixture
def grid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalEventGrid]:
    """A grid with a topic that is reached through the tunnel of a LocalAcs."""
    with LocalAcs(tmp_path, lambda _: None) as acs, LocalEventGrid(tmp_path, acs.certificates) as running:
        acs.tunnel.route(TOPIC_HOST, running.topic.port)
        for name, value in acs.environment().items():
            monkeypatch.setenv(name, value)
        yield running


def publisher(grid: LocalEventGrid, key: str | None = None) -> EventGridPublisherClient:
    """The real client, with the app's settings."""
    settings = grid.environment()
    credential = AzureKeyCredential(key or settings["ARCHIVED_TOPIC_KEY"])
    return EventGridPublisherClient(settings["ARCHIVED_TOPIC_ENDPOINT"], credential)


def archived() -> EventGridEvent:
    """An event of the app's own."""
    return EventGridEvent("recordings/1", "RecordingArchived", {"recordingId": "1"}, "1.0")


def test_events_of_both_schemas_are_received(grid: LocalEventGrid) -> None:
    """They are kept unchanged and in order."""
    with publisher(grid) as client:
        client.send([archived()])
        client.send(CloudEvent("archive", "RecordingArchived", data={"recordingId": "2"}))
    assert ["1", "2"] == [event["data"]["recordingId"] for event in grid.topic.received]


def test_a_wrong_key_is_refused(grid: LocalEventGrid) -> None:
    """The status is 401, and nothing is stored."""
    with publisher(grid, "d3Jvbmc=") as client, pytest.raises(ClientAuthenticationError):
        client.send(archived())
    assert [] == grid.topic.received


@pytest.mark.parametrize("status", [401, 503])
def test_the_topic_can_fail(grid: LocalEventGrid, status: int) -> None:
    """It fails as often as requested, then accepts."""
    grid.topic.fail(status)
    with publisher(grid) as client:
        with pytest.raises(HttpResponseError) as refused:
            # Retries are disabled here: the client's constructor ignores such options.
            client.send(archived(), retry_total=0)
        client.send(archived())
    assert (status, 1) == (refused.value.status_code, len(grid.topic.received))


def test_an_event_that_lacks_a_field_is_refused_by_its_name(grid: LocalEventGrid) -> None:
    """The status is 400, as at the real topic."""
    with publisher(grid) as client, pytest.raises(HttpResponseError, match="lacks") as refused:
        client.send({"id": "1", "eventType": "x"})
    assert 400 == refused.value.status_code
