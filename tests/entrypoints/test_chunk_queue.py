"""The trigger of the chunk queue: which messages are acknowledged or retried, and what is logged."""

import base64
import json
import logging
import traceback
import uuid
from datetime import timedelta

import azure.functions as func
import pytest

from recording.core.errors import ArchiveBusy, Transient
from recording.core.formats.messages import ChunkMessage
from recording.core.model import ChunkState, DocumentId
from recording.entrypoints import chunks
from tests.use_cases.world import RECORDING, World

MESSAGE = json.dumps({"recordingId": RECORDING, "documentId": "document-0"}).encode()
WRONG_MESSAGES = {
    "text": b"no message",
    "base64 of text": base64.b64encode(b"no message"),
    "another object": b'{"a": 1}',
    "unknown recording": ChunkMessage(RECORDING, DocumentId("document-9")).to_message().encode(),
}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """The use cases over fakes, behind the real functions."""
    world = World()
    monkeypatch.setattr(chunks, "get_app", lambda: world.app)
    return world


def hand_out(body: bytes) -> None:
    """Hand out a message as the host does: an exception means retry, a return means acknowledged."""
    message = func.QueueMessage(id=str(uuid.uuid4()), body=body)
    chunks.archive_chunk(message)  # a FunctionBuilder, which can be called like the function


@pytest.mark.parametrize("body", WRONG_MESSAGES.values(), ids=WRONG_MESSAGES.keys())
def test_what_can_never_be_a_step_is_told_and_acknowledged(
    world: World, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """One log line, without a traceback, and one alert."""
    hand_out(body)

    assert ["RecordingEventUnreadable"] == world.told()
    assert [(logging.ERROR, None)] == [(record.levelno, record.exc_info) for record in caplog.records]
    assert caplog.messages[0].startswith("step.refused ")


@pytest.mark.parametrize("body", [MESSAGE, base64.b64encode(MESSAGE)], ids=["plain", "base64"])
def test_a_step_is_read_as_tools_write_it(world: World, body: bytes) -> None:
    world.announce(world.add())
    hand_out(body)

    assert ChunkState.RELEASED == world.state()


def test_a_failed_try_is_one_line_and_acknowledged(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """The next try has a message of its own."""
    world.announce(world.add())
    world.queue.messages.clear()
    world.source.arm("busy_503", times=None)
    caplog.set_level(logging.WARNING)
    hand_out(MESSAGE)

    assert [(logging.WARNING, None)] == [(record.levelno, record.exc_info) for record in caplog.records]
    assert caplog.messages[0].startswith("recording.step_failed recording_id=recording-1 document_id=document-0 ")
    assert " code=source_busy attempt=1 " in caplog.messages[0]
    assert 1 == len(world.queue.messages)


def test_what_the_catalog_keeps_from_being_noted_is_given_back_without_the_traces_of_others(world: World) -> None:
    """The host logs the traceback of the exception; one of the SDK below it would quote whole replies."""
    world.announce(world.add())

    quoted = ValueError("https://secret/?sig=x")

    def away(_operation: str, _name: str) -> None:
        raise ArchiveBusy("look for blob", "503") from quoted

    world.archive.before = away
    world.catalog.conflicts = 100_000
    with pytest.raises(Transient) as caught:
        hand_out(MESSAGE)

    assert "secret" not in "".join(traceback.format_exception(caught.value))
    world.archive.before = lambda _operation, _name: None
    world.catalog.conflicts = 0
    world.clock.at += timedelta(minutes=3)
    hand_out(MESSAGE)
    assert ChunkState.RELEASED == world.state()
