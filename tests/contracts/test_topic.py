"""The contract of `Topic`, on the fake and on the local custom topic over TLS."""

from collections.abc import Iterator
from typing import Any, Protocol

import pytest

from local.eventgrid import LocalEventGrid
from local.net.hosts import TOPIC_HOST
from recording.adapters.clients import RETRY, access_key
from recording.adapters.clients import event_grid as client
from recording.adapters.topic import EventGridTopic, NoTopic
from recording.core.errors import RecordingError, ServiceBusy, ServiceRefused
from recording.core.formats import notifications
from recording.core.formats.notifications import OutgoingEvent
from recording.core.model import Alarm, Alert, ChunkState
from recording.core.times import parse_time
from recording.ports import Topic
from tests.core.entries_of import NOW, RECORDING_ID, chunk, document, entry_of
from tests.fakes import FakeTopic

ARCHIVED = notifications.completed(entry_of(chunk(0, ChunkState.RELEASED)), "recordings", "a.manifest.json", NOW)
ALERT = notifications.alert(RECORDING_ID, Alert(Alarm.LOST, "ä: it was never copied", document(0)), NOW)


class Board(Protocol):
    """One topic."""

    @property
    def topic(self) -> Topic:
        """The adapter under test."""

    def received(self) -> list[tuple[object, ...]]:
        """Id, type, subject, time and body of the events that have arrived."""

    def fail(self, status: int, times: int = 1) -> None:
        """Answer the next requests with this status."""


class FakeBoard:
    """In memory."""

    def __init__(self) -> None:
        self.topic = FakeTopic()

    def received(self) -> list[tuple[object, ...]]:
        return [seen(event) for event in self.topic.received]

    def fail(self, status: int, times: int = 1) -> None:
        self.topic.fail(status, times)


class RealBoard:
    """The local custom topic."""

    def __init__(self, grid: LocalEventGrid, key: str | None = None) -> None:
        self._grid = grid
        settings = grid.environment()
        self._endpoint = client(settings["ARCHIVED_TOPIC_ENDPOINT"], access_key(key or settings["ARCHIVED_TOPIC_KEY"]))
        self.topic = EventGridTopic(self._endpoint)
        self._before = len(grid.topic.received)

    def close(self) -> None:
        """Close the connections."""
        self._endpoint.close()

    def received(self) -> list[tuple[object, ...]]:
        events: list[dict[str, Any]] = self._grid.topic.received[self._before :]
        return [
            (one["id"], one["eventType"], one["subject"], parse_time(one["eventTime"]), one["data"]) for one in events
        ]

    def fail(self, status: int, times: int = 1) -> None:
        self._grid.topic.fail(status, times)


def seen(event: OutgoingEvent) -> tuple[object, ...]:
    """What a subscriber sees of an event."""
    return event.event_id, event.event_type, event.subject, event.at, event.body


@pytest.fixture
def real(event_grid: LocalEventGrid, monkeypatch: pytest.MonkeyPatch) -> Iterator[RealBoard]:
    """The adapter and the local topic. Nothing is retried, so that errors appear at once."""
    monkeypatch.setitem(RETRY, "retry_total", 0)
    board = RealBoard(event_grid)
    yield board
    board.close()


@pytest.fixture(params=["fake", "real"])
def board(request: pytest.FixtureRequest) -> Board:
    """The fake, then the real one."""
    found: Board = FakeBoard() if request.param == "fake" else request.getfixturevalue("real")
    return found


def test_an_event_arrives_as_it_was_told(board: Board) -> None:
    """Id, type, subject, time and body."""
    board.topic.publish(ARCHIVED)
    board.topic.publish(ALERT)

    assert [seen(ARCHIVED), seen(ALERT)] == board.received()


def test_an_event_told_twice_has_one_id(board: Board) -> None:
    """Delivery is at least once; by the id a subscriber recognizes the second."""
    board.topic.publish(ALERT)
    board.topic.publish(ALERT)

    assert [seen(ALERT)] * 2 == board.received()


@pytest.mark.parametrize(
    ("status", "error"),
    [(429, ServiceBusy), (500, ServiceBusy), (503, ServiceBusy), (401, ServiceRefused), (403, ServiceRefused)],
)
def test_a_topic_that_takes_nothing_is_asked_again(board: Board, status: int, error: type[RecordingError]) -> None:
    """By the next try; nothing of the first has arrived."""
    board.fail(status)
    with pytest.raises(error):
        board.topic.publish(ALERT)
    assert [] == board.received()

    board.topic.publish(ALERT)
    assert [seen(ALERT)] == board.received()


def test_where_no_topic_is_set_nothing_happens() -> None:
    """It is no error."""
    NoTopic().publish(ALERT)


# What only the network can do


def test_a_wrong_key_is_refused_with_a_hint(event_grid: LocalEventGrid, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hint says what to check, and does not show the key."""
    monkeypatch.setitem(RETRY, "retry_total", 0)
    board = RealBoard(event_grid, key="d3Jvbmc=")
    with pytest.raises(ServiceRefused) as caught:
        board.topic.publish(ALERT)
    board.close()

    assert "ARCHIVED_TOPIC_ENDPOINT" in caught.value.hint
    assert "d3Jvbmc=" not in f"{caught.value} {caught.value!r}"


def test_no_way_to_the_topic_is_busy(real: RealBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    """The outcome is unknown."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # discard: nobody listens there
    with pytest.raises(ServiceBusy):
        real.topic.publish(ALERT)


def test_a_topic_busy_for_a_moment_is_asked_again_by_the_sdk(
    event_grid: LocalEventGrid, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With this app's retry options, not for the SDK's own two minutes."""
    monkeypatch.setitem(RETRY, "retry_backoff_factor", 0.01)
    board = RealBoard(event_grid)
    board.fail(503, times=RETRY["retry_total"])
    board.topic.publish(ALERT)
    assert [seen(ALERT)] == board.received()

    board.fail(503, times=RETRY["retry_total"] + 1)
    with pytest.raises(ServiceBusy):
        board.topic.publish(ALERT)
    board.close()


def test_the_topic_is_the_one_of_the_tunnel(event_grid: LocalEventGrid) -> None:
    """The endpoint is spelled as in Azure: nothing in the app knows that it is local."""
    assert f"https://{TOPIC_HOST}/api/events" == event_grid.environment()["ARCHIVED_TOPIC_ENDPOINT"]
