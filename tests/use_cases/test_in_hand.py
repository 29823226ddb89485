"""In one worker at most one run works on a chunk at a time."""

from contextlib import ExitStack

from recording.chunks.in_hand import InHand
from recording.core.formats.messages import ChunkMessage
from recording.core.model import DocumentId, RecordingId

MESSAGE = ChunkMessage(RecordingId("r"), DocumentId("d"))


def test_what_is_in_hand_is_not_taken_and_marks_it() -> None:
    """The run that has it looks at the chunk once more before it lets go."""
    in_hand = InHand()
    with in_hand.take(MESSAGE) as first:
        with in_hand.take(MESSAGE) as second:
            assert second is None
        assert first is not None
        assert [False, True] == [first.let_go(), first.let_go()]


def test_who_has_let_go_takes_nothing_from_the_next() -> None:
    """The next message arrives between the last look and the end of the run."""
    in_hand = InHand()
    with ExitStack() as second:
        with in_hand.take(MESSAGE) as first:
            assert first is not None
            assert first.let_go()
            assert second.enter_context(in_hand.take(MESSAGE)) is not None
        with in_hand.take(MESSAGE) as third:
            assert third is None


def test_a_run_that_fails_lets_go() -> None:
    in_hand = InHand()
    try:
        with in_hand.take(MESSAGE):
            raise ZeroDivisionError
    except ZeroDivisionError:
        pass

    with in_hand.take(MESSAGE) as again:
        assert again is not None
