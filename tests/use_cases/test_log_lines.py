"""What an operator reads of a chunk in the log."""

import logging

import pytest

from recording.chunks.failed_step import log_failure
from recording.core.errors import SourceRefused
from recording.core.formats.messages import ChunkMessage
from recording.core.model import DocumentId
from tests.use_cases.world import RECORDING, World


def test_a_failed_try_says_what_can_be_done(caplog: pytest.LogCaptureFixture) -> None:
    error = SourceRefused("read source", "403 Forbidden", hint="check the role")
    log_failure(ChunkMessage(RECORDING, DocumentId("d")), error, 1)

    assert "hint=check the role" in caplog.messages[0].replace('"', "")


@pytest.mark.parametrize(("content", "place"), [(None, "archive"), (b"no media" * 100, "quarantine")])
def test_a_copy_says_where_it_is(caplog: pytest.LogCaptureFixture, content: bytes | None, place: str) -> None:
    caplog.set_level(logging.INFO)
    world = World()
    world.announce(world.add(content=content))
    world.run()

    assert [place] == [
        line.partition("place=")[2].split(" ")[0]
        for line in caplog.messages
        if line.startswith("recording.chunk_copied")
    ]
