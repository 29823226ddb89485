"""Operations that exceed their limit are ended; the others are left alone."""

import threading

import pytest

from recording.timelimits import TimeLimits
from tests.copying.copies import Clock

WAIT = 30.0


def test_an_operation_that_exceeds_its_limit_is_ended() -> None:
    """Another one, which does not, is left alone."""
    clock = Clock()
    limits = TimeLimits(clock)
    ended, left = threading.Event(), threading.Event()
    with limits.within(100, left.set) as long, limits.within(1, ended.set) as short:
        clock.forward(2)
        assert ended.wait(WAIT)
        assert (True, False) == (short.over, long.over)
    assert not left.is_set()


def test_an_operation_that_did_not_end_is_ended_again() -> None:
    """The first call may have come before there was anything to end."""
    clock = Clock()
    again = threading.Semaphore(0)
    with TimeLimits(clock).within(1, again.release):
        clock.forward(2)
        assert all(again.acquire(timeout=WAIT) for _ in range(2))


def test_an_operation_that_has_failed_is_no_longer_watched() -> None:
    """The next one is."""
    clock = Clock()
    limits = TimeLimits(clock)
    failed, ended = threading.Event(), threading.Event()
    with pytest.raises(KeyError), limits.within(1, failed.set):
        raise KeyError
    with limits.within(1, ended.set):
        clock.forward(2)
        assert ended.wait(WAIT)
    assert not failed.is_set()


def test_where_no_thread_can_be_had_the_next_operation_tries_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """No operation goes on without its limit."""
    limits = TimeLimits(Clock())
    ended = threading.Event()

    def none_left(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as exhausted:
        exhausted.setattr(threading.Thread, "start", none_left)
        with pytest.raises(RuntimeError), limits.within(0.0, ended.set):
            pytest.fail("it went on")
    with limits.within(0.0, ended.set):
        assert ended.wait(WAIT)


def test_an_operation_that_cannot_be_ended_does_not_keep_others_from_it() -> None:
    limits = TimeLimits(Clock())
    ended = threading.Event()

    def cannot() -> None:
        raise TypeError("no socket")

    with limits.within(0.0, cannot), limits.within(0.0, ended.set):
        assert ended.wait(WAIT)
