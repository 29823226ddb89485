"""The queue messages of a chunk, and of a tick of the sweep."""

import base64
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.core.errors import InvalidRequest
from recording.core.formats.messages import (
    ChunkMessage,
    RecordMessage,
    Task,
    Tick,
    job_message,
    parse_chunk_message,
    parse_job,
    parse_record,
    parse_tick,
)
from recording.core.model import DocumentId, RecordingId

MOST_MESSAGE = 64 << 10
ids = st.text(st.characters(codec="utf-8"), min_size=1, max_size=200)


@given(ids, ids)
def test_a_message_says_which_chunk_of_which_recording(recording: str, document: str) -> None:
    """It reads back the same, and is shorter than a queue message may be."""
    step = ChunkMessage(RecordingId(recording), DocumentId(document))
    message = step.to_message().encode()

    assert (
        step
        == parse_chunk_message(message)
        == parse_chunk_message(base64.b64encode(message))
        == parse_chunk_message(b"\n" + message + b" ")
    )
    assert len(message) < MOST_MESSAGE


@given(ids, ids, st.datetimes(timezones=st.just(UTC)))
def test_a_message_says_for_which_look_it_was_put(recording: str, document: str, look_at: datetime) -> None:
    """The moment reads back to the microsecond; messages are equal with it and without."""
    step = ChunkMessage(RecordingId(recording), DocumentId(document), look_at)
    found = parse_chunk_message(step.to_message().encode())

    assert ChunkMessage(step.recording_id, step.document_id) == step == found
    assert found.look_at == (None if look_at.year == 1 else look_at)


@pytest.mark.parametrize("look_at", ["", 5, None, {}, "yesterday"])
def test_a_look_that_cannot_be_read_is_none(look_at: object) -> None:
    """The chunk is named without it."""
    message = json.dumps({"recordingId": "r", "documentId": "d", "lookAt": look_at}).encode()

    assert parse_chunk_message(message).look_at is None


@pytest.mark.parametrize(
    ("message", "field"),
    [
        (b"", "message"),
        (b"{", "message"),
        (b"\xff\xff", "message"),
        (b"[" * 500_000, "message"),
        (b"1" * 5000, "message"),
        (b"[]", "recordingId"),
        (b"5", "message"),
        (b"%%%%", "message"),
        (base64.b64encode(b"no step"), "message"),
        (base64.b64encode(b"7"), "recordingId"),
        (b"{}", "recordingId"),
        (b'{"recordingId": "", "documentId": "d"}', "recordingId"),
        (b'{"recordingId": 5, "documentId": "d"}', "recordingId"),
        (b'{"recordingId": "r"}', "documentId"),
        (b'{"recordingId": "r", "documentId": null}', "documentId"),
    ],
)
def test_what_is_no_step_is_refused_by_its_field(message: bytes, field: str) -> None:
    """No retry can succeed, so the error is permanent."""
    with pytest.raises(InvalidRequest) as caught:
        parse_chunk_message(message)

    assert field == caught.value.field


@given(st.integers(0, 1 << 60))
def test_a_tick_has_its_number(number: int) -> None:
    """In base64 too, as tools write it."""
    message = Tick(number).to_message().encode()
    assert Tick(number) == parse_tick(message) == parse_tick(base64.b64encode(message))


@pytest.mark.parametrize(
    ("message", "field"),
    [(b"", "message"), (b"{", "message"), (b"[" * 500_000, "message"), (b"[]", "tick"), (b'{"tick": "1"}', "tick")],
)
def test_what_is_no_tick_is_refused(message: bytes, field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse_tick(message)
    assert field == refused.value.field


TRACE, RUN = f"00-{'a' * 32}-{'b' * 16}-01", f"00-{'a' * 32}-{'c' * 16}-00"


def test_a_message_carries_its_trace() -> None:
    """Messages are equal with it and without."""
    step = ChunkMessage(RecordingId("r"), DocumentId("d"), trace=TRACE, last_run=RUN)
    found = parse_chunk_message(step.to_message().encode())

    assert (TRACE, RUN) == (found.trace, found.last_run)
    assert ChunkMessage(RecordingId("r"), DocumentId("d")) == found


@pytest.mark.parametrize(
    "found",
    [
        None,
        5,
        {},
        "",
        "00",
        TRACE + "\n",
        TRACE + "0" * 100_000,
        TRACE.upper(),
        f"01-{'a' * 32}-{'b' * 16}-01",
        f"00-{'0' * 32}-{'b' * 16}-01",
        f"00-{'a' * 32}-{'0' * 16}-01",
        f"00-{'a' * 31}٣-{'b' * 16}-01",
    ],
)
def test_what_is_no_trace_context_is_none(found: object) -> None:
    """The chunk is named without it: it decides nothing."""
    message = json.dumps({"recordingId": "r", "documentId": "d", "traceparent": found, "lastRun": found}).encode()

    assert ("", "") == (parse_chunk_message(message).trace, parse_chunk_message(message).last_run)


@pytest.mark.parametrize("put_off", [0, 2])
@pytest.mark.parametrize("task", Task)
def test_a_recording_to_be_filed_is_read_as_it_was_put(task: Task, put_off: int) -> None:
    message = RecordMessage(RecordingId("recording/1 ä"), task, put_off)
    assert message == parse_record(message.to_message().encode())


@pytest.mark.parametrize("found", [-1, "often", None, []])
def test_what_cannot_say_how_often_a_recording_was_put_off_decides_nothing(found: object) -> None:
    """It is filed at its turn, at the latest after the last wait."""
    message = json.dumps({"recordingId": "r", "task": "file", "putOff": found}).encode()

    assert 0 == parse_record(message).put_off


@pytest.mark.parametrize("message", [b"", b"[]", b'{"task": "file"}', b'{"recordingId": "r", "task": "burn"}'])
def test_what_is_no_such_message_is_refused(message: bytes) -> None:
    with pytest.raises(InvalidRequest):
        parse_record(message)


def test_a_job_is_read_as_it_was_put() -> None:
    assert "job-1" == parse_job(job_message("job-1").encode())
    with pytest.raises(InvalidRequest, match="jobId"):
        parse_job(b"{}")
