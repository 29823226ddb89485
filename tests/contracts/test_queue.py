"""The contract of `ChunkQueue`, on the fake and on Queue storage."""

from datetime import timedelta

import pytest

from recording.core.errors import ArchiveBusy, ArchiveRefused, RecordingError
from recording.core.formats.messages import parse_chunk_message
from tests.contracts.queues import STEP, Queue, RealQueue
from tests.fakes import FakeQueue

IDS = {"recording_id": STEP.recording_id, "document_id": STEP.document_id}


def taken(queue: Queue) -> bytes:
    """A message that must be visible now."""
    found = queue.take()
    assert found is not None
    return found


def test_a_message_is_read_as_it_was_put(queue: Queue) -> None:
    """Whatever characters its ids contain."""
    queue.queue.put(STEP, timedelta())

    assert STEP == parse_chunk_message(taken(queue))
    assert 0 == queue.waiting()


def test_no_delay_is_visible_at_once(queue: Queue) -> None:
    """Each put adds a message, also for the same chunk."""
    for _ in range(2):
        queue.queue.put(STEP, timedelta())

    assert [STEP, STEP] == [parse_chunk_message(taken(queue)) for _ in range(2)]
    assert queue.take() is None


def test_a_message_is_visible_after_its_delay(queue: Queue) -> None:
    """A fraction of a second is rounded up."""
    queue.queue.put(STEP, timedelta(milliseconds=1))
    queue.pass_time(timedelta(seconds=1))

    assert STEP == parse_chunk_message(taken(queue))


@pytest.mark.parametrize(
    "delay", [timedelta(minutes=30), timedelta(days=6, milliseconds=1), timedelta(days=7)], ids=str
)
def test_a_message_is_not_seen_before_its_delay(queue: Queue, delay: timedelta) -> None:
    """It does not delay other messages."""
    queue.queue.put(STEP, delay)
    assert queue.take() is None

    queue.queue.put(STEP, timedelta())
    taken(queue)
    assert 1 == queue.waiting()
    assert queue.take() is None


@pytest.mark.parametrize("delay", [timedelta(), timedelta(seconds=1)], ids=str)
def test_a_message_never_expires(real_queue: RealQueue, delay: timedelta) -> None:
    """Its work remains to be done, however long the backlog is."""
    real_queue.queue.put(STEP, delay)
    real_queue.pass_time(delay)
    found = real_queue.message()

    assert found is not None
    assert found.expires_on is not None
    assert 9999 == found.expires_on.year


# Errors


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (401, "AuthenticationFailed", ArchiveRefused),
        (403, "AuthorizationFailure", ArchiveRefused),
        (404, "QueueNotFound", ArchiveRefused),
        (409, "QueueBeingDeleted", ArchiveRefused),
        (429, "", ArchiveBusy),
        (500, "OperationTimedOut", ArchiveBusy),
        (503, "ServerBusy", ArchiveBusy),
        (201, "", ArchiveBusy),
    ],
)
def test_every_refusal_is_told_by_who_must_react(
    real_queue: RealQueue, status: int, code: str, error: type[RecordingError]
) -> None:
    """Busy is transient. Refused needs a role that takes effect, or a person, and has a hint."""
    real_queue.network.answer(status, code, {"Retry-After": "7", "Content-Type": "application/xml"}, body=b"no XML")
    with pytest.raises(error) as caught:
        real_queue.queue.put(STEP, timedelta())

    assert ("put message", IDS) == (caught.value.operation, caught.value.ids)
    assert str(status) in caught.value.cause
    assert caught.value.hint or error is ArchiveBusy
    assert (7.0 if status in {429, 500, 503} else None) == getattr(caught.value, "retry_after", None)


def test_a_missing_queue_is_said_to_be_missing(real_queue: RealQueue) -> None:
    """The deployment creates it."""
    with pytest.raises(ArchiveRefused) as caught:
        real_queue.missing.put(STEP, timedelta())

    assert "404 QueueNotFound" == caught.value.cause
    assert "queue exists" in caught.value.hint


def test_no_reply_is_busy(real_queue: RealQueue) -> None:
    """Nothing was queued; a retry succeeds."""
    real_queue.network.lose_request()
    with pytest.raises(ArchiveBusy) as caught:
        real_queue.queue.put(STEP, timedelta())
    assert ("network" in caught.value.hint, 0) == (True, real_queue.waiting())

    real_queue.queue.put(STEP, timedelta())
    assert STEP == parse_chunk_message(taken(real_queue))


def test_a_message_whose_reply_is_lost_is_there(real_queue: RealQueue) -> None:
    """It is there twice after a retry: at least once."""
    real_queue.network.lose_reply()
    with pytest.raises(ArchiveBusy):
        real_queue.queue.put(STEP, timedelta())
    real_queue.queue.put(STEP, timedelta())

    assert [STEP, STEP] == [parse_chunk_message(taken(real_queue)) for _ in range(2)]


def test_the_fake_fails_on_request() -> None:
    """A given number of times; nothing is queued then."""
    fake = FakeQueue(lambda: pytest.fail("no message is put"), failures=2)
    for _ in range(2):
        with pytest.raises(ArchiveBusy):
            fake.put(STEP, timedelta())

    assert [] == fake.messages
