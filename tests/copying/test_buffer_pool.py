"""One memory budget for all copies of a process."""

import threading

import pytest

from recording.copying.buffer_pool import BufferPool
from tests.copying.copies import run_together


@pytest.mark.parametrize(("size", "budget", "count"), [(10, 100, 10), (10, 99, 9), (10, 10, 1), (10, 9, 1), (10, 0, 1)])
def test_there_are_as_many_as_the_budget_holds(size: int, budget: int, count: int) -> None:
    """But at least one, or nothing could be copied."""
    assert count == BufferPool(size, budget).count


def test_a_buffer_is_used_again() -> None:
    """The one that was given back last; nothing more is allocated."""
    pool = BufferPool(8, 80)
    with pool.borrow() as view:
        view[:] = b"12345678"
        first = view.obj
    with pool.borrow() as view:
        assert first is view.obj
        assert 8 == len(view)


def test_a_view_cannot_be_used_once_its_buffer_is_given_back() -> None:
    """It would show the next copy's bytes."""
    with BufferPool(8, 8).borrow() as view:
        pass

    with pytest.raises(ValueError, match="released"):
        len(view)


def test_a_failure_gives_the_buffer_back() -> None:
    """It can be borrowed again."""
    pool = BufferPool(8, 8)
    with pytest.raises(KeyError), pool.borrow():
        raise KeyError

    def borrow() -> None:
        with pool.borrow():
            pass

    run_together(borrow)


def test_never_more_are_lent_than_there_are() -> None:
    """The others wait."""
    pool = BufferPool(8, 24)
    lent, most = 0, 0
    lock = threading.Lock()
    full = threading.Barrier(3)

    def use() -> None:
        nonlocal lent, most
        for _ in range(50):
            with pool.borrow():
                with lock:
                    lent += 1
                    most = max(most, lent)
                with lock:
                    lent -= 1

    def hold() -> None:
        with pool.borrow():
            full.wait(30)

    run_together(*[hold] * 3)  # three at once there are
    run_together(*[use] * 12)
    assert (0, True) == (lent, most <= 3)
