"""A chunk is in one pair of hands at a time."""

from contextlib import ExitStack

from recording.chunks.in_hand import InHand
from recording.core.formats.messages import ChunkMessage
from recording.core.model import DocumentId, RecordingId

STEP = ChunkMessage(RecordingId("r"), DocumentId("d"))


def test_what_is_in_hand_is_not_taken_and_marks_it() -> None:
    """Whoever has it looks once more, and then lets go."""
    in_hand = InHand()
    with in_hand.take(STEP) as first:
        with in_hand.take(STEP) as second:
            assert second is None
        assert first is not None
        assert [False, True] == [first.let_go(), first.let_go()]


def test_who_has_let_go_takes_nothing_from_the_next() -> None:
    """The next message comes between the last look and the end of the run."""
    in_hand = InHand()
    with ExitStack() as second:
        with in_hand.take(STEP) as first:
            assert first is not None
            assert first.let_go()
            assert second.enter_context(in_hand.take(STEP)) is not None
        with in_hand.take(STEP) as third:
            assert third is None


def test_a_run_that_fails_lets_go() -> None:
    in_hand = InHand()
    try:
        with in_hand.take(STEP):
            raise ZeroDivisionError
    except ZeroDivisionError:
        pass

    with in_hand.take(STEP) as again:
        assert again is not None
