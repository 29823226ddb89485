"""What takes too long is ended; what is in time is left alone."""

import threading

import pytest

from recording.timelimits import TimeLimits
from tests.copying.copies import Clock

WAIT = 30.0


def test_what_is_over_is_ended_and_says_so() -> None:
    """One beside it that is in time is not: the watch has looked."""
    clock = Clock()
    limits = TimeLimits(clock)
    ended, left = threading.Event(), threading.Event()
    with limits.within(100, left.set) as long, limits.within(1, ended.set) as short:
        clock.forward(2)
        assert ended.wait(WAIT)
        assert (True, False) == (short.over, long.over)
    assert not left.is_set()


def test_what_did_not_end_is_ended_again() -> None:
    """It may not have begun when it was first."""
    clock = Clock()
    again = threading.Semaphore(0)
    with TimeLimits(clock).within(1, again.release):
        clock.forward(2)
        assert all(again.acquire(timeout=WAIT) for _ in range(2))


def test_what_has_failed_is_not_watched_any_more() -> None:
    """And the next one is."""
    clock = Clock()
    limits = TimeLimits(clock)
    failed, ended = threading.Event(), threading.Event()
    with pytest.raises(KeyError), limits.within(1, failed.set):
        raise KeyError
    with limits.within(1, ended.set):
        clock.forward(2)
        assert ended.wait(WAIT)
    assert not failed.is_set()


def test_what_cannot_be_ended_keeps_nobody_else_from_it() -> None:
    limits = TimeLimits(Clock())
    ended = threading.Event()

    def cannot() -> None:
        raise TypeError("no socket")

    with limits.within(0.0, cannot), limits.within(0.0, ended.set):
        assert ended.wait(WAIT)
