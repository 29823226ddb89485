"""The contract of `EventQueue`, on the fake and on Queue storage."""

from datetime import UTC, datetime

import pytest

from recording.core.errors import ArchiveBusy, ArchiveRefused, RecordingError
from recording.core.formats.deliveries import MOST_MESSAGE, Member, messages, read_message
from recording.core.model import APP, Door
from tests.contracts.queues import RealQueue
from tests.fakes import FakeEventQueue

EVENT = Member({"id": "ä <&>\"' 録音"}, '{"id": "ä <&>\\"\' 録音"}'.encode())
(MESSAGE,) = messages([EVENT], Door.EVENT_GRID, "its event was a dead letter", by=APP)


@pytest.mark.parametrize("kind", ["fake", "real"])
def test_each_message_is_read_as_it_was_put(kind: str, request: pytest.FixtureRequest) -> None:
    """At once, and as often as it was put."""
    found: list[bytes | None] = []
    if kind == "fake":
        fake = FakeEventQueue()
        for _ in range(2):
            fake.put(MESSAGE)
        found += [text.encode() for text in fake.messages]
    else:
        real: RealQueue = request.getfixturevalue("real_queue")
        for _ in range(2):
            real.events.put(MESSAGE)
        found += [real.take(), real.take()]

    assert [MESSAGE.encode()] * 2 == found
    assert (EVENT,) == read_message(MESSAGE.encode()).members


def test_the_longest_message_is_taken(real_queue: RealQueue) -> None:
    """`messages` makes none that is longer."""
    real_queue.events.put("x" * MOST_MESSAGE)

    assert b"x" * MOST_MESSAGE == real_queue.take()


def test_a_message_never_expires(real_queue: RealQueue) -> None:
    """Its work remains to be done."""
    real_queue.events.put(MESSAGE)
    found = real_queue.message()

    assert found is not None
    assert found.expires_on is not None
    assert 9999 == found.expires_on.year


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (403, "AuthorizationFailure", ArchiveRefused),
        (404, "QueueNotFound", ArchiveRefused),
        (503, "ServerBusy", ArchiveBusy),
    ],
)
def test_every_refusal_is_told_by_who_must_react(
    real_queue: RealQueue, status: int, code: str, error: type[RecordingError]
) -> None:
    """The error names the queue."""
    real_queue.network.answer(status, code)
    with pytest.raises(error) as caught:
        real_queue.events.put(MESSAGE)

    assert ("put message", {"queue": real_queue.aside.queue_name}) == (caught.value.operation, caught.value.ids)
    assert str(status) in caught.value.cause


def test_how_long_the_next_message_has_waited_is_known(real_queue: RealQueue) -> None:
    """And it stays in the queue; an empty one has none."""
    before = datetime.now(UTC).replace(microsecond=0)
    assert real_queue.events.oldest() is None
    real_queue.events.put(MESSAGE)
    found = real_queue.events.oldest()

    assert found is not None
    assert before <= found
    assert MESSAGE.encode() == real_queue.take()
