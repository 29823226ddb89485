"""In one worker at most one run works on a chunk at a time."""

from contextlib import ExitStack

from recording.chunks.running_chunks import RunningChunks
from recording.core.formats.messages import ChunkMessage
from recording.core.model import DocumentId, RecordingId

MESSAGE = ChunkMessage(RecordingId("r"), DocumentId("d"))


def test_a_second_message_starts_no_run_and_marks_the_first() -> None:
    """The marked run reads the entry once more before it ends."""
    running = RunningChunks()
    with running.start(MESSAGE) as first:
        with running.start(MESSAGE) as second:
            assert second is None
        assert first is not None
        assert [False, True] == [first.finish(), first.finish()]


def test_a_finished_run_does_not_end_the_next_one() -> None:
    """The next message arrives after `finish`, before the context of the first run is left."""
    running = RunningChunks()
    with ExitStack() as second:
        with running.start(MESSAGE) as first:
            assert first is not None
            assert first.finish()
            assert second.enter_context(running.start(MESSAGE)) is not None
        with running.start(MESSAGE) as third:
            assert third is None


def test_a_run_that_fails_ends() -> None:
    running = RunningChunks()
    try:
        with running.start(MESSAGE):
            raise ZeroDivisionError
    except ZeroDivisionError:
        pass

    with running.start(MESSAGE) as again:
        assert again is not None
